"""DEFT 2021: cases of ours laid out as its corpus is. No real file was at hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes
from whole_files import EMPTY, MIS_ENCODED, check_refusal

from medinjection_fr.errors import InputError
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.deft2021 import DISTRIBUTION, find_files

SOURCE = load_catalogue()["deft-2021"]
FIXTURE = Path(__file__).with_name("fixtures") / "deft-2021"
CASES = "DEFT-cas-cliniques"


def outcomes(folder: Path) -> dict[str, list[Any]]:
    return {
        file.path.name: read_outcomes(file.path, SOURCE, file.split, file.name)
        for file in find_files(folder, SOURCE)
    }


def copy_of_fixture(folder: Path) -> Path:
    shutil.copytree(FIXTURE, folder / "copy")
    return folder / "copy"


def test_fixture() -> None:
    read = outcomes(FIXTURE)
    assert read["filepdf-99-cas.txt"] == ["split-unknown"]
    assert read["ref-train-deft2021.txt"] == read["ref-test-deft2021.txt"] == []
    (heart,) = read["filepdf-12-cas.txt"]
    assert heart == heart | {
        "source": "deft-2021",
        "source_id": "filepdf-12-cas",
        "group_id": "deft-2021/filepdf-12-cas",
        "split": "train",
        "kind": "clinical-case",
        "language": "fr",
        "title": None,
        "subject": "cardiovasculaires|etatsosy",
        "license": "LicenseRef-DEFT-agreement",
    }
    assert heart["text"].endswith("institué.")
    (stone,) = read["filepdf-7-2-cas.txt"]
    assert (stone["split"], stone["subject"]) == ("test", "homme")
    (unlabelled,) = read["filepdf-100-cas.txt"]
    assert (unlabelled["split"], unlabelled["subject"]) == ("train", None)


def test_a_case_in_both_splits_is_refused(tmp_path: Path) -> None:
    folder = copy_of_fixture(tmp_path)
    with (folder / DISTRIBUTION).open("a") as file:
        file.write("filepdf-12-cas.txt\t\t\ttest 2021\n")
    assert outcomes(folder)["filepdf-12-cas.txt"] == ["split-unknown"]


def test_references_that_changed_are_read_again(tmp_path: Path) -> None:
    folder = copy_of_fixture(tmp_path)
    before = outcomes(folder)["filepdf-100-cas.txt"][0]["subject"]
    reference = folder / "evaluations" / "ref-train-deft2021.txt"
    reference.write_text("filepdf-100-cas.ann\tnerveux\tmigraine\n")
    assert (before, outcomes(folder)["filepdf-100-cas.txt"][0]["subject"]) == (None, "nerveux")


@pytest.mark.parametrize(
    "name", [CASES, DISTRIBUTION, "evaluations/ref-train-deft2021.txt", "evaluations/ref-test-deft2021.txt"]
)
def test_what_is_absent_is_named(name: str, tmp_path: Path) -> None:
    folder = copy_of_fixture(tmp_path)
    path = folder / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    with pytest.raises(InputError) as caught:
        find_files(folder, SOURCE)
    assert str(path) in str(caught.value)


def test_a_distribution_without_the_campaign(tmp_path: Path) -> None:
    folder = copy_of_fixture(tmp_path)
    (folder / DISTRIBUTION).write_text("filepdf-12-cas.txt\ttrain 2019\ttrain 2020\n")
    with pytest.raises(InputError, match="places no case"):
        find_files(folder, SOURCE)


CASE, REFERENCE = f"{CASES}/filepdf-12-cas.txt", "evaluations/ref-train-deft2021.txt"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *[(name, damage) for name in (CASE, DISTRIBUTION, REFERENCE) for damage in EMPTY.values()],
        *[(name, damage) for name in (CASE, REFERENCE) for damage in MIS_ENCODED.values()],
    ],
)
def test_whole_file(name: str, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, name, damage, tmp_path)
