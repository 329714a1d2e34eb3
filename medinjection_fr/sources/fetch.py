"""Upstream files brought here: only when asked, pinned, resumed, and whole or not at all."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import byte_bar
from medinjection_fr.release.digests import digest_file
from medinjection_fr.sources.archives import unpack
from medinjection_fr.sources.catalogue import Source

_CHUNK = 1 << 18
_TIMEOUT_S = 60
HUB_RECORD = ".fetched.json"
"""In a folder fetched from the Hub: repository and revision that it holds."""


@dataclass(frozen=True)
class Retries:
    """How often a transient fault is tried again, and the first pause in seconds (then doubled)."""

    times: int = 4
    pause: float = 1.0


DEFAULT_RETRIES = Retries()


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
        raise InputError(Problem(f"sources/{source.name}", "cannot be fetched", mend=location["ask"]))
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
        return bool(_hub_record(folder) == _hub_pin(location))
    return None


def _hub_pin(location: Mapping[str, Any]) -> dict[str, str]:
    return {"repository": location["repository"], "revision": location["revision"]}


def _hub_record(folder: Path) -> Any:
    try:
        return json.loads((folder / HUB_RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _fetch_from_hub(source: Source, location: Mapping[str, Any], folder: Path) -> list[str]:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    if is_fetched(source, folder):
        return []
    where = f"sources/{source.name}: {location['repository']}@{location['revision']}"
    try:
        snapshot_download(
            location["repository"],
            repo_type="dataset",
            revision=location["revision"],
            allow_patterns=location.get("patterns"),
            local_dir=folder,
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        what = f"could not be fetched ({str(error).strip().splitlines()[0][:120]})"
        mend = "Check the connection and, if the repository asks for it, log in with `hf auth login`"
        raise InputError(Problem(where, what, mend=mend)) from None
    (folder / HUB_RECORD).write_text(json.dumps(_hub_pin(location)), encoding="utf-8")
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


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
    unfinished.replace(path)
    if file.get("unpack"):
        unpack(path, path.parent)
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
            reason = f"broke off ({getattr(error, 'reason', None) or type(error).__name__})"
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
