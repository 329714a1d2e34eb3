"""The folder of an evaluation run: what was asked of which model, and a line for each prediction.

``run.json`` says what the run is, and is never changed. ``predictions.jsonl`` only grows; a kill can
leave half a line at its end, which the next start cuts off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import canonical_json

FORMAT = "medinjection-fr/evaluation/1"
RUN, PREDICTIONS = "run.json", "predictions.jsonl"
Key = tuple[str, int]
"""Of a prediction: the record's id and the permutation of its options."""


class RunFolder:
    """Opens a run to go on with it, or begins it.

    Args:
        path: The folder.
        described: What the run is: model, data, protocols, versions; JSON.

    Raises:
        InputError: Another run stands there (every difference is told), another process writes to it,
            or it is no run.
    """

    def __init__(self, path: Path, described: Mapping[str, Any]) -> None:
        import filelock

        self.path = path
        described = {"format": FORMAT, **described}
        path.mkdir(parents=True, exist_ok=True)
        self._lock = filelock.FileLock(path / ".lock", timeout=0)
        try:
            self._lock.acquire()
        except filelock.Timeout:
            raise InputError(Problem(str(path), "another process is writing to this run")) from None
        try:
            _begin_or_check(path, described)
        except BaseException:
            self._lock.release()
            raise
        self.done = _cut_and_read_keys(path / PREDICTIONS)
        self._file = (path / PREDICTIONS).open("ab")

    def add(self, prediction: Mapping[str, Any]) -> None:
        """Writes a prediction; a kill afterwards does not lose it."""
        self._file.write(json.dumps(prediction, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        self._file.flush()
        self.done.add((prediction["id"], prediction["permutation"]))

    def close(self) -> None:
        """Lets other processes write."""
        self._file.close()
        self._lock.release()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _begin_or_check(path: Path, described: Mapping[str, Any]) -> None:
    if (path / RUN).exists():
        _check_same(path, described)
    elif (path / PREDICTIONS).exists():
        raise InputError(Problem(str(path), f"holds predictions without {RUN}", mend="Give another --output"))
    else:
        unfinished = path / f"{RUN}.{os.getpid()}.part"
        unfinished.write_bytes(canonical_json(described))
        unfinished.replace(path / RUN)


def _check_same(path: Path, described: Mapping[str, Any]) -> None:
    standing = read_run(path)
    problems = [
        Problem(
            f"{path / RUN} › {key}",
            f"was begun with {json.dumps(standing.get(key), ensure_ascii=False)}",
            json.dumps(described.get(key), ensure_ascii=False),
            "A run never mixes two models, versions or protocols: give another --output",
        )
        for key in dict.fromkeys([*standing, *described])
        if standing.get(key) != described.get(key)
    ]
    if problems:
        raise InputError(problems)


def _cut_and_read_keys(path: Path) -> set[Key]:
    if not path.exists():
        return set()
    whole, keys = 0, set()
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            prediction = json.loads(line)
            keys.add((prediction["id"], prediction["permutation"]))
            whole += len(line)
    if whole < path.stat().st_size:
        with path.open("r+b") as file:
            file.truncate(whole)
    return keys


def read_run(path: Path) -> dict[str, Any]:
    """What a run is.

    Raises:
        InputError: There is none, or another version wrote it.
    """
    try:
        described: dict[str, Any] = json.loads((path / RUN).read_bytes())
    except (OSError, ValueError):
        mend = "Begin one with python -m evaluation run"
        raise InputError(Problem(str(path), f"holds no run: no {RUN} that can be read", mend=mend)) from None
    if described.get("format") != FORMAT:
        what = f"is of the format {described.get('format')}"
        raise InputError(Problem(str(path / RUN), what, FORMAT, "Use the version that wrote it"))
    return described


def read_predictions(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a run's predictions."""
    with (path / PREDICTIONS).open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)
