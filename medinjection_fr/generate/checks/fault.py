"""What a check says of a translation: the rule that it breaks, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a translation.

    Attributes:
        rule: Name of the rule, one of ``RULES``.
        evidence: What differs, and no more of the text than that: "60 is missing, 6 is new".
    """

    rule: str
    evidence: str
