"""A release from the Hub: into a folder, or into the cache from which ``load`` opens it by version.

A version is found by its tag, and read by the tag's commit. A folder appears when every byte of it is
what the manifest says, and the manifest is that of the version.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.hub import Repository, Snapshot, version_of
from medinjection_fr.release.manifest import MANIFEST, Release, parse_manifest, read_release
from medinjection_fr.release.receive import receive_files, receive_manifest
from medinjection_fr.release.verify import verify
from medinjection_fr.workspace import open_workspace


@dataclass(frozen=True)
class Pulled:
    """A release and whether this pull wrote it (or found it there already)."""

    release: Release
    commit: str
    written: bool


def pull(repo: str, tag: str, output: Path, replace: bool = False) -> Pulled:
    """Brings a release from the Hub into a folder.

    A pull that was killed goes on where it stopped. The folder appears when it is whole and right.

    Args:
        repo: ``organisation/name``.
        tag: ``v1.2.0``.
        output: The folder.
        replace: Take the place of another release that stands there.

    Raises:
        InputError: No such repository or tag, bytes other than the manifest says, another release
            in the folder, or a Hub that refuses or fails.
    """
    repository = Repository(repo)
    return _bring(repository, tag, find_commit(repository, tag), output, replace)


def find_commit(repository: Repository, tag: str) -> str:
    """The commit of a release's tag.

    Raises:
        InputError: There is no such tag, or the Hub does not say.
    """
    tags = repository.tags()
    if tag not in tags:
        expected = f"one of {', '.join(tags)}" if tags else "a release: it has none yet"
        raise InputError(Problem(repository.name, f"has no tag {tag}", expected))
    return tags[tag]


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
    found = [release for release in map(_read_whole, _folders(cache_of(repo) / tag)) if release]
    if len(found) > 1:
        what = f"{tag} stands for {len(found)} commits in the cache: the tag was moved"
        mend = f"Ask its maintainers which one is right, and remove the others from {cache_of(repo) / tag}"
        raise InputError(Problem(repo, what, mend=mend))
    return found[0] if found else None


def bring_to_cache(
    repository: Repository, tag: str, commit: str | None = None, beside: Sequence[Release] = ()
) -> Release:
    """Brings a release into the cache, if it is not there.

    Args:
        repository: Where it is.
        tag: Its tag.
        commit: The tag's commit, if it is known.
        beside: Releases whose files are copied where they are the same.
    """
    commit = commit or find_commit(repository, tag)
    folder = cache_of(repository.name) / tag / commit
    return _read_whole(folder) or _bring(repository, tag, commit, folder, True, beside, True).release


def cached_versions(repo: str) -> list[str]:
    """Versions of a repository that can be loaded without the Hub."""
    tags = sorted(filter(version_of, (folder.name for folder in _folders(cache_of(repo)))))
    return [tag.removeprefix("v") for tag in tags if any(map(_read_whole, _folders(cache_of(repo) / tag)))]


def cache_of(repo: str) -> Path:
    """Where releases of a repository are kept: ``$HF_HOME/medinjection-fr/<repository>/<tag>/<commit>``."""
    from huggingface_hub import constants

    return Path(constants.HF_HOME) / "medinjection-fr" / repo.replace("/", "--")


def verify_tag(repo: str, tag: str, rows: bool = False) -> tuple[Release, list[Problem]]:
    """Checks a release on the Hub: every byte is read from there, and all that ``verify`` checks.

    Returns:
        The release (whose files are gone again), and every fault.

    Raises:
        InputError: It cannot be read, or has no readable manifest to check against.
    """
    repository = Repository(repo)
    snapshot = _look(repository, find_commit(repository, tag))
    cache_of(repo).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=cache_of(repo)) as place:
        folder = Path(place) / "release"
        release = _begin(repository, tag, snapshot, folder)
        faults = _listing_faults(repository, snapshot, release)
        present = {name: file for name, file in release.files.items() if name in snapshot.files}
        faults += receive_files(repository, snapshot.commit, present, f"reading {tag}", folder)
        faults += [] if faults else verify(folder, rows)
    named = [replace(fault, where=fault.where.replace(str(folder), f"{repo}@{tag}")) for fault in faults]
    return release, named


def _bring(
    repository: Repository,
    tag: str,
    commit: str,
    output: Path,
    replace: bool,
    beside: Sequence[Release] = (),
    wait: bool = False,
) -> Pulled:
    snapshot = _look(repository, commit)
    with open_workspace(output, wait) as workspace:
        folder = workspace.step_folder(f"pull-{commit[:16]}")
        release = _begin(repository, tag, snapshot, folder)
        if (output / MANIFEST).exists() and (standing := _standing(output, release, replace)):
            workspace.remove()
            return Pulled(standing, commit, written=False)
        faults = _listing_faults(repository, snapshot, release, strangers=False)
        if not faults:
            _copy_known(release, [*beside, *_cached(repository.name), *_standing_copies(output)])
            faults = receive_files(repository, commit, release.files, f"pulling {tag}", folder)
        if faults:
            mend = (
                "Nothing was written. Run the command again; if it stays so, tell the release's maintainers"
            )
            again = Problem(f"{repository.name}@{tag}", "is not what its manifest says", mend=mend)
            raise InputError([*faults, again])
        workspace.publish(folder)
    return Pulled(read_release(output), commit, written=True)


def _look(repository: Repository, commit: str) -> Snapshot:
    snapshot = repository.snapshot(commit)
    if snapshot is None:
        raise InputError(Problem(repository.name, "is gone, or it has become private"))
    return snapshot


def _begin(repository: Repository, tag: str, snapshot: Snapshot, folder: Path) -> Release:
    """Puts the manifest into the folder, if it is that of the version."""
    data = receive_manifest(repository, snapshot)
    version = parse_manifest(data, MANIFEST)["version"]
    if f"v{version}" != tag:
        what = f"holds the release {version}"
        mend = "Tell its maintainers: the tag stands at another release"
        raise InputError(Problem(f"{repository.name}@{tag}", what, tag.removeprefix("v"), mend))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_bytes(data)
    return read_release(folder)


def _listing_faults(
    repository: Repository, snapshot: Snapshot, release: Release, strangers: bool = True
) -> list[Problem]:
    """Files that the commit lacks, and those that the release does not have."""
    where = f"{repository.name}@{snapshot.commit[:12]}"
    missing = sorted(release.files.keys() - snapshot.files.keys())
    faults = [Problem(f"{where}/{name}", "is missing") for name in missing]
    if strangers:
        extra = sorted(snapshot.files.keys() - release.files.keys() - {MANIFEST})
        faults += [Problem(f"{where}/{name}", "is not in release.json") for name in extra]
    return faults


def _standing(output: Path, wanted: Release, replace: bool) -> Release | None:
    """The release in the output folder if it is the one wanted, and sound; ``None`` to replace it."""
    try:
        standing = read_release(output)
        same = standing.manifest["digest"] == wanted.manifest["digest"]
        if same and not verify(output):
            return standing
        what = "is this release, but damaged" if same else f"holds version {standing.version}"
    except InputError:
        what = "holds a damaged release"
    if not replace:
        mend = "Give another folder, or --replace to put the pulled release in its place"
        raise InputError(Problem(str(output), what, mend=mend))
    return None


def _standing_copies(output: Path) -> list[Release]:
    release = _read(output)
    return [release] if release else []


def _copy_known(release: Release, known: Sequence[Release]) -> None:
    """Copies what other releases here have of the files; what is not right is received all the same."""
    copies = {
        (file["bytes"], file["sha256"]): other.folder / name
        for other in known
        for name, file in other.files.items()
    }
    for name, file in release.files.items():
        path, copy = release.folder / name, copies.get((file["bytes"], file["sha256"]))
        if copy and copy.is_file() and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(copy, path)


def _cached(repo: str) -> list[Release]:
    found = [_read(folder) for tag in _folders(cache_of(repo)) for folder in _folders(tag)]
    return [release for release in found if release]


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _read(folder: Path) -> Release | None:
    try:
        return read_release(folder)
    except InputError:
        return None


def _read_whole(folder: Path) -> Release | None:
    """A release whose files are all there, with their sizes."""
    release = _read(folder)
    if release and all(_has(folder / name, file["bytes"]) for name, file in release.files.items()):
        return release
    return None


def _has(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
