"""The audit as a command and as JSON: what it writes and where, and what it refuses."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import invoke, refused
from damage import copy_of, write_rows
from recipes import STUDY
from releases import contents

from medinjection_fr.build import build
from medinjection_fr.record import ORIGINS
from medinjection_fr.release.audit import audit
from medinjection_fr.release.audit_page import default_output, write_audit
from medinjection_fr.release.verify import verify

PARTS = """format release computed_from composition configs absent_configs sources licenses lengths
gold_letters gold_letters_per_question languages repeats test_pairs ledger flags privacy findings""".split()
CONFIG_KEYS = {"kind", "origins", "splits", "train", "sources", "confound"}
KEYS: dict[str, set[str]] = {
    "composition": {"origin", "split", "type", "rows"},
    "sources": {"source", "title", "origin", "holds", "license", "redistributable", "languages"}
    | {"read", "kept", "dropped"},
    "licenses": {"license", "terms", "rows"},
    "lengths": {"field", "origin", "split", "rows", "mean", "min", "max"}
    | {"p5", "p25", "median", "p75", "p95", "p99"},
    "gold_letters": {"origin", "type", "options", "questions", "letters", "most_frequent"}
    | {"most_frequent_share", "chi_square", "df", "p", "w", "bias"},
    "gold_letters_per_question": {"origin", "options", "gold", "questions"},
    "repeats": {"rule", "kind", "source", "split", "other_source", "other_split", "rows", "least_similarity"},
    "test_pairs": {"kind", "source", "other_source", "pairs"},
    "ledger": {"source", "rule", "rows", "example"},
    "flags": {"flag", "source", "origin", "split", "rows"},
    "privacy": {"flag", "source", "split", "rows"},
    "findings": {"level", "about", "text"},
}


def test_json_has_the_keys_that_programs_rely_on(figures: dict[str, Any]) -> None:
    assert list(figures) == PARTS
    assert figures["format"] == "medinjection-fr/audit/1"
    assert set(figures["release"]) == {"name", "version", "digest", "recipe", "rows"}
    for part, keys in KEYS.items():
        assert figures[part], part
        assert all(set(row) == keys for row in figures[part]), part
    assert all(set(config) == CONFIG_KEYS for config in figures["configs"].values())
    confound = figures["configs"]["native+translated"]["confound"]
    assert set(confound) == {"cramers_v", "chi_square", "df", "p", "rows", "strength"}
    assert set(figures["languages"]) == {"flags", "dropped"}
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_command_writes_page_and_figures_beside_the_release(varied: Path, tmp_path: Path) -> None:
    release = copy_of(varied, tmp_path)
    before = contents(release)
    result = invoke("audit", release)
    assert result.exit_code == 0, result.output
    output = tmp_path / "medinjection-fr-audit"
    assert sorted(contents(output)) == ["audit.html", "audit.json"]
    figures = json.loads((output / "audit.json").read_text(encoding="utf-8"))
    assert figures == audit(release)
    for finding in figures["findings"]:
        assert f"{finding['level']}: {finding['text']}" in result.output
    assert f"Wrote {output / 'audit.html'}" in result.output
    assert contents(release) == before


def test_command_prints_the_figures_as_json(tiny_release: Path, tmp_path: Path) -> None:
    result = invoke("audit", tiny_release, "--output", tmp_path / "a" / "b", "--json")
    assert json.loads(result.stdout) == json.loads((tmp_path / "a" / "b" / "audit.json").read_text("utf-8"))
    again = invoke("audit", tiny_release, "--output", tmp_path / "c", "--json")
    assert again.stdout == result.stdout
    assert contents(tmp_path / "c") == contents(tmp_path / "a" / "b")


def test_audited_release_is_still_sound(tiny_release: Path, tmp_path: Path) -> None:
    release = copy_of(tiny_release, tmp_path)
    write_audit(release, default_output(release))
    assert verify(release, rows=True) == []


@pytest.mark.parametrize("folder", [".", "inner/..", "../medinjection-fr", "../medinjection-fr/"])
def test_output_stands_beside_the_release_however_it_is_named(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = tmp_path / "medinjection-fr"
    (release / "inner").mkdir(parents=True)
    monkeypatch.chdir(release)
    assert default_output(Path(folder)).resolve() == tmp_path / "medinjection-fr-audit"


@pytest.mark.parametrize("inside", ["", "audit", "data/../audit"])
def test_output_inside_the_release_is_refused(inside: str, tiny_release: Path, tmp_path: Path) -> None:
    release = copy_of(tiny_release, tmp_path)
    message = refused(invoke("audit", release, "--output", release / inside))
    assert "is inside the release" in message and "--output" in message
    assert contents(release) == contents(tiny_release)


def test_output_that_is_a_file_is_refused(tiny_release: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("ours", encoding="utf-8")
    assert "is a file" in refused(invoke("audit", tiny_release, "--output", tmp_path / "taken"))


def test_without_matplotlib_it_says_what_to_install(
    tiny_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = refused(invoke("audit", tiny_release, "--output", tmp_path / "audit"))
    assert 'pip install "medinjection-fr[report]"' in message
    assert not (tmp_path / "audit").exists()
    assert "pip install" in refused(invoke("audit", tmp_path / "nowhere"))  # said before any work


def test_no_release_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in refused(invoke("audit", tmp_path / "nowhere"))
    assert "is not a release" in refused(invoke("audit", tmp_path, "--output", tmp_path.with_name("out")))


def _remove(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _empty(path: Path) -> None:
    write_rows(path, [])


def _scribble(path: Path) -> None:
    path.write_text("not a ledger\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "damage", "said"),
    [
        ("dropped/test-pairs.jsonl", _scribble, "is not JSON Lines of pairs"),
        ("data/native/train/mcq-", _remove, "is missing"),
        ("data/native/train/mcq-", _cut, "is not a whole shard"),
        ("data/native/train/mcq-", _empty, "has 0 rows"),
        ("dropped/our-native", _remove, "counts {}"),
        ("dropped/our-native", _scribble, "is not a ledger"),
    ],
)
def test_what_the_manifest_does_not_say_is_refused(
    path: str, damage: Callable[[Path], None], said: str, tiny_release: Path, tmp_path: Path
) -> None:
    release = copy_of(tiny_release, tmp_path)
    damaged = next((release / name for name in contents(release) if name.startswith(path)), release / path)
    damaged.parent.mkdir(exist_ok=True)
    damage(damaged)
    message = refused(invoke("audit", release))
    assert f"{damaged}: " in message and said in message
    assert not (tmp_path / "medinjection-fr-audit").exists()


def test_parquet_release_has_the_same_figures(tiny_recipe: Path, tiny_release: Path, tmp_path: Path) -> None:
    release = build(tiny_recipe, tmp_path / "medinjection-fr", format="parquet").release.folder
    found, expected = audit(release), audit(tiny_release)
    for part in found.keys() - {"release"}:
        assert found[part] == expected[part], part


def test_study_of_the_tiny_release_covers_all_kinds(tiny_release: Path) -> None:
    kinds = Counter(config["kind"] for config in audit(tiny_release)["configs"].values())
    assert kinds == {"plain": 7, "controlled": 7, "matched": 7}
    assert set(STUDY) == {"controlled", "matched"}
    assert set(audit(tiny_release)["configs"]["native"]["train"]) < set(ORIGINS)
