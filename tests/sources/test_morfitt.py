"""MORFITT: a small file of ours in its format, and its real files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes
from whole_files import EMPTY, MIS_ENCODED, check_refusal, cut, whole

from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.morfitt import find_files

SOURCE = load_catalogue()["morfitt"]
FIXTURE = Path(__file__).with_name("fixtures") / "morfitt"


def outcomes(folder: Path) -> dict[str, list[Any]]:
    return {
        file.split: read_outcomes(file.path, SOURCE, file.split, file.name)
        for file in find_files(folder, SOURCE)
    }


def test_fixture() -> None:
    read = outcomes(FIXTURE)
    vaccine, quoted, damaged, open_quote = read["train"]
    assert damaged == "text-replacement-character"
    assert quoted["text"].startswith('"Éléphantiasis" : ce vieux nom')
    assert open_quote["text"].endswith('1 "guillemet ouvert dans ce résumé inventé.')
    assert [row["subject"] for row in read["validation"]] == ["pharmacology|chemistry", "psychology"]
    # The same abstract in two splits, under two ids: one document.
    assert read["validation"][1]["id"] == read["test"][0]["id"]
    assert vaccine == vaccine | {
        "source": "morfitt",
        "source_id": f"{1:064x}",
        "group_id": f"morfitt/{1:064x}",
        "split": "train",
        "kind": "abstract",
        "title": None,
        "language": "fr",
        "subject": "immunology|virology",
        "license": "CC-BY-SA-4.0",
    }


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("a1\tUn résumé", "record-unreadable"),
        ("a1\tUn résumé\tvirology\tde trop", "record-unreadable"),
        ("a1\t \tvirology", "document-empty"),
        ("\tUn résumé\tvirology", "source-id-empty"),
    ],
)
def test_others_survive_a_refused_record(line: str, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "train.tsv"
    path.write_text(f"identifier\tabstract\tspecialities\n{line}\na2\tUn autre\tvirology\n", encoding="utf-8")
    refused, kept = read_outcomes(path, SOURCE)
    assert refused == rule
    assert kept["source_id"] == "a2"


DAMAGES = {
    **EMPTY,
    **MIS_ENCODED,
    **cut(b" Le terme"),
    "another format": whole(b'{"identifier": "a"}\n'),
    "another column": lambda content: content.replace(b"abstract", b"texte", 1),
    "commas": lambda content: content.replace(b"\t", b","),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whole_file(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, "train.tsv", damage, tmp_path)


def test_real_files(data: Path) -> None:
    read = outcomes(data / "morfitt")
    assert {split: len(rows) for split, rows in read.items()} == {
        "train": 1514,
        "validation": 1022,
        "test": 1088,
    }
    refused = Counter((split, row) for split, rows in read.items() for row in rows if isinstance(row, str))
    assert refused == {
        ("train", "text-replacement-character"): 1,
        ("test", "text-replacement-character"): 1,
    }
    kept = [row for rows in read.values() for row in rows if not isinstance(row, str)]
    labels = [row["subject"].split("|") for row in kept]
    assert len({label for row in labels for label in row}) == 12
    assert max(map(len, labels)) == 5
    assert len(kept) - len({row["id"] for row in kept}) == 1  # one abstract, in dev and test
    assert sum(row["text"].startswith('"') for row in kept) == 16
