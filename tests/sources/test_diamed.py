"""DiaMED: cases of ours in its format, unpacked and in its archive. No real file was at hand."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes
from whole_files import EMPTY, MIS_ENCODED, check_refusal, cut, whole

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.diamed import find_files, read

SOURCE = load_catalogue()["diamed"]
FIXTURE = Path(__file__).with_name("fixtures") / "diamed"
CASE = json.loads((FIXTURE / "splits" / "test.json").read_text(encoding="utf-8"))[0]


def outcomes(folder: Path) -> list[Any]:
    return [
        row
        for file in find_files(folder, SOURCE)
        for row in read_outcomes(file.path, SOURCE, file.split, file.name)
    ]


def test_fixture() -> None:
    respiratory, several, unlabelled, none, incomplete, endocrine, pregnancy = outcomes(FIXTURE)
    assert incomplete == "record-unreadable"
    assert respiratory == respiratory | {
        "source": "diamed",
        "source_id": f"{1:032x}",
        "group_id": f"diamed/{1:032x}",
        "title": "Cas inventé numéro 1",
        "kind": "clinical-case",
        "language": "fr",
        "split": "train",
        "subject": "J00-J99  Diseases of the respiratory system",
        "license": "CC-BY-4.0",
    }
    assert [row["subject"] for row in (several, unlabelled, none)] == [None, None, None]
    assert unlabelled["title"] is None
    assert none["license"] == "LicenseRef-Tous-droits-r-serv-s-diteur"
    assert (endocrine["split"], endocrine["license"]) == ("validation", "CC-BY-4.0")
    assert (pregnancy["split"], pregnancy["subject"][:7]) == ("test", "O00-O9A")


def pack(folder: Path, members: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return folder


def splits() -> dict[str, bytes]:
    return {f"splits/{path.name}": path.read_bytes() for path in (FIXTURE / "splits").iterdir()}


def test_the_archive_gives_what_the_folder_gives(tmp_path: Path) -> None:
    folder = pack(tmp_path / "packed", {**splits(), "figures/1.jpg": b"\xff\xd8", "figures/1.json": b"{}"})
    packed = outcomes(folder)
    assert sorted(map(str, packed)) == sorted(map(str, outcomes(FIXTURE)))
    shutil.copytree(FIXTURE / "splits", folder / "splits")
    assert [file.name for file in find_files(folder, SOURCE)] == [
        f"splits/{name}.json" for name in ("train", "validation", "test")
    ]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"splits/readme.txt": b""}, "holds no .json file"),
        ({"other/train.json": b"[]"}, "holds no case"),
        ({**splits(), "splits/test.json": b'{"a": 1}'}, "its splits/test.json is no JSON array"),
        ({**splits(), "splits/test.json": b'["\xe9"]'}, "its splits/test.json is no JSON array"),
        ({**splits(), "splits/test.json": b"[{"}, "its splits/test.json is no JSON array"),
    ],
)
def test_broken_archive(members: dict[str, bytes], words: str, tmp_path: Path) -> None:
    archive = pack(tmp_path, members) / "data.zip"
    with pytest.raises(InputError) as caught:
        list(read(InputFile(archive, "data.zip", "in-record"), SOURCE))
    (problem,) = caught.value.problems
    assert problem.where == str(archive)
    assert words in problem.what


def test_every_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_files(tmp_path, SOURCE)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        (None, "record-unreadable"),
        (["Un cas"], "record-unreadable"),
        *[
            ({k: v for k, v in CASE.items() if k != key}, "record-unreadable")
            for key in ("icd-10", "license")
        ],
        ({**CASE, "clinical_case": ""}, "document-empty"),
        ({**CASE, "clinical_case": float("nan")}, "field-type"),
        ({**CASE, "identifier": ""}, "source-id-empty"),
    ],
)
def test_others_survive_a_refused_record(case: Any, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text(json.dumps([case, CASE]), encoding="utf-8")
    refused, kept = read_outcomes(path, SOURCE)
    assert refused == rule
    assert kept["source_id"] == CASE["identifier"]


DAMAGES = {
    **EMPTY,
    **MIS_ENCODED,
    **cut(b'"topic"'),
    "an object": whole(b'{"identifier": "a"}'),
    "another format": whole(b"identifier,title\n"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whole_file(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, "splits/train.json", damage, tmp_path)
