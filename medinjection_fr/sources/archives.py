"""Archives from outside, opened safely: plain files inside the target, within limits, or nothing."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from medinjection_fr.errors import InputError, Problem

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What an archive may hold.

    Attributes:
        bytes: All files together, unpacked.
        ratio: Unpacked bytes for each byte of the archive; real text stays far below 100.
        files: Number of files.
    """

    bytes: int = 20 << 30
    ratio: int = 200
    files: int = 200_000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Member:
    """One plain file of an archive, open for reading."""

    name: str
    file: IO[bytes]


def read_members(archive: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Member]:
    """Yields the plain files of a tar (plain, gz, bz2, xz) or zip archive, in its order.

    Each member must be read before the next is asked for.

    Raises:
        InputError: No archive or a cut one; a path that leaves the target, a link, a device; or
            more than the limits allow.
    """
    allowance = _Allowance(archive, limits)
    try:
        if zipfile.is_zipfile(archive):
            yield from _zip_members(archive, allowance)
        else:
            yield from _tar_members(archive, allowance)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        what = "is no whole archive (tar or zip)"
        raise InputError(Problem(str(archive), what, mend="It was cut: fetch it again")) from None


def unpack(archive: Path, target: Path, limits: Limits = DEFAULT_LIMITS) -> list[Path]:
    """Unpacks an archive into a folder, all of it or nothing.

    Files that stand there under the same names are replaced.

    Returns:
        The files, by name.

    Raises:
        InputError: As ``read_members``.
    """
    unfinished = target / f".{archive.name}.part"
    shutil.rmtree(unfinished, ignore_errors=True)
    names = []
    try:
        for member in read_members(archive, limits):
            path = unfinished / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                shutil.copyfileobj(member.file, file, _CHUNK)
            names.append(member.name)
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (unfinished / name).replace(target / name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return sorted(target / name for name in names)


class _Allowance:
    """Counts what an archive has given; sizes that it claims are not believed."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self._archive, self._limits = archive, limits
        self._bytes = self._files = 0
        self._most = min(limits.bytes, limits.ratio * max(archive.stat().st_size, 1))

    def admit(self, name: str, is_plain: bool) -> str:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in path.parts[0]:
            raise self._refusal("a member's path leaves the target", "paths inside the archive")
        if not is_plain:
            raise self._refusal("a member is a link or a device", "plain files and folders")
        self._files += 1
        if self._files > self._limits.files:
            raise self._refusal("holds too many files", f"at most {self._limits.files:,}")
        return path.as_posix()

    def spend(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._most:
            raise self._refusal("unpacks to too much", f"at most {self._most:,} bytes for its size")

    def _refusal(self, what: str, expected: str) -> InputError:
        mend = "Do not unpack it by hand: find out who made it"
        return InputError(Problem(str(self._archive), what, expected, mend))


class _Metered:
    """A member's bytes, counted as they are read."""

    def __init__(self, file: IO[bytes], allowance: _Allowance) -> None:
        self._file, self._allowance = file, allowance

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK), b""))
        data = self._file.read(size)
        self._allowance.spend(len(data))
        return data


def _tar_members(archive: Path, allowance: _Allowance) -> Iterator[Member]:
    with tarfile.open(archive, "r|*") as tar:
        for info in tar:
            name = allowance.admit(info.name, info.isreg() or info.isdir())
            file = tar.extractfile(info) if info.isreg() else None
            if file is not None:
                yield Member(name, _Metered(file, allowance))  # type: ignore[arg-type]


def _zip_members(archive: Path, allowance: _Allowance) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as zipped:
        for info in zipped.infolist():
            mode = info.external_attr >> 16
            is_plain = not mode or stat.S_ISREG(mode) or stat.S_ISDIR(mode) or not stat.S_IFMT(mode)
            name = allowance.admit(info.filename, is_plain)
            if not info.is_dir():
                with zipped.open(info) as file:
                    yield Member(name, _Metered(file, allowance))  # type: ignore[arg-type]
