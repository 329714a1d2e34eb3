"""Checks of records that a model writes from a document, each with the name of its rule."""

from medinjection_fr.generate.synthesis.checks.check import (
    RULES,
    ClosedQuestion,
    OpenQuestion,
    check_closed,
    check_open,
)

__all__ = ["RULES", "ClosedQuestion", "OpenQuestion", "check_closed", "check_open"]
