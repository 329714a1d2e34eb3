"""Card, pictures and their companions of a release, written again in place. Shards and ledgers stay."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.card_plots import FIGURES, PLOTS
from medinjection_fr.release.croissant import CROISSANT
from medinjection_fr.release.documents import CITATION, LICENSES, write_documents
from medinjection_fr.release.manifest import CARD, Release, read_release
from medinjection_fr.release.plot_style import require_matplotlib
from medinjection_fr.release.script import SCRIPT
from medinjection_fr.release.verify import verify
from medinjection_fr.resources import source_digest
from medinjection_fr.version import __version__
from medinjection_fr.workspace import open_workspace

_DOCUMENTS = (CARD, CITATION, LICENSES, SCRIPT, CROISSANT, *(f"{FIGURES}/{name}.png" for name in PLOTS))


def rewrite_documents(folder: Path, plots: bool | None = None) -> Release:
    """Writes card, pictures, citation, licences, script and Croissant of a release again.

    The release takes its own place when it is whole: who is killed leaves the old one or the new one.
    Shards and ledgers are the same files, with the digests that the manifest has for them.

    Args:
        folder: The release.
        plots: Whether the card shows pictures; as it does now if ``None``.

    Returns:
        The release as it is now.

    Raises:
        InputError: No readable release; something else than its documents is damaged; pictures are
            wanted and matplotlib is not installed; or a build works on the folder.
    """
    if folder.exists() or not folder.resolve().parent.is_dir():
        read_release(folder)
    folder = folder.resolve()
    with open_workspace(folder) as workspace:
        release = read_release(folder)
        if plots is None:
            plots = any(path.startswith(f"{FIGURES}/") for path in release.files)
        if plots:
            require_matplotlib("card")
        if problems := _other_faults(release):
            raise InputError(problems)
        whole = workspace.step_folder("card")
        shutil.rmtree(whole, ignore_errors=True)  # of one that was killed before it took its place
        with workspace.step(whole.name) as unfinished:
            kept = [file for path, file in release.files.items() if path not in _DOCUMENTS]
            for file in kept:
                _link(folder / file["path"], unfinished / file["path"])
            writer = {"version": __version__, "source_digest": source_digest()}
            manifest = {key: value for key, value in release.manifest.items() if key != "documents"}
            is_builder = all(manifest["package"][key] == value for key, value in writer.items())
            manifest |= {"files": kept} if is_builder else {"files": kept, "documents": writer}
            write_documents(manifest, unfinished, plots)
        workspace.publish(whole)
    return read_release(folder)


def _other_faults(release: Release) -> list[Problem]:
    """What is wrong with a release and is not mended by writing its documents again."""
    mended = {str(release.folder / name) for name in _DOCUMENTS}
    return [problem for problem in verify(release.folder) if problem.where not in mended]


def _link(source: Path, target: Path) -> None:
    """Gives a file a second name, or copies it where there can be none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
