"""What a Hub keeps: dataset repositories with their files, commits and refs."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

LARGE_SUFFIXES, LARGE_SIZE = (".arrow", ".parquet"), 10_000_000
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
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
        return pointer.format(self.sha256, len(self.data)).encode() if self.is_large else self.data

    @property
    def oid(self) -> str:
        """What clients compare to know whether they have the file."""
        return self.sha256 if self.is_large else self.blob_id

    @cached_property
    def blob_id(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.in_git) + self.in_git).hexdigest()


def is_large(path: str, size: int, sample: bytes) -> bool:
    """Whether a file goes into the storage; the sample is its beginning."""
    return path.endswith(LARGE_SUFFIXES) or size >= LARGE_SIZE or b"\0" in sample


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
        large_files: Bytes in the storage by SHA-256, of all repositories.
        commits: Commit by id, a parent before its children.
        refs: Full name of a branch, tag or pull request → commit id.
    """

    def __init__(self, id: str, large_files: dict[str, bytes], private: bool = False) -> None:
        self.id, self.large_files, self.private = id, large_files, private
        self.commits: dict[str, Commit] = {}
        self.refs: dict[str, str] = {}
        self.add(Commit({".gitattributes": File(ATTRIBUTES)}, "initial commit"), BRANCH + "main")

    def add(self, commit: Commit, ref: str) -> None:
        """Adds a commit, to which a branch or pull request then points."""
        self.commits[commit.id] = commit
        self.refs[ref] = commit.id

    def change(self, changes: Mapping[str, bytes | None], tag: str | None = None) -> Commit:
        """Commits to main from within, with no request: new bytes by path, ``None`` to delete."""
        parent = self.find("main")
        files = {path: file for path, file in parent.files.items() if path not in changes}
        for path, data in changes.items():
            if data is not None:
                files[path] = File(data, is_large(path, len(data), data[:512]))
                self.large_files[files[path].sha256] = data
        commit = Commit(files, f"Version {tag}" if tag else "A change", parent=parent.id)
        self.add(commit, BRANCH + "main")
        if tag:
            self.refs[TAG + tag] = commit.id
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

    def export_git(self, folder: Path) -> None:
        """Writes a git repository as a clone of this one is: all commits and refs, large files with LFS."""
        numbers = {id: number for number, id in enumerate(self.commits, 1)}
        stream = b""
        for id, commit in self.commits.items():
            stream += b"commit refs/all\nmark :%d\n" % numbers[id]
            stream += b"committer Us <us@example.org> %d +0000\n" % commit.date.timestamp()
            stream += b"data %d\n%s\n" % (len(commit.title.encode()), commit.title.encode())
            stream += b"from :%d\n" % numbers[commit.parent] if commit.parent else b""
            stream += b"deleteall\n"
            for path, file in commit.files.items():
                stream += b"M 100644 inline %s\n" % path.encode()
                stream += b"data %d\n%s\n" % (len(file.in_git), file.in_git)
                if file.is_large:
                    large = folder / ".git/lfs/objects" / file.oid[:2] / file.oid[2:4] / file.oid
                    large.parent.mkdir(parents=True, exist_ok=True)
                    large.write_bytes(file.data)
        for ref, id in self.refs.items():
            stream += b"reset %s\nfrom :%d\n\n" % (ref.encode(), numbers[id])
        stream += b"reset refs/all\nfrom %s\n\n" % (b"0" * 40)
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", folder], check=True)
        subprocess.run(["git", "-C", folder, "fast-import", "--quiet"], input=stream, check=True)
