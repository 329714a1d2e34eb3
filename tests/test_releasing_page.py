"""The maintainer's page: its commands that need no Hub are run, in their order, on its own recipe."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from commands import invoke, refused
from recipes import write_lines
from releases import manifest_of, read_rows

from medinjection_fr.build import build
from medinjection_fr.resources import PACKAGE

PAGE = PACKAGE.parent / "docs" / "releasing.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="needs the checkout")
ON_THE_HUB = ("push", "pull")


def blocks(language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def commands() -> list[list[str]]:
    """The page's commands, as words."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [
        words[1:] for line in lines if (words := shlex.split(line, comments=True))[0] == "medinjection-fr"
    ]


def write_source(folder: Path) -> None:
    for split, number in (("train", 4), ("test", 2)):
        cases = [
            {"id": f"{split}-{n}", "question": f"Que prescrire au patient {n} ({split}) ?", "kind": "mcqu"}
            | {"options": ["Du repos", "Un antibiotique", "Rien"], "gold": "A"}
            for n in range(number)
        ]
        write_lines(folder / f"{split}.jsonl", cases)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the page takes for granted: recipe, files, the last release, a benchmark."""
    monkeypatch.chdir(tmp_path)
    recipe, _ = blocks("yaml")
    (tmp_path / "recipe.yaml").write_text(recipe, encoding="utf-8")
    write_source(tmp_path / "data" / "our-cases")
    older = {
        **yaml.safe_load(recipe),
        "version": "1.0.0",
        "sources": [{"source": "medinjection-fr-sample-native"}],
    }
    (tmp_path / "older.yaml").write_text(yaml.safe_dump(older), encoding="utf-8")
    build(tmp_path / "older.yaml", tmp_path / "previous", jobs=1)
    write_lines(tmp_path / "benchmark.jsonl", [{"question": "Que prescrire au patient 1 (train) ?"}])
    return tmp_path


def test_commands_of_the_page_work(place: Path) -> None:
    run = [command for command in commands() if command[0] not in ON_THE_HUB and "@" not in " ".join(command)]
    assert [command[0] for command in run] == [
        *("sources", "build", "verify", "audit", "leaks", "card", "diff", "build", "verify", "show")
    ]
    for command in run:
        if command[0] == "show":
            row = next(row for row in read_rows(place / "medinjection-fr") if row["source"] == "our-cases")
            command = [row["id"] if word == "ID" else word for word in command]
        in_this_process = ["--jobs", "1"] if command[0] in ("build", "leaks") else []
        result = invoke(*command, *in_this_process)
        assert result.exit_code == 0, (command, result.output)
        if command[0] == "diff":
            assert "1.1.0" in result.output
    assert (place / "medinjection-fr-audit" / "audit.html").exists()
    assert manifest_of(place / "medinjection-fr")["version"] == "1.1.0"
    assert (place / "medinjection-fr" / "figures" / "types.png").exists()


def test_commands_for_the_hub_are_commands(place: Path) -> None:
    sent = [command for command in commands() if command[0] in ON_THE_HUB]
    assert [command[0] for command in sent] == ["pull", "push", "push"]
    for command in sent:
        # A wrong option would be told before a missing release or a Hub that is out of reach.
        assert "No such option" not in invoke(*command, "--help").output
        assert invoke(*command, "--help").exit_code == 0


def test_withdrawal_of_the_page_is_one(place: Path) -> None:
    build = ("build", "recipe.yaml", "--data", "data", "--jobs", "1")
    assert invoke(*build).exit_code == 0
    recipe, exclude = blocks("yaml")
    row = next(row for row in read_rows(place / "medinjection-fr") if row["source"] == "our-cases")
    text = recipe + exclude.replace("ID", row["id"])
    (place / "recipe.yaml").write_text(text.replace('"1.1.0"', '"2.0.0"'), encoding="utf-8")
    assert "Give another --output, or --replace" in refused(invoke(*build))
    assert invoke(*build, "--replace").exit_code == 0
    card = (place / "medinjection-fr" / "README.md").read_text(encoding="utf-8")
    assert (
        f"| `{row['id']}` | `our-cases/{row['source_id']}` | dose reported wrong by a physician (2026-11-25) |"
        in card
    )
