"""Archives from outside, opened safely: plain files inside the target, within limits, or nothing."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Self, cast

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
    with archive.open("rb") as file:
        read = _zip_members if file.read(4) in _ZIP_STARTS else _tar_members
    with _damage_told(archive):
        yield from read(archive, limits)


_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")  # the second if it is empty
_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    NotImplementedError,  # a compression that zipfile does not know
)


@contextmanager
def _damage_told(archive: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
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
    names: dict[str, None] = {}
    try:
        for member in read_members(archive, limits):
            path = unfinished / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                shutil.copyfileobj(member.file, file, _CHUNK)
            names[member.name] = None
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (unfinished / name).replace(target / name)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        what = "a file and a folder have the same name"
        raise InputError(Problem(str(archive), what, mend=_SUSPECT)) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return sorted(target / name for name in names)


_SUSPECT = "Do not unpack it by hand: find out who made it"


class _Allowance:
    """Counts what an archive has given; sizes that it claims are not believed."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self.archive, self._limits = archive, limits
        self._bytes = self._files = 0
        self._most = min(limits.bytes, limits.ratio * max(archive.stat().st_size, 1))

    def admit(self, name: str, is_plain: bool, is_folder: bool) -> str:
        path = PurePosixPath(name)
        if not path.parts and not is_folder:
            raise self.refusal("a member has no name", "paths inside the archive")
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in "".join(path.parts[:1]):
            raise self.refusal("a member's path leaves the target", "paths inside the archive")
        if not is_plain:
            raise self.refusal("a member is a link or a device", "plain files and folders")
        self._files += 1
        if self._files > self._limits.files:
            raise self.refusal("holds too many files", f"at most {self._limits.files:,}")
        return path.as_posix()

    def spend(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._most:
            raise self.refusal("unpacks to too much", f"at most {self._most:,} bytes for its size")

    def refusal(self, what: str, expected: str) -> InputError:
        return InputError(Problem(str(self.archive), what, expected, _SUSPECT))


class _Metered:
    """A member's bytes, counted as they are read."""

    def __init__(self, file: IO[bytes], allowance: _Allowance) -> None:
        self._file, self._allowance = file, allowance

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK), b""))
        with _damage_told(self._allowance.archive):
            data = self._file.read(size)
        self._allowance.spend(len(data))
        return data


class _WholeTarInfo(tarfile.TarInfo):
    """A header; where there is none, neither the mark of the end, the archive was cut there."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tar)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from None


def _tar_members(archive: Path, limits: Limits) -> Iterator[Member]:
    allowance = _Allowance(archive, limits)
    with _decompressed(archive) as file:
        # What lies between the members counts too: a name may be as large as a file.
        stream = _Metered(file, _Allowance(archive, limits))
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_WholeTarInfo) as tar:  # type: ignore[call-overload]
            for info in tar:
                name = allowance.admit(info.name, info.isreg() or info.isdir(), info.isdir())
                member = tar.extractfile(info) if info.isreg() else None
                if member is not None:
                    yield Member(name, _Metered(member, allowance))  # type: ignore[arg-type]
        while stream.read(_CHUNK):  # the checksum stands at the end
            pass


def _decompressed(archive: Path) -> IO[bytes]:
    with archive.open("rb") as file:
        start = file.read(6)
    if start.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(archive))
    if start.startswith(b"BZh"):
        return bz2.open(archive)
    return lzma.open(archive) if start == b"\xfd7zXZ\0" else archive.open("rb")


def _zip_members(archive: Path, limits: Limits) -> Iterator[Member]:
    allowance = _Allowance(archive, limits)
    with zipfile.ZipFile(archive) as zipped:
        for info in zipped.infolist():
            mode = info.external_attr >> 16
            is_plain = not mode or stat.S_ISREG(mode) or stat.S_ISDIR(mode) or not stat.S_IFMT(mode)
            name = allowance.admit(info.filename, is_plain, info.is_dir())
            if info.flag_bits & 1:
                raise allowance.refusal("a member is encrypted", "plain files and folders")
            if not info.is_dir():
                with zipped.open(info) as file:
                    yield Member(name, _Metered(file, allowance))  # type: ignore[arg-type]
