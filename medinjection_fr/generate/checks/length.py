"""A translation is about as long as its source: neither cut off nor endless."""

from __future__ import annotations

import bisect
from collections.abc import Iterator

from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.reading import Reading

BOUNDS = (
    (20, 0.2, 6.0),
    (40, 0.56, 2.12),
    (80, 0.67, 2.05),
    (160, 0.75, 1.94),
    (320, 0.81, 1.65),
    (10**9, 0.86, 1.68),
)
"""Characters of the source below which a pair of bounds holds, and the bounds of characters in French for one
in English.

From 20 characters on they are the 0.25 and 99.75 percentiles of the ratio in TICO-19's aligned pairs, a tenth
wider; ``benchmarks/translation_checks.py`` prints the percentiles. It has no shorter texts: there the bounds
only catch what is absurd ("CT" may become "tomodensitométrie").
"""
_TOPS = [top for top, _, _ in BOUNDS]
_SMALLEST = 60
"""Characters of a translation that is never too long."""


def check_length(source: Reading, target: Reading) -> Iterator[Fault]:
    """Compares the lengths of a text and its translation, white space trimmed."""
    english, french = len(source.raw.strip()), len(target.raw.strip())
    _, low, high = BOUNDS[bisect.bisect_right(_TOPS, english)]
    if french < low * english or (french > high * english and (english >= 20 or french > _SMALLEST)):
        yield Fault("length", f"{french} characters for {english}; {low} to {high} for one are usual")
