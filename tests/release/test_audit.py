"""The audit: its figures against a recount in plain Python, its warnings, and its page."""

from __future__ import annotations

import json
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from releases import (
    STUDY,
    contents,
    copy_of,
    few_rows,
    invoke,
    manifest_of,
    question,
    read_rows,
    refused,
    reseal,
    shard_paths,
    source_facts,
    write_recipe,
    write_rows,
)

from medinjection_fr.build import build
from medinjection_fr.curate.curation import Reported
from medinjection_fr.curate.ledger import REPORTED, Dropped, count_by_rule, write_ledger
from medinjection_fr.record import LETTERS, ORIGINS, SPLITS, TYPES
from medinjection_fr.release.audit import audit
from medinjection_fr.release.audit_page import default_output, render_page, write_audit
from medinjection_fr.release.lengths import QUANTILES
from medinjection_fr.release.repeats import REPEAT_RULES
from medinjection_fr.release.verify import verify

Rows = list[dict[str, Any]]

HOSTILE = '<script>alert("1")</script> & <img src=x onerror=alert(2)> $x$'
PLAN = {
    "native": {("mcqu", 5): 60, ("mcqu", 2): 12, ("mcq", 5): 30, ("oeq", 0): 12},
    "synthetic": {("mcq", 4): 40, ("oeq", 0): 20},
    "translated": {("mcqu", 4): 50, ("mcqu", 10): 55, ("mcq", 3): 8, ("oeq", 0): 5},
}
"""Records of each type and number of options."""


def varied_rows() -> dict[str, Rows]:
    """Records of all kinds; their lengths, splits and gold letters differ. A is gold too often."""
    chance = random.Random(0)
    rows: dict[str, Rows] = {}
    for origin, plan in PLAN.items():
        for (type, options), number in plan.items():
            for n in range(number):
                name = f"{origin[:3]}-{type}-{options}-{n}"
                split = "train" if origin == "synthetic" else chance.choice((*SPLITS, "train"))
                changes: dict[str, Any] = {"context": f"Cas {name} : {'é' * chance.randrange(500)}" * (n % 2)}
                if type == "oeq":
                    changes["answer"] = f"Réponse {name} {'x' * chance.randrange(300)}"
                else:
                    size = 1 if type == "mcqu" else chance.randrange(1, options + 1)
                    gold = "A" if n % 3 == 0 and size == 1 else chance.sample(LETTERS[:options], size)
                    changes["answer"] = ",".join(sorted(gold))
                    changes["choices"] = [
                        f"Choix {k} de {name}{'y' * chance.randrange(40)}" for k in range(options)
                    ]
                rows.setdefault(origin, []).append(question(name, type, split, **changes))
    return rows


EVIDENCE = {
    ("same-content", "kept our-native/n-1 in test"): (None, "our-native", "test", None),
    ("same-source-id", "kept our-translated/a/b in c in train"): (None, "our-translated", "train", None),
    ("group-in-two-splits", "our-native/g; 1 stands in test"): (None, None, "test", None),
    ("duplicate", "kept our-native/n-2 in train; permuted"): ("permuted", "our-native", "train", None),
    ("near-duplicate", "kept our-native/n-3 in validation; near; similarity 0.93"): (
        "near",
        "our-native",
        "validation",
        0.93,
    ),
    ("leak", "kept our-native/n; 4 in test; kind embedded; similarity 1.00"): (
        "embedded",
        "our-native",
        "test",
        1.0,
    ),
    ("conflict", "another gold answer in our-native/n-5 in test"): (None, "our-native", "test", None),
}
"""Rule and evidence of a repeat → its kind, the source and split of the other record, the similarity."""
PAIRS = {("verbatim", "our-native", "our-native"): 2, ("near", "our-native", "our-translated"): 1}
"""Kind and sources of the pairs of test records."""


def ledger_rows(source: str) -> list[Dropped]:
    """Records dropped under every rule that the audit looks into, and under others."""
    reasons = [
        *EVIDENCE,
        *(
            ("near-duplicate", f"kept our-native/n-3 in validation; near; similarity {s}")
            for s in (0.81, 0.95)
        ),
        ("foreign-language", "en 0.99, 210 letters"),
        ("foreign-language", "en 1.00, 95 letters"),
        ("foreign-language", "not French"),
        ("choices-distinct", f"options 1 and 2 are the same: {HOSTILE}"),
    ]
    return [
        Dropped(source, "records.jsonl", position, f"x-{position}", None, rule, evidence)
        for position, (rule, evidence) in enumerate(reasons, 1)
    ]


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a bit of everything: flags, a ledger, several licences and sizes."""
    folder = tmp_path_factory.mktemp("varied")
    facts = {f"our-{origin}": source_facts(origin) for origin in PLAN}
    facts["our-synthetic"]["license"] = "LicenseRef-ours"
    facts["our-translated"].update(title=HOSTILE, license="CC-BY-SA-4.0")
    study = {"controlled": 24, "matched": {"rows": 12, "types": ["mcq", "oeq"]}}
    recipe = write_recipe(folder, varied_rows(), catalogue=facts, study=study, audience="internal")
    release = build(recipe, folder / "medinjection-fr").release.folder
    chance = random.Random(1)
    for path in shard_paths(release):
        rows = read_rows(release, [path])
        for row in rows:
            named = ("mixed-language", "privacy-finding", "short-for-language-id")
            row["flags"] = sorted({*row["flags"], *(flag for flag in named if chance.random() < 0.2)})
        write_rows(release / path, rows)
    ledgers = {name: ledger_rows(name) for name in ("our-native", "our-translated")}
    (release / "dropped").mkdir(exist_ok=True)
    for name, dropped in ledgers.items():
        write_ledger(dropped, release / "dropped" / f"{name}.jsonl")

    pairs = [
        Reported(f"{source}/a/1", f"{other}/{n}", kind, 0.9)
        for (kind, source, other), number in PAIRS.items()
        for n in range(number)
    ]
    write_ledger(pairs, release / "dropped" / REPORTED)

    def tell(manifest: dict[str, Any]) -> None:
        for name, source in manifest["sources"].items():
            source["dropped"] = count_by_rule(ledgers.get(name, []))
            for file in source["files"]:
                file["split"] = "train" if name == "our-native" else "in-record"

    reseal(release, tell)
    return release


@pytest.fixture(scope="module")
def figures(varied: Path) -> dict[str, Any]:
    return audit(varied)


@pytest.fixture(scope="module")
def page(figures: dict[str, Any]) -> str:
    return render_page(figures)


def placed_rows(release: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every row with its provenance and split, read off its path."""
    for path in shard_paths(release):
        _, origin, split, _ = path.split("/")
        for row in read_rows(release, [path]):
            yield origin, split, row


def counted(rows: list[dict[str, Any]], *names: str, number: str = "rows") -> dict[tuple[Any, ...], int]:
    """A list of figures as a dictionary; each combination of the names stands once."""
    found = {tuple(row[name] for name in names): row[number] for row in rows}
    assert len(found) == len(rows)
    return found


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
        texts = {"instruction": row["instruction"], "context": row["context"]}
        if row["choices"]:
            texts["options"] = "".join(row["choices"])
        else:
            texts["answer"] = row["answer"]
        for name, text in texts.items():
            if text:
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


def test_position_bias_is_found_where_it_is(figures: dict[str, Any]) -> None:
    bias = {(row["origin"], row["type"], row["options"]): row["bias"] for row in figures["gold_letters"]}
    assert bias["translated", "mcqu", 10] == "strong"
    assert bias["synthetic", "mcq", 4] == "none seen"
    texts = [f["text"] for f in figures["findings"] if f["about"] == "gold_letters"]
    assert any("translated mcqu with 10 options (most often A: " in text for text in texts)
    assert not any("synthetic" in text for text in texts)


def test_flags_are_counted_by_source_provenance_and_split(varied: Path, figures: dict[str, Any]) -> None:
    expected = Counter(
        (flag, row["source"], origin, split)
        for origin, split, row in placed_rows(varied)
        for flag in row["flags"]
    )
    assert counted(figures["flags"], "flag", "source", "origin", "split") == expected
    private = Counter({(s, p): n for (f, s, _, p), n in expected.items() if f == "privacy-finding"})
    assert counted(figures["privacy"], "source", "split") == private
    language = {
        key: n for key, n in expected.items() if key[0] in ("mixed-language", "short-for-language-id")
    }
    assert counted(figures["languages"]["flags"], "flag", "origin", "split") == {
        (flag, origin, split): n for (flag, _, origin, split), n in language.items()
    }
    assert any(f"{private.total():,}" in f["text"] for f in figures["findings"] if f["about"] == "privacy")


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
    by_rule: Counter[str] = Counter()
    for row in figures["ledger"]:
        by_rule[row["rule"]] += row["rows"] * (row["rule"] in REPEAT_RULES)
    found: Counter[str] = Counter()
    for row in figures["repeats"]:
        found[row["rule"]] += row["rows"]
    assert found == +by_rule


def test_leaks_are_told_where_both_splits_are_known(figures: dict[str, Any]) -> None:
    (text,) = (finding["text"] for finding in figures["findings"] if finding["about"] == "repeats")
    assert (
        "dropped: 1 of a split that is not said for one in test, 3 of train for one in test, 3 of train"
        in text
    )


def test_pairs_of_test_records_are_counted(figures: dict[str, Any], page: str) -> None:
    assert counted(figures["test_pairs"], "kind", "source", "other_source", number="pairs") == PAIRS
    assert any("Pairs of test records that say the same: 3." in f["text"] for f in figures["findings"])
    assert "Pairs of test records that say the same, and stay" in page


def published_design() -> dict[str, Rows]:
    """What was published, made small: synthetic only mcq, translated almost only mcqu."""
    numbers = {
        "native": {"mcqu": 44, "mcq": 16},
        "synthetic": {"mcq": 60},
        "translated": {"mcqu": 195, "mcq": 5},
    }
    return {
        origin: [
            question(f"{origin[:3]}-{type}-{n}", type)
            for type, number in types.items()
            for n in range(number)
        ]
        for origin, types in numbers.items()
    }


def strengths(figures: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: config["confound"]["strength"]
        for name, config in figures["configs"].items()
        if config["confound"]
    }


def test_published_design_gets_a_strong_warning(tmp_path: Path) -> None:
    study = {"controlled": 60, "matched": {"rows": 12, "types": ["mcqu", "mcq"]}}
    built = build(write_recipe(tmp_path, published_design(), study=study), tmp_path / "medinjection-fr")
    found = audit(built.release.folder)
    words = strengths(found)
    for mix in ("native+synthetic", "synthetic+translated", "native+synthetic+translated"):
        assert words[mix] == words[f"{mix}-controlled"] == "strong"
    assert words["native+translated-matched"] == "none"
    assert found["configs"]["native+translated-matched"]["confound"]["cramers_v"] == 0
    assert found["configs"]["native"]["confound"] is None
    assert found["findings"][0]["level"] == "strong"
    assert "Provenance and question type are confounded" in found["findings"][0]["text"]
    assert "synthetic+translated-controlled (V = 0." in found["findings"][0]["text"]
    assert not any("-matched (V" in finding["text"] for finding in found["findings"])
    page = render_page(found)
    assert "Provenance and question type are confounded" in page
    assert '<li class="strong">' in page


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


def test_matched_configurations_are_not_confounded(tiny_release: Path) -> None:
    found = audit(tiny_release)
    matched = [config for config in found["configs"].values() if config["kind"] == "matched"]
    assert sum(config["confound"] is not None for config in matched) == 4
    for config in matched:
        if config["confound"]:
            assert (config["confound"]["cramers_v"], config["confound"]["strength"]) == (0, "none")
            assert config["confound"]["p"] == 1
    assert not any(finding["about"] == "confound" for finding in found["findings"])


CONFIG_KEYS = {"kind", "origins", "splits", "train", "sources", "confound"}
KEYS: dict[str, set[str]] = {
    "composition": {"origin", "split", "type", "rows"},
    "sources": {"source", "title", "origin", "holds", "license", "redistributable", "languages"}
    | {"read", "kept", "dropped"},
    "licenses": {"license", "terms", "rows"},
    "lengths": {"field", "origin", "split", "rows", "mean", "min", "max"}
    | {"p5", "p25", "median", "p75", "p95", "p99"},
    "gold_letters": {"origin", "type", "options", "questions", "letters", "most_frequent"}
    | {"most_frequent_share", "chi_square", "df", "p", "w", "bias"},
    "gold_letters_per_question": {"origin", "options", "gold", "questions"},
    "repeats": {"rule", "kind", "source", "split", "other_source", "other_split", "rows", "least_similarity"},
    "test_pairs": {"kind", "source", "other_source", "pairs"},
    "ledger": {"source", "rule", "rows", "example"},
    "flags": {"flag", "source", "origin", "split", "rows"},
    "privacy": {"flag", "source", "split", "rows"},
    "findings": {"level", "about", "text"},
}


def test_json_has_the_keys_that_programs_rely_on(figures: dict[str, Any]) -> None:
    assert list(figures) == [
        "format",
        "release",
        "computed_from",
        "composition",
        "configs",
        "absent_configs",
        "sources",
        "licenses",
        "lengths",
        "gold_letters",
        "gold_letters_per_question",
        "languages",
        "repeats",
        "test_pairs",
        "ledger",
        "flags",
        "privacy",
        "findings",
    ]
    assert figures["format"] == "medinjection-fr/audit/1"
    assert set(figures["release"]) == {"name", "version", "digest", "recipe", "rows"}
    for part, keys in KEYS.items():
        assert figures[part], part
        assert all(set(row) == keys for row in figures[part]), part
    assert all(set(config) == CONFIG_KEYS for config in figures["configs"].values())
    confound = figures["configs"]["native+translated"]["confound"]
    assert set(confound) == {"cramers_v", "chi_square", "df", "p", "rows", "strength"}
    assert set(figures["languages"]) == {"flags", "dropped"}
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


class Parsed(HTMLParser):
    """Elements with their attributes, and the text outside of styles and pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_stands_alone(page: str) -> None:
    parsed = Parsed(page)
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "img", "image", "form", "base"}
    for tag, attributes in parsed.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "xlink:href", "action", "data", "srcset"):
                assert value is not None and value.startswith("#"), (tag, name, value)
            for target in re.findall(r"url\(([^)]*)\)", value or ""):
                assert target.strip("'\"").startswith("#"), (tag, name, value)
    assert "@import" not in page
    assert not re.search(r"url\(['\"]?(?!#)", page)


def test_identifiers_of_the_pictures_do_not_clash(page: str) -> None:
    parsed = Parsed(page)
    ids = Counter(attributes["id"] for _, attributes in parsed.elements if "id" in attributes)
    assert ids.most_common(1)[0][1] == 1
    targets = {value for _, a in parsed.elements for n, value in a.items() if n in ("href", "xlink:href")}
    assert {str(target).removeprefix("#") for target in targets} <= ids.keys()


def test_every_picture_has_a_title_a_text_and_its_basis(page: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == 14
    for figure in figures:
        assert re.search(r"<figcaption><strong>[^<]{10,}</strong>", figure)
        assert re.search(r'role="img" aria-label="[^"]{30,}"', figure)
        assert "Computed from " in figure
        assert figure.count("<svg") == 1
        assert "<dc:date>" not in figure
    tables = page.count("<table")
    assert tables == page.count("</table>") > 15
    assert page.count("Computed from ") >= len(figures) + tables


def test_names_and_evidence_are_escaped(page: str) -> None:
    assert HOSTILE in Parsed(page).text  # as text, twice: a title and an example of the ledger
    assert page.count("<script") == 0
    assert page.count("&lt;script&gt;") == 3  # the title, and an example for each of two sources
    assert "onerror=alert" in page and "<img" not in page


def test_hostile_rules_and_configurations_are_escaped_in_pictures(figures: dict[str, Any]) -> None:
    row = {"source": HOSTILE, "rule": HOSTILE, "rows": 3, "example": figures["ledger"][0]["example"]}
    changed = {**figures, "ledger": [row], "absent_configs": {HOSTILE: HOSTILE}}
    page = render_page(changed)
    assert "<script" not in page and "<img" not in page
    assert Parsed(page).text.count(HOSTILE) >= 4


def test_same_figures_give_the_same_bytes(figures: dict[str, Any], page: str) -> None:
    assert render_page(json.loads(json.dumps(figures))) == page


def of_split(rows: dict[str, Rows], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Rows]:
    return {origin: kept for origin, own in rows.items() if (kept := [row for row in own if wanted(row)])}


@pytest.mark.parametrize(
    ("wanted", "absent", "missing"),
    [
        (lambda row: row["split"] == "train", "validation</td>", {"ledger"}),
        (lambda row: row["split"] == "test", "Train rows of the controlled", {"ledger"}),
        (lambda row: row["type"] == "oeq", "Position of the gold options", {"gold_letters"}),
        (lambda row: row["type"] == "mcqu", "Number of gold letters", {"gold_letters_per_question"}),
        (lambda row: row["source_id"].startswith("nat"), "How far question type", {"repeats"}),
    ],
    ids=["train only", "no train", "no closed questions", "no mcq", "one provenance"],
)
def test_what_a_release_lacks_is_left_out(
    wanted: Callable[[dict[str, Any]], bool], absent: str, missing: set[str], tmp_path: Path
) -> None:
    recipe = write_recipe(tmp_path, of_split(few_rows(), wanted))
    found = audit(build(recipe, tmp_path / "medinjection-fr").release.folder)
    assert not any(found[part] for part in missing)
    page = render_page(found)
    assert absent not in page
    assert "Nothing was dropped." in page
    assert "No row carries the flag" in page
    has_train = any(row["split"] == "train" for row in found["composition"])
    assert ("fewer than two provenances have train rows" in page) == (not has_train)
    assert has_train or all(config["confound"] is None for config in found["configs"].values())


def test_empty_figures_make_a_page(figures: dict[str, Any]) -> None:
    empty = {part: [] if isinstance(value, list) else value for part, value in figures.items()}
    empty |= {"configs": {}, "absent_configs": {}, "languages": {"flags": [], "dropped": []}}
    page = render_page(empty)
    for text in (
        "The release has no rows.",
        "no closed questions",
        "Nothing stands out",
        "Nothing was dropped",
    ):
        assert text in page
    assert "<figure>" not in page and "<table" not in page


def test_command_writes_page_and_figures_beside_the_release(varied: Path, tmp_path: Path) -> None:
    release = copy_of(varied, tmp_path)
    before = contents(release)
    result = invoke("audit", release)
    assert result.exit_code == 0, result.output
    output = tmp_path / "medinjection-fr-audit"
    assert sorted(contents(output)) == ["audit.html", "audit.json"]
    figures = json.loads((output / "audit.json").read_text(encoding="utf-8"))
    assert figures == audit(release)
    for finding in figures["findings"]:
        assert f"{finding['level']}: {finding['text']}" in result.output
    assert f"Wrote {output / 'audit.html'}" in result.output
    assert contents(release) == before


def test_command_prints_the_figures_as_json(tiny_release: Path, tmp_path: Path) -> None:
    result = invoke("audit", tiny_release, "--output", tmp_path / "a" / "b", "--json")
    assert json.loads(result.stdout) == json.loads((tmp_path / "a" / "b" / "audit.json").read_text("utf-8"))
    again = invoke("audit", tiny_release, "--output", tmp_path / "c", "--json")
    assert again.stdout == result.stdout
    assert contents(tmp_path / "c") == contents(tmp_path / "a" / "b")


def test_audited_release_is_still_sound(tiny_release: Path, tmp_path: Path) -> None:
    release = copy_of(tiny_release, tmp_path)
    write_audit(release, default_output(release))
    assert verify(release, rows=True) == []


@pytest.mark.parametrize("folder", [".", "inner/..", "../medinjection-fr", "../medinjection-fr/"])
def test_output_stands_beside_the_release_however_it_is_named(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = tmp_path / "medinjection-fr"
    (release / "inner").mkdir(parents=True)
    monkeypatch.chdir(release)
    assert default_output(Path(folder)).resolve() == tmp_path / "medinjection-fr-audit"


@pytest.mark.parametrize("inside", ["", "audit", "data/../audit"])
def test_output_inside_the_release_is_refused(inside: str, tiny_release: Path, tmp_path: Path) -> None:
    release = copy_of(tiny_release, tmp_path)
    message = refused(invoke("audit", release, "--output", release / inside))
    assert "is inside the release" in message and "--output" in message
    assert contents(release) == contents(tiny_release)


def test_output_that_is_a_file_is_refused(tiny_release: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("ours", encoding="utf-8")
    assert "is a file" in refused(invoke("audit", tiny_release, "--output", tmp_path / "taken"))


def test_without_matplotlib_it_says_what_to_install(
    tiny_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = refused(invoke("audit", tiny_release, "--output", tmp_path / "audit"))
    assert 'pip install "medinjection-fr[report]"' in message
    assert not (tmp_path / "audit").exists()
    assert "pip install" in refused(invoke("audit", tmp_path / "nowhere"))  # said before any work


def test_no_release_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in refused(invoke("audit", tmp_path / "nowhere"))
    assert "is not a release" in refused(invoke("audit", tmp_path, "--output", tmp_path.with_name("out")))


def _remove(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _empty(path: Path) -> None:
    write_rows(path, [])


def _scribble(path: Path) -> None:
    path.write_text("not a ledger\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "damage", "said"),
    [
        ("dropped/test-pairs.jsonl", _scribble, "is not JSON Lines of pairs"),
        ("data/native/train/mcq-", _remove, "is missing"),
        ("data/native/train/mcq-", _cut, "is not a whole shard"),
        ("data/native/train/mcq-", _empty, "has 0 rows"),
        ("dropped/our-native", _remove, "counts {}"),
        ("dropped/our-native", _scribble, "is not a ledger"),
    ],
)
def test_what_the_manifest_does_not_say_is_refused(
    path: str, damage: Callable[[Path], None], said: str, tiny_release: Path, tmp_path: Path
) -> None:
    release = copy_of(tiny_release, tmp_path)
    damaged = next((release / name for name in contents(release) if name.startswith(path)), release / path)
    damaged.parent.mkdir(exist_ok=True)
    damage(damaged)
    message = refused(invoke("audit", release))
    assert f"{damaged}: " in message and said in message
    assert not (tmp_path / "medinjection-fr-audit").exists()


def test_parquet_release_has_the_same_figures(tiny_recipe: Path, tiny_release: Path, tmp_path: Path) -> None:
    release = build(tiny_recipe, tmp_path / "medinjection-fr", format="parquet").release.folder
    found, expected = audit(release), audit(tiny_release)
    for part in found.keys() - {"release"}:
        assert found[part] == expected[part], part


def test_study_of_the_tiny_release_covers_all_kinds(tiny_release: Path) -> None:
    kinds = Counter(config["kind"] for config in audit(tiny_release)["configs"].values())
    assert kinds == {"plain": 7, "controlled": 7, "matched": 7}
    assert set(STUDY) == {"controlled", "matched"}
    assert set(audit(tiny_release)["configs"]["native"]["train"]) < set(ORIGINS)
