"""Files of a commit on the Hub, received and compared with what a manifest says of them."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import byte_bar
from medinjection_fr.release.digests import digest_file
from medinjection_fr.release.hub import Repository, Snapshot
from medinjection_fr.release.manifest import MANIFEST, parse_manifest

_CONNECTIONS = 4
"""Files received at once: enough to hide the wait for an answer, few enough not to be turned away."""


def receive_manifest(repository: Repository, snapshot: Snapshot, tag: str | None = None) -> bytes:
    """Receives and checks the manifest of a release.

    Args:
        repository: Where it is.
        snapshot: The commit that holds it.
        tag: What the release has to be.

    Raises:
        InputError: The commit holds no release, another one, or its manifest is damaged.
    """
    where = f"{repository.name}@{tag or snapshot.commit[:12]}"
    if MANIFEST not in snapshot.files:
        raise InputError(Problem(where, "is not a release: it has no release.json"))
    size = snapshot.files[MANIFEST].bytes
    data = b"".join(repository.read(snapshot.commit, MANIFEST, size))
    version = parse_manifest(data, f"{where}/{MANIFEST}")["version"]
    if tag not in (None, f"v{version}"):
        mend = "Tell its maintainers: the tag stands at another release"
        raise InputError(Problem(where, f"holds the release {version}", str(tag).removeprefix("v"), mend))
    return data


def receive_files(
    repository: Repository,
    commit: str,
    files: Mapping[str, Mapping[str, Any]],
    what: str,
    folder: Path | None = None,
) -> list[Problem]:
    """Receives files and compares every byte.

    Args:
        repository: Where they are.
        commit: The commit to read, and no branch: it cannot move.
        files: Path → ``bytes`` and ``sha256``, as a manifest has them.
        what: What is done, for the bar.
        folder: Keeps them here, each under its name once it is whole and right, and receives only
            what is not there yet. They are compared and forgotten if ``None``.

    Returns:
        Every file that is not what the manifest says.

    Raises:
        InputError: The Hub refuses or fails. Whole files stay in the folder.
    """
    wanted = {name: file for name, file in files.items() if not (folder and _is_whole(folder / name, file))}
    stopped, lock, counted = threading.Event(), threading.Lock(), 0
    with byte_bar(what, sum(file["bytes"] for file in wanted.values())) as show:

        def count(size: int) -> None:
            nonlocal counted
            with lock:
                counted += size
                show(counted)

        def receive(name: str) -> Problem | None:
            expected = (wanted[name]["bytes"], wanted[name]["sha256"])
            digest, size = hashlib.sha256(), 0
            unfinished = folder / f"{name}.part" if folder else Path(os.devnull)
            unfinished.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as sink:
                for chunk in repository.read(commit, name, expected[0]):
                    if stopped.is_set():
                        return None
                    digest.update(chunk)
                    sink.write(chunk)
                    size += len(chunk)
                    count(len(chunk))
            if (size, digest.hexdigest()) != expected:
                where = f"{repository.name}@{commit[:12]}/{name}"
                return Problem(
                    where, f"came as {_described(size, digest.hexdigest())}", _described(*expected)
                )
            if folder:
                unfinished.replace(folder / name)
            return None

        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            try:
                faults = list(pool.map(receive, wanted))
            finally:
                stopped.set()
    return [fault for fault in faults if fault]


def _is_whole(path: Path, file: Mapping[str, Any]) -> bool:
    return path.is_file() and path.stat().st_size == file["bytes"] and digest_file(path) == file["sha256"]


def _described(size: int, digest: str) -> str:
    return f"{size:,} bytes with the SHA-256 {digest[:12]}…"
