"""A judge's scores beside people's verdicts, answer by answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.agreement.classes import Codes
from evaluation.statistics import Floats


@dataclass(frozen=True)
class Paired:
    """Answers that people rated and a judge was asked about.

    Attributes:
        runs: The run of each answer.
        ids: Its record.
        groups: Its case.
        people: What people say, as a number: the share that says equivalent.
        majority: The class that most people give; -1 where two classes have as many.
        values: What the judge says, as a number: a probability, a score, or its verdict as 0 or 1; ``nan``
            where it is unscored.
        verdicts: The class that the judge gives; -1 where it gives none.
        words: Of the answer.
    """

    runs: Sequence[str]
    ids: Sequence[str]
    groups: Sequence[str]
    people: Floats
    majority: Codes
    values: Floats
    verdicts: Codes
    words: Floats

    def says(self) -> Floats:
        """Verdicts as 0 or 1 where the judge gives verdicts, else its values; ``nan`` where there is none."""
        if not (self.verdicts >= 0).any():
            return self.values
        return np.where(self.verdicts >= 0, self.verdicts, np.nan)

    def part(self, held: NDArray[np.bool_]) -> Paired:
        """Only some answers."""
        return self.at(np.flatnonzero(held).tolist())

    def at(self, places: Sequence[int]) -> Paired:
        """The answers at these places, in their order."""
        places = list(places)
        return Paired(
            [self.runs[place] for place in places],
            [self.ids[place] for place in places],
            [self.groups[place] for place in places],
            self.people[places],
            self.majority[places],
            self.values[places],
            self.verdicts[places],
            self.words[places],
        )

    def generators(self) -> dict[str, Paired]:
        """The answers of each run; all together as ``pooled``."""
        runs = np.array(self.runs)
        return {run: self.part(runs == run) for run in dict.fromkeys(self.runs)} | {"pooled": self}
