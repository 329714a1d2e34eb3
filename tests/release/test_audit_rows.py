"""What an audit says of the rows, against a recount in plain Python."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from audited import counted, placed_rows
from releases import manifest_of, read_rows, texts_of

from medinjection_fr.record import LETTERS, SPLITS, TYPES
from medinjection_fr.release.lengths import QUANTILES


def test_composition_is_what_the_rows_count(varied: Path, figures: dict[str, Any]) -> None:
    expected = Counter((origin, split, row["type"]) for origin, split, row in placed_rows(varied))
    assert counted(figures["composition"], "origin", "split", "type") == expected
    assert figures["release"]["rows"] == expected.total()


def test_configurations_are_what_their_shards_count(varied: Path, figures: dict[str, Any]) -> None:
    configs = manifest_of(varied)["configs"]
    assert list(figures["configs"]) == list(configs)
    assert {"native", "native+translated-controlled", "native+synthetic-matched"} <= configs.keys()
    for name, config in configs.items():
        found = figures["configs"][name]
        train: Counter[tuple[str, str]] = Counter()
        licensed: dict[tuple[str, str], Counter[str]] = {}
        for split, part in config["splits"].items():
            rows = read_rows(varied, part["shards"])
            types = Counter(row["type"] for row in rows)
            assert found["splits"][split] == {type: types[type] for type in TYPES}
            for row in rows:
                licensed.setdefault((row["source"], row["license"]), Counter())[split] += 1
                train[row["origin"], row["type"]] += split == "train"
        assert found["splits"].keys() == config["splits"].keys()
        assert found["origins"] == name.split("-")[0].split("+")
        assert found["train"] == {o: {t: train[o, t] for t in TYPES} for o in found["origins"]}
        assert found["sources"] == [
            {"source": source, "license": license, **{split: rows[split] for split in SPLITS}}
            for (source, license), rows in sorted(licensed.items())
        ]


def test_confound_is_that_of_the_train_rows(varied: Path, figures: dict[str, Any]) -> None:
    """Bergsma's formula once more, from the rows."""
    config = manifest_of(varied)["configs"]["native+translated"]
    rows = read_rows(varied, config["splits"]["train"]["shards"])
    cells = Counter((row["origin"], row["type"]) for row in rows)
    origins, types = (Counter(row[name] for row in rows) for name in ("origin", "type"))
    n, r, k = len(rows), len(origins), len(types)
    phi2 = sum(
        (cells[o, t] - origins[o] * types[t] / n) ** 2 / (origins[o] * types[t] / n)
        for o in origins
        for t in types
    )
    corrected = max(0, phi2 / n - (k - 1) * (r - 1) / (n - 1))
    smaller = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1))
    found = figures["configs"]["native+translated"]["confound"]
    assert found["cramers_v"] == pytest.approx(math.sqrt(corrected / (smaller - 1)), abs=1e-6)
    assert found["chi_square"] == pytest.approx(phi2, abs=1e-5)
    assert (found["rows"], found["df"]) == (n, (r - 1) * (k - 1))


def test_sources_and_licences_are_told(varied: Path, figures: dict[str, Any]) -> None:
    manifest = manifest_of(varied)
    for row in figures["sources"]:
        source = manifest["sources"][row["source"]]
        assert (row["read"], row["kept"]) == (source["read"], source["kept"])
        assert row["dropped"] == sum(source["dropped"].values())
        assert row["title"] == source["facts"]["title"]
    expected = Counter(row["license"] for _, _, row in placed_rows(varied))
    assert counted(figures["licenses"], "license") == {(name,): n for name, n in expected.items()}
    terms = {row["license"]: row["terms"] for row in figures["licenses"]}
    assert terms == {
        "CC-BY-4.0": "at most attribution",
        "CC-BY-SA-4.0": "share-alike",
        "LicenseRef-ours": "not known",
    }


def test_lengths_are_those_of_the_texts(varied: Path, figures: dict[str, Any]) -> None:
    lengths: dict[tuple[str, str, str], list[int]] = {}
    for origin, split, row in placed_rows(varied):
        for name, text in texts_of(row).items():
            lengths.setdefault((name, origin, split), []).append(len(text))
    found = {(row["field"], row["origin"], row["split"]): row for row in figures["lengths"]}
    assert found.keys() == lengths.keys()
    for place, values in lengths.items():
        values.sort()
        assert found[place]["rows"] == len(values)
        assert (found[place]["min"], found[place]["max"]) == (values[0], values[-1])
        assert found[place]["mean"] == pytest.approx(sum(values) / len(values), abs=0.051)
        for name, share in QUANTILES.items():
            assert found[place][name] == values[math.ceil(round(share * len(values), 9)) - 1]


def test_gold_letters_are_those_of_the_answers(varied: Path, figures: dict[str, Any]) -> None:
    questions: Counter[tuple[str, str, int]] = Counter()
    letters: dict[tuple[str, str, int], Counter[str]] = {}
    sizes: Counter[tuple[str, int, int]] = Counter()
    for origin, _, row in placed_rows(varied):
        if row["choices"]:
            key = (origin, row["type"], len(row["choices"]))
            questions[key] += 1
            gold = row["answer"].split(",")
            letters.setdefault(key, Counter()).update(gold)
            sizes[origin, len(row["choices"]), len(gold)] += row["type"] == "mcq"
    found = figures["gold_letters"]
    assert counted(found, "origin", "type", "options", number="questions") == questions
    for row in found:
        own = letters[row["origin"], row["type"], row["options"]]
        assert row["letters"] == {letter: own[letter] for letter in LETTERS[: row["options"]]}
        assert row["letters"][row["most_frequent"]] == max(own.values())
        assert row["most_frequent_share"] == pytest.approx(max(own.values()) / own.total(), abs=1e-6)
        if row["type"] == "mcqu":
            mean = own.total() / row["options"]
            pearson = sum((own[letter] - mean) ** 2 / mean for letter in row["letters"])
            assert row["chi_square"] == pytest.approx(pearson, abs=1e-5)
            assert row["df"] == row["options"] - 1
    per_question = figures["gold_letters_per_question"]
    assert counted(per_question, "origin", "options", "gold", number="questions") == +sizes


def test_flags_are_counted_by_source_provenance_and_split(varied: Path, figures: dict[str, Any]) -> None:
    expected = Counter(
        (flag, row["source"], origin, split)
        for origin, split, row in placed_rows(varied)
        for flag in row["flags"]
    )
    assert counted(figures["flags"], "flag", "source", "origin", "split") == expected
    private = Counter({(s, p): n for (f, s, _, p), n in expected.items() if f == "privacy-finding"})
    assert counted(figures["privacy"], "source", "split") == private
    assert counted(figures["languages"]["flags"], "flag", "origin", "split") == {
        (flag, origin, split): n
        for (flag, _, origin, split), n in expected.items()
        if flag in ("mixed-language", "short-for-language-id")
    }
    assert any(f"{private.total():,}" in f["text"] for f in figures["findings"] if f["about"] == "privacy")
