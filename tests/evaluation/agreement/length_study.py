"""Simulated studies in which what length does to the judge is known."""

from __future__ import annotations

import numpy as np

from evaluation.agreement.paired import Paired

PEOPLE, GENERATORS = 3, 2


def simulate(seed: int, bias: float, records: int = 80) -> Paired:
    """Answers of two generators to each record, rated by three people and a judge.

    Length and verdict go together without any bias: better answers are longer, and the second generator
    writes better and longer ones. Answers to the same record resemble each other in quality and length.

    Args:
        seed: Of the generator.
        bias: What log(1 + words) adds to the logit of the judge's verdict.
        records: How many.
    """
    generator = np.random.default_rng(seed)
    record = np.tile(np.arange(records), GENERATORS)
    run = np.repeat(np.arange(GENERATORS), records)
    of_record = generator.normal(size=records)[record]
    quality = of_record + 0.8 * run + generator.normal(size=len(record))
    says = generator.random((PEOPLE, len(record))) < _share(1.2 * quality - 0.6)
    people = says.mean(0)
    log_words = 3.5 + 0.5 * people + 0.3 * run + 0.2 * of_record + 0.5 * generator.normal(size=len(record))
    words = np.maximum(1, np.round(np.exp(log_words)))
    logit = -1.2 + 2.5 * people + 0.4 * run + bias * (np.log1p(words) - 3.9)
    verdicts = (generator.random(len(record)) < _share(logit)).astype(np.int64)
    return Paired(
        [f"run {n}" for n in run],
        [f"record {n}" for n in record],
        [f"case {n}" for n in record],
        people,
        (people > 0.5).astype(np.int64),
        verdicts.astype(float),
        verdicts,
        words,
    )


def _share(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))
