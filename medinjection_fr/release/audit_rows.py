"""The parts of an audit that its rows give, from what each shard counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from medinjection_fr.record import LETTERS, ORIGINS, SPLITS, TYPES
from medinjection_fr.release.audit_findings import UNKNOWN_TERMS
from medinjection_fr.release.chi_square import association, position_bias, strength, uniformity
from medinjection_fr.release.counted_rows import CountedShard
from medinjection_fr.release.lengths import LENGTH_FIELDS, Lengths, describe_groups
from medinjection_fr.release.licences import terms_in_words
from medinjection_fr.release.manifest import Release


def count_composition(shards: Iterable[CountedShard]) -> list[dict[str, Any]]:
    """Rows by provenance, split and type."""
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


def count_configs(release: Release, shards: Mapping[str, CountedShard]) -> dict[str, Any]:
    """Rows of each configuration, and how far type depends on provenance among its train rows."""
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
                    licensed.setdefault(key, dict.fromkeys(SPLITS, 0))[split] += number
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


def count_licenses(shards: Iterable[CountedShard]) -> list[dict[str, Any]]:
    """Rows by licence, each with its terms."""
    rows = Counter[str]()
    for shard in shards:
        for (_, license), number in shard.licensed.items():
            rows[license] += number
    return [
        {"license": license, "terms": terms_in_words(license, UNKNOWN_TERMS), "rows": number}
        for license, number in sorted(rows.items())
    ]


def measure_texts(shards: Iterable[CountedShard]) -> list[dict[str, Any]]:
    """Lengths of the texts by field, provenance and split."""
    arrays: dict[tuple[str, ...], list[Lengths]] = {}
    for shard in shards:
        for name, parts in shard.lengths.items():
            arrays.setdefault((name, shard.cell.origin, shard.cell.split), []).extend(parts)
    return describe_groups(arrays, field=LENGTH_FIELDS, origin=ORIGINS, split=SPLITS)


def _gold_by_group(shards: Iterable[CountedShard]) -> Iterator[tuple[tuple[str, str, int], Counter[str]]]:
    """Answers of each (provenance, type, number of options), in the order of the page."""
    groups: dict[tuple[str, str, int], Counter[str]] = {}
    for shard in shards:
        for (options, answer), number in shard.gold.items():
            key = (shard.cell.origin, shard.cell.type, options)
            groups.setdefault(key, Counter())[answer] += number
    order = {name: rank for rank, name in enumerate((*TYPES, *ORIGINS))}
    yield from sorted(groups.items(), key=lambda item: (order[item[0][1]], order[item[0][0]], item[0][2]))


def count_gold_letters(shards: Iterable[CountedShard]) -> list[dict[str, Any]]:
    """How often each letter is gold, and whether the position tells the answer."""
    described = []
    for (origin, type, options), answers in _gold_by_group(shards):
        counts = Counter[str]()
        for answer, number in answers.items():
            for letter in answer.split(","):
                counts[letter] += number
        letters = list(LETTERS[:options])
        test = uniformity([counts[letter] for letter in letters], _by_size(answers))
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


def count_gold_letters_per_question(shards: Iterable[CountedShard]) -> list[dict[str, Any]]:
    """Questions with several correct options by how many they have."""
    return [
        {"origin": origin, "options": options, "gold": gold, "questions": number}
        for (origin, type, options), answers in _gold_by_group(shards)
        for gold, number in sorted(_by_size(answers).items())
        if type == "mcq"
    ]


def _by_size(answers: Mapping[str, int]) -> Counter[int]:
    """Questions by their number of gold letters."""
    sizes = Counter[int]()
    for answer, number in answers.items():
        sizes[answer.count(",") + 1] += number
    return sizes


def count_flags(
    shards: Iterable[CountedShard], by: Sequence[str], only: Container[str] | None = None
) -> list[dict[str, Any]]:
    """Rows that carry a flag, of all or only of some, by ``flag``, ``source``, ``origin`` and ``split``."""
    rows = Counter[tuple[str, ...]]()
    for shard in shards:
        for (flag, source), number in shard.flags.items():
            place = {"flag": flag, "source": source, "origin": shard.cell.origin, "split": shard.cell.split}
            if only is None or flag in only:
                rows[tuple(place[name] for name in by)] += number
    return [dict(zip(by, key, strict=True)) | {"rows": number} for key, number in sorted(rows.items())]
