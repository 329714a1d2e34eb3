"""Writing to SQLite: all or nothing, and a full disk is told as one."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def transaction(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Writes what the block executes, all together or not at all.

    Args:
        database: Opened with ``isolation_level=None``.
        path: Its file, to be named.

    Raises:
        OSError: The disk is full.
    """
    try:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("COMMIT")
    except BaseException as error:
        if database.in_transaction:
            database.execute("ROLLBACK")
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise
