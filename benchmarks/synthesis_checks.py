"""What the checks of synthesis find of planted faults, how often they alarm for nothing, and how fast they are.

    python benchmarks/synthesis_checks.py --data DIR [--seed N] [--list RULE]

``DIR`` holds MORFITT, E3C, FrenchMedMCQA and MedMCQA in folders named as in the catalogue. Sound texts are real
ones: sentences of a document, their numbers and units written otherwise, against the document; real questions of
exams, which need no document, for the others. Faults are planted in them one at a time (``synthesis_faults.py``). A
planted fault counts as caught if the rule that is there for it alarms, and in brackets if any rule does.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import measure
import synthesis_faults as faults
from real_files import read_rows

from medinjection_fr.generate.checks import load_glossary
from medinjection_fr.generate.outcome import Outcome
from medinjection_fr.generate.synthesis.checks import ClosedQuestion, OpenQuestion, check_closed, check_open
from medinjection_fr.generate.synthesis.checks.copies import Copies, TestSets
from medinjection_fr.generate.synthesis.checks.document import read_document, read_text
from medinjection_fr.rules import LETTERS

GLOSSARY = load_glossary()
DOCUMENTS = 1_500
SPEED_DOCUMENTS = 300
RECORDS_A_DOCUMENT = 8
SPEED_RUNS = 5


def open_rules(document: str, texts: Sequence[str], quotes: Sequence[str]) -> set[str]:
    """Rules that an open answer breaks under its document."""
    question = OpenQuestion("Que dit le document ?", texts[0], texts[1:], quotes)
    return {fault.rule for fault in check_open(question, document, True, GLOSSARY)}


def closed_rules(row: Any, *, explanation: str = "") -> set[str]:
    """Rules that a real question breaks; the question itself is its document, so that all is grounded."""
    gold = [row["choices"][LETTERS.index(letter)] for letter in row["answer"].split(",")]
    others = [choice for choice in row["choices"] if choice not in gold]
    question = ClosedQuestion(row["instruction"], gold, others, explanation, None)
    own = "\n".join([row["instruction"], *row["choices"], explanation])
    return {fault.rule for fault in check_closed(question, len(gold), own, False, GLOSSARY)}


def print_grounded(documents: Sequence[Any], seed: int, shown: str) -> None:
    chance = random.Random(seed)
    sentences = [
        (row["text"], sentence) for row in documents for sentence in faults.sentences_of(row["text"])[:4]
    ]
    alarms: dict[str, int] = dict.fromkeys(faults.GROUNDED, 0)
    for text, sentence in sentences:
        for rule in open_rules(text, [faults.rewritten(sentence)], [sentence]) & alarms.keys():
            alarms[rule] += 1
            if shown == rule:
                print(f"alarm: {faults.rewritten(sentence)}")
    rows = []
    for rule, plants in faults.GROUNDED.items():
        for number, plant in enumerate(plants):
            planted = caught = any_rule = 0
            for text, sentence in sentences:
                for changed in plant(sentence, chance)[:2]:
                    texts, quotes = ([sentence], [changed]) if "quote" in rule else ([changed], [sentence])
                    found = open_rules(text, texts, quotes)
                    planted, caught, any_rule = planted + 1, caught + (rule in found), any_rule + bool(found)
                    if shown == rule and rule not in found:
                        print(f"missed: {changed}")
            first = number == 0
            told = f"{alarms[rule]} / {len(sentences):,}" if first else ""
            rows.append((f"`{rule}`" if first else "", told, _doc(plant), _caught(caught, any_rule, planted)))
    head = ("rule", "false alarms", "planted", "caught")
    measure.print_table("What is grounded, sentence by sentence of real documents", head, rows)


def print_questions(questions: Sequence[Any], seed: int, shown: str) -> None:
    chance = random.Random(seed)
    broken = [closed_rules(row) for row in questions]
    sound = [row for row, found in zip(questions, broken, strict=True) if not found]
    rows = []
    for rule, plants in faults.QUESTIONS.items():
        if shown == rule:
            for row, found in zip(questions, broken, strict=True):
                if rule in found:
                    print(f"alarm: {row['instruction']} {row['choices']} {row['answer']}")
        for number, plant in enumerate(plants):
            planted = caught = any_rule = 0
            for row in sound:
                for changed in plant(row, chance):
                    found = closed_rules(changed, explanation=changed.get("explanation") or "")
                    planted, caught, any_rule = planted + 1, caught + (rule in found), any_rule + bool(found)
                    if shown == rule and rule not in found:
                        print(f"missed: {changed['instruction']} {changed['choices']}")
            told = f"{sum(rule in found for found in broken)} / {len(questions):,}"
            first = number == 0
            rows.append(
                (
                    f"`{rule}`" if first else "",
                    told if first else "",
                    _doc(plant),
                    _caught(caught, any_rule, planted),
                )
            )
    head = ("rule", "alarms on real exams", "planted", "caught")
    measure.print_table("Questions with options of FrenchMedMCQA, which need no document", head, rows)


def print_copies(questions: Sequence[Any], seed: int) -> None:
    """Each question twice in one job, the second time changed."""
    chance = random.Random(seed)
    rows = []
    for what, ways in (("copy", faults.COPIES), ("another question", faults.LOOK_ALIKES)):
        for way in ways:
            done = caught = 0
            for row in questions:
                for changed in way(row, chance):
                    copies = Copies()
                    copies.judge(Outcome("one", [_record(row, "a")]))
                    caught += not copies.judge(Outcome("other", [_record(changed, "b")])).accepted
                    done += 1
            rows.append((what, _doc(way), f"{caught:,} / {done:,} = {caught / max(done, 1):.1%}"))
    measure.print_table(
        "`near-copy`, of questions of two documents", ("it is", "how", "told as a copy"), rows
    )


def print_test_copies(questions: Sequence[Any], seed: int) -> None:
    """Questions of the test split among records; those of the other splits are all others than these."""
    chance = random.Random(seed)
    tests = [row for row in questions if row["_split"] == "test"]
    others = [row for row in questions if row["_split"] != "test"]
    known = TestSets([json.dumps([[str(n), "test", _record(row, "")] for n, row in enumerate(tests)])])
    rows = []
    for what, ways in (("copy", (as_it_is, *faults.COPIES)), ("another question", faults.LOOK_ALIKES)):
        for way in ways:
            records = [_record(changed, "") for row in tests for changed in way(row, chance)]
            caught = sum(any(known.check(record)) for record in records)
            rows.append((what, _doc(way), f"{caught:,} / {len(records):,} = {caught / len(records):.1%}"))
    alarms = sum(any(known.check(_record(row, ""))) for row in others)
    told = f"{alarms:,} / {len(others):,} = {alarms / len(others):.1%}"
    rows.append(("another question", "Train and validation of the same exams", told))
    head = ("it is", "how", "told as a copy")
    measure.print_table("`test-copy`, of the questions of FrenchMedMCQA's test", head, rows)


def as_it_is(row: Any, chance: random.Random) -> list[Any]:
    """As it is."""
    return [row]


def _record(row: Any, group: str) -> dict[str, Any]:
    return {**row, "context": "", "group_id": group}


def _doc(work: Callable[..., Any]) -> str:
    return str(work.__doc__).rstrip(".")


def _caught(caught: int, any_rule: int, planted: int) -> str:
    more = f" ({any_rule:,})" if any_rule > caught else ""
    return f"{caught:,}{more} / {planted:,} = {caught / max(planted, 1):.1%}"


def speed_row(name: str, documents: Sequence[Any], questions: Sequence[Any], seed: int) -> tuple[str, ...]:
    """Records a second on one core, eight of a document: three in four open, one with options."""
    chance = random.Random(seed)
    work: list[Callable[[], object]] = []
    characters = 0
    for row in documents:
        sentences = faults.sentences_of(row["text"])
        for number in range(RECORDS_A_DOCUMENT):
            answer, *facts = (chance.sample(sentences, min(3, len(sentences))) for _ in range(2))
            if number % 4:
                asked = OpenQuestion("Que dit le document ?", " ".join(answer), facts[0][:2], facts[0][:1])
                characters += sum(map(len, asked.texts))
                work.append(_open(asked, row["text"]))
            else:
                real = chance.choice(questions)
                closed = ClosedQuestion(
                    real["instruction"], real["choices"][:1], real["choices"][1:], answer[0], facts[0][:1]
                )
                characters += sum(map(len, closed.texts))
                work.append(_closed(closed, row["text"], row["kind"] == "clinical-case"))
    shared = min(_seconds(work, fresh=False) for _ in range(SPEED_RUNS))
    fresh = min(_seconds(work, fresh=True) for _ in range(SPEED_RUNS))
    return (
        name,
        f"{len(work):,}",
        f"{characters / len(work):.0f}",
        f"{sum(len(row['text']) for row in documents) / len(documents):,.0f}",
        *(f"{took / len(work) * 1e6:,.0f} µs, {len(work) / took:,.0f}/s" for took in (shared, fresh)),
    )


def _seconds(work: Sequence[Callable[[], object]], *, fresh: bool) -> float:
    """Processor time of all checks, the documents read once each or, if fresh, anew for each record."""
    read_document.cache_clear()
    read_text.cache_clear()
    start = time.process_time()
    for check in work:
        if fresh:
            read_document.cache_clear()
        check()
    return time.process_time() - start


def print_speed(documents: Sequence[Any], questions: Sequence[Any], seed: int) -> None:
    abstracts = [row for row in documents if row["kind"] == "abstract"][:SPEED_DOCUMENTS]
    rows = [
        speed_row("MORFITT", abstracts, questions, seed),
        speed_row("E3C and MORFITT", documents[:SPEED_DOCUMENTS], questions, seed),
    ]
    head = (
        "documents",
        "records",
        "characters of a record",
        "of a document",
        "CPU of a record, as the command works",
        "with a document of its own",
    )
    measure.print_table("Speed, one core", head, rows)


def _open(question: OpenQuestion, document: str) -> Callable[[], object]:
    return lambda: check_open(question, document, True, GLOSSARY)


def _closed(question: ClosedQuestion, document: str, has_context: bool) -> Callable[[], object]:
    return lambda: check_closed(question, 1, document, has_context, GLOSSARY)


def bench(arguments: argparse.Namespace) -> None:
    documents = [row for name in ("e3c-fr", "morfitt") for row in read_rows(arguments.data, name)]
    documents = [
        row
        for row in documents
        if row["kind"] in ("clinical-case", "abstract") and len(faults.sentences_of(row["text"])) > 2
    ]
    random.Random(arguments.seed).shuffle(documents)
    questions = [row for row in read_rows(arguments.data, "frenchmedmcqa") if len(row["choices"]) == 5]
    english = [row for row in read_rows(arguments.data, "medmcqa") if len(row["choices"]) == 4]
    faults.ENGLISH += [row["instruction"] for row in english[:500] if len(row["instruction"]) > 60]
    print_grounded(documents[:DOCUMENTS], arguments.seed, arguments.list)
    print_questions(questions, arguments.seed, arguments.list)
    print_copies(questions[:500], arguments.seed)
    print_test_copies(questions, arguments.seed)
    print_speed(documents, questions, arguments.seed)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of the upstream files")
    parser.add_argument("--work", type=Path, default=Path(), help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1)
    known = [*faults.GROUNDED, *faults.QUESTIONS]
    parser.add_argument("--list", choices=known, help="show the alarms and misses of a rule, one by one")


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {}, add_options)
