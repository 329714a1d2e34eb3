"""Files and folders that stand under their names only when they are whole.

Each process writes under a name of its own: a worker of a killed command, or of a node that was given up, may live a
moment longer. Of several that make the same, one stays: what a task writes depends on the task alone.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_UNFINISHED = ".medinjection-fr.part"  # so that nobody else's files are taken for ours


def unfinished_name(path: Path) -> Path:
    """Where this process makes what is to stand at a path."""
    return path.with_name(f"{path.name}.{socket.gethostname()}-{os.getpid()}{_UNFINISHED}")


def remove_unfinished(folder: Path) -> None:
    """Removes what processes that were killed have left below a folder: nobody goes on with it."""
    for path in list(folder.rglob(f"*{_UNFINISHED}")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives a path to write to, and puts the file under its name when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = unfinished_name(path)
    unfinished.unlink(missing_ok=True)
    try:
        yield unfinished
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file that appears under its name when it is whole."""
    with whole_file(path) as unfinished:
        unfinished.write_bytes(data)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Gives an empty folder to work in, and renames it into place when the block ends well."""
    unfinished = unfinished_name(folder)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        try:
            unfinished.replace(folder)
        except OSError:
            if not folder.exists():
                raise
            shutil.rmtree(unfinished)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
