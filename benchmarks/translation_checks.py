"""What the fidelity checks find of planted faults, how often they alarm for nothing, and how fast they are.

    python benchmarks/translation_checks.py --data DIR [--seed N] [--list RULE]

``DIR`` holds TICO-19 and MedMCQA in folders named as in the catalogue. False alarms are counted on TICO-19's pairs
by professional translators, each read by us. Faults are planted in the French of those pairs, one at a time, and in
pairs of our own (``own_pairs.py``), which have the doses and exam questions that TICO-19 lacks. A planted fault
counts as caught if the rule that is there for it alarms, and in brackets if any rule does.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import measure
import translation_faults as faults
from own_pairs import dose_pairs, question_pairs
from real_files import read_rows

from medinjection_fr.curate.language import detect
from medinjection_fr.generate.checks import RULES, check_item, check_text, load_glossary
from medinjection_fr.generate.pairs import REASONS, Pair, read_pairs

GLOSSARY = load_glossary()
DOSES = 3_500
SPEED_ITEMS = 1_000
SPEED_RUNS = 7
BINS = (20, 40, 80, 160, 320, 10**6)
"""Characters of the source below which lengths are counted together."""


def rules_of(english: str, french: str) -> set[str]:
    return {fault.rule for fault in check_text(english, french, GLOSSARY)}


def digit_strings(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", text))


def false_alarms(pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    """The pairs that each rule alarms for."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        for rule in rules_of(pair.english, pair.french):
            found[rule].append(pair)
    return found


def planted(
    rule: str, plant: faults.Plant, pairs: Sequence[Pair], seed: int
) -> Iterator[tuple[Pair, str, bool, bool]]:
    """Plants a fault in each pair that has none: pair, changed French, caught by its rule, caught at all."""
    chance = random.Random(seed)
    for pair in pairs:
        if rules_of(pair.english, pair.french):
            continue
        for changed in plant(pair, chance):
            if changed != pair.french:
                found = rules_of(pair.english, changed)
                yield pair, changed, rule in found, bool(found)


def print_rules(
    tico: Sequence[Pair], doses: Sequence[Pair], questions: Sequence[Pair], seed: int, shown: str
) -> None:
    alarms, own = false_alarms(tico), false_alarms([*doses, *questions])
    rows = []
    for rule, plants in faults.TEXT_PLANTS.items():
        for number, plant in enumerate(plants):
            counts: list[str] = []
            for pairs in (tico, doses, questions):
                use = faults.question_turned if pairs is questions and rule.startswith("negation") else plant
                done = list(planted(rule, use, pairs, seed))
                if pairs is questions and rule.startswith("negation"):
                    done = [one for one in done if _denies(one[0].french) == (rule == "negation-lost")]
                counts.append(_caught(done))
                if shown == rule:
                    _show(f"missed: {plant.__name__}", [(p, new) for p, new, _, caught in done if not caught])
            first = number == 0
            rows.append(
                (
                    f"`{rule}`" if first else "",
                    f"{len(alarms[rule])} / {len(tico):,}" if first else "",
                    f"{len(own[rule])} / {len(doses) + len(questions):,}" if first else "",
                    str(plant.__doc__).rstrip("."),
                    *counts,
                )
            )
        if shown == rule:
            _show("alarm", [(pair, pair.french) for pair in alarms[rule] + own[rule]])
    head = (
        "rule",
        "alarms, TICO-19",
        "alarms, own pairs",
        "planted",
        "caught, TICO-19",
        "caught, doses",
        "caught, questions",
    )
    measure.print_table("False alarms and planted faults, text by text", head, rows)
    any_alarm = len({pair for pairs in alarms.values() for pair in pairs})
    print(f"\nPairs of TICO-19 with any alarm: {any_alarm:,} of {len(tico):,} ({any_alarm / len(tico):.2%}).")


def _denies(french: str) -> bool:
    return bool(
        re.search(r"(?i)\b(?:n['e]|pas|sauf|sans|aucun\w*|moins|fausse|inexacte|absence|non|nie)\b", french)
    )


def _caught(done: Sequence[tuple[Pair, str, bool, bool]]) -> str:
    if not done:
        return ""
    own, any_rule = sum(one[2] for one in done), sum(one[3] for one in done)
    more = f" ({any_rule:,})" if any_rule > own else ""
    return f"{own:,}{more} / {len(done):,} = {own / len(done):.1%}"


def _show(title: str, listed: Sequence[tuple[Pair, str]]) -> None:
    for pair, french in listed:
        print(f"{title} {pair.name}\n    {pair.english}\n    {french}")


def print_numbers(tico: Sequence[Pair], doses: Sequence[Pair], misaligned: Sequence[Pair], seed: int) -> None:
    """The promise on numbers, beside the comparison of digit strings alone."""
    rules = {"number-changed", "unit-changed", "sign-changed"}
    ways: dict[str, Callable[[str, str], bool]] = {
        "our rules": lambda english, french: bool(rules & rules_of(english, french)),
        "digit strings alone": lambda english, french: digit_strings(english) != digit_strings(french),
    }
    plants = (faults.digit, faults.unit, faults.sign)
    rows = []
    for name, alarms in ways.items():
        false = sum(alarms(pair.english, pair.french) for pair in tico)
        wrong = sum(alarms(pair.english, pair.french) for pair in misaligned)
        caught: Counter[str] = Counter()
        total: Counter[str] = Counter()
        for plant in plants:
            chance = random.Random(seed)
            for pair in [*tico, *doses]:
                if alarms(pair.english, pair.french):
                    continue
                for changed in plant(pair, chance):
                    if changed != pair.french:
                        total[plant.__name__] += 1
                        caught[plant.__name__] += alarms(pair.english, changed)
        parts = [
            f"{caught[n]:,} / {total[n]:,} = {caught[n] / total[n]:.2%}" for n in ("digit", "unit", "sign")
        ]
        rows.append(
            (
                name,
                f"{false} / {len(tico):,} = {false / len(tico):.2%}",
                *parts,
                f"{wrong} / {len(misaligned)}",
            )
        )
    head = (
        "numbers, units and signs",
        "false alarms",
        "one digit",
        "one unit",
        "one sign",
        "misaligned pairs found",
    )
    measure.print_table("Numbers, on TICO-19 and the doses together", head, rows)


def print_lengths(tico: Sequence[Pair]) -> None:
    rows = []
    for low, high in zip((0, *BINS), BINS, strict=False):
        ratios = sorted(len(p.french) / len(p.english) for p in tico if low <= len(p.english) < high)
        if ratios:
            at = [
                ratios[min(len(ratios) - 1, int(len(ratios) * share))]
                for share in (0, 0.0025, 0.5, 0.9975, 1)
            ]
            rows.append((f"{low}–{high - 1:,}", f"{len(ratios):,}", *(f"{ratio:.2f}" for ratio in at)))
    head = ("characters in English", "pairs", "least", "0.25 %", "median", "99.75 %", "most")
    measure.print_table(
        "French characters for one in English (`length.py` has the percentiles, a tenth wider)", head, rows
    )


def items_of(tico: Sequence[Pair], lengths: Sequence[Sequence[int]], seed: int) -> list[tuple[Any, Any]]:
    """Questions with options made of real pairs, of the lengths that items of MedMCQA have."""
    chance = random.Random(seed)
    by_length = sorted(tico, key=lambda pair: len(pair.english))
    sizes = [len(pair.english) for pair in by_length]

    def near(length: int) -> Pair:
        place = next((place for place, size in enumerate(sizes) if size >= length), len(sizes) - 1)
        return by_length[min(max(0, place + chance.randrange(-9, 10)), len(sizes) - 1)]

    items = []
    for question, *options in lengths:
        asked, choices = near(question), [near(option) for option in options]
        base = {"context": "", "answer": "A", "explanation": None, "facts": [], "type": "mcqu"}
        english = {**base, "instruction": asked.english, "choices": [choice.english for choice in choices]}
        french = {**base, "instruction": asked.french, "choices": [choice.french for choice in choices]}
        items.append((english, french))
    return items


def print_items(items: Sequence[tuple[Any, Any]], seed: int) -> None:
    """The rules on the options together, and on the language of the whole."""
    chance = random.Random(seed)
    sound = [(e, f) for e, f in items if len(set(e["choices"])) == 4 and not check_item(e, f, GLOSSARY)]

    def dropped(english: Any, french: Any) -> Any:
        return {**french, "choices": french["choices"][:-1]}

    def emptied(english: Any, french: Any) -> Any:
        return {**french, "choices": [*french["choices"][:-1], " "]}

    def merged(english: Any, french: Any) -> Any:
        one, other = chance.sample(range(4), 2)
        return _with(french, {one: french["choices"][other].upper()})

    def swapped(english: Any, french: Any) -> Any:
        one, other = chance.sample(range(4), 2)
        return _with(french, {one: french["choices"][other], other: french["choices"][one]})

    def in_english(english: Any, french: Any) -> Any:
        return english

    plants = {
        "option-count": (dropped, emptied),
        "options-merged": (merged,),
        "options-swapped": (swapped,),
        "not-french": (in_english,),
    }
    alarms = Counter(
        fault.rule for english, french in items for fault in check_item(english, french, GLOSSARY)
    )
    rows = []
    for rule, ways in plants.items():
        done = [{f.rule for f in check_item(e, way(e, f), GLOSSARY)} for way in ways for e, f in sound]
        own = sum(rule in found for found in done)
        caught = f"{own:,} ({sum(map(bool, done)):,} by any rule) / {len(done):,}"
        rows.append((f"`{rule}`", f"{alarms[rule]} / {len(items):,}", caught))
    measure.print_table(
        "Questions with four options, made of TICO-19's pairs", ("rule", "alarms", "caught"), rows
    )


def _with(french: Any, changed: dict[int, str]) -> Any:
    return {**french, "choices": [changed.get(place, text) for place, text in enumerate(french["choices"])]}


def print_speed(items: Sequence[tuple[Any, Any]]) -> None:
    """Records a second on one core, beside langdetect and the comparison of digit strings on the same texts."""

    def texts(item: Any) -> str:
        return "\n".join([item["instruction"], *item["choices"]])

    def langdetect() -> None:
        for _, french in items:
            detect(texts(french))

    def digits() -> None:
        for english, french in items:
            for one, other in zip(texts(english).split("\n"), texts(french).split("\n"), strict=False):
                digit_strings(one) == digit_strings(other)  # noqa: B015

    def ours() -> None:
        for english, french in items:
            check_item(english, french, GLOSSARY)

    ours()
    took = {
        work.__name__: min(_seconds(work) for _ in range(SPEED_RUNS)) for work in (ours, langdetect, digits)
    }
    rows = [
        (
            name,
            f"{seconds / len(items) * 1e6:,.0f} µs",
            f"{len(items) / seconds:,.0f}",
            f"{seconds / took['ours']:.2f}",
        )
        for name, seconds in took.items()
    ]
    characters = sum(len(texts(english)) for english, _ in items) / len(items)
    head = (f"questions with 4 options, {characters:.0f} characters in English", "CPU", "records/s", "× ours")
    measure.print_table("Speed, one core", head, rows)


def _seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def bench(arguments: argparse.Namespace) -> None:
    read = read_pairs(arguments.data / "tico-19" / "all.en-fr.tmx")
    total = len(read.kept) + sum(read.excluded.values())
    rows = [("units", f"{total:,}"), *((REASONS[r], f"{n:,}") for r, n in read.excluded.items())]
    measure.print_table("TICO-19", ("", "number"), [*rows, ("pairs that are judged", f"{len(read.kept):,}")])
    doses, questions = dose_pairs(DOSES, arguments.seed), question_pairs()
    print_numbers(read.kept, doses, read.misaligned, arguments.seed)
    print_rules(read.kept, doses, questions, arguments.seed, arguments.list)
    found = sum(bool(rules_of(pair.english, pair.french)) for pair in read.misaligned)
    print(f"\nMisaligned pairs of TICO-19 that any rule finds: {found} of {len(read.misaligned)}.")
    print_lengths(read.kept)
    medmcqa = [row for row in read_rows(arguments.data, "medmcqa") if len(row["choices"]) == 4][:SPEED_ITEMS]
    lengths = [[len(row["instruction"]), *map(len, row["choices"])] for row in medmcqa]
    items = items_of(read.kept, lengths, arguments.seed)
    print_items(items, arguments.seed)
    print_speed(items)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of the upstream files")
    parser.add_argument("--work", type=Path, default=Path(), help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--list", choices=list(RULES), help="show the alarms and misses of a rule, one by one"
    )


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {}, add_options)
