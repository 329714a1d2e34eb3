"""A release with a bit of everything to audit, and figures as the tests compare them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from damage import reseal, write_rows
from recipes import Rows, built, question, source_facts
from releases import read_rows, shard_paths

from medinjection_fr.curate.curation import Reported
from medinjection_fr.curate.ledger import REPORTED, Dropped, count_by_rule, write_ledger
from medinjection_fr.record import LETTERS, SPLITS

HOSTILE = '<script>alert("1")</script> & <img src=x onerror=alert(2)> $x$'
PLAN = {
    "native": {("mcqu", 5): 60, ("mcqu", 2): 12, ("mcq", 5): 30, ("oeq", 0): 12},
    "synthetic": {("mcq", 4): 40, ("oeq", 0): 20},
    "translated": {("mcqu", 4): 50, ("mcqu", 10): 55, ("mcq", 3): 8, ("oeq", 0): 5},
}
"""Records of each type and number of options."""


def varied_rows() -> Rows:
    """Records of all kinds; their lengths, splits and gold letters differ. A is gold too often."""
    chance = random.Random(0)
    rows: Rows = {}
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


_NEAR = "kept our-native/n-3 in validation; near; similarity"
EVIDENCE = {
    ("same-content", "kept our-native/n-1 in test"): (None, "our-native", "test", None),
    ("same-source-id", "kept our-translated/a/b in c in train"): (None, "our-translated", "train", None),
    ("group-in-two-splits", "our-native/g; 1 stands in test"): (None, None, "test", None),
    ("duplicate", "kept our-native/n-2 in train; permuted"): ("permuted", "our-native", "train", None),
    ("near-duplicate", f"{_NEAR} 0.93"): ("near", "our-native", "validation", 0.93),
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
        *(("near-duplicate", f"{_NEAR} {similarity}") for similarity in (0.81, 0.95)),
        ("foreign-language", "en 0.99, 210 letters"),
        ("foreign-language", "en 1.00, 95 letters"),
        ("foreign-language", "not French"),
        ("choices-distinct", f"options 1 and 2 are the same: {HOSTILE}"),
    ]
    return [
        Dropped(source, "records.jsonl", position, f"x-{position}", None, rule, evidence)
        for position, (rule, evidence) in enumerate(reasons, 1)
    ]


def build_varied(folder: Path) -> Path:
    """A release with a bit of everything: flags, a ledger, several licences and sizes."""
    facts = {f"our-{origin}": source_facts(origin) for origin in PLAN}
    facts["our-synthetic"]["license"] = "LicenseRef-ours"
    facts["our-translated"].update(title=HOSTILE, license="CC-BY-SA-4.0")
    study = {"controlled": 24, "matched": {"rows": 12, "types": ["mcq", "oeq"]}}
    release = built(folder, varied_rows(), catalogue=facts, study=study, audience="internal").folder
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


def placed_rows(release: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every row with its provenance and split, read off its path."""
    for path in shard_paths(release):
        _, origin, split, _ = path.split("/")
        yield from ((origin, split, row) for row in read_rows(release, [path]))


def counted(rows: list[dict[str, Any]], *names: str, number: str = "rows") -> dict[tuple[Any, ...], int]:
    """A list of figures as a dictionary; each combination of the names stands once."""
    found = {tuple(row[name] for name in names): row[number] for row in rows}
    assert len(found) == len(rows)
    return found
