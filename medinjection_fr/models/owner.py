"""Who is asking: a claim holds for exactly as long as the process that made it lives."""

from __future__ import annotations

import uuid
from pathlib import Path

import filelock


class Owner:
    """This process as the others see it: the holder of a lock file, which the system frees at its end.

    There is no lease and no clock. A process that is slow or stopped keeps its claims, and those of
    one that was killed are free at once.

    Args:
        journal: The journal; the lock file lies beside it, ``<journal>.<name>.lock``.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self.name = uuid.uuid4().hex
        self._lock = filelock.FileLock(self._path_of(self.name))
        self._lock.acquire()

    def is_dead(self, other: str) -> bool:
        """Whether the process that another owner stands for has ended."""
        if other == self.name:
            return False
        path = self._path_of(other)
        if not path.exists():
            return True
        try:
            with filelock.FileLock(path, timeout=0):
                path.unlink(missing_ok=True)
        except filelock.Timeout:
            return False
        return True

    def close(self) -> None:
        """Ends the owner; it must hold no claim any more."""
        self._path_of(self.name).unlink(missing_ok=True)
        self._lock.release()

    def _path_of(self, name: str) -> Path:
        return self._journal.with_name(f"{self._journal.name}.{name}.lock")
