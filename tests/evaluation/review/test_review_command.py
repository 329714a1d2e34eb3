from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from reviewing import write_run

from evaluation.__main__ import main
from evaluation.review.rating import Rating
from evaluation.review.store import Store


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["review", *map(str, arguments)])


@pytest.fixture
def prepared(sample_release: Path, tmp_path: Path) -> list[object]:
    """The options of a review that was prepared in ``tmp_path``."""
    runs = [
        write_run(tmp_path / name, sample_release, lambda record: "Une réponse.")
        for name in ("base", "native")
    ]
    options: list[object] = [*runs, "--data", sample_release, "--annotators", "anne,basile"]
    options += ["--overlap", 1, "--output", tmp_path / "review.sqlite"]
    done = run("prepare", *options)
    assert done.exit_code == 0, done.output
    return options


def test_tokens_are_the_owners_to_read_and_are_told_to_nobody(prepared: list[object], tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite.tokens.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(encoding="utf-8", newline="") as file:
        tokens = {row["annotator"]: row["token"] for row in csv.DictReader(file)}
    assert set(tokens) == {"anne", "basile"} and len(set(tokens.values())) == 2
    again = run("prepare", *prepared)
    database = (tmp_path / "review.sqlite").read_bytes()
    for token in tokens.values():
        assert token not in again.output and token.encode() not in database


def test_what_was_prepared_alike_stays_and_anything_else_is_refused(
    prepared: list[object], tmp_path: Path
) -> None:
    with Store(tmp_path / "review.sqlite") as store:
        store.save("anne", "q00001", Rating({"base": "different"}), "tab", 0)
    tokens = (tmp_path / "review.sqlite.tokens.csv").read_bytes()
    again = run("prepare", *prepared)
    assert again.exit_code == 0 and "its ratings and tokens stay" in again.output
    other = run("prepare", *prepared, "--seed", 5, "--overlap", 0.5)
    assert other.exit_code == 2
    assert "› seed: is 0; expected 5" in other.output and "› overlap: is 1.0" in other.output
    assert (tmp_path / "review.sqlite.tokens.csv").read_bytes() == tokens
    with Store(tmp_path / "review.sqlite") as store:
        assert store.find("anne", "q00001")


def test_every_mistake_of_the_options_is_told(prepared: list[object], tmp_path: Path) -> None:
    output = tmp_path / "absent" / "review.sqlite"
    done = run("prepare", "--items", 5, "--materials", "m.jsonl", "--annotators", "Dr A", "--output", output)
    assert done.exit_code == 2
    for text in (
        "RUNS and --rows: are both missing",
        "--materials: belongs to --rows",
        "no pseudonym",
        "no such folder",
    ):
        assert text in done.output
    both = run("prepare", *prepared, "--rows", 3)
    assert both.exit_code == 2 and "are given together" in both.output


def test_nobody_is_left_without_items(prepared: list[object], tmp_path: Path) -> None:
    names = ",".join("abcdefgh")
    done = run(
        "prepare", *prepared[:-6], "--annotators", names, "--overlap", 0, "--output", tmp_path / "many.sqlite"
    )
    assert done.exit_code == 2 and "none is left for" in done.output
    assert not list(tmp_path.glob("many*"))


def test_rows_go_from_a_release_to_proposals(sample_release: Path, tmp_path: Path) -> None:
    database = tmp_path / "rows.sqlite"
    done = run("prepare", "--rows", 3, "--data", sample_release, "--annotators", "anne", "--output", database)
    assert done.exit_code == 0 and "6 rows have no original to show" in done.output
    with Store(database) as store:
        store.save("anne", "r00002", Rating({"answerable": "no"}), "tab", 0)
        item = store.item("r00002")
    out = run("export", database, "--exclude", tmp_path / "exclude.yaml")
    assert out.exit_code == 0 and "1 rows to withdraw" in out.output
    assert item and item.id in (tmp_path / "exclude.yaml").read_text(encoding="utf-8")


def test_export_and_import_by_command(prepared: list[object], tmp_path: Path) -> None:
    database = tmp_path / "review.sqlite"
    with Store(database) as store:
        store.save("anne", "q00001", Rating({"base": "different", "native": "equivalent"}), "tab", 0)
    out = run("export", database, "--output", tmp_path / "reviews.csv")
    assert out.exit_code == 0 and "1 reviews, 0 of them unfinished" in out.output
    back = run("import", database, tmp_path / "reviews.csv")
    assert back.exit_code == 0 and "0 brought in, 1 were here" in back.output
    run("export", database, "--output", tmp_path / "reviews.jsonl")
    line = json.loads((tmp_path / "reviews.jsonl").read_text(encoding="utf-8"))
    (tmp_path / "wrong.jsonl").write_text(json.dumps({**line, "annotator": "chloe", "set": "0" * 64}) + "\n")
    wrong = run("import", database, tmp_path / "wrong.jsonl", tmp_path / "absent.csv")
    assert wrong.exit_code == 2 and wrong.output.count("error:") == 3


def test_another_file_is_no_review_database(tmp_path: Path) -> None:
    (tmp_path / "else").write_text("text")
    for command in (["serve"], ["export", "--output", "o.csv"], ["import", "f.csv"]):
        for name in ("else", "absent"):
            done = run(command[0], tmp_path / name, *command[1:])
            assert done.exit_code == 2 and "error:" in done.output


def test_a_port_that_is_taken_is_told(prepared: list[object], tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", tmp_path / "review.sqlite", "--port", taken.getsockname()[1])
    assert done.exit_code == 2 and "Give another --port" in done.output
