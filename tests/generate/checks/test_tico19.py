"""The checks on real pairs by professional translators: they hardly alarm, and find what is planted."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from translation_cases import GLOSSARY, broken

from medinjection_fr.generate.checks import check_item
from medinjection_fr.generate.pairs import Pair, Pairs, read_pairs

NUMBER_RULES = {"number-changed", "unit-changed", "sign-changed"}


@pytest.fixture(scope="module")
def tico19(data: Path) -> Pairs:
    return read_pairs(data / "tico-19" / "all.en-fr.tmx")


def test_units_are_counted(tico19: Pairs) -> None:
    assert len(tico19.kept) == 2_772
    assert tico19.excluded == {"unreadable": 0, "misaligned": 299, "identical": 0, "label": 0}


def test_false_alarms(tico19: Pairs) -> None:
    alarms = [broken(pair.english, pair.french) for pair in tico19.kept]
    rules = Counter(rule for found in alarms for rule in found)
    share = len(tico19.kept) / 100
    assert sum(bool(found & NUMBER_RULES) for found in alarms) < share / 2
    assert sum(map(bool, alarms)) < 3 * share
    assert max(rules.values()) < share


def test_misaligned_pairs_are_found(tico19: Pairs) -> None:
    found = sum(bool(broken(pair.english, pair.french)) for pair in tico19.misaligned)
    assert found > 0.9 * len(tico19.misaligned)


def test_every_changed_digit_is_found_in_a_sample(tico19: Pairs) -> None:
    planted = caught = 0
    for pair in tico19.kept[::7]:
        if broken(pair.english, pair.french):
            continue
        for match in re.finditer(r"\d", pair.french):
            other = str((int(match[0]) + 3) % 10)
            changed = pair.french[: match.start()] + other + pair.french[match.end() :]
            planted += 1
            caught += "number-changed" in broken(pair.english, changed)
    assert planted > 500
    assert caught >= 0.99 * planted


def test_items_made_of_real_pairs(tico19: Pairs) -> None:
    sound = [pair for pair in tico19.kept if not broken(pair.english, pair.french)][:400]
    unique = list({pair.french: pair for pair in sound}.values())
    items = [unique[start : start + 5] for start in range(0, len(unique) - 4, 5)]
    assert len(items) > 50
    for pairs in items:
        assert check_item(_item(pairs, "english"), _item(pairs, "french"), GLOSSARY) == []


def _item(pairs: list[Pair], language: str) -> dict[str, object]:
    instruction, *choices = (getattr(pair, language) for pair in pairs)
    base = {"context": "", "explanation": None, "facts": [], "answer": "A", "type": "mcqu"}
    return {**base, "instruction": instruction, "choices": choices}
