"""Releases of the Hub by version, kept here once they have been brought: that version, never another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.hub import Repository, version_of
from medinjection_fr.release.manifest import Release, parse_manifest, read_release
from medinjection_fr.release.pull import bring, find_commit, listing_faults, look
from medinjection_fr.release.receive import receive_manifest


@dataclass(frozen=True)
class RemoteRelease:
    """A release of which only the manifest is here."""

    repo: str
    commit: str
    manifest: Mapping[str, Any]

    @property
    def folder(self) -> str:
        """Its place, as datasets addresses it; the commit cannot move."""
        return f"hf://datasets/{self.repo}@{self.commit}"


def open_release(reference: str) -> Release:
    """Opens a release folder, or ``organisation/name@v1.2.0``.

    A release of the Hub is brought into the cache once, and opened from there ever after.

    Raises:
        InputError: There is no such release, or it cannot be brought.
    """
    named = parse_reference(reference)
    if named is None:
        return read_release(Path(reference))
    repo, tag = named
    return find_cached(repo, tag) or bring_to_cache(Repository(repo), tag)


def open_version(repo: str, version: str | None, manifest_only: bool = False) -> Release | RemoteRelease:
    """Opens a version of a repository.

    Args:
        repo: ``organisation/name``.
        version: As ``1.2.0``; the newest that the Hub names if ``None``.
        manifest_only: Do not bring the shards, unless they are here already.

    Raises:
        InputError: There is no such version, or it cannot be brought. No other is given instead.
    """
    if version is not None and version_of(f"v{version}") is None:
        raise InputError(Problem("version", f'"{version}" is no version', "MAJOR.MINOR.PATCH, as 1.2.0"))
    try:
        repository = Repository(repo)
        tag = f"v{version}" if version is not None else _newest(repository)
        if cached := find_cached(repo, tag):
            return cached
        return _remote(repository, tag) if manifest_only else bring_to_cache(repository, tag)
    except InputError as error:
        if here := cached_versions(repo):
            what = f"the cache holds {', '.join(here)}"
            mend = "No other version is given for the one asked for: ask for one of these if it will do"
            raise InputError([*error.problems, Problem(repo, what, mend=mend)]) from None
        raise


def _newest(repository: Repository) -> str:
    tags = list(repository.tags())
    if not tags:
        raise InputError(Problem(repository.name, "has no release yet", "a tag as v1.2.0"))
    return tags[-1]


def _remote(repository: Repository, tag: str) -> RemoteRelease:
    snapshot = look(repository, find_commit(repository, tag))
    manifest = parse_manifest(receive_manifest(repository, snapshot, tag), tag)
    files = {file["path"]: file for file in manifest["files"]}
    if faults := listing_faults(repository, snapshot, files):
        raise InputError(faults)
    return RemoteRelease(repository.name, snapshot.commit, manifest)


def parse_reference(reference: str) -> tuple[str, str] | None:
    """Repository and tag of ``organisation/name@v1.2.0``; ``None`` for a folder.

    Raises:
        InputError: It names a repository, but no release.
    """
    match = re.fullmatch(r"([\w.-]+/[\w.-]+)@(.+)", reference)
    if not match or Path(reference).exists():
        return None
    if version_of(match[2]) is None:
        expected = "a release's tag, as v1.2.0"
        raise InputError(Problem(reference, f'"{match[2]}" is no release', expected))
    return match[1], match[2]


def find_cached(repo: str, tag: str) -> Release | None:
    """The release that the cache holds for a tag, without asking the Hub.

    Raises:
        InputError: The tag was moved: it stands for two commits here.
    """
    found = [release for release in map(_whole, _folders(cache_of(repo) / tag)) if release]
    if len(found) > 1:
        what = f"{tag} stands for {len(found)} commits in the cache: the tag was moved"
        mend = f"Ask its maintainers which one is right, and remove the others from {cache_of(repo) / tag}"
        raise InputError(Problem(repo, what, mend=mend))
    return found[0] if found else None


def bring_to_cache(
    repository: Repository, tag: str, commit: str | None = None, known: Sequence[Release] = ()
) -> Release:
    """Brings a release into the cache, if it is not there. Other processes that want it wait.

    Args:
        repository: Where it is.
        tag: Its tag.
        commit: The tag's commit, if it is known.
        known: Releases here, of which the same files are copied, as of those in the cache.
    """
    commit = commit or find_commit(repository, tag)
    folder = cache_of(repository.name) / tag / commit
    folder.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder.with_name(f".{commit}.lock")):
        known = [*known, *cached_releases(repository.name)]
        return _whole(folder) or bring(repository, tag, commit, folder, True, known).release


def cached_releases(repo: str) -> list[Release]:
    """Whole releases of a repository that are here, oldest version first."""
    tags = [(version, tag) for tag in _folders(cache_of(repo)) if (version := version_of(tag.name))]
    found = [_whole(folder) for _, tag in sorted(tags) for folder in _folders(tag)]
    return [release for release in found if release]


def cached_versions(repo: str) -> list[str]:
    """Versions of a repository that can be loaded without the Hub, oldest first."""
    return list(dict.fromkeys(release.version for release in cached_releases(repo)))


def cache_of(repo: str) -> Path:
    """Where releases of a repository are kept: ``$HF_HOME/medinjection-fr/<repository>/<tag>/<commit>``."""
    from huggingface_hub import constants

    return Path(constants.HF_HOME) / "medinjection-fr" / repo.replace("/", "--")


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _whole(folder: Path) -> Release | None:
    """A release whose files are all there, with their sizes."""
    try:
        release = read_release(folder)
    except InputError:
        return None
    whole = all(_has(folder / name, file["bytes"]) for name, file in release.files.items())
    return release if whole else None


def _has(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
