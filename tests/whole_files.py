"""Ways in which a file as a whole cannot be read, and what is said of it then."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from medinjection_fr.errors import InputError
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.parts import find_adapter

PAGE = b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found<br></body></html>\n"

EMPTY: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "only blanks": lambda content: b" \n\n",
    "a page": lambda content: PAGE,
}
MIS_ENCODED: dict[str, Callable[[bytes], bytes]] = {
    "Latin-1": lambda content: content.replace("é".encode(), b"\xe9").replace(b"invented", b"invent\xe9"),
}


def cut(marker: bytes) -> dict[str, Callable[[bytes], bytes]]:
    """The file ends inside its last marker."""
    return {"cut": lambda content: content[: content.rindex(marker) + len(marker) // 2]}


def whole(content: bytes) -> Callable[[bytes], bytes]:
    """Another content in its place."""
    return lambda _: content


def check_refusal(
    source: Source, fixture: Path, name: str, damage: Callable[[bytes], bytes], folder: Path
) -> str:
    """Damages one file of a copy of a fixture; reading it must raise, and name it. Returns what is said."""
    copy = folder / "copy"
    shutil.copytree(fixture, copy)
    damaged = damage((copy / name).read_bytes())
    assert damaged != (copy / name).read_bytes()
    (copy / name).write_bytes(damaged)
    adapter = find_adapter(source)
    with pytest.raises(InputError) as caught:
        for file in adapter.find_files(copy, source):
            list(adapter.read(file, source))
    (problem,) = caught.value.problems
    assert problem.where.startswith(str(copy / name))
    assert problem.what
    return str(problem)
