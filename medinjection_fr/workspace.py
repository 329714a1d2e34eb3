"""Where a release is made until it is whole: resumable after a kill, one at a time, swapped in at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.manifest import MANIFEST
from medinjection_fr.whole import remove_unfinished, unfinished_name, whole_folder


@dataclass(frozen=True)
class Workspace:
    """A folder beside the output: ``.<name>.build``.

    A finished step is a folder that was renamed into place, so what is there is whole.
    """

    output: Path

    @property
    def root(self) -> Path:
        """The folder."""
        return self.output.parent / f".{self.output.name}.build"

    @property
    def _previous(self) -> Path:
        return self.root / "previous"

    def step_folder(self, name: str) -> Path:
        """Folder of a finished step; it exists only when the step is whole."""
        return self.root / name

    @contextmanager
    def step(self, name: str) -> Iterator[Path]:
        """Gives an empty folder to work in and renames it into place when the block ends well."""
        with whole_folder(self.step_folder(name)) as unfinished:
            yield unfinished

    def publish(self, folder: Path) -> None:
        """Puts a whole release under its final name; the one that stood there goes at the end."""
        if self.output.exists():
            self.output.replace(self._previous)
        folder.replace(self.output)
        self.remove()

    def restore_previous(self) -> None:
        """Puts the earlier release back if a kill came between the two renames of ``publish``."""
        if self._previous.exists():
            if self.output.exists():
                shutil.rmtree(self._previous)
            else:
                self._previous.replace(self.output)

    def remove(self) -> None:
        """Removes everything but the lock file, which other builds may be waiting for.

        A step loses its name first: of one that is half removed, the next build would take what is left.
        """
        for path in self.root.iterdir():
            if path.is_dir():
                unfinished = unfinished_name(path)
                path.replace(unfinished)
                shutil.rmtree(unfinished, ignore_errors=True)
            elif path.name != "lock":
                path.unlink()


@contextmanager
def open_workspace(output: Path) -> Iterator[Workspace]:
    """Opens the workspace of an output folder, for one process at a time.

    Raises:
        InputError: Another process works on the same output, or the output is something else.
    """
    if (
        output.exists()
        and not (output / MANIFEST).exists()
        and (not output.is_dir() or any(output.iterdir()))
    ):
        what = "exists and is not a release"
        raise InputError(Problem(str(output), what, "a new folder", "Give another --output"))
    workspace = Workspace(output)
    workspace.root.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(workspace.root / "lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        what = "another build or pull is writing here"
        raise InputError(Problem(str(output), what, mend="Wait for it, or give another --output")) from None
    try:
        workspace.restore_previous()
        remove_unfinished(workspace.root)
        yield workspace
    finally:
        if not any(path.name != "lock" for path in workspace.root.iterdir()):
            shutil.rmtree(workspace.root, ignore_errors=True)
        lock.release()
