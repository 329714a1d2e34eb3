"""What `leaks --semantic` finds of translations and paraphrases, what it takes for them, and its speed.

    python benchmarks/semantic.py --data DIR [--model MODEL]

``DIR`` holds the upstream files of TICO-19, FrenchMedMCQA, MedMCQA and MedQA, in folders named as in the
catalogue. The usual threshold of the command was chosen by these tables: recall of pairs that are known, against
candidates among questions that have nothing to do with one another. The forty questions of
``semantic_pairs.yaml`` are our own.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import measure
import numpy as np
import yaml
from numpy.typing import NDArray
from real_files import read_rows

from medinjection_fr.build import build
from medinjection_fr.curate.encoders import DEFAULT_MODEL, open_encoder
from medinjection_fr.curate.nearest import nearest
from medinjection_fr.curate.questions import OUTSIDE, Benchmark, Question
from medinjection_fr.curate.semantic import Search, find_candidates
from medinjection_fr.curate.signals import ComparedRecord
from medinjection_fr.curate.vectors import encoded_text, pieces_of_release
from medinjection_fr.engine import Local
from medinjection_fr.record import SPLITS

THRESHOLDS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85)
TOP = Search().top
PAIRS = Path(__file__).with_name("semantic_pairs.yaml")
SENTENCES_PER_PASSAGE = 4
CONTRARIES = {
    "n'est pas": "est",
    "ne sont pas": "sont",
    "exacte": "inexacte",
    "exactes": "inexactes",
    "fausse": "vraie",
    "fausses": "vraies",
    "vraie": "fausse",
    "vraies": "fausses",
}

NOTHING_HIDDEN = np.empty((0, 2), np.int64)

Row = dict[str, Any]
Vectors = NDArray[np.float32]
Encode = Callable[[Iterable[str]], Vectors]


def own_texts(form: str) -> list[str]:
    """Our questions in one form, as records are encoded; the options of a paraphrase are turned round."""
    texts = []
    for row in yaml.safe_load(PAIRS.read_text(encoding="utf-8")):
        options = row.get("english_options" if form == "english" else "options", [])
        choices = options[::-1] if form == "paraphrase" else options
        texts.append(encoded_text({"instruction": row[form], "choices": choices, "context": ""}))
    return texts


def found(name: str, questions: Vectors, records: Vectors) -> list[object]:
    """A line of a table: how often the true record, of the question's own number, is among the nearest."""
    own = np.einsum("ij,ij->i", questions, records[: len(questions)])
    chance = np.random.default_rng(1)
    asked, others = (chance.integers(0, len(side), 100_000) for side in (questions, records))
    asked, others = asked[asked != others], others[asked != others]
    random = np.einsum("ij,ij->i", questions[asked], records[others])
    near = nearest(questions, records, 0.0, TOP, NOTHING_HIDDEN)
    is_true = near["record"] == near["question"]
    first = np.unique(near["question"], return_index=True)[1]
    hits = [np.sum(is_true & (near["cosine"] >= round(t * 10_000))) / len(questions) for t in THRESHOLDS]
    figures = [f"{np.median(own):.2f}", f"{np.quantile(random, 0.99):.2f}", f"{is_true[first].mean():.3f}"]
    return [name, f"{len(questions):,}", *figures, *(f"{hit:.2f}" for hit in hits)]


def candidates(name: str, questions: Vectors, records: Vectors) -> list[object]:
    """A line of a table: candidates of 1,000 questions, by threshold."""
    near = nearest(questions, records, THRESHOLDS[0], TOP, NOTHING_HIDDEN)
    numbers = [np.sum(near["cosine"] >= round(t * 10_000)) for t in THRESHOLDS]
    per_thousand = [f"{1_000 * number / len(questions):,.0f}" for number in numbers]
    return [name, f"{len(records):,}", *per_thousand]


def translations(data: Path) -> list[tuple[str, str]]:
    """English and French of the segments of TICO-19, without those that the source refuses as misaligned."""
    return [(row["context"], row["answer"]) for row in read_rows(data, "tico-19")]


def passages(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Some segments after one another, as one text."""
    starts = range(0, len(pairs) - SENTENCES_PER_PASSAGE + 1, SENTENCES_PER_PASSAGE)
    some = [pairs[at : at + SENTENCES_PER_PASSAGE] for at in starts]
    return [(" ".join(a for a, _ in part), " ".join(b for _, b in part)) for part in some]


def contraries(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Texts of questions that ask for what is, or is not, and the same asking for the contrary."""
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, CONTRARIES))})\b")
    for text in texts:
        question, _, options = text.partition("\n")
        changed = pattern.sub(lambda match: CONTRARIES[match[0]], question, count=1)
        if changed != question:
            yield text, f"{changed}\n{options}"


def overhead(data: Path, model: str, asked: Sequence[Row]) -> Iterator[list[object]]:
    """Processor time of the whole search, in one process, beside the bare encoder's on the same texts."""
    questions = [Question(row["id"], ComparedRecord.of(row), row, OUTSIDE, row["source"]) for row in asked]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = {"name": "semantic", "version": "1.0.0", "sources": [{"source": "frenchmedmcqa"}]}
        (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
        release = build(folder / "recipe.yaml", folder / "medinjection-fr", data).release
        pieces = pieces_of_release(release, {*SPLITS})
        texts = [*(text for piece in pieces for some in piece.read() for text in some)]
        texts += [encoded_text(row) for row in asked]
        bare = cpu_time(lambda: open_encoder(model).encode(texts))
        benchmark, search = Benchmark(questions, {}), Search(model)
        whole = cpu_time(lambda: find_candidates(release, benchmark, [], search, Local(), folder))
    for what, seconds in (("`find_candidates`, one process", whole), ("reference: the encoder alone", bare)):
        yield [
            what,
            f"{len(texts):,}",
            f"{seconds:.1f} s",
            f"{len(texts) / seconds:,.0f}",
            f"{seconds / bare:.2f}",
        ]


def cpu_time(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def recall(encode: Encode, sentences: Sequence[tuple[str, str]], standing: Vectors) -> Iterator[list[object]]:
    """Pairs that are known to say the same."""
    for name, pairs in (
        ("sentences", sentences),
        (f"passages of {SENTENCES_PER_PASSAGE}", passages(sentences)),
    ):
        english, french = (encode(side) for side in zip(*pairs, strict=True))
        yield found(f"TICO-19, {name}, English → French", english, french)
    among = np.concatenate([encode(own_texts("question")), standing])
    for form, name in (("english", "in English"), ("paraphrase", "in other words")):
        yield found(f"our questions, {name} → among {len(among):,}", encode(own_texts(form)), among)


def contrary(encode: Encode, french: Sequence[Row]) -> Iterator[list[object]]:
    """Pairs of nearly the same words that ask something else."""
    first, second = zip(*contraries([encoded_text(row) for row in french]), strict=True)
    for name, pair in (
        ("FrenchMedMCQA, asked the other way round", (first, second)),
        (
            "our questions, another question in nearly the same words",
            (own_texts("question"), own_texts("changed")),
        ),
    ):
        cosines = np.einsum("ij,ij->i", *(encode(side) for side in pair))
        shares = [f"{(cosines >= threshold).mean():.2f}" for threshold in THRESHOLDS]
        yield [
            name,
            f"{len(cosines):,}",
            f"{np.median(cosines):.2f}",
            f"{np.quantile(cosines, 0.05):.2f}",
            *shares,
        ]


def look_alikes(asked: Vectors, standing: Vectors, outside: dict[str, Vectors]) -> Iterator[list[object]]:
    """What is listed of exam questions among those of other exams."""
    drawn = np.random.default_rng(1).permutation(len(standing))
    for part in (4, 2, 1):
        some = standing[drawn[: len(drawn) // part]]
        yield candidates("its train and validation (French)", asked, some)
    for name, records in outside.items():
        yield candidates(f"{name} (English)", asked, records)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    arguments = parser.parse_args()
    data, encoder = arguments.data, open_encoder(arguments.model)
    print(f"{measure.machine()}\nmodel: {arguments.model}")

    def encode(texts: Iterable[str]) -> Vectors:
        return encoder.encode(list(texts)).vectors

    french, *english = (read_rows(data, name) for name in ("frenchmedmcqa", "medmcqa", "medqa-usmle"))
    asked, standing = (
        encode(encoded_text(row) for row in french if (row["_split"] == "test") is is_test)
        for is_test in (True, False)
    )
    outside = {
        name: encode(map(encoded_text, rows))
        for name, rows in zip(("MedMCQA", "MedQA"), english, strict=True)
    }
    thresholds = [f"≥ {threshold:g}" for threshold in THRESHOLDS]
    measure.print_table(
        f"The true record is among the {TOP} nearest, and its cosine not below",
        ["", "pairs", "median cosine", "random pairs, 99 %", "the nearest", *thresholds],
        recall(encode, translations(data), standing),
    )
    measure.print_table(
        "Another question to a reader, the same to a cosine: it is never to decide by itself",
        ["", "pairs", "median cosine", "5 % below", *thresholds],
        contrary(encode, french),
    )
    measure.print_table(
        f"Candidates of 1,000 questions of FrenchMedMCQA's test, {TOP} of each at most, nearly all look-alikes",
        ["among", "records", *thresholds],
        look_alikes(asked, standing, outside),
    )
    measure.print_table(
        "Speed",
        ["", "texts", "CPU", "texts/s", "× reference"],
        overhead(data, arguments.model, english[0]),
    )


if __name__ == "__main__":
    main()
