from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from recipes import STUDY, few_rows, write_recipe

from evaluation.contamination import find_training, look_for_contamination, read_contamination
from evaluation.data import open_test_set
from medinjection_fr.build import build
from medinjection_fr.errors import InputError
from medinjection_fr.release.manifest import read_release


@pytest.fixture(scope="module")
def leaking_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that was not curated, with two test questions among its native train rows."""
    folder = tmp_path_factory.mktemp("leaking")
    rows = few_rows()
    native = next(records for name, records in rows.items() if "native" in name)
    asked = [row for row in native if row["split"] == "test"]
    for number, test in enumerate(asked):
        said = {**test, "source_id": f"copy-{number}", "split": "train"}
        said["instruction"] = test["instruction"].upper()
        native.append(said)
    return build(write_recipe(folder, rows, study=STUDY), folder / "medinjection-fr").release.folder


def _training(release: Path, config: str = "native") -> dict[str, Any]:
    manifest = read_release(release).manifest
    data = {"config": config, "version": manifest["version"], "release_digest": manifest["digest"]}
    return {"data": {**data, "reference": str(release)}}


def test_test_records_in_training_are_found(leaking_release: Path, tmp_path: Path) -> None:
    data = open_test_set(str(leaking_release), "native", "test", ["mcqu", "mcq", "oeq"], None)
    found = look_for_contamination(_training(leaking_release), data, tmp_path)
    assert found.looked and len(found.records) == 2
    assert set(found.records) <= set(data.rows["id"])
    assert read_contamination(tmp_path) == found


def test_a_configuration_that_does_not_hold_them_is_clean(leaking_release: Path, tmp_path: Path) -> None:
    data = open_test_set(str(leaking_release), "native", "test", ["mcqu", "mcq", "oeq"], None)
    found = look_for_contamination(_training(leaking_release, "synthetic"), data, tmp_path)
    assert found.looked and not found.records


def test_another_release_is_not_taken_for_the_one_that_was_learnt(
    leaking_release: Path, tmp_path: Path
) -> None:
    data = open_test_set(str(leaking_release), "native", "test", ["mcqu", "mcq", "oeq"], None)
    training = _training(leaking_release)
    training["data"]["release_digest"] = "0" * 64
    assert not look_for_contamination(training, data, tmp_path).looked
    training["data"]["reference"] = str(tmp_path / "nowhere")
    assert not look_for_contamination(training, data, tmp_path).looked


def test_the_report_of_a_training_is_found_beside_adapter_and_weights(tmp_path: Path) -> None:
    (tmp_path / "adapter").mkdir()
    assert find_training(str(tmp_path / "adapter"), None) is None
    (tmp_path / "training.json").write_text(json.dumps({"data": {"config": "native"}}))
    assert find_training("base", tmp_path / "adapter") == {"data": {"config": "native"}}
    assert find_training(str(tmp_path / "adapter"), None) == {"data": {"config": "native"}}
    (tmp_path / "training.json").write_text("{}")
    with pytest.raises(InputError, match="no report of a training"):
        find_training("base", tmp_path / "adapter")
