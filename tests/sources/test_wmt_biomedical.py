"""WMT biomedical: small test sets of ours in the formats of three years, and what they could hold."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from examples import read_outcomes

from medinjection_fr.build import build
from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile, Refused
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.wmt_biomedical import find_files, read

SOURCE = load_catalogue()["wmt-biomedical"]
FIXTURE = Path(__file__).with_name("fixtures") / "wmt-biomedical"
ALIGNMENTS = [
    "wmt19/align_validation_fr_en.txt",
    "wmt20/fr-en_align_validation.tsv",
    "wmt22/en2fr_align_validation.tsv",
    "wmt22/fr2en_align_validation.tsv",
]


def outcomes(folder: Path, name: str) -> list[Any]:
    return read_outcomes(folder / name, SOURCE, "test", name)


def test_files() -> None:
    files = find_files(FIXTURE, SOURCE)
    assert [file.name for file in files if "align" in file.name] == ALIGNMENTS
    # The release lists what the records come from: every file, each once.
    assert sorted(file.path for file in files) == sorted(p for p in FIXTURE.rglob("*") if p.is_file())


@pytest.mark.parametrize("name", ALIGNMENTS[:2])
def test_one_alignment_for_both_directions(name: str) -> None:
    heading, refused, result, anaemia, iron = outcomes(FIXTURE, name)
    assert refused == "answer-unparsed"
    assert heading["instruction"] == result["instruction"] == "Traduisez en français le texte suivant."
    assert heading["context"] == 'Background and aims: "Sleep apnoea" is common in older adults.'
    assert result["answer"] == "Elle a baissé de 4 mmHg (p < 0,05)."
    assert anaemia["instruction"] == iron["instruction"] == "Traduisez en anglais le texte suivant."
    assert iron["context"] == "Du fer leur a été donné. Le traitement a duré trois mois."
    assert iron["answer"] == "Iron was given for three months."
    year, pmid = name.split("/")[0], anaemia["group_id"].split("/")[1]
    assert iron == iron | {
        "source_id": f"{year}/{pmid}:2",
        "group_id": f"wmt-biomedical/{pmid}",
        "task": "translation",
        "type": "oeq",
        "license": "LicenseRef-none-stated",
    }
    assert heading["group_id"] == result["group_id"] != iron["group_id"]


@pytest.mark.parametrize(("name", "into"), [(ALIGNMENTS[2], "fr"), (ALIGNMENTS[3], "en")])
def test_an_alignment_for_each_direction(name: str, into: str) -> None:
    first, second, none, overlap, third = outcomes(FIXTURE, name)
    assert (none, overlap) == ("answer-unparsed", "answer-unparsed")
    # Whichever was translated, the left side of the alignment is French.
    french = "Du fer leur a été donné. Le traitement a duré trois mois."
    assert second["answer" if into == "fr" else "context"] == french
    assert {r["instruction"] for r in (first, second, third)} == {
        {
            "fr": "Traduisez en français le texte suivant.",
            "en": "Traduisez en anglais le texte suivant.",
        }[into]
    }


def test_texts_and_mappings_give_no_record_of_their_own() -> None:
    for file in find_files(FIXTURE, SOURCE):
        if "align" not in file.name:
            assert list(read(file, SOURCE)) == []


def test_a_release_traces_pairs_to_all_their_files(tmp_path: Path) -> None:
    recipe = {
        "name": "wmt",
        "version": "1.0.0",
        "sources": [{"source": "wmt-biomedical", "path": str(FIXTURE)}],
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({**recipe, "audience": "internal"}))
    release = build(path, tmp_path / "medinjection-fr", jobs=1).release
    source = release.manifest["sources"]["wmt-biomedical"]
    assert len(source["files"]) == sum(p.is_file() for p in FIXTURE.rglob("*"))
    assert source["read"] == 20
    assert source["kept"] + sum(source["dropped"].values()) == 20


# --- pairs that they could hold --------------------------------------------------------------------------

YEAR = "wmt22"
ALIGNMENT, MAPPING = f"{YEAR}/en2fr_align_validation.tsv", f"{YEAR}/en2fr_mapping.txt"
ENGLISH, FRENCH = f"{YEAR}/medline_en2fr_en.txt", f"{YEAR}/medline_en2fr_fr.txt"


@pytest.fixture
def year(tmp_path: Path) -> Path:
    shutil.copytree(FIXTURE / YEAR, tmp_path / YEAR)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("OK\t35000008\t1\t1", "Une anémie a été trouvée chez 12\u00a0% des enfants."),
        (
            "OK\t35000008\t1,2\t1,2",
            "Une anémie a été trouvée chez 12\u00a0% des enfants. Du fer leur a été donné.",
        ),
        ("OK \t 35000008\t3\t1 ", "Le traitement a duré trois mois."),
        ("35000008\t3 <=> 1\tOK", "Le traitement a duré trois mois."),
        ("NO_ALIGNMENT\t35000008\tomitted\t1", "answer-unparsed"),
        ("SOURCE_GREATER_TARGET\t35000008\t1\t1", "answer-unparsed"),
        ("OK\t35000008\tomitted\t1", "record-unreadable"),
        ("OK\t35000008\t1\tomitted", "record-unreadable"),
        ("OK\t35000008\t9\t1", "record-unreadable"),
        ("OK\t35000008\t1\t3", "record-unreadable"),
        ("OK\t99999999\t1\t1", "record-unreadable"),
        ("OK\t35000008\t1", "record-unreadable"),
        ("OK\t35000008\t1\t1\t1", "record-unreadable"),
        ("OK\tdoc2\t1\t1", "record-unreadable"),
        ("OK\t35000008\tun\t1", "record-unreadable"),
        ("OK\t35000008\t1,\t1", "record-unreadable"),
        ("Bien aligné\t35000008\t1\t1", "record-unreadable"),
        ("35000008\t1 = 1\tOK", "record-unreadable"),
    ],
)
def test_pairs(line: str, expected: str, year: Path) -> None:
    (year / ALIGNMENT).write_text(f"{line}\nOK\t35000007\t3\t3\n", encoding="utf-8")
    first, last = outcomes(year, ALIGNMENT)
    assert (first if isinstance(first, str) else first["answer"]) == expected
    assert last["answer"] == "Elle a baissé de 4 mmHg (p < 0,05)."


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        (FRENCH, "doc2\t2\tDu fer.\ndoc2\t2\tDu zinc.\ndoc2\t3\tTrois mois.\n", []),
        (FRENCH, "doc2\t1\tDouze.\ndoc2\t2\t\ndoc2\t3\tTrois mois.\n", ["Douze."]),
        (FRENCH, "doc2\t1\ndoc2\t2\tDu fer.\ndoc2\t3\tTrois\tmois.\n", ["Du fer. Trois\tmois."]),
        (MAPPING, "35000008\tdoc2\n", ["Une", "Du "]),
        (MAPPING, "35000008\tdoc2\n35000008\tdoc1\n", []),
        (ENGLISH, "doc3\t1\tA sentence.\n", []),
    ],
    ids=["twice", "empty", "no tab", "one document", "two documents", "another document"],
)
def test_texts(name: str, content: str, kept: list[str], year: Path) -> None:
    (year / name).write_text(content, encoding="utf-8")
    (year / ALIGNMENT).write_text("OK\t35000008\t1\t1\nOK\t35000008\t2,3\t2\n", encoding="utf-8")
    records = [record for record in outcomes(year, ALIGNMENT) if isinstance(record, dict)]
    assert len(records) == len(kept)
    assert all(record["answer"].startswith(start) for record, start in zip(records, kept, strict=True))


def test_a_document_in_the_texts_of_both_directions_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FIXTURE / "wmt20", tmp_path / "wmt20")
    shutil.copy(tmp_path / "wmt20/medline_en2fr_en.txt", tmp_path / "wmt20/medline_fr2en_en.txt")
    assert outcomes(tmp_path, ALIGNMENTS[1])[0] == "record-unreadable"


def test_a_refusal_names_its_pair_and_quotes_no_text(year: Path) -> None:
    (year / ALIGNMENT).write_text("OVERLAP\t35000007\t1\t2\nBien\t35000007\t1\t1\n", encoding="utf-8")
    overlap, unreadable = read(InputFile(year / ALIGNMENT, ALIGNMENT, "test"), SOURCE)
    assert overlap == Refused(1, "wmt22/35000007:2", "answer-unparsed", "the verdict is OVERLAP")
    evidence = "4 fields that are no verdict, PMID and sentence numbers"
    assert unreadable == Refused(2, None, "record-unreadable", evidence)


# --- files that cannot be read ---------------------------------------------------------------------------


def test_every_absent_companion_is_named(year: Path) -> None:
    (year / MAPPING).unlink()
    (year / FRENCH).unlink()
    shutil.copy(year / ALIGNMENT, year / YEAR / "en2pt_align_validation.tsv")
    with pytest.raises(InputError) as caught:
        find_files(year, SOURCE)
    text = str(caught.value)
    assert len(caught.value.problems) == 3
    assert all(name in text for name in ("en2fr_mapping.txt", "medline_en2fr_fr.txt", "en2pt_align"))


@pytest.mark.parametrize("name", [ALIGNMENT, MAPPING, ENGLISH, FRENCH])
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>Sign in</html>", "HTML"),
        ("doc1\t1\tUne h\u00e9patite\n".encode("cp1252"), "not UTF-8"),
    ],
    ids=["empty", "HTML", "encoding"],
)
def test_a_broken_file_is_named(name: str, content: bytes, what: str, year: Path) -> None:
    (year / name).write_bytes(content)
    with pytest.raises(InputError, match=what) as caught:
        list(read(InputFile(year / ALIGNMENT, ALIGNMENT, "test"), SOURCE))
    assert caught.value.problems[0].where == str(year / name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (MAPPING, "35000007\tdoc1\n35000008\n"),
        (FRENCH, "doc1\t1\tUne phrase.\nune phrase sans rien\n"),
        (FRENCH, "doc1\t1\tUne phrase.\ndoc1\tun\tUne phrase.\n"),
    ],
)
def test_the_line_that_is_not_as_expected_is_named(name: str, content: str, year: Path) -> None:
    (year / name).write_text(content)
    with pytest.raises(InputError, match="line 2"):
        list(read(InputFile(year / ALIGNMENT, ALIGNMENT, "test"), SOURCE))
