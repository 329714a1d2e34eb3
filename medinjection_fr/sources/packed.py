"""Sources of many small files, read one by one or as they lie in their archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.sources.adapter import InputFile
from medinjection_fr.sources.archives import read_members

_MOST_BYTES = 64 << 20


def is_archive(path: Path) -> bool:
    """Whether a file's name says that it is a tar or zip archive."""
    return path.name.endswith((".zip", ".tar", ".tar.gz", ".tgz"))


def find_archives(folder: Path, pattern: str, split: str) -> list[InputFile]:
    """Lists the archives of a folder whose names match."""
    found = sorted(path for path in folder.glob(pattern) if path.is_file() and is_archive(path))
    return [InputFile(path, path.relative_to(folder).as_posix(), split) for path in found]


def read_packed(archive: Path, suffix: str) -> Iterator[tuple[str, bytes | None]]:
    """Yields name and content of the archive's files of a suffix; ``None`` for one beyond 64 MiB.

    Raises:
        InputError: The archive is cut, holds what ``archives`` does not let through, or no such file.
    """
    found = False
    for member in read_members(archive):
        if member.name.endswith(suffix):
            found = True
            content = member.file.read(_MOST_BYTES + 1)
            yield member.name, content if len(content) <= _MOST_BYTES else None
    if not found:
        what = f"holds no {suffix} file"
        raise InputError(Problem(str(archive), what, mend="Check the source's `path:` in the recipe"))
