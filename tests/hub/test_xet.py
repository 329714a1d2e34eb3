"""The real Xet client uploads to and downloads from the Hub of the tests."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hub.client import client
from hub.state import Hub
from hub.store import Repository
from hub.xet import fetch_from_cas, hash_in_cas, xorbs

FILES = {f"{name}.bin": random.Random(name).randbytes(200_000) for name in "ab"}

UPLOAD = """
result = api.upload_folder(**repo, folder_path=sys.argv[1]).oid
"""
DOWNLOAD = """
from hashlib import sha256
paths = [huggingface_hub.hf_hub_download(**repo, filename=name) for name in sys.argv[1:]]
result = [sha256(open(path, "rb").read()).hexdigest() for path in paths]
result += [sha256(HfFileSystem().cat(f"datasets/{ID}/{name}")).hexdigest() for name in sys.argv[1:]]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    for name, data in FILES.items():
        (tmp_path / "folder" / name).write_bytes(data)
    return tmp_path / "folder"


def test_large_files_travel_by_xet(hub: Hub, repository: Repository, folder: Path, tmp_path: Path) -> None:
    hub.cas = tmp_path / "cas"
    client(hub, UPLOAD, folder)
    assert sum(path.stat().st_size for path in xorbs(hub.cas)) > sum(map(len, FILES.values()))
    assert hub.requests("PUT|POST", "^/storage/|/objects/batch") == []
    assert {name: repository.find("main").files[name].data for name in FILES} == FILES
    digests = [repository.find("main").files[name].sha256 for name in FILES]
    assert client(hub, DOWNLOAD, *FILES, home="another") == digests * 2
    assert len(hub.requests("GET", "/xet-read-token/")) == 1
    assert len(hub.requests("GET", "^/storage/")) == len(FILES)  # HfFileSystem has no Xet
    hub.cas = None
    assert client(hub, DOWNLOAD, *FILES, home="a third") == digests * 2


def test_xet_storage_knows_what_was_uploaded(
    hub: Hub, repository: Repository, folder: Path, tmp_path: Path
) -> None:
    hub.cas = tmp_path / "cas"
    client(hub, UPLOAD, folder)
    for name, data in FILES.items():
        sha256 = repository.find("main").files[name].sha256
        assert fetch_from_cas(hub.cas, sha256) == data
    import hf_xet

    hashed = hf_xet.hash_files([str(folder / name) for name in FILES])
    digests = [repository.find("main").files[name].sha256 for name in FILES]
    assert [hash_in_cas(hub.cas, sha256) for sha256 in digests] == [file.hash for file in hashed]
    assert fetch_from_cas(hub.cas, "0" * 64) == b""


def test_hub_without_xet_fails_a_client_that_wants_it(hub: Hub, repository: Repository, folder: Path) -> None:
    script = "result = told(api.upload_folder, **repo, folder_path=sys.argv[1])"
    assert client(hub, script, folder, HF_HUB_DISABLE_XET="0") == ["ConnectionError", None]
