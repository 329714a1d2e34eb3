"""Which test records are near what a model was trained on: told beside its scores, never hidden in them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.data import TestSet
from medinjection_fr.curate.leaks import find_leaks
from medinjection_fr.curate.questions import read_benchmark
from medinjection_fr.engine import Local
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.cache import open_release
from medinjection_fr.release.digests import canonical_json
from medinjection_fr.release.manifest import Release
from medinjection_fr.whole import write_whole

TRAINING = "training.json"
CONTAMINATION = "contamination.json"
_LEARNT = ("train", "validation")


@dataclass(frozen=True)
class Contamination:
    """What was found.

    Attributes:
        trained_on: Configuration and version that the model learnt from.
        looked: Whether the release could be opened; else nothing is known.
        records: Test records with what a learnt record is of them: ``copy``, ``near``, ``embedded`` …
    """

    trained_on: str
    looked: bool
    records: Mapping[str, str]


def find_training(model: str, adapter: Path | None) -> dict[str, Any] | None:
    """The ``training.json`` beside a model or an adapter, or one folder above; ``None`` if there is none.

    Raises:
        InputError: It is there and cannot be read.
    """
    folder = adapter or Path(model)
    for path in (folder / TRAINING, folder.resolve().parent / TRAINING):
        if path.is_file():
            try:
                report: dict[str, Any] = json.loads(path.read_bytes())
                report["data"]["config"]
            except (ValueError, KeyError, TypeError):
                what = "is no report of a training"
                raise InputError(Problem(str(path), what, mend="Restore it, or take it away")) from None
            return report
    return None


def look_for_contamination(training: Mapping[str, Any], data: TestSet, output: Path) -> Contamination:
    """Compares the test records with all that the model learnt, and writes ``contamination.json``.

    Compared as ``medinjection-fr leaks`` does. The release's own ledger tells what its build dropped for
    the same reason; here is what is left, or what another release brought in.

    Args:
        training: Content of ``training.json``.
        data: The test records.
        output: Folder of the run.
    """
    learnt = training["data"]
    name = f"{learnt['config']} of version {learnt['version']}"
    try:
        release = open_release(learnt["reference"])
    except InputError:
        release = None
    if release is None or release.manifest["digest"] != learnt["release_digest"]:
        found = Contamination(name, False, {})
    else:
        found = Contamination(name, True, _near(_learnt_part(release, learnt["config"]), data))
    write_whole(output / CONTAMINATION, canonical_json(vars(found)))
    return found


def _learnt_part(release: Release, config: str) -> Release:
    """The release as if it held only what a configuration learns from."""
    splits = release.manifest["configs"][config]["splits"]
    paths = {path for split in _LEARNT if split in splits for path in splits[split]["shards"]}
    files = [file for file in release.manifest["files"] if file["path"] in paths]
    return Release(release.folder, {**release.manifest, "files": files})


def _near(learnt: Release, data: TestSet) -> dict[str, str]:
    """Kinds by test record; of several the first that the search tells."""
    wanted = set(data.rows["id"])
    benchmark = read_benchmark(str(data.release.folder))
    with tempfile.TemporaryDirectory(prefix="medinjection-fr-") as scratch:
        leaks = find_leaks(learnt, benchmark, Local(os.cpu_count() or 1), Path(scratch))
    found: dict[str, str] = {}
    for leak in leaks:
        if leak.benchmark_id in wanted:
            found.setdefault(leak.benchmark_id, leak.kind)
    return dict(sorted(found.items()))


def read_contamination(run: Path) -> Contamination | None:
    """What ``look_for_contamination`` wrote, if it did."""
    path = run / CONTAMINATION
    return Contamination(**json.loads(path.read_bytes())) if path.exists() else None
