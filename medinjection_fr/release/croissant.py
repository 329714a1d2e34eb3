"""``croissant.json``: the release for machines, as Croissant 1.1 has it.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html. Provenance is PROV-O: what the rows
were derived from, and which software and models wrote them. Tools read the records of Parquet shards
by it; of Arrow shards they read the description.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from medinjection_fr.configs import Shard
from medinjection_fr.record import LIST_COLUMNS, ORIGINS, SPLITS
from medinjection_fr.release.digests import canonical_json, digest_json
from medinjection_fr.release.front_matter import front_matter
from medinjection_fr.release.manifest import shards_of_files
from medinjection_fr.release.publication import authors, bibtex, home, released_on, upstream_address
from medinjection_fr.resources import load_schema

CROISSANT = "croissant.json"

_CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
_TERMS = (
    "annotation arrayShape citeAs column containedIn equivalentProperty excludes extract field fileProperty fileObject "
    "fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet references regex "
    "readLines repeated replace samplingRate sdVersion separator source subField transform unArchive"
)
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}
"""Appendix 1 of the specification with the namespace of PROV-O, and the terms that mlcroissant misses otherwise."""

_MEDIA_TYPES = {
    ".arrow": "application/vnd.apache.arrow.stream",
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".md": "text/markdown",
    ".cff": "application/yaml",
    ".py": "text/x-python",
    ".png": "image/png",
}
_SPLIT_KINDS = {"train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"}
_PROPERTIES = {
    "id": "sc:identifier",
    "license": "sc:license",
    "derived_from": "prov:wasDerivedFrom",
    "generator": "prov:wasAttributedTo",
}
"""Columns that say of their row what a known property says."""


def render_croissant(manifest: Mapping[str, Any]) -> str:
    """Renders ``croissant.json``, which lists every file of the manifest but itself and the manifest."""
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS_TO,
        "name": "MedInjection-FR",
        "description": "French biomedical instruction-response pairs of native, synthetic and translated provenance, "
        "validated, traced and licensed row by row.",
        "version": manifest["version"],
        "datePublished": released_on(manifest),
        "license": [_license(name) for name in sorted(manifest["statistics"]["license"])],
        "url": home(manifest),
        "creator": [{"@type": "sc:Organization", "name": name} for name in authors(manifest)],
        "inLanguage": front_matter(manifest)["language"],
        "keywords": front_matter(manifest)["tags"],
        "citeAs": bibtex(manifest),
        "isLiveDataset": False,
        "prov:wasDerivedFrom": [_upstream(name, manifest["sources"][name]) for name in _origins(manifest)],
        "prov:wasGeneratedBy": [_build(manifest)],
        "distribution": [*map(_file, _files(manifest)), *_file_sets(manifest)],
        "recordSet": [_splits(), _records(manifest)],
    }
    known = {key: value for key, value in described.items() if value is not None}
    return canonical_json(known).decode("utf-8")


def listed_digests(croissant: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of every file that a ``croissant.json`` lists, by path."""
    files = [entry for entry in croissant["distribution"] if entry["@type"] == "cr:FileObject"]
    return {entry["contentUrl"]: entry["sha256"] for entry in files}


def _files(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [file for file in manifest["files"] if file["path"] != CROISSANT]


def _license(name: str) -> Any:
    if name.startswith("LicenseRef-"):
        text = "Not a licence of the SPDX list: LICENSES.md says what is known of it."
        return {"@type": "sc:CreativeWork", "name": name, "description": text}
    return f"https://spdx.org/licenses/{name}"


def _origins(manifest: Mapping[str, Any], of: Iterable[str] = ORIGINS) -> list[str]:
    """Sources that rows of some provenances come from, and those that they were made from."""
    statistics, sources = manifest["statistics"], manifest["sources"]
    with_rows = [
        n for n in sources if n in statistics["source"] and sources[n]["facts"]["origin"] in (*of, "mixed")
    ]
    made_from = {name for n in with_rows for name in statistics.get("derived_from", {}).get(n, ())}
    return [name for name in sources if name in with_rows or name in made_from]


def _upstream(name: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """An upstream dataset at the revision and with the files that were read."""
    facts = source["facts"]
    files = digest_json(source["files"])
    entity: dict[str, Any] = {
        "@type": "prov:Entity",
        "@id": f"urn:medinjection-fr:source:{name}:{files[:16]}",
        "name": facts["title"],
        "alternateName": name,
        "description": f"Its files stand with their SHA-256 in release.json, under sources › {name}.",
        "license": facts["license"],
        "citation": facts["citation"],
    }
    if address := upstream_address(facts["location"]):
        entity["url"] = address
    if revision := facts["location"].get("revision"):
        entity["version"] = revision
    return entity


def _build(manifest: Mapping[str, Any]) -> dict[str, Any]:
    package, recipe = manifest["package"], manifest["recipe"]
    also = [n for n in manifest["sources"] if n not in _origins(manifest)]
    return {
        "@type": "prov:Activity",
        "@id": f"urn:medinjection-fr:build:{manifest['key'][:16]}",
        "prov:label": f"medinjection-fr build {recipe['name']}",
        "prov:wasAssociatedWith": {
            "@type": "prov:SoftwareAgent",
            "prov:label": f"medinjection-fr {package['version']}",
            "version": package["version"],
            "identifier": f"sha256:{package['source_digest']}",
        },
        **({"prov:used": [_upstream(n, manifest["sources"][n]) for n in also]} if also else {}),
    }


def _generation(source: str, generator: str, rows: int) -> dict[str, Any]:
    return {
        "@type": "prov:Activity",
        "prov:label": f"{generator} wrote {rows} rows of {source}",
        "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "prov:label": generator},
    }


def _file(file: Mapping[str, Any]) -> dict[str, Any]:
    path = PurePosixPath(file["path"])
    return {
        "@type": "cr:FileObject",
        "@id": file["path"],
        "name": path.name,
        "contentUrl": file["path"],
        "contentSize": f"{file['bytes']} B",
        "encodingFormat": _MEDIA_TYPES[path.suffix],
        "sha256": file["sha256"],
    }


def _file_sets(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All shards, and those of each provenance with where its rows come from."""
    shards = shards_of_files(manifest["files"])
    yield _file_set("shards", "Every shard of the release.", shards)
    generators = manifest["statistics"].get("generator", {})
    for origin in ORIGINS:
        if own := [shard for shard in shards if shard.cell.origin == origin]:
            names = _origins(manifest, [origin])
            written = [
                _generation(name, generator, rows)
                for name in names
                for generator, rows in generators.get(name, {}).items()
            ]
            yield {
                **_file_set(f"shards-{origin}", f"The {origin} shards.", own),
                "prov:wasDerivedFrom": [
                    {"@id": _upstream(name, manifest["sources"][name])["@id"]} for name in names
                ],
                **({"prov:wasGeneratedBy": written} if written else {}),
            }


def _file_set(name: str, description: str, shards: list[Shard]) -> dict[str, Any]:
    suffix = PurePosixPath(shards[0].path).suffix
    folder = "data/*" if name == "shards" else f"data/{shards[0].cell.origin}"
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "description": description,
        "encodingFormat": _MEDIA_TYPES[suffix],
        "includes": f"{folder}/*/*{suffix}",
    }


def _splits() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL"},
        ],
        "data": [{"splits/name": name, "splits/url": _SPLIT_KINDS[name]} for name in SPLITS],
    }


def _records(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The record: one field for each column, and the split that the path says."""
    fields = [_column(name, column) for name, column in load_schema("record")["properties"].items()]
    split = {
        "@type": "cr:Field",
        "@id": "records/split",
        "name": "split",
        "description": "Split of the record, from the path of its shard.",
        "dataType": "sc:Text",
        "references": {"field": {"@id": "splits/name"}},
        "source": {
            "fileSet": {"@id": "shards"},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": "^(?:.*/)?(train|validation|test)(?:/.*)?$"},
        },
    }
    return {
        "@type": "cr:RecordSet",
        "@id": "records",
        "name": "records",
        "description": "Every row of the release. README.md lists the shards of each configuration.",
        "key": {"@id": "records/id"},
        "field": [*fields, split],
    }


def _column(name: str, column: Mapping[str, Any]) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"records/{name}",
        "name": name,
        "description": column.get("description") or "one of " + ", ".join(column["enum"]),
        "dataType": "sc:Text",
        "source": {"fileSet": {"@id": "shards"}, "extract": {"column": name}},
    }
    if name in LIST_COLUMNS:
        field |= {"isArray": True, "arrayShape": "-1"}
    if name in _PROPERTIES:
        field["equivalentProperty"] = _PROPERTIES[name]
    return field
