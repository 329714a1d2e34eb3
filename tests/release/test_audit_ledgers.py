"""What an audit says of the ledgers: dropped records, and what their evidence tells of the others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from audited import EVIDENCE, PAIRS, counted, ledger_rows
from releases import manifest_of

from medinjection_fr.release.repeats import REPEAT_RULES


def test_foreign_records_are_counted_by_language(figures: dict[str, Any]) -> None:
    assert counted(figures["languages"]["dropped"], "source", "language") == {
        (source, language): number
        for source in ("our-native", "our-translated")
        for language, number in (("en", 2), (None, 1))
    }


def test_ledger_is_counted_by_source_and_rule(varied: Path, figures: dict[str, Any]) -> None:
    expected = {
        (name, rule): number
        for name, source in manifest_of(varied)["sources"].items()
        for rule, number in source["dropped"].items()
    }
    assert counted(figures["ledger"], "source", "rule") == expected
    for row in figures["ledger"]:
        first = next(dropped for dropped in ledger_rows(row["source"]) if dropped.rule == row["rule"])
        assert row["example"] == {
            key: getattr(first, key) for key in ("file", "position", "source_id", "evidence")
        }


@pytest.mark.parametrize(("reason", "known"), EVIDENCE.items(), ids=[rule for rule, _ in EVIDENCE])
def test_repeats_are_read_off_the_evidence(
    reason: tuple[str, str], known: tuple[Any, ...], figures: dict[str, Any]
) -> None:
    kind, source, split, similarity = known
    for own_source, own_split in (("our-native", "train"), ("our-translated", None)):
        (row,) = (r for r in figures["repeats"] if (r["rule"], r["source"]) == (reason[0], own_source))
        assert (row["kind"], row["other_source"], row["other_split"]) == (kind, source, split)
        assert row["split"] == own_split
        assert row["rows"] == (3 if reason[0] == "near-duplicate" else 1)
        assert row["least_similarity"] == (0.81 if reason[0] == "near-duplicate" else similarity)


def test_repeats_are_all_dropped_by_a_rule_that_compares(figures: dict[str, Any]) -> None:
    dropped, repeated = Counter[str](), Counter[str]()
    for row in figures["ledger"]:
        dropped[row["rule"]] += row["rows"] * (row["rule"] in REPEAT_RULES)
    for row in figures["repeats"]:
        repeated[row["rule"]] += row["rows"]
    assert repeated == +dropped


def test_pairs_of_test_records_are_counted(figures: dict[str, Any], page: str) -> None:
    assert counted(figures["test_pairs"], "kind", "source", "other_source", number="pairs") == PAIRS
    assert any("Pairs of test records that say the same: 3." in f["text"] for f in figures["findings"])
    assert "Pairs of test records that say the same, and stay" in page
