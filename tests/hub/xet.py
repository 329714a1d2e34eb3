"""The folder to which the real Xet client uploads, read as the Hub reads its own Xet storage."""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

ENTRY = 48
"""Bytes of the shard's header, of a file's header and of each entry after that."""
HAS_VERIFICATION, HAS_SHA256 = 1 << 31, 1 << 30


def xorbs(cas: Path) -> list[Path]:
    """Blocks of chunks that were uploaded."""
    return sorted(path for path in (cas / "xet/xorbs/xorbs").glob("default.*") if path.suffix != ".tagset")


def hash_in_cas(cas: Path, sha256: str) -> str | None:
    """The Xet hash of an uploaded file, from the shards that came with it."""
    shards = (cas / "xet/xorbs/shards").glob("*.mdb")
    return next((xet for shard in shards for xet, sha in _files(shard.read_bytes()) if sha == sha256), None)


def fetch_from_cas(cas: Path, sha256: str) -> bytes:
    """The bytes of an uploaded file, put together by the Xet client; none if it was not uploaded."""
    import hf_xet

    xet_hash = hash_in_cas(cas, sha256)
    if xet_hash is None:
        return b""
    with tempfile.TemporaryDirectory() as folder:
        copy, path = Path(folder) / "cas", Path(folder) / "file"
        shutil.copytree(cas, copy)  # the client that uploads keeps the folder locked
        with hf_xet.XetSession().new_file_download_group(endpoint=f"local://{copy}", token="") as group:
            group.start_download_file(hf_xet.XetFileInfo(xet_hash), str(path))
        return path.read_bytes()


def _files(shard: bytes) -> Iterator[tuple[str, str]]:
    """Xet hash and SHA-256 of each file that a shard of the Xet format describes.

    The format: https://huggingface.co/docs/xet/shard
    """
    position = ENTRY
    while shard[position : position + 32] != b"\xff" * 32:
        flags, segments = struct.unpack_from("<II", shard, position + 32)
        end = position + ENTRY * (1 + segments * (2 if flags & HAS_VERIFICATION else 1))
        if flags & HAS_SHA256:
            yield _hexadecimal(shard, position), _hexadecimal(shard, end)
            end += ENTRY
        position = end


def _hexadecimal(shard: bytes, position: int) -> str:
    """A hash, which is written as four little-endian numbers."""
    return "".join(f"{number:016x}" for number in struct.unpack_from("<4Q", shard, position))
