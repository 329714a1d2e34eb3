"""What a release holds, in figures: a plain dictionary for the audit page and for programs.

Everything is counted from the shards and the ledgers themselves, batch by batch; the manifest only
says which files there are and which configurations they make.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection_fr.configs import Cell, Shard
from medinjection_fr.curate.ledger import FOLDER, REPORTED, Dropped, count_by_rule, read_ledger, read_reported
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import progress_bar
from medinjection_fr.record import LETTERS, ORIGINS, SCHEMA, SPLITS, TYPES
from medinjection_fr.release.audit_findings import UNKNOWN_TERMS, find
from medinjection_fr.release.chi_square import association, position_bias, strength, uniformity
from medinjection_fr.release.lengths import LENGTH_FIELDS, Lengths, describe_lengths, text_lengths
from medinjection_fr.release.licences import terms_in_words
from medinjection_fr.release.manifest import Release, read_release
from medinjection_fr.release.repeats import find_repeats
from medinjection_fr.release.shards import open_shard

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
FOREIGN = "foreign-language"
PRIVACY = "privacy-finding"

_MEND = "Restore the file, or fetch or build the release again; `medinjection-fr verify` names every fault"


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
    shards = _count_shards(release)
    ledger = _read_ledgers(release)
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
        "composition": _composition(shards.values()),
        "configs": _configs(release, shards),
        "absent_configs": dict(release.manifest["absent_configs"]),
        "sources": _sources(release),
        "licenses": _licenses(shards.values()),
        "lengths": _lengths(shards.values()),
        "gold_letters": _gold_letters(shards.values()),
        "gold_letters_per_question": _gold_letters_per_question(shards.values()),
        "languages": _languages(shards.values(), ledger),
        "repeats": find_repeats(release.manifest["sources"], ledger),
        "test_pairs": _test_pairs(release),
        "ledger": _ledger(ledger),
        "flags": _flags(shards.values(), "flag", "source", "origin", "split"),
        "privacy": [
            row for row in _flags(shards.values(), "flag", "source", "split") if row["flag"] == PRIVACY
        ],
    }
    return {**figures, "findings": find(figures)}


@dataclass
class _Counted:
    """What one shard holds.

    Attributes:
        cell: Its place.
        licensed: Rows by (source, licence).
        flags: Rows by (flag, source).
        gold: Closed questions by (number of options, answer).
        lengths: Lengths in characters of each field, one array per batch.
    """

    cell: Cell
    rows: int = 0
    licensed: Counter[tuple[str, str]] = field(default_factory=Counter)
    flags: Counter[tuple[str, str]] = field(default_factory=Counter)
    gold: Counter[tuple[int, str]] = field(default_factory=Counter)
    lengths: dict[str, list[Lengths]] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        self.licensed.update(_count(batch["source"], batch["license"]))
        flagged = batch["source"].take(pc.list_parent_indices(batch["flags"]))
        self.flags.update(_count(pc.list_flatten(batch["flags"]), flagged))
        if self.cell.type != "oeq":
            self.gold.update(_count(pc.list_value_length(batch["choices"]), batch["answer"]))
        for name, (lengths, chosen) in text_lengths(batch).items():
            self.lengths.setdefault(name, []).append(lengths[chosen])


def _count(*columns: pa.Array) -> dict[Any, int]:
    """How often each combination of the columns' values occurs."""
    names = [str(number) for number in range(len(columns))]
    counted = pa.table(list(columns), names).group_by(names).aggregate([([], "count_all")])
    values = zip(*(counted[name].to_pylist() for name in names), strict=True)
    return dict(zip(values, counted["count_all"].to_pylist(), strict=True))


def _count_shards(release: Release) -> dict[str, _Counted]:
    """Reads every shard, by path."""
    problems: list[Problem] = []
    counted: dict[str, _Counted] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda shard: _count_shard(release.folder, shard), release.shards)
        for shard, result in zip(
            release.shards, progress_bar(results, "shards", len(release.shards)), strict=True
        ):
            if isinstance(result, Problem):
                problems.append(result)
            else:
                counted[shard.path] = result
    if problems:
        raise InputError(problems)
    return counted


def _count_shard(folder: Path, shard: Shard) -> _Counted | Problem:
    path, counted = folder / shard.path, _Counted(shard.cell)
    try:
        with open_shard(path) as (schema, batches):
            if not schema.equals(SCHEMA):
                return Problem(str(path), "has other columns than a record", mend=_MEND)
            for batch in batches:
                counted.add(batch)
    except FileNotFoundError:
        return Problem(str(path), "is missing", mend=_MEND)
    except (pa.ArrowException, OSError) as error:
        what = f"is not a whole shard ({str(error).splitlines()[0][:80]})"
        return Problem(str(path), what, mend=_MEND)
    if counted.rows != shard.rows:
        return Problem(str(path), f"has {counted.rows} rows", str(shard.rows), _MEND)
    return counted


def _read_ledgers(release: Release) -> list[Dropped]:
    rows: list[Dropped] = []
    problems = []
    for name, source in release.manifest["sources"].items():
        path = release.folder / FOLDER / f"{name}.jsonl"
        try:
            own = list(read_ledger(path)) if path.exists() else []
        except (ValueError, TypeError):
            problems.append(Problem(str(path), "is not a ledger: JSON Lines of dropped records", mend=_MEND))
            continue
        if (found := count_by_rule(own)) != source["dropped"]:
            problems.append(Problem(str(path), f"counts {found}", f"{source['dropped']}", _MEND))
        rows += own
    if problems:
        raise InputError(problems)
    return rows


def _composition(shards: Iterable[_Counted]) -> list[dict[str, Any]]:
    rows = Counter[tuple[str, str, str]]()
    for shard in shards:
        rows[shard.cell.origin, shard.cell.split, shard.cell.type] += shard.rows
    return [
        {"origin": origin, "split": split, "type": type, "rows": number}
        for origin in ORIGINS
        for split in SPLITS
        for type in TYPES
        if (number := rows[origin, split, type])
    ]


def _configs(release: Release, shards: Mapping[str, _Counted]) -> dict[str, Any]:
    configs = {}
    for name, config in release.manifest["configs"].items():
        mix, _, kind = name.partition("-")
        origins = mix.split("+")
        splits: dict[str, dict[str, int]] = {}
        train = Counter[tuple[str, str]]()
        licensed: dict[tuple[str, str], dict[str, int]] = {}
        for split, part in config["splits"].items():
            types = splits.setdefault(split, dict.fromkeys(TYPES, 0))
            for shard in (shards[path] for path in part["shards"]):
                types[shard.cell.type] += shard.rows
                if split == "train":
                    train[shard.cell.origin, shard.cell.type] += shard.rows
                for key, number in shard.licensed.items():
                    rows = licensed.setdefault(key, dict.fromkeys(SPLITS, 0))
                    rows[split] += number
        table = [[train[origin, type] for type in TYPES] for origin in origins]
        configs[name] = {
            "kind": kind or "plain",
            "origins": origins,
            "splits": splits,
            "train": dict(zip(origins, (dict(zip(TYPES, row, strict=True)) for row in table), strict=True)),
            "sources": [
                {"source": source, "license": license, **rows}
                for (source, license), rows in sorted(licensed.items())
            ],
            "confound": _confound(table) if len(origins) > 1 else None,
        }
    return configs


def _confound(table: Sequence[Sequence[int]]) -> dict[str, Any] | None:
    """How far type depends on provenance; ``None`` if fewer than two provenances have train rows."""
    if (found := association(table)) is None:
        return None
    return {
        "cramers_v": round(found.v, 6),
        "chi_square": round(found.chi_square, 6),
        "df": found.df,
        "p": found.p,
        "rows": sum(map(sum, table)),
        "strength": strength(found.v),
    }


def _sources(release: Release) -> list[dict[str, Any]]:
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


def _licenses(shards: Iterable[_Counted]) -> list[dict[str, Any]]:
    rows = Counter[str]()
    for shard in shards:
        for (_, license), number in shard.licensed.items():
            rows[license] += number
    return [
        {"license": license, "terms": terms_in_words(license, UNKNOWN_TERMS), "rows": number}
        for license, number in sorted(rows.items())
    ]


def _lengths(shards: Iterable[_Counted]) -> list[dict[str, Any]]:
    arrays: dict[tuple[str, str, str], list[Lengths]] = {}
    for shard in shards:
        for name, parts in shard.lengths.items():
            arrays.setdefault((name, shard.cell.origin, shard.cell.split), []).extend(parts)
    described = []
    for name in LENGTH_FIELDS:
        for origin in ORIGINS:
            for split in SPLITS:
                lengths = np.concatenate(arrays.get((name, origin, split), [np.empty(0, np.int32)]))
                if len(lengths):
                    place = {"field": name, "origin": origin, "split": split, "rows": len(lengths)}
                    described.append({**place, **describe_lengths(lengths)})
    return described


def _gold_by_group(shards: Iterable[_Counted]) -> Iterator[tuple[tuple[str, str, int], Counter[str]]]:
    """Answers of each (provenance, type, number of options), in the order of the page."""
    groups: dict[tuple[str, str, int], Counter[str]] = {}
    for shard in shards:
        for (options, answer), number in shard.gold.items():
            key = (shard.cell.origin, shard.cell.type, options)
            groups.setdefault(key, Counter())[answer] += number
    order = {name: rank for rank, name in enumerate((*TYPES, *ORIGINS))}
    yield from sorted(groups.items(), key=lambda item: (order[item[0][1]], order[item[0][0]], item[0][2]))


def _gold_letters(shards: Iterable[_Counted]) -> list[dict[str, Any]]:
    described = []
    for (origin, type, options), answers in _gold_by_group(shards):
        counts, sizes = Counter[str](), Counter[int]()
        for answer, number in answers.items():
            letters = answer.split(",")
            sizes[len(letters)] += number
            for letter in letters:
                counts[letter] += number
        letters = list(LETTERS[:options])
        test = uniformity([counts[letter] for letter in letters], sizes)
        most = max(letters, key=lambda letter: counts[letter])
        described.append(
            {
                "origin": origin,
                "type": type,
                "options": options,
                "questions": answers.total(),
                "letters": {letter: counts[letter] for letter in letters},
                "most_frequent": most,
                "most_frequent_share": round(counts[most] / counts.total(), 6),
                "chi_square": round(test.chi_square, 6),
                "df": test.df,
                "p": test.p,
                "w": round(test.w, 6),
                "bias": position_bias(test),
            }
        )
    return described


def _gold_letters_per_question(shards: Iterable[_Counted]) -> list[dict[str, Any]]:
    described = []
    for (origin, type, options), answers in _gold_by_group(shards):
        sizes = Counter[int]()
        for answer, number in answers.items():
            sizes[answer.count(",") + 1] += number
        described += [
            {"origin": origin, "options": options, "gold": gold, "questions": number}
            for gold, number in sorted(sizes.items())
            if type == "mcq"
        ]
    return described


def _flags(shards: Iterable[_Counted], *by: str) -> list[dict[str, Any]]:
    rows = Counter[tuple[str, ...]]()
    for shard in shards:
        for (flag, source), number in shard.flags.items():
            place = {"flag": flag, "source": source, "origin": shard.cell.origin, "split": shard.cell.split}
            rows[tuple(place[name] for name in by)] += number
    return [dict(zip(by, key, strict=True)) | {"rows": number} for key, number in sorted(rows.items())]


def _languages(shards: Iterable[_Counted], ledger: Sequence[Dropped]) -> dict[str, Any]:
    flags = [row for row in _flags(shards, "flag", "origin", "split") if row["flag"] in LANGUAGE_FLAGS]
    foreign = Counter(
        (row.source, match[1] if (match := _LANGUAGE.match(row.evidence)) else None)
        for row in ledger
        if row.rule == FOREIGN
    )
    dropped = [
        {"source": source, "language": language, "rows": number}
        for (source, language), number in sorted(
            foreign.items(), key=lambda item: (item[0][0], str(item[0][1]))
        )
    ]
    return {"flags": flags, "dropped": dropped}


_LANGUAGE = re.compile(r"([a-z]{2,3}(?:-[a-z]+)?) [01]\.\d")
"""How the evidence of a foreign record begins: its language and the probability."""


def _test_pairs(release: Release) -> list[dict[str, Any]]:
    """Pairs of test records that say the same, which stay, by kind and sources."""
    path = release.folder / FOLDER / REPORTED
    names = ("kind", "source", "other_source")
    pairs = Counter[tuple[str, ...]]()
    try:
        for row in read_reported(path) if path.exists() else ():
            sources = (str(row[side]).split("/", 1)[0] for side in ("first", "second"))
            pairs[row["kind"], *sources] += 1
    except (ValueError, TypeError, KeyError):
        raise InputError(Problem(str(path), "is not JSON Lines of pairs", mend=_MEND)) from None
    return [dict(zip(names, key, strict=True)) | {"pairs": number} for key, number in sorted(pairs.items())]


def _ledger(ledger: Sequence[Dropped]) -> list[dict[str, Any]]:
    """Dropped records by source and rule, with the first of each as an example."""
    rows = Counter((row.source, row.rule) for row in ledger)
    first: dict[tuple[str, str], Dropped] = {}
    for row in ledger:
        first.setdefault((row.source, row.rule), row)
    return [
        {
            "source": source,
            "rule": rule,
            "rows": number,
            "example": {
                key: getattr(first[source, rule], key)
                for key in ("file", "position", "source_id", "evidence")
            },
        }
        for (source, rule), number in sorted(rows.items())
    ]
