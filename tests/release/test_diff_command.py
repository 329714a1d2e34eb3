"""What the command line says of two releases."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import yaml
from commands import invoke, parsed, refused
from damage import copy_of
from recipes import STUDY, few_rows, question, write_recipe
from releases import shard_paths

from medinjection_fr.build import build


@pytest.fixture(scope="module")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny release with a record withdrawn, and seven added."""
    rows = few_rows()
    for records in rows.values():
        records.insert(3, {**records[3], "source_id": "broken", "choices": ["Oui", "Oui"]})
    rows["native"] += [question(f"more-{n}") for n in range(7)]
    withdrawn = {
        "source": "our-native",
        "source_id": "nat-train-oeq-1",
        "reason": "dose fausse",
        "date": "2026-11-23",
    }
    folder = tmp_path_factory.mktemp("next")
    recipe = write_recipe(folder, rows, study=STUDY, exclude=[withdrawn], version="1.1.0")
    return build(recipe, folder / "medinjection-fr", jobs=1).release.folder


def test_diff(tiny_release: Path, next_release: Path) -> None:
    output = invoke("diff", tiny_release, next_release, "--date", "2026-11-25").output
    words = output.replace("\n", " ")
    assert "withdrawn our-native/nat-train-oeq-1 (id " in output
    assert ") – dose fausse (2026-11-23)" in words
    assert "native train oeq" in output
    assert "… and 2 more: --json has them all" in output
    assert "Smallest honest version: 2.0.0 (major). 1.1.0 promises more than is true." in output
    (entry,) = yaml.safe_load(output[output.index("changelog:\n") :])["changelog"]
    assert (entry["version"], entry["date"]) == ("2.0.0", "2026-11-25")
    assert entry["changes"][1] == "7 records added (our-native 7)"


def test_diff_json_has_every_row(tiny_release: Path, next_release: Path) -> None:
    told = parsed("diff", tiny_release, next_release, "--date", "2026-11-25")
    assert told["old"]["version"] == "1.0.0" and told["new"]["folder"] == str(next_release)
    assert (told["bump"], told["smallest_version"], told["is_honest"]) == ("major", "2.0.0", False)
    assert told["counts"] == {"added": 7, "removed": 1, "content": 0, "moved": 0, "license": 0, "metadata": 0}
    assert [row["kind"] for row in told["rows"]] == ["added"] * 7 + ["removed"]
    assert {row["source_id"] for row in told["rows"][:7]} == {f"more-{n}" for n in range(7)}
    (withdrawn,) = told["withdrawn"]
    assert withdrawn["source_id"] == "nat-train-oeq-1"
    assert withdrawn["reason"] == "dose fausse (2026-11-23)"
    cells = {(cell["origin"], cell["split"], cell["type"]): cell for cell in told["cells"]}
    assert cells["native", "train", "mcqu"]["added"] == 7
    assert cells["native", "train", "oeq"]["removed"] == 1
    train = told["configs"]["native"]["splits"]["train"]
    assert train == {"old": 16, "new": 22, "entered": 7, "left": 1}
    assert told["changelog"]["version"] == "2.0.0"


def test_diff_of_a_release_with_itself(tiny_release: Path) -> None:
    output = invoke("diff", tiny_release, tiny_release).output
    assert "Every record is the same." in output
    assert "Nothing to release: nothing differs from 1.0.0." in output
    told = parsed("diff", tiny_release, tiny_release)
    assert (told["bump"], told["rows"], told["configs"], told["changelog"]) == ("none", [], {}, None)
    assert told["is_honest"] is True


def test_diff_dates_its_entry_today(tiny_release: Path, next_release: Path) -> None:
    before = datetime.date.today()
    dated = datetime.date.fromisoformat(parsed("diff", tiny_release, next_release)["changelog"]["date"])
    assert before <= dated <= datetime.date.today()
    assert "Invalid value for '--date'" in invoke("diff", "a", "b", "--date", "25/11/2026").stderr


def test_diff_tells_what_is_wrong_with_both(tiny_release: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    message = refused(invoke("diff", tmp_path / "empty", tmp_path / "nowhere"))
    assert f"{tmp_path / 'empty'}: is not a release: it has no release.json" in message
    assert f"{tmp_path / 'nowhere'}: no such folder" in message
    folder = copy_of(tiny_release, tmp_path)
    for path in shard_paths(folder)[:2]:
        (folder / path).unlink()
    message = refused(invoke("diff", tiny_release, folder))
    assert all(f"{folder / path}: is missing" in message for path in shard_paths(tiny_release)[:2])
