"""What curation finds of planted copies and spares of planted look-alikes.

    python benchmarks/curation_planted.py --data DIR [--work DIR] [--seed N] [--list]

``DIR`` holds the upstream files of FrenchMedMCQA, MORFITT and E3C, in folders named as in the catalogue. Their
texts are planted with copies and look-alikes, and built with ``curate: {}``; what counts is the ledger of the
release. All is drawn with a seed.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import measure
import planted_words as words
import yaml
from real_files import Row, plain, read_rows

from medinjection_fr.build import build
from medinjection_fr.curate.language import judge_language
from medinjection_fr.curate.signals import ComparedRecord
from medinjection_fr.record import LETTERS

COPY_RULES = ("leak", "duplicate", "near-duplicate", "same-content")
MERGING_RULES = (*COPY_RULES, "conflict")
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


# ---------------------------------------------------------------- copies


def everywhere(change: Callable[[str], str]) -> Callable[[Row, random.Random], Row]:
    """A copy whose every text is changed; the letters of the gold answer are not a text."""

    def copy(row: Row, _: random.Random) -> Row:
        texts = {name: change(row[name]) for name in ("context", "instruction")}
        answer = row["answer"] if row["choices"] else change(row["answer"])
        return {**row, **texts, "choices": [change(text) for text in row["choices"]], "answer": answer}

    return copy


def typography(text: str) -> str:
    """Curly apostrophes, guillemets, no-break spaces, no-break hyphens, ligatures; not in NFC."""
    text = text.replace("'", "\u2019").replace("oe", "œ").replace("...", "…")
    text = re.sub(r'"([^"]*)"', "«\u00a0\\1\u00a0»", text)
    text = re.sub(r" ?([:;?!%])", "\u202f\\1", text)
    return unicodedata.normalize("NFD", text.replace("-", "\u2011"))


def without_accents(text: str) -> str:
    text = text.replace("œ", "oe").replace("Œ", "OE")
    letters = (
        unicodedata.normalize("NFD", c)[0] if c.isalpha() else c for c in unicodedata.normalize("NFC", text)
    )
    return "".join(letters)


def permuted(row: Row, chance: random.Random) -> Row:
    """The options in another order; the letters of the gold answer move along."""
    order = list(range(len(row["choices"])))
    while order == sorted(order):
        chance.shuffle(order)
    gold = {LETTERS.index(letter) for letter in row["answer"].split(",")}
    letters = [LETTERS[place] for place, old in enumerate(order) if old in gold]
    return {**row, "choices": [row["choices"][old] for old in order], "answer": ",".join(letters)}


def neutral(row: Row, pairs: Sequence[tuple[str, str]], chance: random.Random) -> Row | None:
    """One word of the context for another that says the same."""
    found = [
        (match, new) for old, new in pairs for match in re.finditer(rf"(?<!\w){old}(?!\w)", row["context"])
    ]
    if not found:
        return None
    match, new = chance.choice(found)
    return {**row, "context": row["context"][: match.start()] + new + row["context"][match.end() :]}


def embedded(hosts: Iterator[str]) -> Callable[[Row, random.Random], Row]:
    """The question inside a longer context, its answer with it; something else is asked."""

    def copy(row: Row, chance: random.Random) -> Row:
        host = hosts.__next__().split()[:200]
        place = chance.randrange(20, len(host))
        options = [row["choices"][LETTERS.index(letter)] for letter in row["answer"].split(",")]
        held = f"{row['instruction']} Réponse : {' ; '.join(options)}."
        context = " ".join([*host[:place], held, *host[place:]])
        return {
            **row,
            "context": context,
            "instruction": "Que retient-on de ce texte ?",
            "type": "oeq",
            "choices": [],
            "answer": " ; ".join(options),
        }

    return copy


EXAM_COPIES: dict[str, Callable[[Row, random.Random], Row | None]] = {
    "verbatim": everywhere(lambda text: text),
    "case": everywhere(str.upper),
    "accents removed": everywhere(without_accents),
    "typography": everywhere(typography),
    "options permuted": permuted,
}
TEXT_COPIES = {name: copy for name, copy in EXAM_COPIES.items() if name != "options permuted"}


# ---------------------------------------------------------------- look-alikes


def swapped(pairs: Sequence[tuple[str, str]]) -> Callable[[str, random.Random], str | None]:
    """One word for its opposite, wherever the text has one of the pair."""
    other = {**dict(pairs), **{b: a for a, b in pairs}}
    pattern = re.compile(rf"(?<!\w)({'|'.join(sorted(map(re.escape, other), key=len, reverse=True))})(?!\w)")

    def change(text: str, chance: random.Random) -> str | None:
        found = list(pattern.finditer(text))
        if not found:
            return None
        match = chance.choice(found)
        return text[: match.start()] + other[match[0]] + text[match.end() :]

    return change


def number_changed(text: str, chance: random.Random) -> str | None:
    found = list(re.finditer(r"\d+(?:[.,]\d+)?", text))
    if not found:
        return None
    match = chance.choice(found)
    old = match[0]
    digit = chance.randrange(len(old))
    news = [old + "0", old[:-1] or "7", old.replace(",", "").replace(".", "")]
    if old[digit].isdigit():
        news.append(old[:digit] + str((int(old[digit]) + chance.randrange(1, 10)) % 10) + old[digit + 1 :])
    news = [new for new in news if new.replace(",", ".") != old.replace(",", ".")]
    return text[: match.start()] + chance.choice(news) + text[match.end() :]


def unit_changed(text: str, chance: random.Random) -> str | None:
    found = [
        (match, new)
        for old, news in words.UNITS.items()
        for new in news
        for match in re.finditer(rf"(?<=\d)(\s*){re.escape(old)}(?![\w/])", text)
    ]
    if not found:
        return None
    match, new = chance.choice(found)
    return text[: match.start()] + match[1] + new + text[match.end() :]


def prefix_swapped(text: str, chance: random.Random) -> str | None:
    found = [
        (match, old, new)
        for pair in words.PREFIXES
        for old, new in (pair, pair[::-1])
        for match in re.finditer(rf"(?<!\w){old}(?=[a-zéè]{{4}})", text)
    ]
    if not found:
        return None
    match, _, new = chance.choice(found)
    return text[: match.start()] + new + text[match.end() :]


def drug_swapped(text: str, chance: random.Random) -> str | None:
    found = list(_DRUG.finditer(text))
    if not found:
        return None
    match = chance.choice(found)
    new = chance.choice([drug for drug in words.DRUGS if drug != match[0].lower()])
    return text[: match.start()] + new + text[match.end() :]


_DRUG = re.compile(rf"(?<!\w)(?:{'|'.join(words.DRUGS)})(?!\w)", re.IGNORECASE)


def word_of(vocabulary: Sequence[str]) -> Callable[[str, random.Random], str | None]:
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(vocabulary)})(?!\w)")

    def change(text: str, chance: random.Random) -> str | None:
        found = list(pattern.finditer(text))
        if not found:
            return None
        match = chance.choice(found)
        new = chance.choice([word for word in vocabulary if word != match[0]])
        return text[: match.start()] + new + text[match.end() :]

    return change


def sign_swapped(text: str, chance: random.Random) -> str | None:
    """A+ and A-: a sign that stands after a letter or a digit and before no word."""
    found = list(re.finditer(r"(?<=[A-Z0-9])[+\-−](?![\w+\-−])|[<>≤≥]", text))
    if not found:
        return None
    match = chance.choice(found)
    new = {"+": "-", "-": "+", "−": "+", "<": ">", ">": "<", "≤": "≥", "≥": "≤"}[match[0]]
    return text[: match.start()] + new + text[match.end() :]


LOOK_ALIKES: dict[str, Callable[[str, random.Random], str | None]] = {
    "number": number_changed,
    "unit": unit_changed,
    "negation": swapped(words.NEGATIONS),
    "exacte / inexacte": swapped(words.TRUTH),
    "A+ / A−, < / >": sign_swapped,
    "hypo / hyper": prefix_swapped,
    "droit / gauche": swapped(words.SIDES),
    "systolique / diastolique and other opposites": swapped(words.OPPOSITES),
    "another drug": drug_swapped,
    "another organ": word_of(words.ORGANS),
    "another disease": word_of(words.DISEASES),
}


def with_sentence(text: str, sentence: str, chance: random.Random) -> str:
    """The text with a sentence of ours after one of its own."""
    ends = [match.end() for match in re.finditer(r"\.(?= )", text)] or [len(text)]
    place = chance.choice(ends)
    return f"{text[:place]} {sentence}{text[place:]}"


# ---------------------------------------------------------------- planting


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


def build_planted(planted: Planted, work: Path) -> tuple[dict[str, tuple[str, str]], Counter[str]]:
    """Builds the planted records; planted record → (rule, evidence), and all rules of all records."""
    folder = Path(tempfile.mkdtemp(prefix="planted-", dir=work))
    entries = {}
    for source, rows in planted.rows.items():
        path = folder / f"our-{source}" / "records.jsonl"
        path.parent.mkdir()
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
        entries[f"our-{source}"] = {
            "title": f"Planted: {source}",
            "origin": "native",
            "adapter": "jsonl",
            "location": {"kind": "folder"},
            "files": {"in-record": ["*.jsonl"]},
            "columns": {key: key for key in rows[0]},
            "answer": "letters",
            "license": "CC-BY-4.0",
            "redistributable": True,
            "lineage": "known",
            "languages": ["fr"],
            "citation": "A benchmark.",
        }
    dropped = build_recipe(folder, {"sources": [{"source": n} for n in entries], "catalogue": entries})
    found = {
        row["source_id"]: (row["rule"], row["evidence"])
        for row in dropped
        if row["source_id"] in planted.kind_of
    }
    return found, Counter(f"{row['source']} {row['rule']}" for row in dropped)


def build_recipe(folder: Path, recipe: Row, data: Path | None = None) -> list[Row]:
    """Builds with ``curate: {}`` and gives the ledger, reported pairs last."""
    content = {"name": "planted", "version": "1.0.0", "curate": {}, **recipe}
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    built = build(path, folder / "release", data)
    ledgers = sorted((built.release.folder / "dropped").glob("*.jsonl"), key=lambda p: p.stem == "test-pairs")
    return [
        json.loads(line) for ledger in ledgers for line in ledger.read_text(encoding="utf-8").splitlines()
    ]


# ---------------------------------------------------------------- tables


def upper_bound(found: int, number: int) -> float:
    """The 95 % upper bound of a rate (Clopper–Pearson, one-sided), by bisection of the binomial."""

    def log_chance(k: int, rate: float) -> float:
        ways = math.lgamma(number + 1) - math.lgamma(k + 1) - math.lgamma(number - k + 1)
        return ways + k * math.log(rate) + (number - k) * math.log1p(-rate)

    low, high = 1e-12, 1 - 1e-12
    for _ in range(60):
        rate = (low + high) / 2
        tail = sum(math.exp(log_chance(k, rate)) for k in range(found + 1))
        low, high = (rate, high) if tail > 0.05 else (low, rate)
    return high


def show_planted(planted: Planted, dropped: dict[str, tuple[str, str]], listed: bool) -> None:
    total: Counter[tuple[str, str]] = Counter(planted.kind_of.values())
    copies = {row["source_id"] for row in planted.rows[SOURCES[2]]}
    found: Counter[tuple[str, str]] = Counter()
    merged: Counter[tuple[str, str]] = Counter()
    lost: Counter[str] = Counter()
    for identifier, (rule, evidence) in dropped.items():
        kind = planted.kind_of[identifier]
        if identifier in copies:
            found[kind] += rule in COPY_RULES
        elif rule in MERGING_RULES:
            merged[kind] += 1
            base, difference = planted.texts[identifier]
            whom = "its base" if base in evidence else "another"
            print(f"merged with {whom}: {kind[0]}: {difference} ({rule}: {evidence})")
        else:
            lost[f"{kind[0]}: {rule}"] += 1
    for identifier in sorted(copies - dropped.keys()) if listed else ():
        print(f"missed: {planted.kind_of[identifier][0]}: {planted.texts[identifier][1]}")
    kinds = list(dict.fromkeys(planted.kind_of[identifier] for identifier in sorted(copies)))
    measure.print_table(
        "Planted copies found",
        ("kind", "against", "planted", "found", "recall"),
        (
            (
                kind,
                against,
                total[kind, against],
                found[kind, against],
                f"{found[kind, against] / total[kind, against]:.4f}",
            )
            for kind, against in sorted(kinds)
        ),
    )
    alike = [kind for kind in sorted(total) if kind not in kinds]
    number, wrong = sum(total[kind] for kind in alike), sum(merged.values())
    measure.print_table(
        "Planted look-alikes merged",
        ("kind", "against", "planted", "merged"),
        [*((*kind, total[kind], merged[kind]) for kind in alike), ("all", "", number, wrong)],
    )
    print(f"\n95 % upper bound of the rate: {100 * upper_bound(wrong, number):.3f} %")
    if lost:
        print("look-alikes dropped for another reason:", dict(lost))


def bench(arguments: argparse.Namespace) -> None:
    data, work = arguments.data.resolve(), arguments.work
    work.mkdir(parents=True, exist_ok=True)
    exam = read_rows(data, "frenchmedmcqa")
    planted = plant(without_copies(exam), long_texts(data), arguments.seed)
    print({source: len(rows) for source, rows in planted.rows.items()})
    dropped, rules = build_planted(planted, work)
    print(dict(rules))
    show_planted(planted, dropped, arguments.list)


def without_copies(exam: list[Row]) -> list[Row]:
    """Questions of test and train, each once: what is planted must be the only copy."""
    rows = {ComparedRecord.of(row).key("exact"): row for row in exam if row["_split"] != "validation"}
    return list(rows.values())


def add_options(parser: argparse.ArgumentParser) -> None:
    default = Path(tempfile.gettempdir()) / "medinjection-bench"
    parser.add_argument("--data", type=Path, required=True, help="folder of the upstream files")
    parser.add_argument("--work", type=Path, default=default, help=f"folder of the builds ({default})")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="show what was missed, or found, one by one")


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {}, add_options)
