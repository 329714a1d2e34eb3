"""What an annotator says of an item."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

REMARK_LENGTH = 5_000


@dataclass(frozen=True)
class Rating:
    """Verdicts, preference and remark.

    Attributes:
        verdicts: By run or criterion; what has none yet is absent.
        preference: A run's name, ``none``, or ``None`` if nothing was said.
        remark: Free text.
    """

    verdicts: Mapping[str, str] = field(default_factory=dict)
    preference: str | None = None
    remark: str = ""

    def is_complete(self, questions: Sequence[str]) -> bool:
        """Whether every question has its verdict."""
        return all(question in self.verdicts for question in questions)

    def over(self, earlier: Rating, unseen: bool) -> Rating:
        """This rating where it says something, an earlier one where it does not.

        A verdict can be changed and not be taken back, so one that is absent was never given here.

        Args:
            earlier: What stood there.
            unseen: Whether whoever rates did not see it: then an empty remark erases nothing.
        """
        return Rating(
            {**earlier.verdicts, **self.verdicts},
            self.preference if self.preference is not None else earlier.preference,
            earlier.remark if unseen and not self.remark else self.remark,
        )

    def to_json(self) -> str:
        """The same text for the same rating."""
        content = {"verdicts": dict(sorted(self.verdicts.items())), "preference": self.preference}
        return json.dumps({**content, "remark": self.remark}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Rating:
        """Reads what ``to_json`` wrote."""
        return cls(**json.loads(text))


def clean_remark(text: str) -> str:
    """A remark that every file can hold: no lone surrogate, no NUL, no more than ``REMARK_LENGTH``."""
    return text.encode("utf-8", "ignore").decode("utf-8").replace("\0", "")[:REMARK_LENGTH]
