"""The valid rows of a source as JSON Lines: what stands in them, and that nothing is lost on the way."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from commands import invoke, refused
from examples import described_source
from recipes import question, write_frenchmedmcqa, write_lines
from releases import contents

from medinjection_fr.curate.ledger import count_by_rule, read_ledger
from medinjection_fr.errors import InputError
from medinjection_fr.record import SPLITS
from medinjection_fr.sources.catalogue import Source, load_catalogue
from medinjection_fr.sources.complete import YIELDS
from medinjection_fr.sources.export import export
from medinjection_fr.sources.parts import find_adapter

FIXTURES = Path(__file__).with_name("fixtures")


def has_files(name: str) -> bool:
    """Whether the fixtures of a source can be read as they lie there (some are made into Parquet first)."""
    try:
        return bool(find_adapter(load_catalogue()[name]).find_files(FIXTURES / name, load_catalogue()[name]))
    except InputError:
        return False


SOURCES = [name for name in load_catalogue() if has_files(name)]


def exported(source: Source, folder: Path, output: Path) -> list[dict[str, Any]]:
    """Exports a source and checks the balance against what its adapter gives; returns the rows."""
    kept, dropped = export(source, folder, output)
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    ledger = list(read_ledger(output.with_name(f"{output.name}.dropped.jsonl")))
    assert (len(rows), len(ledger)) == (kept, dropped)
    adapter = find_adapter(source)
    files = adapter.find_files(folder, source)
    read = {(file.name, item.position) for file in files for item in adapter.read(file, source)}
    assert len(read) == kept + dropped
    assert {(row.file, row.position) for row in ledger} <= read
    assert [(row.file, row.position) for row in ledger] == sorted((r.file, r.position) for r in ledger)
    assert {row.source for row in ledger} <= {source.name}
    assert sorted(path.name for path in output.parent.iterdir()) == [
        output.name,
        f"{output.name}.dropped.jsonl",
    ]
    return rows


def check_rows(rows: list[dict[str, Any]], source: Source) -> None:
    """Rows are whole and valid, each under its own identity and the source's name."""
    kind = YIELDS[source.yields]
    for row in rows:
        assert kind.contract.validate_plainly(row) == []
        assert tuple(row) == kind.contract.columns
        assert row["id"] == kind.identify(row)
        assert row["source"] == source.name
        assert row["group_id"].startswith(f"{source.name}/")
        if source.yields != "records":
            assert row["split"] in SPLITS
            assert row["language"] in source.facts["languages"]
    for column in ("id", "source_id"):
        assert max(Counter(row[column] for row in rows).values()) == 1


@pytest.mark.parametrize("name", SOURCES)
def test_every_adapter_exports_what_it_reads(tmp_path: Path, name: str) -> None:
    source = load_catalogue()[name]
    rows = exported(source, FIXTURES / name, tmp_path / "rows.jsonl")
    assert rows
    check_rows(rows, source)


def test_all_kinds_of_rows_are_exported() -> None:
    assert {load_catalogue()[name].yields for name in SOURCES} == set(YIELDS)


def test_real_sources_export_what_they_read(data: Path, tmp_path: Path) -> None:
    names = [name for name in load_catalogue() if (data / name).is_dir()]
    kinds = set()
    for name in names:
        source = load_catalogue()[name]
        (tmp_path / name).mkdir()
        rows = exported(source, data / name, tmp_path / name / "rows.jsonl")
        check_rows(rows[:: max(1, len(rows) // 200)], source)
        kinds.add(source.yields)
    assert kinds == set(YIELDS)


def test_rows_are_those_of_the_files_in_their_order(tmp_path: Path) -> None:
    write_frenchmedmcqa(tmp_path / "data" / "frenchmedmcqa")
    source, output = load_catalogue()["frenchmedmcqa"], tmp_path / "out" / "rows.jsonl"
    rows = exported(source, tmp_path / "data" / "frenchmedmcqa", output)
    assert [row["source_id"] for row in rows] == ["t1", "t3", "d1", "t2", "e1", "e2"]
    assert {row["origin"] for row in rows} == {"native"}
    ledger = list(read_ledger(output.with_name("rows.jsonl.dropped.jsonl")))
    assert count_by_rule(ledger) == {"choices-unparsed": 1, "same-content": 2}
    assert [(row.file, row.position, row.source_id) for row in ledger] == [
        ("train.json", 2, "t2"),
        ("train.json", 4, "t1"),
        ("train.json", 5, "t4"),
    ]


def test_command_line_exports_and_says_what_it_dropped(tmp_path: Path) -> None:
    write_frenchmedmcqa(tmp_path / "frenchmedmcqa")
    output = tmp_path / "new" / "rows.jsonl"
    done = invoke("sources", "export", "frenchmedmcqa", output, "--data", tmp_path)
    assert done.exit_code == 0
    assert done.stdout == f"{output}: 6 rows; 3 dropped, named in {output}.dropped.jsonl\n"
    before = contents(output.parent)
    assert len(before["rows.jsonl"].splitlines()) == 6
    assert invoke("sources", "export", "frenchmedmcqa", output, "--data", tmp_path).exit_code == 0
    assert contents(output.parent) == before


@pytest.mark.parametrize("standing", [False, True])
@pytest.mark.parametrize("damage", ["missing", "cut", "page"])
def test_failure_leaves_no_output_and_keeps_an_earlier_one(
    tmp_path: Path, damage: str, standing: bool
) -> None:
    folder, output = write_frenchmedmcqa(tmp_path / "frenchmedmcqa"), tmp_path / "out" / "rows.jsonl"
    if standing:
        invoke("sources", "export", "frenchmedmcqa", output, "--data", tmp_path)
    before = contents(tmp_path / "out")
    assert len(before) == 2 * standing
    path = folder / "test.json"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    if damage != "missing":
        path.write_text("<!DOCTYPE html>" if damage == "page" else text[:-20], encoding="utf-8")
    message = refused(invoke("sources", "export", "frenchmedmcqa", output, "--data", tmp_path))
    assert str(path) in message
    assert contents(tmp_path / "out") == before
    assert not list((tmp_path / "out").glob(".*"))


def test_every_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl", "c.jsonl"):
        write_lines(tmp_path / "files" / name, ["{"] if name != "b.jsonl" else [question("b")])
    columns = {key: key for key in ("instruction", "choices", "answer", "type", "source_id")}
    source = described_source(columns=columns, constants={"task": "other"})
    with pytest.raises(InputError) as caught:
        export(source, tmp_path / "files", tmp_path / "rows.jsonl")
    assert [problem.where for problem in caught.value.problems] == [
        str(tmp_path / "files" / name) for name in ("a.jsonl", "c.jsonl")
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


def test_nothing_valid_gives_an_empty_file_and_its_ledger(tmp_path: Path) -> None:
    write_lines(tmp_path / "files" / "a.jsonl", [question("a", choices=["Oui", "Oui"])])
    columns = {key: key for key in ("instruction", "choices", "answer", "type", "source_id")}
    rows = exported(described_source(columns=columns), tmp_path / "files", tmp_path / "out" / "rows.jsonl")
    assert rows == []


def test_folder_is_no_output(tmp_path: Path) -> None:
    write_frenchmedmcqa(tmp_path / "frenchmedmcqa")
    (tmp_path / "thesis").mkdir()
    message = refused(invoke("sources", "export", "frenchmedmcqa", tmp_path / "thesis", "--data", tmp_path))
    assert "is a folder" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frenchmedmcqa", "thesis"]


def test_unknown_source_is_refused_with_the_nearest(tmp_path: Path) -> None:
    message = refused(invoke("sources", "export", "frenchmedmqca", tmp_path / "rows.jsonl"))
    assert 'Did you mean "frenchmedmcqa"?' in message
