"""BLEU and chrF++ with bootstrap intervals: sacrebleu's, from the scores to the intervals."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from medinjection_fr.errors import Problem

RESAMPLES = 1_000


class Figure(NamedTuple):
    """One metric of one system over all pairs.

    Attributes:
        score: Higher is better; BLEU and chrF++ go from 0 to 100.
        low, high: 95 % interval.
        p_value: How likely a difference from the copy of the source like this one is by chance; ``None``
            for the copy itself, and where it is not known.
    """

    score: float
    low: float
    high: float
    p_value: float | None = None


class Scores(NamedTuple):
    """Systems by name, each with its figures by metric.

    Attributes:
        systems: The figures.
        signatures: What each metric depends on: version, tokenizer, case, samples, seed.
    """

    systems: dict[str, dict[str, Figure]]
    signatures: dict[str, str]


def missing_library() -> list[Problem]:
    """What must be installed before anything can be scored."""
    if importlib.util.find_spec("sacrebleu") is not None:
        return []
    mend = 'Install it: pip install "medinjection-fr[generate]"'
    return [Problem("translate score", "needs the library sacrebleu", mend=mend)]


def score(
    systems: Mapping[str, Sequence[str]], references: Sequence[str], resamples: int = RESAMPLES
) -> Scores:
    """Scores systems with one reference for each text.

    The intervals are those of a bootstrap over pairs (Koehn 2004, "Statistical significance tests for machine
    translation evaluation"): the same pairs are drawn for every system and metric, from a seed that the
    signature tells. The interval lies evenly about the mean of the samples, as sacrebleu reports it. Memory
    is about 100 bytes for each pair and sample.

    Args:
        systems: Translations by the system's name, in the order of the references. The first one is what
            the others are compared with.
        references: Translations by professionals.
        resamples: Samples of the bootstrap.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.significance import PairedTest

    test = PairedTest(
        [(name, list(texts)) for name, texts in systems.items()],
        {"BLEU": BLEU(), "chrF++": CHRF(word_order=2)},
        [list(references)],
        test_type="bs",
        n_samples=resamples,
    )
    signatures, found = test()
    names = {"BLEU": "BLEU", "chrF2++": "chrF++"}  # sacrebleu's to ours: 2 is the usual weight of recall
    return Scores(
        {
            system: {ours: _figure(found[theirs][place]) for theirs, ours in names.items()}
            for place, system in enumerate(systems)
        },
        {ours: str(signatures[theirs]) for theirs, ours in names.items()},
    )


def _figure(result: Any) -> Figure:
    mean, half = float(result.mean), float(result.ci)
    p_value = None if result.p_value is None else float(result.p_value)
    return Figure(float(result.score), max(0.0, mean - half), mean + half, p_value)
