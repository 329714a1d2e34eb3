"""Whatever is wrong with what we are given: exit code 2, plain words, and nothing half done."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from commands import invoke, refused, run
from damage import copy_of
from recipes import few_rows, question, source_facts, write_frenchmedmcqa, write_recipe
from releases import contents, manifest_of, read_rows

import medinjection_fr
from medinjection_fr.build import build
from medinjection_fr.curate.ledger import read_ledger
from medinjection_fr.errors import InputError
from medinjection_fr.release.verify import verify

# Files that cannot be read as a whole


def gone(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def in_latin_1(path: Path) -> None:
    items = json.loads(path.read_text(encoding="utf-8"))
    items[0]["question"] = "Où siège la lésion ?"
    path.write_text(json.dumps(items, ensure_ascii=False), encoding="latin-1")


def as_json_lines(path: Path) -> None:
    items = json.loads(path.read_text(encoding="utf-8"))
    path.write_text("\n".join(map(json.dumps, items)), encoding="utf-8")


def as_page(path: Path) -> None:
    path.write_text("<!DOCTYPE html>\n<html><title>404</title></html>", encoding="utf-8")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def with_a_tail(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"[]")


def broken(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace('"id": "t3"', '"id"; "t3"'), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (gone, ["no file", "for the split train", "Put the file there"]),
        (cut, ["ends inside record 5", "expected a whole file", "fetch it again"]),
        (in_latin_1, ["is not UTF-8 (byte 0xF9)", "expected UTF-8", "iconv"]),
        (as_json_lines, ["holds JSON objects, not an array", "expected a JSON array", "JSON Lines"]),
        (as_page, ["is an HTML page, not data", "expected JSON", "fetch the file again"]),
        (empty, ["is empty", "expected records", "Fetch it again"]),
        (with_a_tail, ["has text after its end", "expected one array"]),
        (broken, ["record 3 is not JSON", "expected valid JSON"]),
    ],
)
def test_file_that_cannot_be_read(
    tmp_path: Path, damage: Callable[[Path], None], words: Sequence[str]
) -> None:
    train = write_frenchmedmcqa(tmp_path / "frenchmedmcqa") / "train.json"
    damage(train)
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa"}])
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert message.count("\n") == 1
    assert str(train) in message
    assert all(word in message for word in words), message
    assert not (tmp_path / "out").exists()
    # Mended, it builds, and leaves nothing behind.
    shutil.rmtree(tmp_path / "frenchmedmcqa")
    write_frenchmedmcqa(tmp_path / "frenchmedmcqa")
    assert invoke("build", recipe, "--output", tmp_path / "out").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frenchmedmcqa", "out", "recipe.yaml"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["[", "]"], ["holds a JSON array", "expected JSON Lines: one object per line"]),
        (['{"a": 1}', "{'a': 2}", '{"a": 3}'], ["line 2 is not JSON"]),
        (["<html>"], ["is an HTML page"]),
        ([""], ["is empty"]),
    ],
)
def test_json_lines_that_cannot_be_read(tmp_path: Path, lines: list[str], words: list[str]) -> None:
    recipe = write_recipe(tmp_path, {"native": lines})
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert str(tmp_path / "our-native" / "records.jsonl") in message
    assert all(word in message for word in words), message


def test_all_files_that_cannot_be_read_are_told_at_once(tmp_path: Path) -> None:
    rows = {"native": ["{"], "synthetic": [question("s")], "translated": ["<html>"]}
    message = refused(invoke("build", write_recipe(tmp_path, rows), "--output", tmp_path / "out"))
    assert len(message.splitlines()) == 2
    assert "our-native" in message and "our-translated" in message
    shutil.rmtree(tmp_path / "our-native")
    shutil.rmtree(tmp_path / "our-synthetic")
    message = refused(invoke("build", tmp_path / "recipe.yaml", "--output", tmp_path / "out"))
    assert "our-native" in message and "our-synthetic" in message


# Records that break a rule


@pytest.mark.parametrize(
    ("changes", "rule", "evidence"),
    [
        ({"answer": ""}, "answer-empty", "answer breaks the schema's 'minLength'"),
        ({"answer": None}, "answer-empty", "answer breaks the schema's 'minLength'"),
        ({"answer": "E"}, "gold-outside-choices", "gold E, options are A–C"),
        ({"choices": ["Oui", "Non", "Oui"]}, "choices-distinct", "options 1 and 3 are the same"),
        ({"choices": ["Oui"]}, "choices-count", "1 options"),
        ({"choices": []}, "choices-count", "0 options"),
        ({"choices": "A) Oui B) Non"}, "choices-unparsed", "the options are not a list of texts"),
        ({"answer": "A,B"}, "gold-not-single", "mcqu with 2 gold letters"),
        ({"answer": "la première"}, "answer-unparsed", "no single reading as labels of 3 options"),
        ({"type": "qcs"}, "type-unknown", "type breaks the schema's 'enum'"),
        ({"type": 3}, "field-type", "type breaks the schema's 'type'"),
        ({"split": "dev"}, "split-unknown", "the record's split is none of ours"),
        ({"instruction": " \u200b"}, "instruction-empty", "instruction breaks the schema's 'minLength'"),
        (
            {"instruction": "L\ufffdsion ?"},
            "text-replacement-character",
            "instruction has U+FFFD at character 2",
        ),
        (
            {"instruction": "Dose \u0001 5 mg"},
            "text-control-character",
            "instruction has U+0001 at character 6",
        ),
        ({"instruction": "\ud800"}, "text-not-unicode", "instruction has U+D800 at character 1"),
        ({"task": "poetry"}, "task-unknown", "task breaks the schema's 'enum'"),
    ],
)
def test_record_that_breaks_a_rule_is_named_and_the_others_survive(
    tmp_path: Path, changes: dict[str, Any], rule: str, evidence: str
) -> None:
    bad = json.dumps({**question("bad"), **changes})
    recipe = write_recipe(tmp_path, {"native": [question("q1"), bad, question("q2")]})
    done = invoke("build", recipe, "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert rule in done.output
    (dropped,) = read_ledger(tmp_path / "out" / "dropped" / "our-native.jsonl")
    assert (dropped.file, dropped.position, dropped.source_id) == ("records.jsonl", 2, "bad")
    assert (dropped.rule, dropped.evidence) == (rule, evidence)
    assert sorted(row["source_id"] for row in read_rows(tmp_path / "out")) == ["q1", "q2"]
    source = manifest_of(tmp_path / "out")["sources"]["our-native"]
    assert (source["read"], source["kept"], source["dropped"]) == (3, 2, {rule: 1})
    assert verify(tmp_path / "out", rows=True) == []


@pytest.mark.parametrize("line", ["3", '"texte"', "null", "[1]"])
def test_line_that_is_no_record_is_named(tmp_path: Path, line: str) -> None:
    recipe = write_recipe(tmp_path, {"native": [question("q1"), line]})
    assert invoke("build", recipe, "--output", tmp_path / "out").exit_code == 0
    (dropped,) = read_ledger(tmp_path / "out" / "dropped" / "our-native.jsonl")
    assert (dropped.rule, dropped.position) == ("record-unreadable", 2)


def test_ledger_never_holds_the_text(tmp_path: Path) -> None:
    secret = "Madame Dupont"
    rows = [
        question("1", instruction=secret, answer="Z"),
        question("2", choices=[secret, secret]),
        question("3", "oeq", answer=f"{secret}\ufffd"),
        question("4", context=secret, answer=secret),
        question("5", instruction=secret),
        question("6", instruction=secret),
    ]
    done = invoke("build", write_recipe(tmp_path, {"native": rows}), "--output", tmp_path / "out")
    assert done.exit_code == 0
    assert "Dupont" not in done.output
    ledger = (tmp_path / "out" / "dropped" / "our-native.jsonl").read_text(encoding="utf-8")
    assert len(ledger.splitlines()) == 5
    assert "Dupont" not in ledger


def test_nothing_left_is_an_error_with_the_first_reasons(tmp_path: Path) -> None:
    rows = {"native": [question(f"q{n}", answer="Z") for n in range(9)]}
    recipe = write_recipe(tmp_path, rows)
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert f"{recipe}: no record is left (answer-unparsed 9)" in message
    assert "sources/our-native: records.jsonl record 1: answer-unparsed" in message
    assert len(message.splitlines()) == 6
    assert not (tmp_path / "out").exists()


def test_withdrawal_that_names_nothing_is_an_error(tmp_path: Path) -> None:
    entry = {"source": "our-native", "source_id": "nat-9", "reason": "dose", "date": "2026-11-23"}
    recipe = write_recipe(tmp_path, few_rows(), exclude=[entry])
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert "recipe › exclude[0]: our-native/nat-9 names no valid record" in message
    assert "remove the entry" in message
    assert not (tmp_path / "out").exists()


# Recipes


def test_split_that_a_source_does_not_have(tmp_path: Path) -> None:
    catalogue = {"our-native": source_facts("native", files={"train": ["records.jsonl"]})}
    sources = [{"source": "our-native", "splits": ["train", "test"]}]
    recipe = write_recipe(tmp_path, {"native": [question("q")]}, catalogue=catalogue, sources=sources)
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert "sources › our-native › splits: the source has no split test; expected among train." in message
    assert not (tmp_path / "out").exists()


def test_origin_without_rows_has_no_configurations_and_everybody_says_why(tmp_path: Path) -> None:
    rows = {"native": few_rows()["native"], "synthetic": [question("s", answer="Z")]}
    recipe = write_recipe(tmp_path, rows, study={"controlled": 6})
    done = invoke("build", recipe, "--output", tmp_path / "out")
    assert done.exit_code == 0
    manifest = manifest_of(tmp_path / "out")
    assert list(manifest["configs"]) == ["native", "native-controlled"]
    reason = "the release has no synthetic records"
    assert manifest["absent_configs"]["native+synthetic-controlled"] == reason
    assert f"- `native+synthetic`: {reason}\n" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        medinjection_fr.load("NAT-SYN", path=tmp_path / "out")
    assert verify(tmp_path / "out", rows=True) == []


# The disk

RECIPE_ROWS = {"native": [question(f"q{n}", "oeq", answer=f"{n} " + "très long " * 400) for n in range(300)]}


def mounted(script: str, *arguments: object) -> Any:
    """Runs a shell script that may mount, in a mount space of its own."""
    program = shutil.which("unshare")
    if program is None:
        pytest.skip("the system has no unshare")
    possible = run([program, "-rm", "sh", "-c", "mount -t tmpfs none /tmp && touch /tmp/x"])
    if possible.returncode:
        pytest.skip(f"the system allows no mount: {possible.stderr.strip()}")
    return run([program, "-rm", "sh", "-euc", script, "sh", *arguments])


BUILD = f"{shlex.quote(sys.executable)} -c 'from medinjection_fr.cli import main; main()' build"


@pytest.mark.parametrize(
    ("format", "size"), [("arrow", "64k"), ("arrow", "600k"), ("arrow", "1500k"), ("parquet", "600k")]
)
def test_full_disk_is_told_and_the_build_goes_on_when_there_is_room(
    tmp_path: Path, format: str, size: str
) -> None:
    recipe = write_recipe(tmp_path / "recipe", RECIPE_ROWS)
    (tmp_path / "disk").mkdir()
    command = f'{BUILD} "$1" --format {format}'
    script = f"""
        mount -t tmpfs -o size={size} none "$2"
        cd "$2"
        code=0
        {command} || code=$?
        test ! -e medinjection-fr
        mount -o remount,size=64m "$2"
        {command} > /dev/null
        mv medinjection-fr "$3"
        exit $code
    """
    message = refused(mounted(script, recipe, tmp_path / "disk", tmp_path / "out"))
    assert len(message.splitlines()) == 1
    assert "the disk is full" in message
    assert "Free some space" in message
    build(recipe, tmp_path / "elsewhere", format=format)
    assert contents(tmp_path / "out") == contents(tmp_path / "elsewhere")


def test_disk_full_of_another_release_keeps_it(tmp_path: Path, tiny_release: Path) -> None:
    recipe = write_recipe(tmp_path / "recipe", RECIPE_ROWS)
    (tmp_path / "disk").mkdir()
    script = 'mount -t tmpfs -o size=1900k none "$2"; cp -r "$3" "$2"; cd "$2"; code=0'
    script += f'\n{BUILD} "$1" --replace || code=$?; diff -r medinjection-fr "$3"; exit $code'
    assert "the disk is full" in refused(mounted(script, recipe, tmp_path / "disk", tiny_release))


def test_read_only_output(tmp_path: Path, tiny_release: Path) -> None:
    recipe = write_recipe(tmp_path / "recipe", few_rows())
    disk = tmp_path / "disk"
    disk.mkdir()
    read_only = 'mount --bind "$2" "$2"; mount -o remount,ro,bind "$2"; cd "$2"'
    message = refused(mounted(f'{read_only}\n{BUILD} "$1"', recipe, disk))
    assert len(message.splitlines()) == 1
    assert "permission denied" in message
    assert "Give an --output that you may write to" in message
    assert list(disk.iterdir()) == []
    folder = copy_of(tiny_release, disk)
    assert "permission denied" in refused(mounted(f'{read_only}\n{BUILD} "$1" --replace', recipe, disk))
    assert contents(folder) == contents(tiny_release)
    assert [path.name for path in disk.iterdir()] == ["medinjection-fr"]


def test_read_only_release_can_be_verified_and_loaded(tmp_path: Path, tiny_release: Path) -> None:
    script = 'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"; cd "$2"; shift 2; exec "$@"'
    code = """
import sys, medinjection_fr
from medinjection_fr.release.verify import verify
from pathlib import Path
assert verify(Path(sys.argv[1]), rows=True) == []
rows = medinjection_fr.load("native", "train", sys.argv[1])
assert len(rows.map(medinjection_fr.to_messages)) == len(rows) == 16
"""
    done = mounted(script, tiny_release, tmp_path, sys.executable, "-c", code, tiny_release)
    assert done.returncode == 0, done.stderr


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As root every file may be read, so the refusal is played.
    recipe = write_recipe(tmp_path, {"native": [question("q")]})
    path = tmp_path / "our-native" / "records.jsonl"
    real = Path.open

    def denied(self: Path, *arguments: Any, **options: Any) -> Any:
        if self == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert f"{path}: permission denied" in message
    assert "sources that you may read" in message


def test_failing_disk_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not a mistake of the input: the traceback is what helps.
    recipe = write_recipe(tmp_path, {"native": [question("q")]})

    def failing(*arguments: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("medinjection_fr.build.write_shards", failing)
    assert isinstance(invoke("build", recipe, "--output", tmp_path / "out").exception, OSError)
    monkeypatch.undo()
    assert build(recipe, tmp_path / "out").written
