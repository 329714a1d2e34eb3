"""The catalogue: every entry usable, every mistake told at once."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from examples import described_source, read_outcomes, valid_record

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.errors import InputError
from medinjection_fr.record import validate
from medinjection_fr.resources import PACKAGE
from medinjection_fr.sources.catalogue import (
    ENTRIES,
    ENTRY_FILES,
    find_source,
    load_catalogue,
    parse_sources,
)
from medinjection_fr.sources.parts import find_adapter

CATALOGUE = load_catalogue()
SOURCES = pytest.mark.parametrize("source", CATALOGUE.values(), ids=CATALOGUE)


def problems_of(entries: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_sources(entries, "recipe.yaml")
    return [str(problem) for problem in caught.value.problems]


def entry(**changes: Any) -> dict[str, Any]:
    return {**described_source().facts, **changes}


def without(*keys: str, **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in entry(**changes).items() if key not in keys}


# --- our own ---------------------------------------------------------------------------------------------


def test_every_entry_is_there_once() -> None:
    """A repeated key would silently replace the entry before it."""
    assert sorted(path.stem for path in ENTRIES.glob("*.yaml")) == sorted(ENTRY_FILES)
    texts = [(ENTRIES / f"{name}.yaml").read_text(encoding="utf-8") for name in ENTRY_FILES]
    names = [name for text in texts for name in re.findall(r"^([^\s#:]+):", text, re.MULTILINE)]
    assert names == list(CATALOGUE)


def test_order_decides_between_equal_records() -> None:
    """The first source's record stays: a named upstream comes before the published mixture."""
    files = {name: read_yaml(ENTRIES / f"{name}.yaml") or {} for name in ENTRY_FILES}
    assert list(CATALOGUE) == [name for entries in files.values() for name in entries]
    names = list(CATALOGUE)
    assert max(map(names.index, files["native"])) < names.index("medinjection-fr-published")
    assert "frenchmedmcqa" in files["native"]


@SOURCES
def test_entry_can_be_read(source: Any) -> None:
    adapter = find_adapter(source)
    assert callable(adapter.find_files)
    assert callable(adapter.read)


@SOURCES
def test_entry_makes_valid_records(source: Any) -> None:
    """Name and licence are what the record's columns accept."""
    assert validate(valid_record(source=source.name, license=source.license)) == []


@SOURCES
def test_absent_files_are_told(source: Any, tmp_path: Any) -> None:
    with pytest.raises(InputError) as caught:
        find_adapter(source).find_files(tmp_path, source)
    assert all(source.name in problem.where for problem in caught.value.problems)
    assert "sources show" in str(caught.value)


@pytest.mark.parametrize("origin", ["native", "synthetic", "translated"])
def test_sample_is_valid(origin: str) -> None:
    source = CATALOGUE[f"medinjection-fr-sample-{origin}"]
    files = find_adapter(source).find_files(PACKAGE / "sample", source)
    outcomes = [o for f in files for o in read_outcomes(f.path, source, f.split, f.name)]
    assert Counter(o if isinstance(o, str) else "valid" for o in outcomes) == {"valid": len(outcomes)}
    assert outcomes
    assert {outcome["origin"] for outcome in outcomes} == {origin}


def test_a_source_by_name() -> None:
    assert find_source("frenchmedmcqa") is CATALOGUE["frenchmedmcqa"]
    with pytest.raises(InputError, match=r'no source is called "frenchmedqa".*Did you mean "frenchmedmcqa"'):
        find_source("frenchmedqa")


# --- others' ---------------------------------------------------------------------------------------------


def test_entry_of_ones_own() -> None:
    source = parse_sources({"our-cases": entry()}, "recipe.yaml")["our-cases"]
    assert (source.name, source.origin, source.license) == ("our-cases", "native", "CC-BY-4.0")
    assert source.lineage_is_known
    assert source.yields == "records"


REQUIRED = ["title", "origin", "adapter", "location", "license", "redistributable", "lineage", "languages"]


@pytest.mark.parametrize("key", [*REQUIRED, "citation", "files", "columns"])
def test_missing_key(key: str) -> None:
    assert f'recipe.yaml › ours: the key "{key}" is missing. Add it.' in problems_of({"ours": without(key)})


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"origin": "translation"}, "origin"),
        ({"adapter": "csv"}, "adapter"),
        ({"adapter": "gold"}, "adapter"),
        ({"adapter": "../build"}, "adapter"),
        ({"adapter": "medinjection_fr.build"}, "adapter"),
        ({"adapter": 5}, "adapter"),
        ({"location": {"kind": "torrent"}}, "location › kind"),
        ({"location": "folder"}, "location"),
        ({"files": {}}, "files"),
        ({"files": {"dev": ["a"]}}, "files"),
        ({"files": {"train": []}}, "files › train"),
        ({"files": {"train": "a.jsonl"}}, "files › train"),
        ({"columns": {}}, "columns"),
        ({"columns": {"question": "instruction"}}, "columns"),
        ({"columns": {"instruction": 5}}, "columns › instruction"),
        ({"constants": {"answer": "A"}}, "constants"),
        ({"answer": "index"}, "answer"),
        ({"license": "CC BY"}, "license"),
        ({"redistributable": "yes"}, "redistributable"),
        ({"lineage": "partial"}, "lineage"),
        ({"languages": ["français"]}, "languages[0]"),
        ({"languages": []}, "languages"),
        ({"title": ""}, "title"),
        ({"titel": "Ours"}, ""),
    ],
)
def test_wrong_value(changes: dict[str, Any], place: str) -> None:
    where = f"recipe.yaml › ours › {place}" if place else "recipe.yaml › ours"
    assert any(problem.startswith(f"{where}: ") for problem in problems_of({"ours": entry(**changes)}))


def test_all_mistakes_of_all_entries_at_once() -> None:
    problems = problems_of(
        {
            "good": entry(),
            "one": without("title", "license", "citation", origin="nativ", adapter="csv"),
            "two": entry(titel="Ours", lineage="unknwon"),
            "three": 5,
            "four": None,
        }
    )
    expected = [
        ("one", 'the key "title" is missing'),
        ("one", 'the key "license" is missing'),
        ("one", 'the key "citation" is missing'),
        ("one › origin", '"nativ" is unknown; expected native | synthetic'),
        ("one › adapter", 'no adapter "csv"'),
        ("two", 'unknown key "titel"'),
        ("two › lineage", '"unknwon" is unknown; expected known | unknown. Did you mean "unknown"?'),
        ("three", "5 has the wrong type; expected object"),
        ("four", "null has the wrong type; expected object"),
    ]
    assert len(problems) == len(expected)
    for where, what in expected:
        assert any(problem.startswith(f"recipe.yaml › {where}: {what}") for problem in problems), what


def test_a_source_without_files_is_told(tmp_path: Any) -> None:
    entries = {"ours": without("files", "columns", adapter="frenchmedmcqa")}
    with pytest.raises(InputError, match='the key "files" is missing'):
        for source in parse_sources(entries, "recipe.yaml").values():
            find_adapter(source).find_files(tmp_path, source)
