"""The YAML header of a card: the Hub's metadata, and only what is true of this release.

Names and values are those of the Hub (hub-docs, ``datasetcard.md``). Creators and source datasets
come from the catalogue, all else from the shards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from medinjection_fr.configs import DEFAULT_CONFIG
from medinjection_fr.record import ORIGINS, SPLITS, TYPES
from medinjection_fr.release.manifest import shards_of_files

CREATORS = {
    "native": {"language": ["found"], "annotations": ["found"]},
    "synthetic": {"language": ["machine-generated"], "annotations": ["machine-generated"]},
    "translated": {"language": ["machine-generated"], "annotations": ["found"]},
}
"""Who wrote texts and answers, where a source's entry does not say: the answers of a translated item
are those of its original."""

_HUB_LICENSES = {
    *(f"CC-BY-{version}" for version in ("2.0", "2.5", "3.0", "4.0")),
    *(f"CC-BY-SA-{version}" for version in ("3.0", "4.0")),
    *(f"CC-BY-NC-{version}" for version in ("2.0", "3.0", "4.0")),
    *(f"CC-BY-NC-SA-{version}" for version in ("2.0", "3.0", "4.0")),
    *(f"CC-BY-NC-ND-{version}" for version in ("3.0", "4.0")),
    *("CC-BY-ND-4.0", "CC0-1.0", "Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "etalab-2.0"),
}
_HUB_FAMILIES = {"ODC-By-1.0": "odc-by", "ODbL-1.0": "odbl", "PDDL-1.0": "pddl"}
"""SPDX identifiers that the Hub knows, most of them in lower case, some by their family."""


def front_matter(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The header as a mapping, in the order in which it is written."""
    shards = shards_of_files(manifest["files"])
    types = {shard.cell.type for shard in shards}
    languages = _languages(manifest)
    rows = {split: sum(s.rows for s in shards if s.cell.split == split) for split in SPLITS}
    return {
        "language": languages,
        **_license(sorted(manifest["statistics"]["license"])),
        "pretty_name": "MedInjection-FR",
        "tags": ["medical", "biology", "instruction-tuning", *_origin_tags(manifest)],
        "annotations_creators": _creators(manifest, "annotations"),
        "language_creators": _creators(manifest, "language"),
        "multilinguality": ["monolingual" if len(languages) == 1 else "multilingual"],
        "source_datasets": list(dict.fromkeys(_source_datasets(manifest))),
        "task_categories": _task_categories(manifest, types),
        "task_ids": [
            *["multiple-choice-qa"] * bool(types - {"oeq"}),
            *["closed-domain-qa"] * ("oeq" in types),
        ],
        "size_categories": [size_category(sum(rows.values()))],
        "configs": [_config(manifest, name, config) for name, config in manifest["configs"].items()],
        "dataset_info": [_info(manifest, name, config) for name, config in manifest["configs"].items()],
    }


def _sources(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and facts of every source that has rows in the shards."""
    for name, source in manifest["sources"].items():
        if name in manifest["statistics"]["source"]:
            yield name, source["facts"]


def _languages(manifest: Mapping[str, Any]) -> list[str]:
    found = {language for _, facts in _sources(manifest) for language in facts["languages"]}
    return ["fr", *sorted(found - {"fr"})]


def _license(names: list[str]) -> dict[str, str]:
    """One licence by the Hub's name for it; several, or one it does not know, as ``other`` with a link."""
    if len(names) == 1 and (names[0] in _HUB_LICENSES or names[0] in _HUB_FAMILIES):
        return {"license": _HUB_FAMILIES.get(names[0], names[0].lower())}
    name = names[0].lower() if len(names) == 1 else "several-one-per-row"
    return {"license": "other", "license_name": name, "license_link": "LICENSES.md"}


def _origins(manifest: Mapping[str, Any]) -> list[str]:
    present = {shard.cell.origin for shard in shards_of_files(manifest["files"])}
    return [origin for origin in ORIGINS if origin in present]


def _origin_tags(manifest: Mapping[str, Any]) -> list[str]:
    return [origin for origin in _origins(manifest) if origin != "native"]


def _creators(manifest: Mapping[str, Any], of: str) -> list[str]:
    """Who wrote the texts (``language``) or gave the answers (``annotations``) of the rows."""
    found: set[str] = set()
    for _, facts in _sources(manifest):
        origins = _origins(manifest) if facts["origin"] == "mixed" else [facts["origin"]]
        usual = [name for origin in origins for name in CREATORS[origin][of]]
        found.update(facts.get(f"{of}_creators", usual))
    return sorted(found)


def _source_datasets(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The Hub's datasets by their names; ours as ``original``, any other as ``extended|other-…``."""
    for name, facts in _sources(manifest):
        kind = facts["location"]["kind"]
        if kind == "hub":
            yield facts["location"]["repository"]
        else:
            yield "original" if kind == "package" else f"extended|other-{name}"


def _task_categories(manifest: Mapping[str, Any], types: set[str]) -> list[str]:
    tasks = manifest["statistics"].get("task", {})
    return [
        *["multiple-choice"] * bool(types & set(TYPES) - {"oeq"}),
        "question-answering",
        "text-generation",
        *["translation"] * ("translation" in tasks),
        *["summarization"] * ("note-summarisation" in tasks),
    ]


def size_category(rows: int) -> str:
    """The Hub's size tag for a number of rows."""
    steps = ["1K", "10K", "100K", "1M", "10M", "100M", "1B"]
    for low, high in zip(["n", *steps], steps, strict=False):
        if rows < 1000 * 10 ** steps.index(high):
            return "n<1K" if low == "n" else f"{low}<n<{high}"
    return "1B<n<10B"


def _config(manifest: Mapping[str, Any], name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "config_name": name,
        "version": manifest["version"],
        "description": f"sha256:{config['digest']}",
        **({"default": True} if name == DEFAULT_CONFIG else {}),
        "data_files": [{"split": split, "path": part["shards"]} for split, part in config["splits"].items()],
    }


def _info(manifest: Mapping[str, Any], name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    splits = [
        {
            "name": split,
            "num_bytes": _bytes_of(manifest, part["shards"]),
            "num_examples": part["rows"],
        }
        for split, part in config["splits"].items()
    ]
    size = sum(split["num_bytes"] for split in splits)
    return {"config_name": name, "splits": splits, "download_size": size, "dataset_size": size}


def _bytes_of(manifest: Mapping[str, Any], paths: Iterable[str]) -> int:
    sizes = {file["path"]: file["bytes"] for file in manifest["files"]}
    return sum(sizes[path] for path in paths)


def write_front_matter(manifest: Mapping[str, Any]) -> str:
    """The header as YAML between its lines of dashes."""
    header = yaml.safe_dump(front_matter(manifest), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{header}---\n"


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where there is one: a card of many configurations is a long document."""


def read_front_matter(card: str) -> Any:
    """Parses a card's YAML; ``None`` if it has none."""
    parts = card.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        return None
    try:
        return yaml.load(parts[1], _LOADER)
    except yaml.YAMLError:
        return None
