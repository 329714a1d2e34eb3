"""Keys, signatures and probes of records: the same in any batch, process and order of hashing."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from commands import run
from datasketch import MinHash
from examples import valid_record

from medinjection_fr.curate import signals
from medinjection_fr.curate.signals import (
    SIGNALS_SCHEMA,
    ComparedRecord,
    compute_signals,
    jaccard,
    probes,
    signatures,
)
from medinjection_fr.record import SCHEMA

TEXTS = [
    ["une"],
    [],
    ["deux", "mots"],
    "un texte un peu plus long que les autres qui se répète un texte un peu plus long".split(),
    [f"mot{n}" for n in range(700)],
]


def records() -> list[dict[str, Any]]:
    rows = [valid_record(type, instruction=f"Question {n} ?") for n in range(3) for type in ("mcqu", "oeq")]
    rows.append(valid_record("oeq", context="", instruction="Pouls ?", answer="Oui."))
    rows.append(valid_record("oeq", context="mot " * 25_000, instruction="Que dit ce long texte ?"))
    return rows


def test_signatures_are_those_of_datasketch() -> None:
    hashes, starts = signals._shingle_hashes(TEXTS, signals.WORDS_PER_SHINGLE)
    own = signatures(TEXTS)
    for place in range(len(TEXTS)):
        shingles = [int(h) for h in hashes[starts[place] : starts[place + 1]].astype(np.uint32)]
        assert shingles
        theirs = MinHash(num_perm=signals.PERMUTATIONS, scheme="affine32", hashfunc=lambda value: value)
        theirs.update_batch(shingles)
        assert own[place].tolist() == theirs.hashvalues.tolist()


def test_a_text_of_one_word_has_a_signature_of_its_own() -> None:
    one, none, other = signatures([["une"], [], ["deux"]])
    assert one.tolist() != none.tolist() != other.tolist()
    assert one.tolist() != other.tolist()


def test_no_text_at_all() -> None:
    assert signatures([]).shape == (0, signals.PERMUTATIONS)


def test_similarity_of_signatures_is_that_of_the_texts() -> None:
    words = [f"mot{n}" for n in range(300)]
    changed = [*words[:100], "autre", *words[101:]]
    a, b = signatures([words, changed])
    assert (a == b).mean() == pytest.approx(jaccard(words, changed), abs=0.1)
    assert (signals.band_hashes(np.stack([a]))[0] == signals.band_hashes(np.stack([b]))[0]).any()


def test_batches_make_no_difference() -> None:
    rows = records()
    whole = compute_signals(pa.RecordBatch.from_pylist(rows, SCHEMA))
    assert whole.schema == SIGNALS_SCHEMA
    parted = [compute_signals(pa.RecordBatch.from_pylist([row], SCHEMA)) for row in rows]
    assert pa.Table.from_batches([whole]).to_pylist() == pa.Table.from_batches(parted).to_pylist()
    back = compute_signals(pa.RecordBatch.from_pylist(rows[::-1], SCHEMA))
    assert back.to_pylist() == whole.to_pylist()[::-1]


SIGN = """
import hashlib, sys
import pyarrow as pa
sys.path.insert(0, sys.argv[1])
from test_signals import records
from medinjection_fr.curate.signals import compute_signals
from medinjection_fr.record import SCHEMA
found = compute_signals(pa.RecordBatch.from_pylist(records(), SCHEMA)).to_pylist()
print(hashlib.sha256(repr(found).encode()).hexdigest())
"""


def test_signals_do_not_depend_on_the_hash_seed() -> None:
    from pathlib import Path

    here = Path(__file__).parent
    found = {hashlib.sha256(repr(_signed()).encode()).hexdigest()}
    for seed in ("1", "2"):
        paths = f"{here.parent}"
        done = run([sys.executable, "-c", SIGN, here], env={"PYTHONHASHSEED": seed, "PYTHONPATH": paths})
        assert done.returncode == 0, done.stderr
        found.add(done.stdout.strip())
    assert len(found) == 1


def _signed() -> list[dict[str, Any]]:
    signed: list[dict[str, Any]] = compute_signals(pa.RecordBatch.from_pylist(records(), SCHEMA)).to_pylist()
    return signed


def test_probes_of_a_question_are_those_of_the_text_that_holds_it() -> None:
    question = "quel traitement faut il proposer en premier devant ce tableau clinique".split()
    host = [f"mot{n}" for n in range(50)]
    own = set(probes(question))
    assert own
    assert own <= set(probes([*host, *question, *host]))
    assert probes(["trop", "court"]) == []


def test_order_of_options_and_letters_do_not_matter() -> None:
    first = ComparedRecord.of(valid_record("mcq", choices=["Un", "Deux", "Trois"], answer="A,C"))
    second = ComparedRecord.of(valid_record("mcq", choices=["Trois", "Un", "Deux"], answer="A,B"))
    assert [first.key(key) for key in signals.KEYS] == [second.key(key) for key in signals.KEYS]


@pytest.mark.parametrize(
    ("text", "has"), [("pêche", True), ("peche", False), ("β-bloquant ≥ 3 °C", False), ("œuf", False)]
)
def test_what_counts_as_an_accent(text: str, has: bool) -> None:
    assert ComparedRecord("", text, (), ()).has_accents is has
