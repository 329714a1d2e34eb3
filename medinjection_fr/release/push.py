"""A release → the Hub: one commit, read back byte by byte, and then the tag.

Stopped at any point and repeated, a push goes on from what is there: content that the Hub has is not
sent again, a commit that stands is not made again, and only a commit whose bytes have come back right
gets the tag.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.hub import LocalFile, Repository, Snapshot
from medinjection_fr.release.manifest import read_release
from medinjection_fr.release.push_plan import Plan, compare, make_plan, release_files
from medinjection_fr.release.receive import receive_files
from medinjection_fr.release.verify import verify


@dataclass(frozen=True)
class Pushed:
    """What a push did.

    Attributes:
        plan: What it meant to do.
        commit: The commit that holds the release; ``None`` after a dry run.
        request: Revision of the pull request, if it is one.
        written: Whether there is a new commit.
        tagged: Whether the release's tag stands at the commit.
    """

    plan: Plan
    commit: str | None = None
    request: str | None = None
    written: bool = False
    tagged: bool = False


def push(
    folder: Path,
    repo: str,
    tag: str,
    private: bool = False,
    create_pr: bool = False,
    dry_run: bool = False,
) -> Pushed:
    """Publishes a release.

    Args:
        folder: The release.
        repo: ``organisation/name``; made if it is not there.
        tag: ``v`` and the release's version.
        private: In a repository that not everybody sees.
        create_pr: Open a pull request, which gets no tag.
        dry_run: Look and refuse as a push would, and write nothing.

    Raises:
        InputError: The release is damaged, its version is too small a step, its tag exists, its
            licences do not allow it, somebody else changed main meanwhile, bytes come back wrong, or
            the Hub refuses or fails.
    """
    if problems := verify(folder):
        raise InputError(problems)
    release = read_release(folder)
    repository = Repository(repo)
    if not dry_run:
        repository.require_token()
    plan = make_plan(release, repository, tag, private)
    if dry_run or plan.published:
        return Pushed(plan, plan.published, tagged=plan.published is not None)
    files = release_files(release)
    with _client_bars():
        if create_pr:
            return _propose(repository, plan, files)
        main = plan.main or _make(repository, private)
        written = not main.is_exactly(files)
        commit = _commit(repository, plan, main, files) if written else main.commit
    _read_back(repository, commit, files, tag)
    _tag(repository, plan, commit)
    return Pushed(plan, commit, written=written, tagged=True)


def _make(repository: Repository, private: bool) -> Snapshot:
    """Makes the repository, and looks at what the Hub made."""
    repository.create(private)
    made = repository.snapshot()
    if made is None or made.private != private:
        what = f"was made {'public' if private else 'private'} by the Hub" if made else "cannot be seen"
        mend = "Look at the organisation's settings, and at the token's rights"
        raise InputError(Problem(repository.name, what, mend=mend))
    return made


def _commit(repository: Repository, plan: Plan, main: Snapshot, files: Mapping[str, LocalFile]) -> str:
    """One commit with all changes to main."""

    def done() -> str | None:
        now = repository.snapshot()
        if now and now.is_exactly(files):
            return now.commit
        if not now or now.commit != main.commit:
            what = "main was changed by somebody else while the files were sent"
            mend = "Nothing of yours stands there yet. Run the command again: it looks at what is there now"
            raise InputError(Problem(repository.name, what, mend=mend))
        return None

    return _send(repository, plan, main, files, False, done)


def _propose(repository: Repository, plan: Plan, files: Mapping[str, LocalFile]) -> Pushed:
    """One commit with all changes to a pull request, or the request that proposes them already."""
    if plan.main is None:
        mend = "Push without --create-pr: it makes the repository"
        raise InputError(Problem(repository.name, "there is no such repository to propose to", mend=mend))
    if plan.main.is_exactly(files):
        mend = "Push without --create-pr: it reads main back and makes the tag"
        raise InputError(Problem(repository.name, "main holds this release already", mend=mend))

    def done() -> str | None:
        for revision in repository.pull_requests():
            proposed = repository.snapshot(revision)
            if proposed and proposed.is_exactly(files):
                return revision
        return None

    request = done()
    written = request is None
    request = request or _send(repository, plan, plan.main, files, True, done)
    commit = _read_back(repository, request, files, plan.tag)
    return Pushed(plan, commit, request, written)


def _send(
    repository: Repository,
    plan: Plan,
    main: Snapshot,
    files: Mapping[str, LocalFile],
    as_request: bool,
    done: Callable[[], str | None],
) -> str:
    """Uploads what main lacks, then commits."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    changes = compare(files, main)
    additions = [CommitOperationAdd(name, files[name].path) for name in changes.sent]
    deletions = [CommitOperationDelete(name, is_folder=False) for name in changes.deleted]
    repository.upload(additions, as_request)
    message = f"Release {plan.tag.removeprefix('v')}"
    return repository.commit([*additions, *deletions], message, main.commit, as_request, done)


def _read_back(repository: Repository, revision: str, files: Mapping[str, LocalFile], tag: str) -> str:
    """Reads every byte of a commit from the Hub and compares it with the release.

    Returns:
        The commit.

    Raises:
        InputError: Something is missing, left over or other.
    """
    snapshot = repository.snapshot(revision)
    if snapshot is None:
        raise InputError(Problem(repository.name, "is gone"))
    commit = snapshot.commit
    where = f"{repository.name}@{commit[:12]}"
    faults = [Problem(f"{where}/{name}", "is missing") for name in files.keys() - snapshot.files.keys()]
    faults += [
        Problem(f"{where}/{name}", "is in no release") for name in snapshot.files.keys() - files.keys()
    ]
    expected = {name: {"bytes": file.bytes, "sha256": file.sha256} for name, file in files.items()}
    faults = faults or receive_files(repository, commit, expected, "reading back")
    if faults:
        what = f"was not tagged {tag}: the Hub does not give back what was sent"
        mend = (
            "Run the command again: it sends nothing twice and reads back once more. If it stays so, the "
            f"Hub's copy is damaged: write to its support, and look at {repository.address}"
        )
        raise InputError([*faults, Problem(where, what, mend=mend)])
    return commit


def _tag(repository: Repository, plan: Plan, commit: str) -> None:
    """Tags a commit that was read back, unless another release came between."""
    others = [tag for tag in repository.tags() if tag != plan.tag]
    if others and others[-1] != plan.base:
        what = f"{others[-1]} was released by somebody else meanwhile"
        mend = f"{plan.tag} is not tagged. Run the command again: it is compared with that release"
        raise InputError(Problem(repository.name, what, mend=mend))
    repository.add_tag(plan.tag, commit)


@contextmanager
def _client_bars() -> Iterator[None]:
    """Lets the Hub's client show its bars in a terminal only, and keep its log to itself.

    Its log names the addresses that it uploads to, which may be signed.
    """
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from huggingface_hub.utils.logging import get_verbosity, set_verbosity

    were_off, verbosity = are_progress_bars_disabled(), get_verbosity()
    if not sys.stderr.isatty():
        disable_progress_bars()
    set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        set_verbosity(verbosity)
        if not were_off:
            enable_progress_bars()
