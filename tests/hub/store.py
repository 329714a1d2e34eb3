"""What a Hub keeps: dataset repositories with their files, commits and refs."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

BRANCH, TAG, PULL_REQUEST = "refs/heads/", "refs/tags/", "refs/pr/"
ATTRIBUTES = b"*.arrow filter=lfs diff=lfs merge=lfs -text\n*.parquet filter=lfs diff=lfs merge=lfs -text\n"


class Refused(Exception):
    """A request is not granted."""

    def __init__(
        self, status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None, **more: str
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": message, **more}
        self.headers = {
            "X-Error-Message": message,
            **({"X-Error-Code": code} if code else {}),
            **(headers or {}),
        }


@dataclass(frozen=True)
class File:
    """A file of a commit. A large one stands in the storage (LFS); git has a pointer to it."""

    data: bytes = field(repr=False)
    is_large: bool = False

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def in_git(self) -> bytes:
        """The file's bytes, or the pointer to them."""
        pointer = (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n"
        )
        return pointer.encode() if self.is_large else self.data

    @property
    def oid(self) -> str:
        """What clients compare to know whether they have the file."""
        return self.sha256 if self.is_large else self.blob_id

    @cached_property
    def blob_id(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.in_git) + self.in_git).hexdigest()


@dataclass(frozen=True)
class Commit:
    """All files by path as they were at one time."""

    files: Mapping[str, File] = field(repr=False)
    title: str
    message: str = ""
    parent: str | None = None
    date: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def id(self) -> str:
        files = [(path, file.blob_id) for path, file in sorted(self.files.items())]
        return hashlib.sha1(repr((files, self.title, self.message, self.parent)).encode()).hexdigest()

    @property
    def headline(self) -> dict[str, str]:
        """The commit as listings have it."""
        return {"id": self.id, "title": self.title, "date": self.date.strftime("%Y-%m-%dT%H:%M:%S.000Z")}

    def below(self, path: str) -> dict[str, File]:
        """The files of a folder, or the one file of that path."""
        return {name: file for name, file in self.files.items() if f"{name}/".startswith(f"{path}/")}


class Repository:
    """A dataset repository.

    Attributes:
        id: ``namespace/name``.
        private: Whether only those with a token see it.
        commits: Commit by id, a parent before its children.
        refs: Full name of a branch, tag or pull request → commit id.
    """

    def __init__(self, id: str, private: bool = False) -> None:
        self.id, self.private = id, private
        self.commits: dict[str, Commit] = {}
        self.refs: dict[str, str] = {}
        self.add(Commit({".gitattributes": File(ATTRIBUTES)}, "initial commit"), BRANCH + "main")

    def add(self, commit: Commit, ref: str) -> None:
        """Adds a commit, to which a branch or pull request then points."""
        self.commits[commit.id] = commit
        self.refs[ref] = commit.id

    def change(self, changes: Mapping[str, bytes | None], ref: str = BRANCH + "main") -> Commit:
        """Commits from within, with no request: new bytes by path, ``None`` to delete."""
        parent = self.find(ref)
        files = {path: file for path, file in parent.files.items() if path not in changes}
        files |= {path: File(data) for path, data in changes.items() if data is not None}
        commit = Commit(files, "Change from within", parent=parent.id)
        self.add(commit, ref)
        return commit

    def find(self, revision: str) -> Commit:
        """The commit that a branch, tag, full name of a ref or commit id stands for."""
        for prefix in ("", BRANCH, TAG):
            if prefix + revision in self.refs:
                return self.commits[self.refs[prefix + revision]]
        if revision not in self.commits:
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return self.commits[revision]

    def named(self, prefix: str) -> dict[str, str]:
        """Refs of one kind: short name → commit id."""
        return {name.removeprefix(prefix): id for name, id in self.refs.items() if name.startswith(prefix)}

    def history(self, commit: Commit) -> Iterator[Commit]:
        """A commit and all before it, the newest first."""
        yield commit
        while commit.parent:
            commit = self.commits[commit.parent]
            yield commit

    def last_change(self, commit: Commit, path: str) -> Commit:
        """The commit that gave a file, or a folder, what it has."""
        return next(
            each
            for each in self.history(commit)
            if not each.parent or each.below(path) != self.commits[each.parent].below(path)
        )

    def export_git(self, folder: Path, pointers: bool = False) -> None:
        """Writes a bare git repository with all commits, branches and tags.

        Args:
            folder: A new folder.
            pointers: Whether large files are pointers, as in the Hub's own git; else their bytes.
        """
        numbers = {id: number for number, id in enumerate(self.commits, 1)}
        stream = bytearray()
        for id, commit in self.commits.items():
            title = commit.title.encode()
            stream += b"commit refs/all\nmark :%d\n" % numbers[id]
            stream += b"committer Us <us@example.org> %d +0000\n" % commit.date.timestamp()
            stream += b"data %d\n%s\n" % (len(title), title)
            stream += b"from :%d\n" % numbers[commit.parent] if commit.parent else b""
            stream += b"deleteall\n"
            for path, file in commit.files.items():
                data = file.in_git if pointers else file.data
                stream += b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
        for name, id in self.refs.items():
            stream += b"reset %s\nfrom :%d\n\n" % (name.encode(), numbers[id])
        git = ["git", "-C", str(folder)]
        subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(folder)], check=True)
        subprocess.run([*git, "fast-import", "--quiet"], input=stream, check=True)
        subprocess.run([*git, "update-ref", "-d", "refs/all"], check=True)
