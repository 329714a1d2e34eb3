"""Which version a change asks for, by the rules of Croissant 1.1 (its section on dataset versions)."""

from __future__ import annotations

import re
from typing import Literal, get_args

from medinjection_fr.errors import InputError, Problem

Bump = Literal["none", "patch", "minor", "major"]
"""How far a version must move: not at all; packaging; rows added; rows changed, removed or moved."""

BUMPS: tuple[Bump, ...] = get_args(Bump)


def parse_version(version: str) -> tuple[int, int, int]:
    """Reads MAJOR.MINOR.PATCH.

    Raises:
        InputError: The text is no such version.
    """
    match = re.fullmatch(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", version)
    if not match:
        raise InputError(Problem("version", f'"{version}" is not allowed', "MAJOR.MINOR.PATCH, as 1.2.0"))
    return int(match[1]), int(match[2]), int(match[3])


def smallest_version(old: str, bump: Bump) -> str:
    """The smallest version after ``old`` that is honest about a change; ``old`` itself after none."""
    major, minor, patch = parse_version(old)
    smallest = {
        "none": (major, minor, patch),
        "patch": (major, minor, patch + 1),
        "minor": (major, minor + 1, 0),
        "major": (major + 1, 0, 0),
    }[bump]
    return ".".join(map(str, smallest))


def is_honest(old: str, new: str, bump: Bump) -> bool:
    """Whether ``new`` may be the version of a change of ``old``: it promises no more than is true."""
    return parse_version(new) >= parse_version(smallest_version(old, bump))
