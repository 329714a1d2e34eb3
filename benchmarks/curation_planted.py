"""What curation finds of planted copies, spares of planted look-alikes, and makes of real files.

    python benchmarks/curation_planted.py --data DIR [--work DIR] [--seed N] [--list]

``DIR`` holds the upstream files of FrenchMedMCQA, MORFITT and E3C, in folders named as in the catalogue, and
for the last tables those of MedMCQA, MedQA and MMLU. The French texts are planted with copies and
look-alikes, and built with ``curate: {}``; what counts is the ledger of the release. All is drawn with a seed.
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
from typing import Any

import measure
import planted_words as words
import pyarrow as pa
import yaml

from medinjection_fr.build import build
from medinjection_fr.curate.language import judge_language
from medinjection_fr.curate.pairs import exact_pairs, near_pairs
from medinjection_fr.curate.select import Keys, select
from medinjection_fr.curate.signals import ComparedRecord
from medinjection_fr.record import LETTERS
from medinjection_fr.sources.adapter import Draft
from medinjection_fr.sources.catalogue import find_source
from medinjection_fr.sources.complete import YIELDS, complete
from medinjection_fr.sources.parts import find_adapter

Row = dict[str, Any]
COPY_RULES = ("leak", "duplicate", "near-duplicate", "same-content")
MERGING_RULES = (*COPY_RULES, "conflict")
SOURCES = ("1-asked", "2-standing", "3-copies", "4-look-alikes")
"""In the order of the catalogue: of two in train, the one of the earlier source stays."""
LONG = 60
"""Words of a long context."""


# ---------------------------------------------------------------- real files


def read_rows(data: Path, name: str) -> list[Row]:
    """The valid rows of a catalogued source, with their split."""
    source = find_source(name)
    adapter, contract = find_adapter(source), YIELDS[source.yields].contract
    rows = []
    for file in adapter.find_files(data / name, source):
        for item in adapter.read(file, source):
            if isinstance(item, Draft):
                row = complete(item.fields, item.split, source)
                if not contract.validate(row):
                    rows.append({**row, "_split": item.split})
    return rows


def long_texts(data: Path) -> list[str]:
    """Distinct French abstracts and clinical cases."""
    rows = [*read_rows(data, "morfitt"), *(r for r in read_rows(data, "e3c-fr") if len(r["text"]) < 8_000)]
    by_form: dict[str, str] = {}
    for row in rows:
        text = row["text"]
        if len(text.split()) > LONG + 20 and "\ufffd" not in text and not judge_language(_plain(text)).flags:
            by_form.setdefault(str(ComparedRecord("", text, (), ()).question), text)
    return list(by_form.values())


def _plain(instruction: str, choices: Sequence[str] = (), answer: str = "", context: str = "") -> Row:
    return {
        "task": "other",
        "instruction": instruction,
        "choices": list(choices),
        "answer": answer,
        "context": context,
    }


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
    return {**_plain(question, (), answer, context), "type": "oeq", "task": "other"}


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


def show_frenchmedmcqa(data: Path, work: Path, listed: bool) -> None:
    folder = Path(tempfile.mkdtemp(prefix="real-", dir=work))
    dropped = build_recipe(folder, {"sources": [{"source": "frenchmedmcqa"}]}, data)
    rules = Counter(row.get("rule", f"reported ({row.get('kind')})") for row in dropped)
    measure.print_table("FrenchMedMCQA as it is", ("rule", "records"), sorted(rules.items()))
    if listed:
        rows = {row["source_id"]: row for row in read_rows(data, "frenchmedmcqa")}
        for found in dropped:
            print(json.dumps(found, ensure_ascii=False))
            names = re.findall(r"frenchmedmcqa/(\w+)", json.dumps(found))
            for name in {*names, found.get("source_id")} & rows.keys():
                row = rows[name]
                print("   ", row["_split"], row["instruction"], row["choices"], row["answer"])
    rows = read_rows(data, "frenchmedmcqa")
    stems: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        stems[" ".join(ComparedRecord.of(row).question)].append(row)
    gone = {row["source_id"] for row in dropped if row.get("rule") in MERGING_RULES}
    shared = [group for group in stems.values() if len({row["_split"] for row in group}) > 1]
    alone = [r for g in shared for r in g if not any(r is not o and _same_options(r, o) for o in g)]
    flagged = sum(row["source_id"] in gone for row in alone)
    print(f"\nstems in several splits: {len(shared)}; their rows whose options are their own: {len(alone)},")
    print(f"of which taken for a copy: {flagged}")


def _same_options(a: Row, b: Row) -> bool:
    return ComparedRecord.of(a).options == ComparedRecord.of(b).options


def show_materials(data: Path) -> None:
    """Known truths of documents and items: what ``select`` sees, what the pair functions see."""
    table = []
    for name in ("mmlu-medical", "medmcqa", "morfitt", "e3c-fr"):
        if not (data / name).is_dir():
            continue
        rows = read_rows(data, name)
        selection = select(_keys(rows), [], keep_groups_together=False)
        same = sum(rule == "same-content" for rule, _ in selection.dropped.values())
        pairs = Counter(kind for *_, kind, _ in pairs_of([_as_record(row) for row in rows]))
        table.append((name, len(rows), same, ", ".join(f"{k} {n}" for k, n in sorted(pairs.items()))))
    measure.print_table(
        "Items and documents", ("source", "rows", "`same-content` of select", "pairs by kind"), table
    )


def _keys(rows: list[Row]) -> Keys:
    names = ("id", "source", "source_id", "group_id", "_split")
    order = [[row[name] for row in rows] for name in names[:-1]]
    splits = [row["_split"] if row["_split"] in ("train", "validation", "test") else "train" for row in rows]
    return Keys(*(pa.chunked_array([column], pa.string()) for column in [*order, splits]))


def _as_record(row: Row) -> Row:
    if "text" in row:
        return {**_plain(row["text"], (), row["text"]), "type": "oeq"}
    return row


def pairs_of(rows: list[Row]) -> list[Any]:
    """Exact and near pairs among rows, whatever their splits."""
    import numpy as np

    from medinjection_fr.curate.curation import arrays_of
    from medinjection_fr.curate.signals import SIGNALS_SCHEMA, compute_signals

    schema = YIELDS["records"].contract.arrow_schema
    names = ("context", "instruction", "choices", "answer", "type", "task")
    empty = YIELDS["records"].contract.empty
    whole = [{**empty, "task": "other", **{n: row[n] for n in names if n in row}} for row in rows]
    batches = [
        compute_signals(pa.RecordBatch.from_pylist(whole[at : at + 5_000], schema))
        for at in range(0, len(whole), 5_000)
    ]
    table = pa.Table.from_batches(batches, SIGNALS_SCHEMA)
    signals = arrays_of(table, np.array([row["type"] != "oeq" for row in whole]))
    alive = np.ones(len(whole), bool)
    return [*exact_pairs(signals, alive, whole.__getitem__), *near_pairs(signals, alive, whole.__getitem__)]


def show_language(data: Path, exam: list[Row], seed: int) -> None:
    chance = random.Random(seed)
    mixed = [row["text"] for row in read_rows(data, "morfitt")]
    sets: dict[str, list[Row]] = {"FrenchMedMCQA": exam, "MORFITT": [_plain(text) for text in mixed]}
    english: list[Row] = []
    for name in ("medmcqa", "medqa-usmle"):
        if (data / name).is_dir():
            rows = read_rows(data, name)
            names = ("instruction", "choices", "answer", "context")
            sets[f"{name} (English)"] = [_plain(*(row[n] for n in names)) for row in rows]
            english += sets[f"{name} (English)"]
    if english:
        closed = [row for row in english if row["choices"]]
        sets["French stem, English options"] = [
            _plain(chance.choice(exam)["instruction"], chance.choice(closed)["choices"], "A")
            for _ in range(2_000)
        ]
        long = [row["instruction"] for row in english if len(row["instruction"].split()) > 60]
        for share in (10, 20, 30, 40, 50):
            sets[f"French abstract, the last {share} % English"] = [
                _plain(_with_tail(text, long, share / 100, chance)) for text in mixed[:1_000]
            ]
    cld2 = cld2_sees_english()
    table = []
    for name, rows in sets.items():
        verdicts = [judge_language(row) for row in rows]
        flags = Counter(flag for verdict in verdicts for flag in verdict.flags)
        caught = sum(verdict.drop or bool(verdict.flags) for verdict in verdicts)
        quick = sum("function words" in verdict.evidence for verdict in verdicts)
        number = len(rows)
        share = f"{100 * caught / number:.2f} %", f"{100 * quick / number:.1f} %"
        seen = f"{100 * sum(map(cld2, rows)) / number:.2f} %" if cld2 else "not installed"
        dropped = sum(verdict.drop for verdict in verdicts)
        table.append(
            (name, number, dropped, flags["mixed-language"], flags["short-for-language-id"], *share, seen)
        )
    head = ("", "records", "dropped", "mixed", "short", "dropped or marked", "settled at a glance", "CLD2")
    measure.print_table(
        "Language (CLD2: lists English among the languages of the text or of its options)", head, table
    )


def cld2_sees_english() -> Callable[[Row], bool] | None:
    """Reference: whether CLD2 (`pip install pycld2`) lists English in the whole text or in the options alone."""
    try:
        import pycld2
    except ImportError:
        return None

    def lists_english(text: str) -> bool:
        printable = "".join(c for c in text if c.isprintable() or c.isspace())
        return any(code == "en" for _, code, *_ in pycld2.detect(printable.encode())[2])

    def sees(row: Row) -> bool:
        options = " ; ".join(row["choices"])
        return lists_english(f"{row['context']}\n{row['instruction']}\n{options}") or lists_english(options)

    return sees


def _with_tail(text: str, others: list[str], share: float, chance: random.Random) -> str:
    own = text.split()
    wanted = max(3, round(len(own) * share))
    tail: list[str] = []
    while len(tail) < wanted:
        tail += chance.choice(others).split()
    return " ".join([*own[: len(own) - wanted], *tail[:wanted]])


def bench(arguments: argparse.Namespace) -> None:
    data, work = arguments.data.resolve(), arguments.work
    work.mkdir(parents=True, exist_ok=True)
    exam = read_rows(data, "frenchmedmcqa")
    planted = plant(_without_copies(exam), long_texts(data), arguments.seed)
    print({source: len(rows) for source, rows in planted.rows.items()})
    dropped, rules = build_planted(planted, work)
    print(dict(rules))
    show_planted(planted, dropped, arguments.list)
    show_frenchmedmcqa(data, work, arguments.list)
    show_materials(data)
    show_language(data, exam, arguments.seed)


def _without_copies(exam: list[Row]) -> list[Row]:
    """Questions of test and train, each once: what is planted must be the only copy."""
    rows = {ComparedRecord.of(row).key("exact"): row for row in exam if row["_split"] != "validation"}
    return list(rows.values())


def add_options(parser: argparse.ArgumentParser) -> None:
    default = Path(tempfile.gettempdir()) / "medinjection-bench"
    parser.add_argument("--data", type=Path, required=True, help="folder of the upstream files")
    parser.add_argument("--work", type=Path, default=default, help=f"folder of the builds ({default})")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--list", action="store_true", help="show the pairs of FrenchMedMCQA with their texts"
    )


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {}, add_options)
