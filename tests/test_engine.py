"""The same build on a Ray cluster of two nodes: the same bytes, a node that dies, and what a cluster may lack."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import pytest
from clusters import Doom, add_node, doomed, hooked, running_cluster
from commands import invoke, refused
from recipes import few_rows, question, write_recipe
from releases import contents
from test_bad_input import RECIPE_ROWS, mounted

from medinjection_fr import cluster as cluster_module
from medinjection_fr import reading
from medinjection_fr.build import build
from medinjection_fr.curate import groups
from medinjection_fr.engine import open_engine, scratch_beside
from medinjection_fr.errors import InputError
from medinjection_fr.processes import Count
from medinjection_fr.release import verify_rows

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of one node of one CPU; tests add others."""
    with running_cluster() as running:
        yield running


@pytest.fixture
def second(nodes: Any) -> Any:
    """Another node of one CPU, of the same machine."""
    return add_node(nodes)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = few_rows()
    for records in rows.values():
        records.append({**records[0], "source_id": "copy", "instruction": records[0]["instruction"].upper()})
    rows["native"].append(question("broken", answer="Z"))
    return write_recipe(tmp_path_factory.mktemp("recipe"), rows, curate={})


@pytest.fixture(scope="module")
def expected(recipe: Path) -> dict[str, bytes]:
    return contents(build(recipe, recipe.parent / "local", jobs=1).release.folder)


@pytest.fixture(autouse=True)
def few_records_are_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BYTES_WORTH_A_PROCESS", 0)
    monkeypatch.setattr(groups, "_RECORDS_PER_SPAN", 20)


@contextmanager
def connected(nodes: Any, read: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Connects this process; in the workers, ``read`` stands before the reading of each file.

    Args:
        nodes: The cluster.
        read: Called with the node's id and a file's path.
    """

    def hook() -> None:
        from medinjection_fr import reading

        read_part = reading.read_part

        def held(file: Any, *arguments: Any) -> int:
            read(ray.get_runtime_context().get_node_id(), file.path)
            return read_part(file, *arguments)

        reading.read_part = held

    with hooked(nodes, hook):
        yield


def test_node_that_dies_in_the_middle_changes_nothing(
    tmp_path: Path, nodes: Any, second: Any, recipe: Path, expected: dict[str, bytes]
) -> None:
    the_doomed, doom = second.node_id, Doom.in_folder(tmp_path)

    def read(node: str, path: Path) -> None:

        if node == the_doomed:
            doom.begun.write_text(path.parent.name)  # waits for its reader
        with filelock.FileLock(doom.never if node == the_doomed else doom.dead):
            pass

    with connected(nodes, read), doomed(nodes, second, doom) as killed:
        release = build(recipe, tmp_path / "out", engine="ray").release
    assert killed[0].startswith("our-")  # the dead node was reading it
    assert contents(release.folder) == expected


def test_same_bytes_from_a_cluster_by_its_address(
    tmp_path: Path, nodes: Any, recipe: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ("--engine", "ray", "--address", nodes.address, "--json")
    assert invoke("build", recipe, "--output", "out", *options).exit_code == 0
    assert contents(tmp_path / "out") == expected
    found = [json.loads(invoke("leaks", "out", *how).stdout) for how in (options, ("--jobs", 1, "--json"))]
    assert found[0] == found[1]
    assert found[0]["questions"] > 0
    monkeypatch.setattr(verify_rows, "_ROWS_WORTH_PROCESSES", 0)
    monkeypatch.setattr(verify_rows, "_ROWS_PER_SPAN", 20)
    assert invoke("verify", "out", "--rows", *options).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_worker_that_is_killed_for_memory_is_told_and_the_build_goes_on(
    tmp_path: Path, nodes: Any, recipe: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_RETRIES", 1)

    def read(node: str, path: Path) -> None:
        if path.parent.name == "our-translated":
            os.kill(os.getpid(), signal.SIGKILL)  # as the system does

    with connected(nodes, read):
        message = refused(invoke("build", recipe, "--output", tmp_path / "out", "--engine", "ray"))
    assert message.count("\n") == 1
    assert "reading: the system ended a process, most likely for want of memory" in message
    finished = len(list(tmp_path.glob(".out.build/part-*/kept.arrow")))
    read = []
    read_part = reading.read_part
    monkeypatch.setattr(
        reading, "read_part", lambda file, *rest: read.append(file.path) or read_part(file, *rest)
    )
    assert build(recipe, tmp_path / "out", jobs=1).written
    assert contents(tmp_path / "out") == expected
    assert "our-translated" in {path.parent.name for path in read}
    assert len(read) + finished <= 3


def test_node_that_is_short_of_memory_is_told(
    tmp_path: Path, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray looks at the memory itself and ends a worker before the system has to."""
    monkeypatch.setenv("RAY_memory_usage_threshold", "0.001")
    monkeypatch.setenv("RAY_memory_monitor_refresh_ms", "50")
    monkeypatch.setitem(cluster_module.ENVIRONMENT, "RAY_task_oom_retries", "0")

    def read(node: str, path: Path) -> None:
        with filelock.FileLock(never):
            pass

    never = tmp_path / "never"
    with running_cluster() as nodes, filelock.FileLock(never), connected(nodes, read):
        message = refused(invoke("build", recipe, "--output", tmp_path / "out", "--engine", "ray"))
    assert message.count("\n") == 1
    assert "reading: a node's memory was nearly full, and Ray ended a task there" in message


HELD = """
import sys
from types import SimpleNamespace

import filelock
from clusters import hooked
from medinjection_fr import reading
from medinjection_fr.cli import main

address, begun, never = sys.argv[1:4]
del sys.argv[1:4]

def hook():
    from medinjection_fr import reading

    read_part = reading.read_part

    def held(*arguments):
        open(begun, "w").close()  # waits for its reader
        with filelock.FileLock(never):
            pass
        return read_part(*arguments)

    reading.read_part = held

reading._BYTES_WORTH_A_PROCESS = 0
with hooked(SimpleNamespace(address=address), hook):
    main()
"""


@pytest.mark.slow
def test_build_whose_head_is_lost_is_ended_by_ray_and_goes_on(
    tmp_path: Path, recipe: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "2")
    begun, never = tmp_path / "begun", tmp_path / "never"
    os.mkfifo(begun)
    arguments = (begun, never, "build", recipe, "--output", tmp_path / "out", "--engine", "ray")
    with running_cluster() as nodes, filelock.FileLock(never):
        command = [sys.executable, "-c", HELD, nodes.address, *map(str, arguments)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as build_:
            begun.read_text()
            nodes.head_node.kill_gcs_server()
            told = build_.communicate()[0]
    assert (build_.returncode, "Failed to connect to GCS" in told) == (1, True)
    assert not (tmp_path / "out").exists()
    build(recipe, tmp_path / "out", jobs=1)
    assert contents(tmp_path / "out") == expected


def test_node_of_other_versions_or_without_the_folder_is_told(
    tmp_path: Path, nodes: Any, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = cluster_module.versions()
    monkeypatch.setattr(cluster_module, "versions", lambda: {**here, "pyarrow": "1.0"})
    options = ("--output", tmp_path / "out", "--engine", "ray", "--address", nodes.address)
    message = refused(invoke("build", recipe, *options))
    assert message.count("\n") == 1
    assert f"has pyarrow {here['pyarrow']}; expected 1.0" in message
    monkeypatch.setattr(cluster_module._Marker, "content", "other")  # as if it had a folder of its own there
    assert f"does not see {tmp_path / '.out.build'}" in refused(invoke("build", recipe, *options))
    assert not (tmp_path / "out").exists()


def test_disk_that_is_full_for_a_worker_is_told_and_the_build_goes_on(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "recipe", RECIPE_ROWS)
    (tmp_path / "disk").mkdir()
    program = (
        "from medinjection_fr import reading; reading._BYTES_WORTH_A_PROCESS = 0; "
        "from medinjection_fr.cli import main; main()"
    )
    script = f"""
        mount -t tmpfs -o size=600k none "$2"
        cd "$2"
        code=0
        {shlex.quote(sys.executable)} -c '{program}' build "$1" --engine ray --jobs 1 || code=$?
        mount -o remount,size=64m "$2"
        {shlex.quote(sys.executable)} -c '{program}' build "$1" > /dev/null
        mv medinjection-fr "$3"
        exit $code
    """
    message = refused(mounted(script, recipe, tmp_path / "disk", tmp_path / "out"))
    assert len(message.splitlines()) == 1
    assert "node " in message
    assert "the disk is full" in message
    build(recipe, tmp_path / "elsewhere")
    assert contents(tmp_path / "out") == contents(tmp_path / "elsewhere")


def note(path: Path, count: Count) -> None:
    path.touch()


def test_task_that_no_node_can_run_is_told(
    tmp_path: Path, nodes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_PATIENCE_FOR_A_NODE_S", 0.0)
    with open_engine("ray", address=nodes.address) as engine:
        with pytest.raises(InputError, match="noting: no living node has a CPU and 1 GPU for a task"):
            engine.run(note, [tmp_path / "noted"], "noting", tmp_path, gpus=1)
        assert not list(tmp_path.iterdir())


def test_cluster_that_cannot_be_joined_is_told(
    tmp_path: Path, nodes: Any, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_another_version(**options: Any) -> None:
        raise RuntimeError("Version mismatch: The cluster was started with:\n    Ray: 1.0\n    Python: 3.9")

    monkeypatch.setattr(ray, "init", of_another_version)
    options = ("--engine", "ray", "--address", nodes.address)
    message = refused(invoke("build", recipe, "--output", tmp_path / "out", *options))
    assert message.count("\n") == 1
    assert (
        "cannot join a Ray cluster there (Version mismatch: The cluster was started with: Ray: 1.0" in message
    )


def test_folder_that_cannot_hold_what_tasks_find_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="cannot hold what the tasks find"),
        scratch_beside(tmp_path / "nowhere" / "medinjection-fr", cluster_module.Cluster()),
    ):
        pass


def test_ray_that_is_not_installed(tmp_path: Path, recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    message = refused(invoke("build", recipe, "--output", tmp_path / "out", "--engine", "ray"))
    assert 'Ray is not installed. Install it with: pip install "medinjection-fr[ray]"' in message
    assert not list(tmp_path.iterdir())


def test_address_where_no_cluster_is(tmp_path: Path, recipe: Path) -> None:
    with socket.socket() as taken:  # by nobody else meanwhile
        taken.bind(("127.0.0.1", 0))
        for address in (f"127.0.0.1:{taken.getsockname()[1]}", "nowhere"):
            options = ("--engine", "ray", "--address", address)
            message = refused(invoke("build", recipe, "--output", tmp_path / "out", *options))
            assert f"--address {address}: no Ray cluster answers there" in message
    message = refused(invoke("build", recipe, "--output", tmp_path / "out", "--address", "auto"))
    assert "goes with --engine ray only" in message
    for release in ("out", "org/medinjection-fr@v1.0.0"):
        message = refused(invoke("verify", release, "--engine", "ray"))
        assert "--engine ray: is for the records of a folder; expected DIR and --rows" in message
    assert not list(tmp_path.iterdir())
