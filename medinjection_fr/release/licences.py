"""What a licence allows, and what a public release therefore may not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from medinjection_fr.errors import Problem


@dataclass(frozen=True)
class Terms:
    """What a licence asks for, as far as a release is concerned."""

    share_alike: bool = False
    non_commercial: bool = False
    no_derivatives: bool = False

    def __str__(self) -> str:
        names = {
            "share-alike": self.share_alike,
            "non-commercial": self.non_commercial,
            "no derivatives": self.no_derivatives,
        }
        return ", ".join(name for name, holds in names.items() if holds) or "–"


_CREATIVE_COMMONS = {
    f"CC-BY{kind}-{version}": Terms("SA" in kind, "NC" in kind, "ND" in kind)
    for kind in ("", "-SA", "-NC", "-ND", "-NC-SA", "-NC-ND")
    for version in ("2.0", "2.5", "3.0", "4.0")
}
TERMS = {
    **_CREATIVE_COMMONS,
    **dict.fromkeys(["Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0"], Terms()),
    **dict.fromkeys(["CC-PDDC", "PDDL-1.0", "ODC-By-1.0", "etalab-2.0"], Terms()),
    "ODbL-1.0": Terms(share_alike=True),
}
"""Licences whose terms are known. Any other, and every ``LicenseRef-…``, counts as none stated."""


def terms_in_words(license: str, unknown: str) -> str:
    """What a licence asks for besides naming its author; ``unknown`` if that is not known."""
    terms = TERMS.get(license)
    if terms is None:
        return unknown
    return "at most attribution" if terms == Terms() else str(terms)


def openness(license: str) -> int:
    """Rank of a licence, the most open first: of two copies, the one that may be used more stays."""
    terms = TERMS.get(license)
    if terms is None:
        return 4
    return 2 * terms.non_commercial + max(terms.share_alike, terms.no_derivatives)


PUBLIC_RULES = {
    "license-not-stated": "a public release holds only rows under a licence that is known to allow it",
    "license-no-derivatives": "translated and generated rows are derivatives: their licence allows them",
    "license-non-commercial": "rows for non-commercial use stand in a public release only if the recipe "
    "says allow_non_commercial: true",
    "source-not-redistributable": "a source that may not be redistributed stands in no public release",
    "generator-first-try": "what a rule-based first-try translator wrote is never part of a public release",
}
"""Why a public build refuses rows. Share-alike is no reason: each row keeps its own licence."""

FIRST_TRY = ("apertium-",)
"""How generators begin whose French is for a first try only."""


@dataclass(frozen=True)
class LicensedRows:
    """Rows of one source under one licence."""

    source: str
    license: str
    origin: str
    rows: int
    redistributable: bool


def public_faults(groups: Iterable[LicensedRows], allow_non_commercial: bool) -> list[Problem]:
    """Lists what a public release may not hold, by ``PUBLIC_RULES``.

    Share-alike rows may stand beside others in a collection whose every row names its licence.
    """
    problems = []
    for group in groups:
        for rule in _broken_rules(group, allow_non_commercial):
            where = f"sources/{group.source}"
            what = f"{rule}: {group.rows:,} {group.origin} rows under {group.license}"
            mend = (
                "Leave the source out, make the release `audience: internal`, or record a permission "
                "as `license_override:`"
            )
            problems.append(Problem(where, what, PUBLIC_RULES[rule], mend))
    return problems


def _broken_rules(group: LicensedRows, allow_non_commercial: bool) -> list[str]:
    terms = TERMS.get(group.license)
    broken = []
    if terms is None:
        broken.append("license-not-stated")
    else:
        if terms.no_derivatives and group.origin != "native":
            broken.append("license-no-derivatives")
        if terms.non_commercial and not allow_non_commercial:
            broken.append("license-non-commercial")
    if not group.redistributable:
        broken.append("source-not-redistributable")
    return broken


def first_try_faults(groups: Mapping[tuple[str, str | None], int]) -> list[Problem]:
    """Lists the rows of generators that are for a first try, by the last of ``PUBLIC_RULES``.

    Args:
        groups: Source and generator of rows, with their number.
    """
    rule = "generator-first-try"
    mend = "Leave the source out, make the release `audience: internal`, or translate with another model"
    return [
        Problem(f"sources/{source}", f"{rule}: {rows:,} rows by {generator}", PUBLIC_RULES[rule], mend)
        for (source, generator), rows in groups.items()
        if generator is not None and generator.startswith(FIRST_TRY)
    ]
