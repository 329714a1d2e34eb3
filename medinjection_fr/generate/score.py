"""A translator's score on pairs by professionals: BLEU, chrF++, COMET where it is installed, with intervals."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.pairs import Pair
from medinjection_fr.workspace import write_text

RESAMPLES = 1_000
_SEED = 12_345
_FILES = ("source.txt", "hypothesis.txt", "reference.txt")

PUBLISHED = {
    "source": "Belmadani et al., MedInjection-FR, arXiv 2603.06905 (2026)",
    "test set": "WMT'24 biomedical, English to French",
    "rows": [
        {"system": "GPT-4o-mini", "BLEU": 51.01, "COMET": 0.8751},
        {"system": "Gemini 2.0 Flash", "BLEU": 53.72, "COMET": 0.8783},
        {"system": "best system of WMT'24", "BLEU": 53.54, "COMET": 0.8760},
    ],
}
"""What the published work reports of its translators. Another test set: an order of size, not a ranking."""


class Figure(NamedTuple):
    """One metric over the corpus.

    Attributes:
        metric: Its name.
        value: The score; higher is better.
        mean: Mean of the bootstrap's scores.
        spread: Half the width of the 95 % interval round that mean.
        signature: Version, tokenizer, case, seed: what the figure depends on.
    """

    metric: str
    value: float
    mean: float
    spread: float
    signature: str


def check_installed(comet: str | None) -> None:
    """Looks for what scoring needs, before anything is translated.

    Args:
        comet: Checkpoint of a COMET model, if it is wanted.

    Raises:
        InputError: A library or the checkpoint is missing.
    """
    problems = []
    if importlib.util.find_spec("sacrebleu") is None:
        mend = 'Install it: pip install "medinjection-fr[generate]"'
        problems.append(Problem("translate score", "needs the library sacrebleu", mend=mend))
    if comet is not None and importlib.util.find_spec("comet") is None:
        mend = "It asks for older versions than ours: score the files of --save with comet-score in another environment"
        problems.append(Problem("--comet", "the library unbabel-comet is not installed", mend=mend))
    elif comet is not None and not Path(comet).is_file():
        problems.append(Problem("--comet", f"{comet} is no file", "a checkpoint of a COMET model (.ckpt)"))
    if problems:
        raise InputError(problems)


def score(
    pairs: Sequence[Pair], hypotheses: Sequence[str], resamples: int = RESAMPLES, comet: str | None = None
) -> list[Figure]:
    """Scores translations against the professionals'.

    BLEU and chrF++ are sacrebleu's, and so are their intervals: a bootstrap over the pairs (Koehn 2004),
    seeded.

    Args:
        pairs: What was translated, with the references.
        hypotheses: The translations, in the same order.
        resamples: Samples of the bootstrap.
        comet: Checkpoint of a COMET model, if it is wanted.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    references = [pair.french for pair in pairs]
    figures = []
    for name, metric in (("BLEU", BLEU()), ("chrF++", CHRF(word_order=2))):
        result = metric.corpus_score(hypotheses, [references], n_bootstrap=resamples)
        told = json.loads(result.format(width=4, is_json=True))
        signature = str(metric.get_signature())
        figures.append(
            Figure(name, result.score, told["confidence_mean"], told["confidence_var"], signature)
        )
    return [*figures, _comet(pairs, hypotheses, resamples, comet)] if comet else figures


def _comet(pairs: Sequence[Pair], hypotheses: Sequence[str], resamples: int, checkpoint: str) -> Figure:
    """Mean of COMET's scores of segments, with the same kind of interval."""
    import numpy as np
    from comet import load_from_checkpoint

    samples = [
        {"src": pair.english, "mt": hypothesis, "ref": pair.french}
        for pair, hypothesis in zip(pairs, hypotheses, strict=True)
    ]
    scores = np.asarray(load_from_checkpoint(checkpoint).predict(samples, batch_size=8, gpus=0).scores)
    drawn = np.random.default_rng(_SEED).integers(0, len(scores), (resamples, len(scores)))
    means = np.sort(scores[drawn].mean(axis=1))
    low, high = means[resamples // 40], means[resamples - resamples // 40 - 1]
    signature = f"model:{Path(checkpoint).name}|bs:{resamples}|seed:{_SEED}"
    return Figure("COMET", float(scores.mean()), float(means.mean()), float(high - low) / 2, signature)


def save_texts(folder: Path, pairs: Sequence[Pair], hypotheses: Sequence[str]) -> None:
    """Writes sources, translations and references, a line each: for comet-score, or to read."""
    columns = ([pair.english for pair in pairs], hypotheses, [pair.french for pair in pairs])
    folder.mkdir(parents=True, exist_ok=True)
    for name, texts in zip(_FILES, columns, strict=True):
        lines = "".join(f"{' '.join(text.split())}\n" for text in texts)
        write_text(folder / name, lines)


def summary(system: str, figures: Sequence[Figure], counts: dict[str, Any]) -> dict[str, Any]:
    """All that the command tells, for programs."""
    return {
        "system": system,
        "pairs": counts,
        "figures": [figure._asdict() for figure in figures],
        "published": PUBLISHED,
    }
