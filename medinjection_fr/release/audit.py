"""What a release holds, in figures: a plain dictionary for the audit page and for programs.

Everything is counted from the shards and the ledgers themselves, batch by batch; the manifest only
says which files there are and which configurations they make.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medinjection_fr.curate.ledger import FOLDER, REPORTED
from medinjection_fr.release.audit_findings import find
from medinjection_fr.release.audit_ledgers import count_dropped, count_foreign, count_test_pairs, read_ledgers
from medinjection_fr.release.audit_rows import (
    count_composition,
    count_configs,
    count_flags,
    count_gold_letters,
    count_gold_letters_per_question,
    count_licenses,
    measure_texts,
)
from medinjection_fr.release.counted_rows import count_shards
from medinjection_fr.release.manifest import Release, read_release
from medinjection_fr.release.repeats import find_repeats

FORMAT = "medinjection-fr/audit/1"

COMPUTED_FROM = {
    "composition": "every row of every shard, by its provenance, split and type",
    "configs": "the rows of the shards that release.json lists for each configuration",
    "confound": "the train rows of each configuration of several provenances, by provenance and type",
    "sources": "release.json: what each source says of itself, and its rows read, kept and dropped",
    "licenses": "the columns source and license of every row of each configuration's shards",
    "lengths": "every row; characters are Unicode code points of the text as stored",
    "gold_letters": "the answers of all closed questions, all splits together",
    "gold_letters_per_question": "the answers of all mcq questions, all splits together",
    "languages": "the flags of every row, and the ledgers' records under the rule foreign-language",
    "repeats": "the ledgers' records under a rule that compares records with one another",
    "test_pairs": f"{FOLDER}/{REPORTED}",
    "ledger": f"every line of the ledgers in {FOLDER}/",
    "flags": "the column flags of every row",
    "privacy": "rows with the flag privacy-finding",
}
"""What each part of an audit is computed from."""

LANGUAGE_FLAGS = ("mixed-language", "short-for-language-id")
PRIVACY_FLAGS = ("privacy-finding",)


def audit(folder: Path) -> dict[str, Any]:
    """Computes every figure of a release.

    Args:
        folder: The release.

    Returns:
        What ``json`` can write; ``computed_from`` says where each part comes from, ``findings`` what
        a person should look at first.

    Raises:
        InputError: There is no readable release, or shards or ledgers are not what it says.
    """
    release = read_release(folder)
    shards = count_shards(release)
    ledger = read_ledgers(release)
    counted = shards.values()
    figures = {
        "format": FORMAT,
        "release": {
            "name": release.manifest["name"],
            "version": release.version,
            "digest": release.manifest["digest"],
            "recipe": release.manifest["recipe"]["name"],
            "rows": sum(shard.rows for shard in release.shards),
        },
        "computed_from": COMPUTED_FROM,
        "composition": count_composition(counted),
        "configs": count_configs(release, shards),
        "absent_configs": dict(release.manifest["absent_configs"]),
        "sources": _describe_sources(release),
        "licenses": count_licenses(counted),
        "lengths": measure_texts(counted),
        "gold_letters": count_gold_letters(counted),
        "gold_letters_per_question": count_gold_letters_per_question(counted),
        "languages": {
            "flags": count_flags(counted, ("flag", "origin", "split"), LANGUAGE_FLAGS),
            "dropped": count_foreign(ledger),
        },
        "repeats": find_repeats(release.manifest["sources"], ledger),
        "test_pairs": count_test_pairs(release),
        "ledger": count_dropped(ledger),
        "flags": count_flags(counted, ("flag", "source", "origin", "split")),
        "privacy": count_flags(counted, ("flag", "source", "split"), PRIVACY_FLAGS),
    }
    return {**figures, "findings": find(figures)}


def _describe_sources(release: Release) -> list[dict[str, Any]]:
    return [
        {
            "source": name,
            "title": source["facts"].get("title", name),
            "origin": source["facts"].get("origin"),
            "holds": source["facts"].get("yields", "records"),
            "license": source["facts"].get("license"),
            "redistributable": source["facts"].get("redistributable"),
            "languages": source["facts"].get("languages", []),
            "read": source["read"],
            "kept": source["kept"],
            "dropped": sum(source["dropped"].values()),
        }
        for name, source in release.manifest["sources"].items()
    ]
