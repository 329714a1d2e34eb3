"""Recipe → release: the ledger's balance, the same bytes, kills, locks and replacement."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from releases import (
    STUDY,
    contents,
    copy_of,
    few_rows,
    invoke,
    manifest_of,
    question,
    read_rows,
    refused,
    run,
    shard_paths,
    start,
    write_frenchmedmcqa,
    write_recipe,
)

import medinjection_fr
from medinjection_fr import processes, reading
from medinjection_fr.build import build
from medinjection_fr.curate.ledger import count_by_rule, read_ledger
from medinjection_fr.errors import InputError
from medinjection_fr.recipe import find_recipe
from medinjection_fr.release.verify import verify


def balance(release: Path) -> dict[str, tuple[int, int, dict[str, int]]]:
    """Read, kept and dropped of each source, each figure counted where it comes from."""
    kept = [row["source"] for row in read_rows(release)]
    counted = {}
    for name, source in manifest_of(release)["sources"].items():
        path = release / "dropped" / f"{name}.jsonl"
        dropped = list(read_ledger(path)) if path.exists() else []
        assert {row.source for row in dropped} <= {name}
        assert [(row.file, row.position) for row in dropped] == sorted((r.file, r.position) for r in dropped)
        assert source["kept"] == kept.count(name)
        assert source["dropped"] == count_by_rule(dropped)
        assert source["read"] == source["kept"] + len(dropped)
        counted[name] = source["read"], source["kept"], source["dropped"]
    return counted


def test_sample_keeps_all_that_it_reads(sample_release: Path) -> None:
    assert all(read == kept >= 60 for read, kept, _ in balance(sample_release).values())
    assert verify(sample_release, rows=True) == []


def test_every_record_of_our_own_files_is_kept_or_named(tiny_release: Path) -> None:
    rows = {f"our-{origin}": len(records) for origin, records in few_rows().items()}
    assert balance(tiny_release) == {
        name: (number + 1, number, {"choices-distinct": 1}) for name, number in rows.items()
    }
    assert verify(tiny_release, rows=True) == []


def test_frenchmedmcqa_balances(tmp_path: Path) -> None:
    write_frenchmedmcqa(tmp_path / "frenchmedmcqa")
    release = build(
        write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa"}]), tmp_path / "out"
    ).release
    rules = {"choices-unparsed": 1, "same-content": 2}
    assert balance(release.folder) == {"frenchmedmcqa": (9, 6, rules)}
    names = [row.evidence for row in read_ledger(release.folder / "dropped" / "frenchmedmcqa.jsonl")]
    # The repeat inside train loses to the first, and train loses to validation.
    assert "kept frenchmedmcqa/t1 in train" in names
    assert "kept frenchmedmcqa/t2 in validation" in names


def test_real_frenchmedmcqa_balances(data: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa"}], study={"controlled": 600})
    release = build(recipe, tmp_path / "out", data).release
    read, kept, dropped = balance(release.folder)["frenchmedmcqa"]
    assert read == 3105
    assert kept > 3080
    assert dropped["choices-distinct"] == 1  # A+ twice
    assert verify(release.folder, rows=True) == []


OPTIONS = "Choix de réponses :\n(A) Staphylocoque\n(B) Streptocoque\n(C) Entérocoque"
PUBLISHED = [
    {
        "instruction": f"Quel germe trouve-t-on dans le flacon {n} ?\n\n{OPTIONS}",
        "context": None,
        "answer": ["A", "B, C", "Le staphylocoque doré."][n % 3],
        "type": ["mcqu", "mcq", "oeq"][n % 3],
        "origin": ["Native", "Synthetic", "Translated"][n // 3 % 3],
    }
    for n in range(18)
] + [
    {"instruction": "Quel germe ?", "context": "", "answer": "A", "type": "mcqu", "origin": "Native"},
    {"instruction": "Et après ?", "context": "", "answer": "", "type": "oeq", "origin": "Native"},
]


def test_published_parquet_balances(tmp_path: Path) -> None:
    folder = tmp_path / "medinjection-fr-published"
    folder.mkdir()
    for split, rows in {"train": PUBLISHED, "test": PUBLISHED[:1]}.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{split}-00000-of-00001.parquet")
    built = build(find_recipe("published")[0], tmp_path / "out", tmp_path)
    read, kept, dropped = balance(built.release.folder)["medinjection-fr-published"]
    assert (read, kept) == (21, 18)
    assert dropped == {"answer-empty": 1, "choices-unparsed": 1, "same-content": 1}
    assert verify(built.release.folder, rows=True) == []
    absent = built.release.manifest["absent_configs"]
    assert absent["native-controlled"] == "native has 3 multiple-choice train rows, 33492 are needed"


def environment(**variables: str) -> dict[str, str]:
    return {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", **variables}


def test_same_bytes_from_another_place_hash_seed_and_locale(tmp_path: Path) -> None:
    rows = few_rows()
    rows["native"] += [question("é" * 9), question("broken", answer="")]
    builds = {
        "a": environment(),
        "b/deep er/é": environment(PYTHONHASHSEED="4", LC_ALL="C", TZ="Asia/Tokyo"),
        # What is left where Python finds no UTF-8 locale at all.
        "c": environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii"),
    }
    found = []
    for place, env in builds.items():
        recipe = write_recipe(tmp_path / place, rows, study=STUDY)
        done = start("build", recipe, "--jobs", 1, cwd=recipe.parent, env=env)
        assert done.returncode == 0, done.stderr
        found.append(contents(recipe.parent / "medinjection-fr"))
    assert found[0] == found[1] == found[2]


def test_same_bytes_from_one_process_and_several(
    tmp_path: Path, tiny_recipe: Path, tiny_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_BYTES_WORTH_A_PROCESS", 0)
    monkeypatch.delattr(processes, "_mistake")
    assert build(tiny_recipe, tmp_path / "out", jobs=2).written
    assert contents(tmp_path / "out") == contents(tiny_release)


def test_several_processes_tell_all_mistakes_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = write_recipe(tmp_path, {"native": ["{"], "synthetic": [question("s")], "translated": ["["]})
    with pytest.raises(InputError) as alone:
        build(recipe, tmp_path / "out", jobs=1)
    monkeypatch.setattr(reading, "_BYTES_WORTH_A_PROCESS", 0)
    with pytest.raises(InputError) as together:
        build(recipe, tmp_path / "out", jobs=3)
    assert together.value.problems == alone.value.problems
    assert [Path(p.where.split(",")[0]).parent.name for p in alone.value.problems] == [
        "our-native",
        "our-translated",
    ]


# A build that is killed at its n-th touch of a file. The hook hears of every file that Python opens for
# writing, makes, moves or removes; what Arrow does in between is heard of at every batch of a shard.
KILLED = """
import os, signal, sys
from pathlib import Path
from medinjection_fr.build import build
from medinjection_fr.errors import InputError
from medinjection_fr.release import arrange

touches, deadline = 0, None
EVENTS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.link", "os.truncate"}

def touch():
    global touches
    touches += 1
    if touches == deadline:
        os.kill(os.getpid(), signal.SIGKILL)

def hear(event, arguments):
    if deadline is not None:
        if event in EVENTS or event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            touch()

def watched(batches):
    for batch in batches:
        yield batch
        touch()

def write_shard(batches, path, write=arrange.write_shard):
    write(watched(batches), path)

arrange.write_shard = write_shard
sys.addaudithook(hear)

def attempt(n, recipe, output, replace):
    "Builds in a child that is killed at its n-th touch; says whether it was."
    global deadline, touches
    child = os.fork()
    if child == 0:
        deadline, touches = n, 0
        try:
            build(Path(recipe), Path(output), jobs=1, replace=replace)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"touch {n}: the build failed"
    return os.WIFSIGNALED(status)
"""

SWEEP = (
    KILLED
    + """
import hashlib, shutil

def digest(folder):
    files = sorted(p for p in Path(folder).rglob("*") if p.is_file())
    whole = [(str(p.relative_to(folder)), hashlib.sha256(p.read_bytes()).hexdigest()) for p in files]
    return hashlib.sha256(repr(whole).encode()).hexdigest()

recipe, output, density, old = sys.argv[1:]
output, before = Path(output), digest(old) if old != "-" else None
build(Path(recipe), output, jobs=1)  # all that a child needs is imported before it is born
new = digest(output)
points, n = [], 1
while True:
    shutil.rmtree(output.parent)
    output.parent.mkdir()
    if before:
        shutil.copytree(old, output)
    killed = attempt(n, recipe, output, bool(before))
    if output.exists():  # under the final name there is a whole release, or none
        assert digest(output) in {before, new}, f"touch {n}: the output is neither old nor new"
    standing = before and output.exists() and digest(output) == before
    interrupted = before and not output.exists()  # the next build puts the old one back first
    assert not attempt(0, recipe, output, bool(standing or interrupted))
    assert digest(output) == new, f"touch {n}: other bytes after the second build"
    assert [p.name for p in output.parent.iterdir()] == [output.name], f"touch {n}: left something"
    if not killed:
        break
    points.append(n)
    n += 1 + n // int(density)  # what is read comes first, and differs most
print(len(points))
"""
)


def sweep(recipe: Path, output: Path, density: int, old: Path | None) -> int:
    """Kills builds at some touches of a file, at all up to the ``density``-th, and resumes each.

    Returns:
        How many were killed.
    """
    output.parent.mkdir()
    done = run([sys.executable, "-c", SWEEP, recipe, output, density, old or "-"])
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.fixture(scope="module")
def small_recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = {origin: records[:12:2] + records[-3:] for origin, records in few_rows().items()}
    rows["native"].append(question("broken", answer="Z"))
    curate = {"duplicates": False, "leaks": False}  # our questions differ by their names only
    return write_recipe(tmp_path_factory.mktemp("small"), rows, curate=curate)


@pytest.fixture(scope="module")
def small_release(small_recipe: Path) -> Path:
    return build(small_recipe, small_recipe.parent / "new", jobs=1).release.folder


def test_same_bytes_from_one_process_and_several_that_curate(
    tmp_path: Path, small_recipe: Path, small_release: Path
) -> None:
    build(small_recipe, tmp_path / "out", jobs=3)
    assert contents(tmp_path / "out") == contents(small_release)


def test_killed_builds_resume_with_the_same_bytes(tmp_path: Path, small_recipe: Path) -> None:
    assert sweep(small_recipe, tmp_path / "w" / "out", 5, None) > 10


def test_killed_replacements_leave_the_old_or_the_new_release(
    tmp_path: Path, small_recipe: Path, tiny_release: Path
) -> None:
    assert sweep(small_recipe, tmp_path / "w" / "out", 3, tiny_release) > 5


@pytest.mark.slow
@pytest.mark.parametrize("replacing", [False, True])
def test_builds_killed_at_every_touch_of_a_file(
    tmp_path: Path, small_recipe: Path, sample_release: Path, replacing: bool
) -> None:
    old = sample_release if replacing else None
    assert sweep(small_recipe, tmp_path / "w" / "out", 9999, old) > 100


BETWEEN_RENAMES = """
import os, signal, sys
from pathlib import Path
from medinjection_fr.cli import main

def kill_at_publication(event, arguments):
    if event == "os.rename" and Path(arguments[1]) == Path("medinjection-fr"):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill_at_publication)
main()
"""


def test_kill_between_the_renames_of_publication_is_mended(
    tmp_path: Path, tiny_release: Path, small_recipe: Path, small_release: Path
) -> None:
    output = copy_of(tiny_release, tmp_path)
    command = [sys.executable, "-c", BETWEEN_RENAMES, "build", small_recipe, "--replace"]
    assert run(command, tmp_path).returncode == -9
    assert not output.exists()
    # Whatever the next build does with it, it first puts the old release back.
    assert "--replace" in refused(start("build", small_recipe, cwd=tmp_path))
    assert contents(output) == contents(tiny_release)
    assert start("build", small_recipe, "--replace", cwd=tmp_path).returncode == 0
    assert contents(output) == contents(small_release)


KILLED_WHILE_READING = """
import os, signal
from medinjection_fr import processes, reading
from medinjection_fr.cli import main

def wait(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

reading._BYTES_WORTH_A_PROCESS, processes.wait = 0, wait
main()
"""


def test_build_killed_while_others_read_for_it_resumes(
    tmp_path: Path, tiny_recipe: Path, tiny_release: Path
) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_READING, "build", tiny_recipe, "--jobs", 3]
    assert run(command, tmp_path).returncode == -9
    assert start("build", tiny_recipe, cwd=tmp_path).returncode == 0
    assert contents(tmp_path / "medinjection-fr") == contents(tiny_release)


def test_resumed_build_keeps_what_was_finished(tmp_path: Path, small_recipe: Path) -> None:
    command = [sys.executable, "-c", BETWEEN_RENAMES, "build", small_recipe]
    assert run(command, tmp_path).returncode == -9
    workspace = tmp_path / ".medinjection-fr.build"
    finished = {path.stat().st_ino for path in workspace.glob("release-*/data/*/*/*")}
    parts = {path: path.stat().st_mtime_ns for path in workspace.glob("part-*/kept.arrow")}
    assert len(parts) == 3
    assert run(command, tmp_path).returncode == -9
    assert {path: path.stat().st_mtime_ns for path in workspace.glob("part-*/kept.arrow")} == parts
    assert {path.stat().st_ino for path in workspace.glob("release-*/data/*/*/*")} == finished


LOCK = """
import sys, filelock
with filelock.FileLock(sys.argv[1]):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_one_build_at_a_time_writes_into_a_folder(tmp_path: Path, small_recipe: Path) -> None:
    (tmp_path / ".out.build").mkdir()
    other = subprocess.Popen(
        [sys.executable, "-c", LOCK, tmp_path / ".out.build" / "lock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout and other.stdout.readline() == "locked\n"
        message = refused(invoke("build", small_recipe, "--output", tmp_path / "out"))
        other.communicate()
    assert message.count("\n") == 1
    assert "another build or pull is writing here" in message
    assert build(small_recipe, tmp_path / "out").written


def test_build_of_what_stands_there_changes_nothing(tmp_path: Path, tiny_recipe: Path) -> None:
    output = tmp_path / "out"
    assert "Wrote" in invoke("build", tiny_recipe, "--output", output).output
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    again = invoke("build", tiny_recipe, "--output", output)
    assert again.exit_code == 0
    assert "Unchanged" in again.output
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_another_release_is_replaced_on_request_only(
    tmp_path: Path, tiny_recipe: Path, tiny_release: Path, small_release: Path
) -> None:
    output = copy_of(small_release, tmp_path)
    message = refused(invoke("build", tiny_recipe, "--output", output))
    assert "--replace" in message
    assert "version 1.0.0 of the recipe tiny" in message
    assert contents(output) == contents(small_release)
    assert invoke("build", tiny_recipe, "--output", output, "--replace").exit_code == 0
    assert contents(output) == contents(tiny_release)


def test_damaged_release_is_not_called_unchanged(
    tmp_path: Path, tiny_recipe: Path, tiny_release: Path
) -> None:
    output = copy_of(tiny_release, tmp_path)
    (output / "LICENSES.md").write_text("", encoding="utf-8")
    message = refused(invoke("build", tiny_recipe, "--output", output))
    assert "LICENSES.md" in message
    assert "--replace" in message
    assert invoke("build", tiny_recipe, "--output", output, "--replace").exit_code == 0
    assert contents(output) == contents(tiny_release)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_output_that_is_no_release_is_left_alone(tmp_path: Path, tiny_recipe: Path, what: str) -> None:
    output = tmp_path / "thesis"
    notes = output if what == "file" else output / "notes.txt"
    notes.parent.mkdir(exist_ok=True)
    notes.write_text("irreplaceable", encoding="utf-8")
    message = refused(invoke("build", tiny_recipe, "--output", output, "--replace"))
    assert "exists and is not a release" in message
    assert notes.read_text(encoding="utf-8") == "irreplaceable"


def test_changed_file_or_recipe_makes_another_release(tmp_path: Path) -> None:
    rows = few_rows()
    first = build(write_recipe(tmp_path / "a", rows), tmp_path / "1").release
    again = build(write_recipe(tmp_path / "b", rows), tmp_path / "2").release
    recipe = build(write_recipe(tmp_path / "c", rows, version="1.0.1"), tmp_path / "3").release
    rows["native"][0]["explanation"] = "Parce que."
    file = build(write_recipe(tmp_path / "d", rows), tmp_path / "4").release
    keys = [release.manifest["key"] for release in (first, again, recipe, file)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_only_the_wanted_splits_are_read(tmp_path: Path) -> None:
    rows = few_rows()
    sources = [{"source": "our-native", "splits": ["test"]}]
    release = build(write_recipe(tmp_path, rows, sources=sources), tmp_path / "out").release
    wanted = sum(row["split"] == "test" for row in rows["native"])
    assert balance(release.folder) == {"our-native": (wanted, wanted, {})}
    assert list(release.manifest["configs"]["native"]["splits"]) == ["test"]


def test_parquet_holds_the_same_rows(tmp_path: Path, tiny_recipe: Path, tiny_release: Path) -> None:
    output = tmp_path / "medinjection-fr"
    done = invoke("build", tiny_recipe, "--output", output, "--format", "parquet")
    assert done.exit_code == 0, done.output
    assert verify(output, rows=True) == []
    assert {Path(path).suffix for path in shard_paths(output)} == {".parquet"}
    assert shard_paths(output) == [path.replace(".arrow", ".parquet") for path in shard_paths(tiny_release)]
    assert read_rows(output) == read_rows(tiny_release)
    for name in ("native+translated", "native+synthetic+translated-matched"):
        parquet = medinjection_fr.load(name, path=output)
        arrow = medinjection_fr.load(name, path=tiny_release)
        assert {s: rows.to_list() for s, rows in parquet.items()} == {
            s: r.to_list() for s, r in arrow.items()
        }
        assert parquet["train"].features == arrow["train"].features
        streamed = medinjection_fr.load(name, "train", path=output, streaming=True)
        assert list(streamed) == arrow["train"].to_list()
    assert build(tiny_recipe, output, format="parquet").written is False
