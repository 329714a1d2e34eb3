"""Upstream files brought here: only when asked, pinned, resumed, and whole or not at all."""

from __future__ import annotations

import glob
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import byte_bar
from medinjection_fr.release.digests import digest_file, git_blob_id
from medinjection_fr.retries import DEFAULT_RETRIES, Retries
from medinjection_fr.sources.archives import unpack
from medinjection_fr.sources.catalogue import Source

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

_CHUNK = 1 << 18
_TIMEOUT_S = 60
HUB_RECORD = ".fetched.json"
"""In a folder fetched from the Hub: repository and revision that it holds, and the files with their sizes."""


def fetch(source: Source, folder: Path, retries: Retries = DEFAULT_RETRIES) -> list[str]:
    """Brings the files of a source into a folder. What is there and right stays as it is.

    Args:
        source: Its catalogue entry says where the files are and what tells that they are whole.
        folder: The source's folder, made if it is not there.
        retries: For connections that break and servers that fail for a moment.

    Returns:
        Names of the files that were brought.

    Raises:
        InputError: Every file that could not be brought, or what to ask for where the files can
            only be had by hand.
    """
    location = source.facts["location"]
    if location["kind"] == "package":
        return []
    if location["kind"] == "folder":
        mend = location.get("ask", f"Put its files into {folder}")
        raise InputError(Problem(f"sources/{source.name}", "cannot be fetched", mend=mend))
    if location["kind"] == "hub":
        return _fetch_from_hub(source, location, folder)
    brought, problems = [], []
    for file in location["files"]:
        try:
            if _fetch_url(file, folder, retries):
                brought.append(str(file["name"]))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return brought


def is_fetched(source: Source, folder: Path) -> bool | None:
    """Whether a folder holds what the catalogue pins; ``None`` if nothing is pinned."""
    location = source.facts["location"]
    if location["kind"] == "url":
        return all(_is_whole(folder / file["name"], file) for file in location["files"])
    if location["kind"] == "hub":
        record = _hub_record(folder)
        return all(record.get(key) == value for key, value in _hub_pin(location).items()) and all(
            _is_whole(folder / name, {"bytes": size}) for name, size in record["files"].items()
        )
    return None


def _hub_pin(location: Mapping[str, Any]) -> dict[str, Any]:
    return {name: location.get(name) for name in ("repository", "revision", "patterns")}


def _hub_record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / HUB_RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return record if isinstance(record, dict) and "files" in record else {}


def _fetch_from_hub(source: Source, location: Mapping[str, Any], folder: Path) -> list[str]:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    if is_fetched(source, folder):
        return []
    repository, patterns = location["repository"], location.get("patterns")
    where = f"sources/{source.name}: {repository}@{location['revision']}"
    try:
        commit, listed = _list_hub(location)
        if not listed:
            what = f"has no file {' or '.join(patterns)}" if patterns else "has no files"
            raise InputError(Problem(where, what, mend="Look at the repository, then at the catalogue"))
        # Out of reach of the Hub, its client takes whatever stands in the folder for what was asked for. So
        # the files are compared with the Hub's list, before and after.
        missing = [file.path for file in listed if not _is_listed(folder / file.path, file)]
        if missing:
            snapshot_download(
                repository,
                repo_type="dataset",
                revision=commit,
                allow_patterns=[glob.escape(name) for name in missing],
                local_dir=folder,
                force_download=True,
            )
        if wrong := [file.path for file in listed if not _is_listed(folder / file.path, file)]:
            raise OSError(f"{len(wrong)} of {len(listed)} files did not come whole: {wrong[0]}, …")
    except (HTTPError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        what = f"could not be fetched ({str(error).strip().splitlines()[0][:120]})"
        mend = "Check the connection and, if the repository asks for it, log in with `hf auth login`"
        raise InputError(Problem(where, what, mend=mend)) from None
    record = {**_hub_pin(location), "commit": commit, "files": {file.path: file.size for file in listed}}
    (folder / HUB_RECORD).write_text(json.dumps(record), encoding="utf-8")
    return sorted(missing)


def _list_hub(location: Mapping[str, Any]) -> tuple[str | None, list[RepoFile]]:
    """The commit that a revision stands for, and its files that are wanted."""
    from huggingface_hub import HfApi, RepoFile
    from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

    api, repository = HfApi(), location["repository"]
    commit = api.dataset_info(repository, revision=location["revision"]).sha
    tree = api.list_repo_tree(repository, recursive=True, revision=commit, repo_type="dataset")
    files = [file for file in tree if isinstance(file, RepoFile)]
    return commit, list(
        filter_repo_objects(files, allow_patterns=location.get("patterns"), key=lambda file: file.path)
    )


def _is_listed(path: Path, file: RepoFile) -> bool:
    """Whether a file has the bytes that the Hub lists."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    if file.lfs:
        return digest_file(path) == file.lfs.sha256
    return git_blob_id(path.read_bytes()) == file.blob_id


def _fetch_url(file: Mapping[str, Any], folder: Path, retries: Retries) -> bool:
    """Brings one file; ``False`` if it is there already."""
    name = PurePosixPath(file["name"])
    if name.is_absolute() or ".." in name.parts:
        raise InputError(Problem(f"location › files › {name}", "leaves the source's folder"))
    path = folder / name
    if _is_whole(path, file):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    _download(file["url"], unfinished, file.get("bytes"), retries)
    if not _is_whole(unfinished, file):
        expected = file.get("sha256", f"{file.get('bytes')} bytes")
        size = unfinished.stat().st_size
        unfinished.unlink()
        what = f"gave other bytes than the catalogue pins ({size:,} bytes)"
        mend = "It may be an error page or a new version: look at the address, then at the catalogue"
        raise InputError(Problem(file["url"], what, str(expected), mend))
    if file.get("unpack"):  # before the archive stands there, which says that nothing is left to do
        try:
            unpack(unfinished, path.parent)
        except InputError:
            unfinished.unlink()
            raise
    unfinished.replace(path)
    return True


def _is_whole(path: Path, file: Mapping[str, Any]) -> bool:
    if not path.is_file() or ("bytes" in file and path.stat().st_size != file["bytes"]):
        return False
    return "sha256" not in file or digest_file(path) == file["sha256"]


def _download(url: str, path: Path, size: int | None, retries: Retries) -> None:
    """Appends to what an earlier try left, until the server has sent all of it."""
    pause = retries.pause
    for left in range(retries.times, -1, -1):
        try:
            return _download_once(url, path, size)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416:  # what was left is no beginning of the file
                path.unlink(missing_ok=True)
            elif error.code not in (408, 429) and error.code < 500:
                mend = "Look at the address; the upstream may have moved"
                raise InputError(Problem(url, f"answered {error.code}", "the file", mend)) from None
            reason = f"answered {error.code}"
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = f"broke off ({getattr(error, 'reason', None) or str(error) or type(error).__name__})"
        if left:
            time.sleep(pause)
            pause *= 2
    mend = "What has come is kept: run the command again, it goes on from there"
    raise InputError(Problem(url, f"{reason}, {retries.times + 1} times", "the file", mend))


def _download_once(url: str, path: Path, size: int | None) -> None:
    have = path.stat().st_size if path.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        resumed = answer.status == 206
        length = answer.headers.get("Content-Length")
        total = (have if resumed else 0) + int(length) if length else size
        with path.open("ab" if resumed else "wb") as file, byte_bar(path.stem, total) as show:
            done = have if resumed else 0
            while data := answer.read(_CHUNK):
                file.write(data)
                done += len(data)
                if size is not None and done > size:
                    return  # more than pinned: the caller sees that it is not the file
                show(done)
        if total is not None and done < total:
            raise ConnectionError("the connection was closed early")
