"""A running Hub, as its endpoints and a test see it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from hub.faults import Fault, Request
from hub.store import File, Refused, Repository

ROLES = {"hf_write": "write", "hf_read": "read"}
"""Token → what it allows."""
ACCOUNT, ORGANISATION = "a-maintainer", "our-laboratory"
"""Whose tokens they are, and for whom that account may write too."""


class Hub:
    """A running Hub. A test reads its log and may change what it keeps and how it is set.

    Attributes:
        endpoint: Address of the Hub.
        storage: Address of the storage of large files.
        repositories: By id.
        large_files: Bytes in the storage by SHA-256.
        parts: Parts of those that are still on their way, by SHA-256 and number.
        part_size: Bytes above which a large file is sent in parts of this size.
        page_size: Entries of a listing in one answer.
        cas: Folder to which the real Xet client writes; without it there is no Xet.
        log: Every request in the order of their arrival.
        lock: Held while a request is applied.
    """

    def __init__(self, endpoint: str, folder: Path) -> None:
        self.endpoint = endpoint
        self.storage = endpoint.replace("127.0.0.1", "localhost")
        self.repositories: dict[str, Repository] = {}
        self.large_files: dict[str, bytes] = {}
        self.parts: dict[tuple[str, int], bytes] = {}
        self.part_size: int | None = None
        self.page_size = 1000
        self.cas: Path | None = None
        self.log: list[Request] = []
        self.lock = threading.RLock()
        self._faults: list[Fault] = []
        self._folder = folder

    def environment(self, token: str | None = "write", home: str = "home") -> dict[str, str]:
        """Variables for a client in a process of its own.

        Args:
            token: ``"write"``, ``"read"``, ``None``, or another word for one that the Hub does not know.
            home: A name; clients of the same name share their cache.
        """
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_TOKEN": f"hf_{token}" if token else "",
            "HF_HOME": str(self._folder / home),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "0" if self.cas else "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_VERBOSITY": "error",
            "no_proxy": "127.0.0.1,localhost",
        }

    def create(self, id: str, private: bool = False) -> Repository:
        """Makes a repository from within, with no request."""
        return self.repositories.setdefault(id, Repository(id, self.large_files, private))

    def fault(self, method: str = ".*", path: str = "", **what: Any) -> Fault:
        """Adds a fault after those that there are; see ``Fault``."""
        self._faults.append(Fault(method, path, **what))
        return self._faults[-1]

    def mend(self) -> None:
        """Forgets faults and log."""
        self._faults.clear()
        self.log.clear()

    def requests(self, method: str = ".*", path: str = "") -> list[Request]:
        """Requests of a kind, in the order of their arrival."""
        return [request for request in self.log if request.matches(method, path)]

    def receive(self, request: Request) -> Fault:
        """Puts a request into the log and tells what goes wrong with it."""
        with self.lock:
            self.log.append(request)
            return next((fault for fault in self._faults if fault.takes(request)), Fault())

    def role(self, request: Request) -> str | None:
        """What the request's token allows; ``None`` without one."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token and token not in ROLES:
            raise Refused(401, "Invalid credentials in Authorization header")
        return ROLES.get(token)

    def check_writer(self, request: Request, namespace: str = ACCOUNT) -> None:
        """Refuses a request that may not write for an account or organisation."""
        role = self.role(request)
        if role is None:
            raise Refused(401, "Invalid username or password.")
        if role != "write" or namespace not in (ACCOUNT, ORGANISATION):
            raise Refused(403, f"Forbidden: no right to write under {namespace}")

    def repository(self, request: Request, id: str, write: bool = False) -> Repository:
        """A repository that a request may read, or write to."""
        role = self.role(request)
        repository = self.repositories.get(id)
        if repository is None or (repository.private and not role):
            raise Refused(404 if role else 401, "Repository not found", "RepoNotFound")
        if write:
            self.check_writer(request, id.split("/")[0])
        return repository

    def keep(self, sha256: str, data: bytes) -> None:
        """Puts a large file into the storage."""
        if File(data).sha256 != sha256:
            raise Refused(400, "the bytes have another SHA-256 than their name says")
        self.large_files[sha256] = data
