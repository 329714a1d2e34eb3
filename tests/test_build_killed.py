"""Builds that are killed, and builds at one time: the same bytes, and one writer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from commands import invoke, refused, run, start
from damage import copy_of
from recipes import few_rows, write_recipe
from releases import contents

from medinjection_fr.build import build

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


KILLED_WHILE_REMOVING = """
import os, signal, sys
from medinjection_fr.cli import main

removing = files = 0

def kill_at_the_second_file(event, arguments):
    global removing, files
    removing += event == "shutil.rmtree" and ".build/part-" in str(arguments[0])
    if event == "os.remove" and removing and arguments[1] != -1:  # a file of the folder that goes
        files += 1
        if files == 2:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill_at_the_second_file)
main()
"""


def test_step_that_is_half_removed_is_not_taken_up(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "recipe", few_rows())
    command = [sys.executable, "-c", KILLED_WHILE_REMOVING, "build", recipe]
    assert run(command, tmp_path).returncode == -9
    assert start("verify", "medinjection-fr", cwd=tmp_path).returncode == 0
    (half,) = (tmp_path / ".medinjection-fr.build").glob("part-*.part")
    withdrawn = {"source": "our-native", "source_id": "nat-train-oeq-1", "reason": "r", "date": "2026-11-23"}
    write_recipe(tmp_path / "recipe", few_rows(), exclude=[withdrawn], version="2.0.0")
    done = start("build", recipe, "--replace", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = build(recipe, tmp_path / "elsewhere", jobs=1).release.folder
    assert contents(tmp_path / "medinjection-fr") == contents(expected)
    assert not half.exists()


def test_what_killed_builds_left_half_written_goes(tmp_path: Path, small_recipe: Path) -> None:
    left = tmp_path / ".out.build" / "part-1.node-1.medinjection-fr.part"
    left.mkdir(parents=True)
    (left / "kept.arrow").touch()
    build(small_recipe, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


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
