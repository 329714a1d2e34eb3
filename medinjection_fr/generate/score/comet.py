"""COMET, where it is installed: its own command ``comet-score``, with a checkpoint of this machine.

unbabel-comet asks for older versions than ours, so it lives in an environment of its own; what counts is that its
command is found on the PATH. It is told not to download anything.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.pairs import Pair
from medinjection_fr.generate.score.metrics import Figure
from medinjection_fr.generate.score.texts import write_lines

COMMAND = "comet-score"
METRIC = "COMET"
SEED = 12_345
NOT_ASKED = (
    f"not computed: give --comet CHECKPOINT, a COMET model on this machine, with {COMMAND} on the PATH"
)
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def missing_parts(checkpoint: Path) -> list[Problem]:
    """What must be there before COMET can score."""
    problems = []
    if shutil.which(COMMAND) is None:
        mend = "Install unbabel-comet in an environment of its own and put its bin folder on the PATH"
        problems.append(Problem("--comet", f"the command {COMMAND} is not installed", mend=mend))
    if not checkpoint.is_file() or checkpoint.suffix != ".ckpt":
        expected = "a checkpoint of a COMET model (.ckpt); none is downloaded"
        problems.append(Problem("--comet", f"{checkpoint} is no such file", expected))
    return problems


def score(
    systems: Mapping[str, Sequence[str]], pairs: Sequence[Pair], checkpoint: Path, resamples: int
) -> tuple[dict[str, Figure], str]:
    """Scores systems: the mean of COMET's scores of segments, with an interval like those of BLEU.

    Args:
        systems: Translations by the system's name.
        pairs: What was translated, with the references.
        checkpoint: The model.
        resamples: Samples of the bootstrap.

    Returns:
        Figures by system, and the signature.

    Raises:
        InputError: ``comet-score`` fails.
    """
    import numpy as np
    from sacrebleu.significance import estimate_ci

    drawn = np.random.default_rng(SEED).choice(len(pairs), (resamples, len(pairs)))
    figures = {}
    for name, texts in systems.items():
        scores = np.array(_segment_scores(texts, pairs, checkpoint))
        mean, half = map(float, estimate_ci(scores[drawn].mean(axis=1)))
        figures[name] = Figure(float(scores.mean()), mean - half, mean + half)
    return figures, f"model:{checkpoint.name}|bs:{resamples}|rs:{SEED}"


def _segment_scores(texts: Sequence[str], pairs: Sequence[Pair], checkpoint: Path) -> list[float]:
    with tempfile.TemporaryDirectory(prefix="medinjection-fr-") as scratch:
        folder = Path(scratch)
        names = write_lines(folder, pairs, texts)
        output = folder / "scores.json"
        command = [COMMAND, "--quiet", "--gpus", "0", "--model", str(checkpoint), "--to_json", str(output)]
        for option, name in zip(("-s", "-r", "-t"), names, strict=True):
            command += [option, str(folder / name)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **_OFFLINE})
        if done.returncode or not output.is_file():
            said = (done.stderr.strip() or "it said nothing").splitlines()[-1]
            raise InputError(Problem(COMMAND, f"ended with {done.returncode}: {said}"))
        (rows,) = json.loads(output.read_text(encoding="utf-8")).values()
    return [row[METRIC] for row in rows]
