"""What became of one unit of work: records, or the faults for which it was put aside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from medinjection_fr.models.request import Reply, Request

Material = Mapping[str, Any]
"""A valid item or document, as ``sources.complete`` makes it."""
Ask = Callable[[Request], Awaitable[Reply]]


class Unit(NamedTuple):
    """One piece of work: what is asked about one material with one template.

    Attributes:
        name: ``source/source_id`` of the material; where it is asked several things, with
            ``#template``.
        material: The item or document.
        template: Name of the template.
    """

    name: str
    material: Material
    template: str


class Finding(NamedTuple):
    """Why something was put aside.

    Attributes:
        rule: Name of the broken rule.
        evidence: Places and the tokens that differ; never more of the text.
        attempt: The answer that broke it, counted from 1; 0 if nothing was asked.
    """

    rule: str
    evidence: str
    attempt: int


@dataclass(frozen=True)
class Outcome:
    """The end of one unit of work.

    Attributes:
        unit: Its name.
        records: Accepted records: all columns, valid, with their lineage, and ``split``.
        findings: What was wrong with each answer. An accepted unit has those of earlier attempts.
    """

    unit: str
    records: list[dict[str, Any]] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether it gave a record."""
        return bool(self.records)

    @property
    def reasons(self) -> list[Finding]:
        """What the last answer was put aside for."""
        last = max((finding.attempt for finding in self.findings), default=0)
        return [] if self.accepted else [f for f in self.findings if f.attempt == last]

    @property
    def asked_again(self) -> bool:
        """Whether a first answer was put aside and another one asked for."""
        last = max((finding.attempt for finding in self.findings), default=0)
        return last > 1 or (self.accepted and last == 1)

    def as_row(self) -> dict[str, Any]:
        """What the journal keeps of it, for the figures on the way: no text."""
        return {
            "records": len(self.records),
            "types": [record["type"] for record in self.records],
            "reasons": sorted({finding.rule for finding in self.reasons}),
        }


class Maker(Protocol):
    """Makes records of materials: a translation, a synthesis."""

    def units(self, material: Material) -> list[Unit]:
        """What is to be done with a material, always the same."""

    async def make(self, unit: Unit, ask: Ask) -> Outcome:
        """Asks, checks, and asks once more at most; what ``ask`` raises passes through."""
