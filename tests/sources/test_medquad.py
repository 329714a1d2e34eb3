"""MedQuAD: pages of ours in its format, as files and in an archive. No real file was at hand."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes
from whole_files import EMPTY, check_refusal, cut, whole

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile, Refused
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.medquad import find_files, read

SOURCE = load_catalogue()["medquad"]
FIXTURE = Path(__file__).with_name("fixtures") / "medquad"
FILE = "1_CancerGov_QA/0000001_1.xml"
PAGE = (FIXTURE / FILE).read_text(encoding="utf-8")
PAIR = '<Question qid="1-1" qtype="treatment">What is it ?</Question><Answer>Nothing.</Answer>'


def outcomes(folder: Path) -> list[Any]:
    return [
        row
        for file in find_files(folder, SOURCE)
        for row in read_outcomes(file.path, SOURCE, file.split, file.name)
    ]


def test_fixture() -> None:
    *without_answer, information, treatment = outcomes(FIXTURE)
    assert without_answer == ["answer-empty", "answer-empty"]
    assert information == information | {
        "source": "medquad",
        "source_id": "1_CancerGov_QA/0000001_1-1",
        "group_id": "medquad/1_CancerGov_QA/0000001_1",
        "instruction": "What is (are) Invented Tumor ?",
        "choices": [],
        "facts": [],
        "type": "oeq",
        "split": "train",
        "license": "CC-BY-4.0",
    }
    assert information["answer"].endswith("It does the patient's health no harm.")
    assert treatment["answer"] == "None is needed: temperatures < 38 °C & a normal blood count are enough."
    assert treatment["group_id"] == information["group_id"]


def pack(folder: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(folder / "MedQuAD.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(f"MedQuAD-b4d75fd/{name}", content)
    return folder


def pages() -> dict[str, str]:
    paths = sorted(FIXTURE.rglob("*.xml"))
    return {path.relative_to(FIXTURE).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_the_archive_gives_what_the_folder_gives(tmp_path: Path) -> None:
    folder = pack(tmp_path, {"readme.txt": "MedQuAD", **pages(), "Qrels.zip": "no archive"})
    assert [file.name for file in find_files(folder, SOURCE)] == ["MedQuAD.zip"]
    assert outcomes(folder) == outcomes(FIXTURE)
    (folder / "1_CancerGov_QA").mkdir()
    (folder / FILE).write_text(PAGE, encoding="utf-8")
    assert [file.name for file in find_files(folder, SOURCE)] == [FILE]


def test_a_broken_page_of_an_archive_is_a_refused_record(tmp_path: Path) -> None:
    pack(tmp_path, {"1_QA/1.xml": PAGE[:-30], "1_QA/2.xml": "<a/>", "1_QA/3.xml": PAGE, "1_QA/4.xml": ""})
    first, second, *kept, last = read(InputFile(tmp_path / "MedQuAD.zip", "MedQuAD.zip", "train"), SOURCE)
    assert [(item[:3]) for item in (first, second, last)] == [
        (1, "1_QA/1", "record-unreadable"),
        (2, "1_QA/2", "record-unreadable"),
        (5, "1_QA/4", "record-unreadable"),
    ]
    assert [item[0] for item in kept] == [3, 4]
    assert isinstance(first, Refused)
    assert "ends inside an element" in first.evidence


def test_an_archive_without_pages(tmp_path: Path) -> None:
    pack(tmp_path, {"readme.txt": ""})
    with pytest.raises(InputError, match=r"holds no \.xml file"):
        outcomes(tmp_path)


@pytest.mark.parametrize(
    ("pair", "rule"),
    [
        ('<Question qid="1-1">What ?</Question>', "record-unreadable"),
        ("<Answer>Nothing.</Answer>", "record-unreadable"),
        (PAIR + "<Answer>Something.</Answer>", "record-unreadable"),
        (PAIR.replace(' qid="1-1"', ""), "record-unreadable"),
        (PAIR.replace("Nothing.", "It <b>is</b>."), "record-unreadable"),
        (PAIR.replace("<Answer>Nothing.</Answer>", "<Answer/>"), "answer-empty"),
        (PAIR.replace("Nothing.", " \n "), "answer-empty"),
        (PAIR.replace("What is it ?", ""), "instruction-empty"),
    ],
)
def test_others_survive_a_refused_record(pair: str, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "1_QA" / "1.xml"
    path.parent.mkdir()
    body = f"<QAPair>{pair}</QAPair><QAPair>{PAIR.replace('1-1', '1-2')}</QAPair>"
    path.write_text(f"<Document><QAPairs>{body}</QAPairs></Document>")
    refused, kept = read_outcomes(path, SOURCE, name="1_QA/1.xml")
    assert refused == rule
    assert kept["source_id"] == "1_QA/1-2"


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        find_files(tmp_path, SOURCE)


BOMB = b'<!DOCTYPE Document [<!ENTITY x "xxxx">]><Document><QAPairs>&x;</QAPairs></Document>'
DAMAGES = {
    **EMPTY,
    **cut(b"</QAPairs>"),
    "Latin-1": lambda content: content.replace("°".encode(), b"\xb0"),
    "an entity": whole(BOMB),
    "another format": whole(b'{"Document": 1}'),
    "another root": whole(b"<Documents/>"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whole_file(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, FILE, damage, tmp_path)
