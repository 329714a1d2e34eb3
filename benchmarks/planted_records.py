"""Records planted with copies and look-alikes, each of a base of its own; all is drawn with a seed."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from pathlib import Path

import planted_words as words
from planted_changes import EXAM_COPIES, LOOK_ALIKES, TEXT_COPIES, embedded, neutral, with_sentence
from real_files import Row, plain, read_rows

from medinjection_fr.curate.language import judge_language
from medinjection_fr.curate.signals import ComparedRecord

SOURCES = ("1-asked", "2-standing", "3-copies", "4-look-alikes")
"""In the order of the catalogue: of two in train, the one of the earlier source stays."""
LONG = 60
"""Words of a long context."""


def long_texts(data: Path) -> list[str]:
    """Distinct French abstracts and clinical cases."""
    rows = [*read_rows(data, "morfitt"), *(r for r in read_rows(data, "e3c-fr") if len(r["text"]) < 8_000)]
    by_form: dict[str, str] = {}
    for row in rows:
        text = row["text"]
        if len(text.split()) > LONG + 20 and "\ufffd" not in text and not judge_language(plain(text)).flags:
            by_form.setdefault(str(ComparedRecord("", text, (), ()).question), text)
    return list(by_form.values())


def without_copies(exam: list[Row]) -> list[Row]:
    """Questions of test and train, each once: what is planted must be the only copy."""
    rows = {ComparedRecord.of(row).key("exact"): row for row in exam if row["_split"] != "validation"}
    return list(rows.values())


class Planted:
    """Records to build, in four sources, and what each planted one is."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.rows: dict[str, list[Row]] = {name: [] for name in SOURCES}
        self._planted: set[int] = set()
        self.kind_of: dict[str, tuple[str, str]] = {}
        self.texts: dict[str, tuple[str, str]] = {}

    def base(self, row: Row, split: str) -> Row:
        """A record of the test, or one of train that stands first in the catalogue."""
        return self._add(SOURCES[0] if split == "test" else SOURCES[1], row, split)

    def copy(self, row: Row | None, base: Row, kind: str) -> None:
        """Plants a copy, if this record can have one of the kind."""
        if row is not None:
            self._plant(SOURCES[2], row, base, kind)

    def look_alike(self, row: Row, base: Row, kind: str) -> None:
        """Plants a record that is another one, however much it looks like its base."""
        key = ComparedRecord.of(row).key("exact")
        if key in self._planted:  # two bases that took stem and options from each other
            return
        self._planted.add(key)
        self._plant(SOURCES[3], row, base, kind)

    def _plant(self, source: str, row: Row, base: Row, kind: str) -> None:
        added = self._add(source, row, "train")
        against = "test" if base["split"] == "test" else "train"
        self.kind_of[added["source_id"]] = kind, against
        name = f"{base['source_id'].rpartition('-')[0]}/{base['source_id']}"
        self.texts[added["source_id"]] = f"our-{name}", _difference(base, added)

    def _add(self, source: str, row: Row, split: str) -> Row:
        names = ("instruction", "context", "choices", "answer", "type", "task")
        identifier = f"{source}-{len(self.rows[source])}"
        named = {"source_id": identifier, "group_id": identifier, "split": split}
        added = {**{name: row[name] for name in names}, **named}
        self.rows[source].append(added)
        return added


def _difference(a: Row, b: Row) -> str:
    """The words that only one of two records has; look-alikes that were merged are listed with them."""
    old, new = (" ".join([r["context"], r["instruction"], *r["choices"]]).split() for r in (a, b))
    lost, won = Counter(old) - Counter(new), Counter(new) - Counter(old)
    return f"{' '.join(lost)[:60]} → {' '.join(won)[:60]}"


def case_of(text: str) -> Row:
    """A text as the context of an open question; its last sentence is the answer."""
    sentences = re.split(r"(?<=\.) +", text)
    context, answer = " ".join(sentences[:-1]), sentences[-1]
    if len(context.split()) < LONG:
        context, answer = text, "La conclusion est celle des auteurs."
    question = "Quelle conclusion peut-on tirer de cette observation pour la prise en charge ?"
    return {**plain(question, (), answer, context), "type": "oeq", "task": "other"}


def plant(exam: list[Row], texts: list[str], seed: int) -> Planted:
    """Plants everything: copies of exam questions and of texts, then look-alikes, each of its own base."""
    planted = Planted(seed)
    chance = planted.chance
    chance.shuffle(texts)
    hosts = iter(texts * 2)
    bases = [planted.base(row, row["_split"]) for row in exam]
    asked = [row for row in bases if row["split"] == "test"]
    standing = chance.sample([row for row in bases if row["split"] == "train"], 600)
    for base in [*asked, *standing]:
        for kind, copy in EXAM_COPIES.items():
            planted.copy(copy(base, chance), base, kind)
    hide = embedded(hosts)
    for base in asked:
        if len(base["instruction"].split()) >= 8:
            planted.copy(hide(base, chance), base, "embedded in a longer context")
    _plant_exam_look_alikes(planted, bases)
    held_back, texts = texts[:1_000], texts[1_000:]
    for place, text in enumerate(held_back):
        base = planted.base(case_of(text), "test" if place % 2 else "train")
        planted.copy(neutral(base, words.NEUTRAL, chance), base, "one neutral word")
        planted.copy(neutral(base, words.HELD_OUT, chance), base, "one neutral word, held out")
        if place < 300:
            for kind, copy in TEXT_COPIES.items():
                planted.copy(copy(base, chance), base, kind)
    _plant_text_look_alikes(planted, texts)
    return planted


def _plant_exam_look_alikes(planted: Planted, bases: list[Row]) -> None:
    chance = planted.chance
    by_number: dict[int, list[Row]] = defaultdict(list)
    for base in bases:
        by_number[len(base["choices"])].append(base)
    for base in bases:
        if chance.random() < 0.3:
            other = chance.choice(by_number[len(base["choices"])])
            if other["instruction"] != base["instruction"]:
                planted.look_alike(
                    {**base, "instruction": other["instruction"]}, base, "same options, other stem"
                )
                planted.look_alike({**base, "choices": other["choices"]}, base, "same stem, other options")
        kinds = list(LOOK_ALIKES.items())
        chance.shuffle(kinds)
        for kind, change in kinds[:6]:
            if changed := change(base["instruction"], chance):
                planted.look_alike({**base, "instruction": changed}, base, kind)
                break
            place = chance.randrange(len(base["choices"]))
            changed = change(base["choices"][place], chance)
            if changed and changed not in base["choices"]:
                choices = [*base["choices"][:place], changed, *base["choices"][place + 1 :]]
                planted.look_alike({**base, "choices": choices}, base, kind)
                break


def _plant_text_look_alikes(planted: Planted, texts: list[str]) -> None:
    """Two in three are changed in a word of their own, if they have one; else in a sentence of ours."""
    chance = planted.chance
    kinds = [*LOOK_ALIKES, "another question"]
    for place, text in enumerate(texts):
        kind = kinds[place % len(kinds)]
        row = case_of(text)
        split = "test" if chance.random() < 0.5 else "train"
        if kind == "another question":
            first, second = chance.sample(words.QUESTIONS, 2)
            base = planted.base({**row, "instruction": first}, split)
            planted.look_alike({**row, "instruction": second}, base, "another question on the same case")
            continue
        change = LOOK_ALIKES[kind]
        changed = change(row["context"], chance) if place % 3 else None
        if changed is None:
            sentence = chance.choice(words.SENTENCES[kind])
            if "{drug}" in sentence:
                sentence = sentence.format(drug=chance.choice(words.DRUGS))
            row = {**row, "context": with_sentence(row["context"], sentence, chance)}
            changed = row["context"].replace(sentence, change(sentence, chance) or "")
        planted.look_alike({**row, "context": changed}, planted.base(row, split), kind)
