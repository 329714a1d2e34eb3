"""A folder that says what it is in one file, and grows by a line of JSON in another.

The head is never changed, but for lists that may grow. The lines are only added to; a kill can leave half a line at
their end, which the next start cuts off.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import canonical_json
from medinjection_fr.whole import write_whole

Key = tuple[Hashable, ...]


@dataclass(frozen=True)
class FolderKind:
    """What is written into a folder, and how its mistakes are told.

    Attributes:
        name: What the folder is, as ``run``.
        format: Of the head.
        head: Name of the file that says what it is.
        lines: Name of the file of lines.
        key: Fields that tell a line apart.
        begin: The command that begins one.
        apart: How to mend that another one stands there.
        grows: Lists of the head that may get longer.
    """

    name: str
    format: str
    head: str
    lines: str
    key: tuple[str, ...]
    begin: str
    apart: str
    grows: tuple[str, ...] = ()


class LineFolder:
    """Opens a folder to go on with it, or begins it.

    Attributes:
        done: Keys of the lines that it has.

    Args:
        path: The folder.
        kind: What is written into it.
        described: What it is; JSON.

    Raises:
        InputError: Another one stands there (every difference is told), another process writes to it,
            or it is none.
    """

    def __init__(self, path: Path, kind: FolderKind, described: Mapping[str, Any]) -> None:
        import filelock

        self.path, self._kind = path, kind
        described = {"format": kind.format, **described}
        path.mkdir(parents=True, exist_ok=True)
        self._lock = filelock.FileLock(path / ".lock", timeout=0)
        try:
            self._lock.acquire()
        except filelock.Timeout:
            raise InputError(Problem(str(path), f"another process is writing to this {kind.name}")) from None
        try:
            _begin_or_check(path, kind, described)
        except BaseException:
            self._lock.release()
            raise
        self.done = _cut_and_read_keys(path / kind.lines, kind)
        self._file = (path / kind.lines).open("ab")

    def add(self, line: Mapping[str, Any]) -> None:
        """Writes a line; a kill afterwards does not lose it."""
        self._file.write(json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        self._file.flush()
        self.done.add(tuple(line[field] for field in self._kind.key))

    def close(self) -> None:
        """Lets other processes write."""
        self._file.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _begin_or_check(path: Path, kind: FolderKind, described: Mapping[str, Any]) -> None:
    if (path / kind.head).exists():
        described = _check_same(path, kind, described)
        if described == read_head(path, kind):
            return
    elif (path / kind.lines).exists():
        raise InputError(Problem(str(path), f"holds {kind.lines} without {kind.head}", mend=kind.apart))
    write_whole(path / kind.head, canonical_json(described))


def _check_same(path: Path, kind: FolderKind, described: Mapping[str, Any]) -> Mapping[str, Any]:
    """Looks whether what stands there is the same; returns it with its lists grown."""
    standing = read_head(path, kind)
    problems = [
        Problem(
            f"{path / kind.head} › {key}",
            f"was begun with {json.dumps(standing.get(key), ensure_ascii=False)}",
            json.dumps(described.get(key), ensure_ascii=False),
            kind.apart,
        )
        for key in dict.fromkeys([*standing, *described])
        if key not in kind.grows and standing.get(key) != described.get(key)
    ]
    if problems:
        raise InputError(problems)
    grown = {key: list(dict.fromkeys([*standing[key], *described[key]])) for key in kind.grows}
    return {**standing, **grown}


def _cut_and_read_keys(path: Path, kind: FolderKind) -> set[Key]:
    if not path.exists():
        return set()
    whole, keys = 0, set()
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            content = json.loads(line)
            keys.add(tuple(content[field] for field in kind.key))
            whole += len(line)
    if whole < path.stat().st_size:
        with path.open("r+b") as file:
            file.truncate(whole)
    return keys


def read_head(path: Path, kind: FolderKind) -> dict[str, Any]:
    """What a folder is.

    Raises:
        InputError: It is none, or another version wrote it.
    """
    try:
        described: dict[str, Any] = json.loads((path / kind.head).read_bytes())
    except (OSError, ValueError):
        what = f"holds no {kind.name}: no {kind.head} that can be read"
        raise InputError(Problem(str(path), what, mend=f"Begin one with {kind.begin}")) from None
    if described.get("format") != kind.format:
        what = f"is of the format {described.get('format')}"
        raise InputError(Problem(str(path / kind.head), what, kind.format, "Use the version that wrote it"))
    return described


def read_lines(path: Path, kind: FolderKind) -> Iterator[dict[str, Any]]:
    """The whole lines of a folder."""
    with (path / kind.lines).open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)
