"""A dataset repository on the Hub: what we ask of it, and what we make of its answers.

What is transient (a dropped connection, 408, 429, 5xx) is asked again a few times; anything else is
told with a way out. After a request that changes something and whose outcome is not known, we look
before we ask again. The token comes from the environment or ``hf auth login``, and goes nowhere else.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import git_blob_id
from medinjection_fr.release.hub_fault import Fault
from medinjection_fr.release.versions import parse_version
from medinjection_fr.retries import DEFAULT_RETRIES, Retries
from medinjection_fr.version import __version__

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, CommitOperationAdd, CommitOperationDelete

Answer = TypeVar("Answer")

GIT_ATTRIBUTES = ".gitattributes"
"""The Hub's own file in every repository; it belongs to no release."""


def version_of(tag: str) -> tuple[int, int, int] | None:
    """The version that a tag ``vMAJOR.MINOR.PATCH`` stands for; ``None`` if it is no such tag."""
    try:
        return parse_version(tag[1:]) if tag.startswith("v") else None
    except InputError:
        return None


@dataclass(frozen=True)
class LocalFile:
    """A file of a release folder."""

    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True)
class RemoteFile:
    """A file as the Hub lists it; it knows the SHA-256 of what is not kept in git itself."""

    bytes: int
    blob_id: str
    sha256: str | None

    def is_same(self, local: LocalFile) -> bool:
        """Whether a local file has the same content."""
        if self.bytes != local.bytes:
            return False
        if self.sha256 is not None:
            return self.sha256 == local.sha256
        return self.blob_id == git_blob_id(local.path.read_bytes())


@dataclass(frozen=True)
class Snapshot:
    """What a repository holds at a commit; the Hub's own file is left out."""

    commit: str
    private: bool
    files: Mapping[str, RemoteFile]

    def is_exactly(self, files: Mapping[str, LocalFile]) -> bool:
        """Whether it holds these files and no others."""
        return self.files.keys() == files.keys() and all(
            self.files[name].is_same(file) for name, file in files.items()
        )


class Repository:
    """A dataset repository.

    Every method raises ``InputError`` when the Hub refuses, or fails for longer than we wait.

    Args:
        name: ``organisation/name``.
        retries: How often a transient fault is asked again.
    """

    def __init__(self, name: str, retries: Retries = DEFAULT_RETRIES) -> None:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
            what = f'"{name}" is no repository'
            raise InputError(Problem("repo", what, "organisation/name, as org/medinjection-fr"))
        from huggingface_hub import HfApi

        self.name = name
        self._retries = retries
        self._api = HfApi(library_name="medinjection-fr", library_version=__version__)

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"{self._api.endpoint}/datasets/{self.name}"

    def require_token(self) -> None:
        """Refuses early what the Hub would refuse later.

        Raises:
            InputError: There is no token.
        """
        from huggingface_hub import get_token

        if get_token() is None:
            mend = "Log in with `hf auth login`, or set HF_TOKEN"
            raise InputError(Problem(self.name, "there is no token to write with", mend=mend))

    def snapshot(self, revision: str = "main") -> Snapshot | None:
        """Lists what is there at a branch, tag or commit; ``None`` if there is no such repository."""
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        def look() -> Any:
            try:
                return self._api.dataset_info(self.name, revision=revision, files_metadata=True)
            except GatedRepoError:
                raise
            except RepositoryNotFoundError:
                return None

        short = revision[:12] if re.fullmatch(r"[0-9a-f]{40}", revision) else revision
        info = self._ask(f"Looking at {short}", look)
        if info is None:
            return None
        files = {
            file.rfilename: RemoteFile(file.size, file.blob_id, file.lfs.sha256 if file.lfs else None)
            for file in info.siblings
            if file.rfilename != GIT_ATTRIBUTES
        }
        return Snapshot(info.sha, info.private, files)

    def tags(self) -> dict[str, str]:
        """The releases' tags, oldest version first, with their commits."""
        refs = self._ask("Listing tags", lambda: self._api.list_repo_refs(self.name, repo_type="dataset"))
        tags = [(version, tag) for tag in refs.tags if (version := version_of(tag.name))]
        tags.sort(key=lambda entry: entry[0])
        return {tag.name: tag.target_commit for _, tag in tags}

    def pull_requests(self) -> list[str]:
        """Revisions of the pull requests, newest first."""

        def look() -> Any:
            return self._api.list_repo_refs(self.name, repo_type="dataset", include_pull_requests=True)

        requests = self._ask("Listing pull requests", look).pull_requests or []
        return sorted((r.ref for r in requests), key=lambda ref: int(ref.split("/")[2]), reverse=True)

    def create(self, private: bool) -> None:
        """Makes the repository, if nobody else does at the same time."""

        def make() -> bool:
            self._api.create_repo(self.name, repo_type="dataset", private=private)
            return True

        self._ask("Making the repository", make, lambda: True if self.snapshot() else None)

    def upload(self, additions: Sequence[CommitOperationAdd], as_request: bool) -> None:
        """Sends the content of large files. What the Hub has already is not sent."""

        def send() -> None:
            self._api.preupload_lfs_files(
                self.name, additions, repo_type="dataset", create_pr=as_request, free_memory=False
            )

        # The client asks again itself, for each file.
        self._ask("Uploading", send, retries=Retries(0))

    def commit(
        self,
        operations: Sequence[CommitOperationAdd | CommitOperationDelete],
        message: str,
        parent: str,
        as_request: bool,
        done: Callable[[], str | None],
    ) -> str:
        """Commits to main, or to a pull request, if main is still at its parent.

        Args:
            operations: Files whose content has been uploaded, and files to delete.
            message: Its first line.
            parent: The commit that the operations are made for.
            as_request: Open a pull request instead.
            done: Looks whether the commit stands although no answer said so: its revision, or ``None``.

        Returns:
            The commit, or the pull request's revision.
        """

        def send() -> str:
            made: CommitInfo = self._api.create_commit(
                self.name,
                operations,
                commit_message=message,
                repo_type="dataset",
                parent_commit=parent,
                create_pr=as_request,
            )
            return str(made.pr_revision) if as_request else made.oid

        return self._ask("Committing", send, done)

    def add_tag(self, tag: str, commit: str) -> None:
        """Tags a commit; a tag that stands there already is not moved."""

        def send() -> bool:
            self._api.create_tag(self.name, tag=tag, revision=commit, repo_type="dataset")
            return True

        def done() -> bool | None:
            standing = self.tags().get(tag)
            if standing not in (None, commit):
                what = f"{tag} was made meanwhile, by somebody else and for other content"
                mend = "Give your release a higher version, build it and push it under its own tag"
                raise InputError(Problem(self.name, what, mend=mend))
            return True if standing else None

        self._ask(f"Tagging {tag}", send, done)

    def read(self, commit: str, path: str, size: int) -> Iterator[bytes]:
        """Yields a file's bytes; goes on where a connection broke off.

        What comes may be other than expected, and a little longer than ``size``: the caller
        compares it.
        """
        from huggingface_hub import get_session, hf_raise_for_status
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        url = f"{self.address}/resolve/{commit}/{quote(path)}"
        headers = build_hf_headers(library_name="medinjection-fr", library_version=__version__)
        headers["Accept-Encoding"] = "identity"
        done, pause, left = 0, self._retries.pause, self._retries.times
        while True:
            asked = {**headers, "Range": f"bytes={done}-"} if done else headers
            try:
                with get_session().stream("GET", url, headers=asked) as response:
                    hf_raise_for_status(response)
                    skipped = 0 if response.status_code == 206 else done
                    for chunk in response.iter_bytes():
                        fresh = chunk[skipped:]
                        skipped -= len(chunk) - len(fresh)
                        done += len(fresh)
                        yield fresh
                        if done > size:
                            break
                return
            except Exception as error:
                fault = self._read_fault(error)
            if not left or not fault.is_transient:
                raise InputError(self._explain(f"Reading {path}", fault))
            time.sleep(fault.retry_after or pause)
            pause, left = pause * 2, left - 1

    def _ask(
        self,
        doing: str,
        request: Callable[[], Answer],
        done: Callable[[], Answer | None] | None = None,
        retries: Retries | None = None,
    ) -> Answer:
        """Sends a request, again while the fault is transient.

        Args:
            doing: What it is for, as messages begin.
            request: Sends it.
            done: For one that changes something: looks whether it has taken effect all the same.
            retries: Instead of the repository's own.
        """
        retries = retries or self._retries
        pause = retries.pause
        for left in range(retries.times, -1, -1):
            try:
                return request()
            except Exception as error:
                fault = self._read_fault(error)
            may_stand = fault.is_transient or fault.is_conflict
            if done and may_stand and (answer := done()) is not None:
                return answer
            if not left or not may_stand:
                raise InputError(self._explain(doing, fault))
            time.sleep(fault.retry_after or pause)
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _read_fault(self, error: Exception) -> Fault:
        """What the Hub's client means by an error.

        Raises:
            InputError: We are offline by the user's own setting.
            Exception: The error itself, if it is none of the client's.
        """
        from huggingface_hub.errors import OfflineModeIsEnabled

        if isinstance(error, OfflineModeIsEnabled):
            mend = "Unset it to reach the Hub"
            raise InputError(Problem(self.name, "HF_HUB_OFFLINE is set", mend=mend)) from None
        fault = Fault.of(error)
        if fault is None:
            raise error
        return fault

    def _explain(self, doing: str, fault: Fault) -> Problem:
        return fault.explain(self.name, self.address, doing)
