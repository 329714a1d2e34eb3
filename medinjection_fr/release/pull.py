"""A release from the Hub into a folder, by its tag.

It is read by the tag's commit. The folder appears when every byte of it is what the manifest says, and
the manifest is that of the version.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medinjection_fr.engine import IN_THIS_PROCESS, Engine
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.hub import Repository, Snapshot
from medinjection_fr.release.manifest import MANIFEST, Release, read_release
from medinjection_fr.release.receive import receive_files, receive_manifest
from medinjection_fr.release.verify import verify
from medinjection_fr.workspace import open_workspace


@dataclass(frozen=True)
class Pulled:
    """A release and whether this pull wrote it (or found it there already)."""

    release: Release
    commit: str
    written: bool


def pull(repo: str, tag: str, output: Path, replace: bool = False, known: Sequence[Release] = ()) -> Pulled:
    """Brings a release from the Hub into a folder.

    A pull that was killed goes on where it stopped. The folder appears when it is whole and right.

    Args:
        repo: ``organisation/name``.
        tag: ``v1.2.0``.
        output: The folder.
        replace: Take the place of another release that stands there.
        known: Releases here, of which the same files are copied instead.

    Raises:
        InputError: No such repository or tag, bytes other than the manifest says, another release
            in the folder, or a Hub that refuses or fails.
    """
    repository = Repository(repo)
    return bring(repository, tag, find_commit(repository, tag), output, replace, known)


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


def verify_tag(
    repo: str, tag: str, rows: bool = False, engine: Engine = IN_THIS_PROCESS
) -> tuple[Release, list[Problem]]:
    """Checks a release on the Hub: every byte is read from there, and all that ``verify`` checks.

    Returns:
        The release (whose files are gone again), and every fault.

    Raises:
        InputError: It cannot be read, or has no readable manifest to check against.
    """
    repository = Repository(repo)
    snapshot = look(repository, find_commit(repository, tag))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "release"
        release = _begin(repository, tag, snapshot, folder)
        faults = listing_faults(repository, snapshot, release.files)
        extra = sorted(snapshot.files.keys() - release.files.keys() - {MANIFEST})
        faults += [Problem(f"{folder}/{name}", "is not in release.json") for name in extra]
        if not faults:
            faults = receive_files(repository, snapshot.commit, release.files, f"reading {tag}", folder)
        faults = faults or verify(folder, rows, engine)
    named = [replace(fault, where=fault.where.replace(str(folder), f"{repo}@{tag}")) for fault in faults]
    return release, named


def bring(
    repository: Repository,
    tag: str,
    commit: str,
    output: Path,
    replace: bool,
    known: Sequence[Release],
) -> Pulled:
    """Brings the release of a commit: see ``pull``."""
    snapshot = look(repository, commit)
    with open_workspace(output) as workspace:
        folder = workspace.step_folder(f"pull-{commit[:16]}")
        release = _begin(repository, tag, snapshot, folder)
        if (output / MANIFEST).exists() and (standing := _standing(output, release, replace)):
            workspace.remove()
            return Pulled(standing, commit, written=False)
        faults = listing_faults(repository, snapshot, release.files)
        if not faults:
            _copy_known(release, known)
            faults = receive_files(repository, commit, release.files, f"pulling {tag}", folder)
        if faults:
            mend = (
                "Nothing was written. Run the command again; if it stays so, tell the release's maintainers"
            )
            again = Problem(f"{repository.name}@{tag}", "is not what its manifest says", mend=mend)
            raise InputError([*faults, again])
        workspace.publish(folder)
    return Pulled(read_release(output), commit, written=True)


def look(repository: Repository, commit: str) -> Snapshot:
    """What a repository that is there holds at a commit."""
    snapshot = repository.snapshot(commit)
    if snapshot is None:
        raise InputError(Problem(repository.name, "is gone, or it has become private"))
    return snapshot


def _begin(repository: Repository, tag: str, snapshot: Snapshot, folder: Path) -> Release:
    """Puts the manifest into the folder, if it is that of the version."""
    data = receive_manifest(repository, snapshot, tag)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_bytes(data)
    return read_release(folder)


def listing_faults(
    repository: Repository, snapshot: Snapshot, files: Mapping[str, Mapping[str, Any]]
) -> list[Problem]:
    """Files of a manifest that the Hub lists otherwise, or not at all."""
    where = f"{repository.name}@{snapshot.commit[:12]}"
    faults = []
    for name, file in files.items():
        listed = snapshot.files.get(name)
        if listed is None:
            faults.append(Problem(f"{where}/{name}", "is missing"))
        elif listed.bytes != file["bytes"] or listed.sha256 not in (None, file["sha256"]):
            faults.append(Problem(f"{where}/{name}", "is another file than the manifest says"))
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
