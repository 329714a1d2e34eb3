"""The parts of an audit that its ledgers give: what was dropped, and what test records say twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from medinjection_fr.curate.ledger import FOLDER, REPORTED, Dropped, count_by_rule, read_ledger, read_reported
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.manifest import VERIFY_AND_MEND, Release

FOREIGN = "foreign-language"
_LANGUAGE = re.compile(r"([a-z]{2,3}(?:-[a-z]+)?) [01]\.\d")
"""How the evidence of a foreign record begins: its language and the probability."""


def read_ledgers(release: Release) -> list[Dropped]:
    """Reads the ledgers of all sources.

    Raises:
        InputError: One is damaged, or counts otherwise than the manifest.
    """
    rows: list[Dropped] = []
    problems = []
    for name, source in release.manifest["sources"].items():
        path = release.folder / FOLDER / f"{name}.jsonl"
        try:
            own = list(read_ledger(path)) if path.exists() else []
        except (ValueError, TypeError):
            what = "is not a ledger: JSON Lines of dropped records"
            problems.append(Problem(str(path), what, mend=VERIFY_AND_MEND))
            continue
        if (found := count_by_rule(own)) != source["dropped"]:
            problems.append(Problem(str(path), f"counts {found}", f"{source['dropped']}", VERIFY_AND_MEND))
        rows += own
    if problems:
        raise InputError(problems)
    return rows


def count_foreign(ledger: Iterable[Dropped]) -> list[dict[str, Any]]:
    """Records dropped for not being French, by source and language; ``None`` where it is not said."""
    rows = Counter(
        (row.source, match[1] if (match := _LANGUAGE.match(row.evidence)) else "")
        for row in ledger
        if row.rule == FOREIGN
    )
    return [
        {"source": source, "language": language or None, "rows": number}
        for (source, language), number in sorted(rows.items())
    ]


def count_test_pairs(release: Release) -> list[dict[str, Any]]:
    """Pairs of test records that say the same, which stay, by kind and sources.

    Raises:
        InputError: Their file is damaged.
    """
    path = release.folder / FOLDER / REPORTED
    names = ("kind", "source", "other_source")
    pairs = Counter[tuple[str, ...]]()
    try:
        for row in read_reported(path) if path.exists() else ():
            sources = (str(row[side]).split("/", 1)[0] for side in ("first", "second"))
            pairs[row["kind"], *sources] += 1
    except (ValueError, TypeError, KeyError):
        raise InputError(Problem(str(path), "is not JSON Lines of pairs", mend=VERIFY_AND_MEND)) from None
    return [dict(zip(names, key, strict=True)) | {"pairs": number} for key, number in sorted(pairs.items())]


def count_dropped(ledger: Iterable[Dropped]) -> list[dict[str, Any]]:
    """Dropped records by source and rule, with the first of each as an example."""
    rows = Counter[tuple[str, str]]()
    first: dict[tuple[str, str], Dropped] = {}
    for row in ledger:
        rows[row.source, row.rule] += 1
        first.setdefault((row.source, row.rule), row)
    return [
        {
            "source": source,
            "rule": rule,
            "rows": number,
            "example": {
                key: getattr(first[source, rule], key)
                for key in ("file", "position", "source_id", "evidence")
            },
        }
        for (source, rule), number in sorted(rows.items())
    ]
