"""Archives from outside: plain files inside the target, within limits, or nothing at all."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import random
import resource
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from releases import contents

from medinjection_fr.errors import InputError
from medinjection_fr.sources.archives import DEFAULT_LIMITS, Limits, read_members, unpack

FILES = {
    "README.md": "Cas cliniques, déidentifiés.\n".encode(),
    "cases/one.json": b'{"n": 1}\n',
    "cases/more/two.json": random.Random(2).randbytes(100_000),
    "empty.txt": b"",
}
COMPRESSION: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
}


def tar_of(files: Mapping[str, bytes], *members: tarfile.TarInfo, format: int = tarfile.PAX_FORMAT) -> bytes:
    """A plain tar: the files, then members without content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for member in members:
            archive.addfile(member)
    return buffer.getvalue()


def member(name: str, type: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = type, link
    return info


def zip_of(
    files: Mapping[str, bytes], *entries: tuple[zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for info, data in entries:
            archive.writestr(info, data)
    return buffer.getvalue()


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    """A zip entry with a Unix mode; the name is taken as it is."""
    info = zipfile.ZipInfo("x")
    info.filename = name
    info.external_attr = mode << 16
    return info


def pack(kind: str, files: Mapping[str, bytes]) -> bytes:
    return zip_of(files) if kind == "zip" else COMPRESSION[kind](tar_of(files))


KINDS = ["zip", *COMPRESSION]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a target beside other things, and a link in the target that leads out of it."""
    (tmp_path / "target").mkdir()
    (tmp_path / "x").write_bytes(b"ours")
    return tmp_path


def refuse(place: Path, data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    """Unpacks what must be refused; nothing may be written, inside the target or elsewhere."""
    archive = place / "upstream.bin"
    archive.write_bytes(data)
    with pytest.raises(InputError) as caught:
        unpack(archive, place / "target", limits)
    assert sorted(path.relative_to(place).as_posix() for path in place.rglob("*")) == [
        "target",
        "upstream.bin",
        "x",
    ]
    assert (place / "x").read_bytes() == b"ours"
    assert str(archive) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_good_archives_give_their_files(place: Path, kind: str) -> None:
    archive = place / "upstream"  # no suffix: the content says what it is
    archive.write_bytes(pack(kind, FILES))
    paths = unpack(archive, place / "target")
    assert paths == sorted(place / "target" / name for name in FILES)
    assert contents(place / "target") == FILES


@pytest.mark.parametrize("kind", KINDS)
def test_members_are_read_one_after_another(tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "upstream"
    archive.write_bytes(pack(kind, FILES))
    assert {found.name: found.file.read() for found in read_members(archive)} == FILES
    pieces = {found.name: [*iter(partial(found.file.read, 7), b"")] for found in read_members(archive)}
    assert {name: b"".join(read) for name, read in pieces.items()} == FILES
    assert [found.name for found in read_members(archive)] == list(FILES)  # unread ones are passed over


def test_folders_and_the_root_are_no_files(place: Path) -> None:
    folders = [member(".", tarfile.DIRTYPE), member("./cases", tarfile.DIRTYPE)]
    archive = place / "upstream"
    archive.write_bytes(tar_of({"./cases/one.json": b"{}"}, *folders))
    assert unpack(archive, place / "target") == [place / "target" / "cases" / "one.json"]
    archive.write_bytes(zip_of({"a/two.json": b"{}"}, (entry("a/", stat.S_IFDIR | 0o755), b"")))
    assert unpack(archive, place / "target") == [place / "target" / "a" / "two.json"]
    assert contents(place / "target") == {"cases/one.json": b"{}", "a/two.json": b"{}"}


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_accented_names(place: Path, format: int) -> None:
    name = "/".join(["dossier-é" * 4] * 3) + "/fin.json"
    (place / "upstream").write_bytes(tar_of({name: b"{}"}, format=format))
    unpack(place / "upstream", place / "target")
    assert contents(place / "target") == {name: b"{}"}


def test_a_member_that_stands_twice_counts_last(place: Path) -> None:
    archive = tar_of({"a.json": b"old", "b.json": b"b"})[: 4 * 512] + tar_of({"a.json": b"new"})
    (place / "upstream").write_bytes(archive)
    assert unpack(place / "upstream", place / "target") == [
        place / "target" / name for name in ("a.json", "b.json")
    ]
    assert contents(place / "target") == {"a.json": b"new", "b.json": b"b"}


def test_a_tar_that_ends_with_a_zip_is_a_tar(place: Path) -> None:
    files = {"a.json": b"{}", "inner.zip": zip_of({"b.json": b"{}"}, method=zipfile.ZIP_STORED)}
    (place / "upstream").write_bytes(tar_of(files))
    unpack(place / "upstream", place / "target")
    assert contents(place / "target") == files


BAD_PATHS = ["../x", "a/../../x", "..", "/x", "//x", "a\\..\\x", "..\\x", "C:x", "C:/x"]


@pytest.mark.parametrize("path", BAD_PATHS)
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_paths_that_leave_the_target_are_refused(place: Path, path: str, kind: str) -> None:
    data = tar_of({**FILES, path: b"theirs"}) if kind == "tar" else zip_of(FILES, (entry(path), b"theirs"))
    assert "a member's path leaves the target" in refuse(place, data)


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_paths_that_leave_the_target_are_refused(place: Path, format: int) -> None:
    path = "a" * 200 + "/../../x"
    assert "leaves the target" in refuse(place, tar_of({path: b"theirs"}, format=format))


SPECIAL = {
    "symbolic link": member("cases/link", tarfile.SYMTYPE, "../../x"),
    "harmless symbolic link": member("link", tarfile.SYMTYPE, "README.md"),
    "hard link": member("link", tarfile.LNKTYPE, "README.md"),
    "hard link outside": member("link", tarfile.LNKTYPE, "../x"),
    "character device": member("device", tarfile.CHRTYPE),
    "block device": member("device", tarfile.BLKTYPE),
    "FIFO": member("pipe", tarfile.FIFOTYPE),
    "unknown": member("strange", b"Z"),
}


@pytest.mark.parametrize("what", SPECIAL)
def test_links_and_devices_in_a_tar_are_refused(place: Path, what: str) -> None:
    assert "a member is a link or a device" in refuse(place, tar_of(FILES, SPECIAL[what]))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_devices_in_a_zip_are_refused(place: Path, kind: int) -> None:
    data = zip_of(FILES, (entry("cases/link", kind | 0o777), b"../../x"))
    assert "a member is a link or a device" in refuse(place, data)


def test_file_written_through_a_link_is_refused(place: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(member("way", tarfile.SYMTYPE, ".."))
        info = member("way/x")
        info.size = 6
        archive.addfile(info, io.BytesIO(b"theirs"))
    assert "a member is a link or a device" in refuse(place, buffer.getvalue())


@pytest.mark.parametrize("files", [{"a": b"1", "a/b": b"2"}, {"a/b": b"1", "a": b"2"}])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_file_where_a_folder_is_is_refused(place: Path, files: Mapping[str, bytes], kind: str) -> None:
    assert "a file and a folder have the same name" in refuse(place, pack(kind, files))


@pytest.mark.parametrize("name", ["", ".", "./"])
def test_file_without_a_name_is_refused(place: Path, name: str) -> None:
    assert "a member has no name" in refuse(place, tar_of({name: b"theirs"}))


def test_encrypted_member_is_refused(place: Path) -> None:
    data = bytearray(zip_of({"a.json": b"{}"}))
    data[6] |= 1  # the flag in the member's own header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    assert "encrypted" in refuse(place, bytes(data))


def test_unknown_compression_is_told(place: Path) -> None:
    data = bytearray(zip_of({"a.json": b"{}"}))
    data[8:10] = struct.pack("<H", 97)
    at = data.index(b"PK\x01\x02") + 10
    data[at : at + 2] = struct.pack("<H", 97)
    assert "is no whole archive" in refuse(place, bytes(data))


ZEROS = 64 << 20


def bomb(kind: str) -> bytes:
    if kind == "zip":
        return zip_of({"zeros": bytes(ZEROS)})
    return COMPRESSION[kind](tar_of({"zeros": bytes(ZEROS)}))


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond a quarter of what a bomb unpacks to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ZEROS // 4, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_bomb_is_refused_before_it_fills_the_disk(place: Path, small_disk: None, kind: str) -> None:
    assert "unpacks to too much" in refuse(place, bomb(kind))


def test_bomb_in_a_member_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "upstream"
    archive.write_bytes(bomb("tar.gz"))
    with pytest.raises(InputError, match="unpacks to too much"):
        list(read_members(archive))


def test_bomb_in_a_name_is_refused(place: Path) -> None:
    name = member("x", tarfile.GNUTYPE_LONGNAME)  # a name of 64 MiB, which tar reads at once
    name.size = ZEROS
    data = gzip.compress(name.tobuf(tarfile.GNU_FORMAT) + bytes(ZEROS))
    assert "unpacks to too much" in refuse(place, data)


def test_bomb_of_sparse_files_is_refused(place: Path, small_disk: None) -> None:
    # An old GNU sparse member: 512 bytes of data, and a hole up to the size that it claims.
    info = tarfile.TarInfo("sparse")
    info.size, info.type = 512, tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (0, 512)  # where data is, and how much
    header[482] = 0
    header[483:495] = b"%011o\0" % (8 << 30)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    data = bytes(header) + bytes(512) + bytes(1024)
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        assert opened.next().size == 8 << 30  # type: ignore[union-attr]
    assert "unpacks to too much" in refuse(place, data)


def test_limits_count_all_files_together(place: Path) -> None:
    files = {f"{n}.bin": random.Random(n).randbytes(1000) for n in range(5)}
    archive = place / "upstream"
    archive.write_bytes(zip_of(files))
    assert len(unpack(archive, place / "target", Limits(bytes=5000, files=5))) == 5
    for name in files:
        (place / "target" / name).unlink()
    archive.unlink()
    data = zip_of(files)
    assert "at most 4,999 bytes" in refuse(place, data, Limits(bytes=4999))
    assert "at most 4" in refuse(place, data, Limits(files=4))


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_too_many_files_are_refused(place: Path, kind: str) -> None:
    files = {f"{n}": b"" for n in range(11)}
    assert "holds too many files; expected at most 10" in refuse(place, pack(kind, files), Limits(files=10))


def lying_zip(claimed: int, data: bytes) -> bytes:
    """A zip whose headers claim another size of its one member."""
    archive = bytearray(zip_of({"a.bin": data}))
    for at in (22, archive.index(b"PK\x01\x02") + 24):
        archive[at : at + 4] = struct.pack("<I", claimed)
    return bytes(archive)


def test_sizes_that_headers_claim_are_not_believed(place: Path, small_disk: None) -> None:
    assert "is no whole archive" in refuse(place, lying_zip(10, bytes(ZEROS)))
    assert "unpacks to too much" in refuse(place, lying_zip(0xFFFFFFF0, bytes(ZEROS)))
    header = member("a.bin")
    header.size = 8 << 30
    assert "is no whole archive" in refuse(place, header.tobuf() + b"few bytes")


@pytest.mark.parametrize("kind", KINDS)
def test_cut_archives_are_refused_wherever_the_cut(place: Path, kind: str) -> None:
    files = {name: data[:3000] for name, data in FILES.items()}
    whole = pack(kind, files)
    # Every block of a tar, every few bytes of what is compressed. The last bytes of a tar are filling.
    step, end = (512, len(tar_of(files).rstrip(b"\0"))) if kind == "tar" else (97, len(whole))
    for cut in itertools.chain(range(0, end, step), [end - 1]):
        message = refuse(place, whole[:cut])
        assert "is no whole archive (tar or zip)" in message, cut
        assert "fetch it again" in message


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_damaged_archives_are_refused_wherever_the_damage(place: Path, kind: str) -> None:
    files = {name: data[:300] for name, data in FILES.items()}
    whole = pack(kind, files)
    harmless = 0
    for at in range(0, len(whole), 13):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        archive = place / "upstream"
        archive.write_bytes(damaged)
        try:
            unpack(archive, place / "target")
        except InputError:
            assert contents(place / "target") == {}
        else:  # a date, a mode, a comment
            harmless += 1
            found = contents(place / "target")
            assert sorted(found.values()) == sorted(files.values())
            for name in found:
                (place / "target" / name).unlink()
    assert harmless < len(whole) / 13 / 3


@pytest.mark.parametrize("data", [b"", b"<!DOCTYPE html><html></html>", b"PK", b"\x1f\x8b", b"{}\n" * 1000])
def test_what_is_no_archive_is_refused(place: Path, data: bytes) -> None:
    assert "is no whole archive" in refuse(place, data)


def test_missing_archive_is_no_archive_problem(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        unpack(tmp_path / "absent", tmp_path / "target")


def test_earlier_files_stay_until_the_new_ones_are_whole(place: Path) -> None:
    target, archive = place / "target", place / "upstream.tar.gz"
    archive.write_bytes(pack("tar.gz", FILES))
    unpack(archive, target)
    (target / "ours.txt").write_bytes(b"ours")
    before = contents(target)
    newer = {name: data + b"newer" for name, data in FILES.items()}
    archive.write_bytes(pack("tar.gz", newer)[:-50])
    with pytest.raises(InputError):
        unpack(archive, target)
    assert contents(target) == before
    archive.write_bytes(pack("tar.gz", newer))
    unpack(archive, target)
    assert contents(target) == {**newer, "ours.txt": b"ours"}


def test_what_a_killed_unpacking_left_is_cleared(place: Path) -> None:
    left = place / "target" / ".upstream.zip.part" / "half.json"
    left.parent.mkdir()
    left.write_bytes(b"{")
    (place / "upstream.zip").write_bytes(zip_of({"a.json": b"{}"}))
    unpack(place / "upstream.zip", place / "target")
    assert contents(place / "target") == {"a.json": b"{}"}
