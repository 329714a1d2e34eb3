"""Small recipes and their files, what a release holds, and ways to damage one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from click.testing import CliRunner, Result

from medinjection_fr.build import build
from medinjection_fr.cli import main
from medinjection_fr.configs import Study, plan_configs
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import SCHEMA
from medinjection_fr.release.card_plots import FIGURES
from medinjection_fr.release.croissant import CROISSANT, render_croissant
from medinjection_fr.release.documents import write_documents
from medinjection_fr.release.manifest import (
    CARD,
    MANIFEST,
    Release,
    describe_configs,
    describe_file,
    seal,
    shards_of_files,
)
from medinjection_fr.release.script import SCRIPT
from medinjection_fr.release.shards import open_shard
from medinjection_fr.release.statistics import Statistics
from medinjection_fr.release.verify import verify

Rows = dict[str, list[dict[str, Any]]]
"""Records by their origin."""
STUDY = {"controlled": 6, "matched": {"rows": 12, "types": ["mcqu", "mcq"]}}
"""What ``few_rows`` is enough for."""

_KEYS = ["instruction", "context", "choices", "answer", "explanation", "facts"]
_KEYS += ["type", "task", "subject", "source_id", "group_id", "split"]
_ENDS = {
    "mcqu": {"choices": ["Oui", "Non", "On ne sait pas"], "answer": "B"},
    "mcq": {"choices": ["Fièvre", "Toux", "Éruption", "Ictère"], "answer": "A,C"},
    "oeq": {"choices": [], "answer": "Une réponse rédigée, à 37,5 °C."},
}


def question(name: str, type: str = "mcqu", split: str = "train", **changes: Any) -> dict[str, Any]:
    """A record as a laboratory has it in its JSON Lines; the name makes its content its own."""
    return {
        "source_id": name,
        "split": split,
        "type": type,
        "instruction": f"Que répondez-vous à la question {name} ?",
        "derived_from": f"our-documents/{name}",
        **_ENDS[type],
        **changes,
    }


def few_rows() -> Rows:
    """Records of all origins, splits and types: eight shards' worth of each origin at least."""
    numbers = {
        "train": {"mcqu": 8, "mcq": 6, "oeq": 2},
        "validation": {"mcqu": 1},
        "test": {"mcq": 1, "oeq": 1},
    }
    return {
        origin: [
            question(f"{origin[:3]}-{split}-{type}-{n}", type, split)
            for split, types in numbers.items()
            for type, number in types.items()
            for n in range(number)
        ]
        for origin in ("native", "synthetic", "translated")
    }


def source_facts(origin: str, /, **changes: Any) -> dict[str, Any]:
    """A catalogue entry for records of the form of ``question``."""
    generated = origin != "native"
    return {
        "title": f"Our {origin} records",
        "origin": origin,
        "adapter": "jsonl",
        "location": {"kind": "folder"},
        "files": {"in-record": ["*.jsonl"]},
        "columns": {key: key for key in [*_KEYS, *["derived_from"] * generated]},
        **({"constants": {"generator": "our-model@1"}} if generated else {}),
        "license": "CC-BY-4.0",
        "redistributable": True,
        "lineage": "known",
        "languages": ["fr"],
        "citation": "Our laboratory (2026).",
        **changes,
    }


def write_lines(path: Path, rows: Iterable[Any]) -> Path:
    """Writes JSON Lines; a row that is text already stands as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_recipe(folder: Path, rows: Mapping[str, Sequence[Any]], **changes: Any) -> Path:
    """Writes a recipe with a source ``our-<origin>`` for each origin, and their files beside it."""
    for origin, records in rows.items():
        write_lines(folder / f"our-{origin}" / "records.jsonl", records)
    recipe = {
        "name": "tiny",
        "version": "1.0.0",
        "sources": [{"source": f"our-{origin}"} for origin in rows],
        "catalogue": {f"our-{origin}": source_facts(origin) for origin in rows},
        **changes,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def built(folder: Path, rows: Mapping[str, Sequence[Any]], format: str = "arrow", **changes: Any) -> Release:
    """The release of a recipe of these rows."""
    recipe = write_recipe(folder, rows, **changes)
    return build(recipe, folder / "out" / "medinjection-fr", jobs=1, format=format).release


FRENCHMEDMCQA = {
    "train.json": [("t1", "ab", 1), ("t2", "abc", 2), ("t3", "abcde", 5), ("t1", "ab", 1), ("t4", "abe", 1)],
    "dev.json": [("d1", "abcde", 2), ("t2", "abc", 2)],
    "test.json": [("e1", "abcd", 1), ("e2", "abcd", 3)],
}
"""File → (id, labels of the options, number of correct ones), with a repeat in train, one of train in
dev, and one whose labels have a gap."""


def write_frenchmedmcqa(folder: Path) -> Path:
    """Writes a few questions of our own as FrenchMedMCQA has them; nine, of which three are to drop."""
    folder.mkdir(parents=True)
    for name, questions in FRENCHMEDMCQA.items():
        items = [
            {
                "id": id,
                "question": f"Lesquelles de ces propositions sont fausses ({id}) ?",
                "answers": {label: f"Proposition {label} de la question {id}" for label in labels},
                "correct_answers": list(labels[:correct]),
                "subject_name": "pharmacie",
                "nbr_correct_answers": correct,
            }
            for id, labels, correct in questions
        ]
        (folder / name).write_text(json.dumps(items), encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def shard_paths(folder: Path) -> list[str]:
    """Paths of the shards inside a release folder."""
    return sorted(path for path in contents(folder) if path.startswith("data/"))


def read_rows(folder: Path, paths: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Rows straight from shards: those given, in the order given, or all."""
    rows: list[dict[str, Any]] = []
    for path in shard_paths(folder) if paths is None else paths:
        with open_shard(folder / path) as (_, batches):
            rows += [row for batch in batches for row in batch.to_pylist()]
    return rows


def texts_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a row whose lengths are told, by what they are called there."""
    texts = {"instruction": row["instruction"], "context": row["context"], "options": "".join(row["choices"])}
    texts |= {"answer": row["answer"]} if row["type"] == "oeq" else {}
    return {name: text for name, text in texts.items() if text}


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest, unchecked."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def write_table(path: Path, table: pa.Table) -> None:
    """Writes a table of any schema as a shard."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows as a shard of the right schema, whatever the rows hold."""
    write_table(path, pa.Table.from_pylist(list(rows), SCHEMA))


def reseal(
    folder: Path,
    lie: Callable[[dict[str, Any]], object] = lambda manifest: None,
    card: Callable[[str], str] = lambda text: text,
    script: Callable[[str], str] = lambda text: text,
) -> None:
    """Makes documents and manifest fit shards and ledgers as they are, so that all digests are right.

    Args:
        folder: A release.
        lie: Changes the manifest before it is sealed.
        card: Changes the card before it is hashed.
        script: Changes the loading script before it is hashed.
    """
    manifest = manifest_of(folder)
    plots = any(file["path"].startswith(FIGURES) for file in manifest["files"])
    data = [file for file in manifest["files"] if file["path"].split("/")[0] in ("data", "dropped")]
    manifest["files"] = [{**file, **describe_file(folder / file["path"], folder)} for file in data]
    files = {file["path"]: file for file in manifest["files"]}
    study = Study.from_recipe(manifest["recipe"])
    configs, manifest["absent_configs"] = plan_configs(shards_of_files(manifest["files"]), study)
    manifest["configs"] = describe_configs(configs, files)
    if statistics := recount(folder):
        manifest["statistics"] = statistics
    write_documents(manifest, folder, plots)
    for name, change in {CARD: card, SCRIPT: script}.items():
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(change(text), encoding="utf-8", newline="\n")
        describe_again(manifest, folder, name)
    (folder / CROISSANT).write_text(render_croissant(manifest), encoding="utf-8", newline="\n")
    describe_again(manifest, folder, CROISSANT)
    lie(manifest)
    (folder / MANIFEST).write_bytes(seal(manifest))


def recount(folder: Path) -> dict[str, Any] | None:
    """Statistics of the rows as they are; ``None`` if a shard has other columns than a record."""
    statistics = Statistics()
    for path in shard_paths(folder):
        try:
            with open_shard(folder / path) as (schema, batches):
                if not schema.equals(SCHEMA, check_metadata=True):
                    return None
                for batch in batches:
                    statistics.add(batch)
        except pa.ArrowException:
            return None
    return statistics.described(manifest_of(folder)["sources"])


def describe_again(manifest: dict[str, Any], folder: Path, name: str) -> None:
    """Puts size and digest of a file, as it is now, into a manifest."""
    entry = next(file for file in manifest["files"] if file["path"] == name)
    entry.update(describe_file(folder / name, folder))


def faults(folder: Path, rows: bool = False) -> list[Problem]:
    """What ``verify`` finds, be it told or raised."""
    try:
        return verify(folder, rows)
    except InputError as error:
        return error.problems


def flip(path: Path, position: int) -> None:
    """Changes the lowest bit of one byte."""
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def invoke(*arguments: object) -> Result:
    """Runs the command line in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(result: Result | subprocess.CompletedProcess[str]) -> str:
    """The message of a command that refused its input: exit code 2, no traceback, nothing printed."""
    code = result.exit_code if isinstance(result, Result) else result.returncode
    assert code == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert not result.stdout
    assert all(line.startswith("error: ") for line in result.stderr.splitlines())
    return result.stderr


def start(
    *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own."""
    command = [sys.executable, "-c", "from medinjection_fr.cli import main; main()", *map(str, arguments)]
    return run(command, cwd, env)


def run(
    command: Sequence[object], cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "HF_HUB_OFFLINE": "1", **(env or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def copy_of(release: Path, folder: Path) -> Path:
    """A copy of a release to damage, under the name that every release has."""
    return Path(shutil.copytree(release, folder / "medinjection-fr"))
