"""Whether a release is whole and says the truth about itself. Offline, every fault at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medinjection_fr.configs import Shard, Study, plan_configs
from medinjection_fr.curate.ledger import (
    FOLDER,
    REPORTED,
    Dropped,
    count_by_rule,
    list_withdrawn,
    read_ledger,
    read_reported,
)
from medinjection_fr.engine import IN_THIS_PROCESS, Engine
from medinjection_fr.errors import Problem
from medinjection_fr.progress import progress_bar
from medinjection_fr.record import SCHEMA
from medinjection_fr.release.digests import digest_file
from medinjection_fr.release.manifest import MANIFEST, MEND, Release, describe_configs, read_release
from medinjection_fr.release.repeats import sum_repeats, yields_records
from medinjection_fr.release.script import SCRIPT, stamped_script
from medinjection_fr.release.shards import open_shard
from medinjection_fr.release.statistics import Statistics, count_values
from medinjection_fr.release.verify_documents import document_faults
from medinjection_fr.release.verify_rows import row_faults


def verify(folder: Path, rows: bool = False, engine: Engine = IN_THIS_PROCESS) -> list[Problem]:
    """Checks a release folder.

    Every file's size and digest, no file more or less, the exact Arrow schema and row count of
    every shard, the configurations' lists, the card's figures, the loading script's stamp and the
    ledger's balance.

    Args:
        folder: The release.
        rows: Also check every record again: rules, identity, order, uniqueness, groups.
        engine: Where the records are checked.

    Returns:
        Every fault, each naming its file; empty if the release is sound.

    Raises:
        InputError: There is no readable manifest to check against, or the engine cannot do it.
    """
    release = read_release(folder)
    problems = list(_inventory_faults(release))
    faulty = {problem.where for problem in problems}
    sound = [s for s in release.shards if str(folder / s.path) not in faulty]
    statistics = Statistics()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        checks = pool.map(lambda shard: _check_shard(release, shard), sound)
        for shard_problems, shard_statistics in progress_bar(checks, "shards", len(sound)):
            problems += shard_problems
            statistics.merge(shard_statistics)
    if not problems:
        problems += _statistics_faults(release, statistics)
    problems += _config_faults(release)
    problems += document_faults(release, faulty)
    problems += _ledger_faults(release, faulty)
    if rows and not problems:
        problems += row_faults(release, engine)
    return problems


def _inventory_faults(release: Release) -> Iterator[Problem]:
    folder, known = release.folder, release.files
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    for name in sorted(present.keys() - known.keys() - {MANIFEST}):
        mend = "Remove it: a release holds what its manifest lists"
        yield Problem(str(folder / name), "is not in release.json", mend=mend)
    yield from damaged_files(release)


def damaged_files(release: Release) -> Iterator[Problem]:
    """Yields what is wrong with the files that a release lists: absent, or of other bytes."""
    files = sorted(release.files.items())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = pool.map(lambda file: _file_fault(release.folder / file[0], file[1]), files)
        for fault in progress_bar(faults, "hashes", len(files)):
            if fault:
                yield fault


def _file_fault(path: Path, expected: Any) -> Problem | None:
    if not path.exists() and not path.is_symlink():
        return Problem(str(path), "is missing", mend=MEND)
    if not path.is_file():
        return Problem(str(path), "is not a plain file", mend=MEND)
    size = path.stat().st_size
    if size != expected["bytes"]:
        return Problem(str(path), f"has {size} bytes", f"{expected['bytes']}", MEND)
    if (digest := digest_file(path)) != expected["sha256"]:
        what = f"has other bytes: its SHA-256 is {digest[:12]}…"
        return Problem(str(path), what, f"{expected['sha256'][:12]}…", MEND)
    return None


def _check_shard(release: Release, shard: Shard) -> tuple[list[Problem], Statistics]:
    """Schema, row count and constant columns of a shard; counts of what its rows hold."""
    path = release.folder / shard.path
    statistics = Statistics()
    try:
        with open_shard(path) as (schema, batches):
            if not schema.equals(SCHEMA, check_metadata=True):
                return [_schema_fault(path, schema)], statistics
            table = pa.Table.from_batches(batches, SCHEMA)
            for batch in table.to_batches():
                statistics.add(batch)
            constant = {column: pc.unique(table[column]).to_pylist() for column in ("origin", "type")}
            rows = table.num_rows
            licenses = count_values(table["license"])
    except (pa.ArrowException, OSError) as error:
        what = f"is not a whole shard ({str(error).splitlines()[0][:80]})"
        return [Problem(str(path), what, mend=MEND)], statistics
    problems = []
    if rows != shard.rows:
        problems.append(Problem(str(path), f"has {rows} rows", str(shard.rows), MEND))
    claimed = release.files[shard.path].get("licenses")
    if licenses != claimed:
        problems.append(Problem(str(path), f"licences are {licenses}", str(claimed), MEND))
    for column, values in constant.items():
        if values != [getattr(shard.cell, column)]:
            what = f"{column} is {', '.join(map(str, values))}"
            problems.append(Problem(str(path), what, getattr(shard.cell, column), MEND))
    return problems, statistics


def _schema_fault(path: Path, schema: pa.Schema) -> Problem:
    missing = [name for name in SCHEMA.names if name not in schema.names]
    extra = [name for name in schema.names if name not in SCHEMA.names]
    parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"adds {', '.join(extra)}"] * bool(extra)
    what = " and ".join(parts) or "has other types, order or metadata"
    return Problem(str(path), what, "exactly the record's columns", MEND)


def _statistics_faults(release: Release, statistics: Statistics) -> Iterator[Problem]:
    found = statistics.described(release.manifest["sources"])
    for name, claimed in release.manifest["statistics"].items():
        if found[name] != claimed:
            where = f"{release.folder / MANIFEST} › statistics › {name}"
            yield Problem(where, f"says {claimed}", f"{found[name]}, as the shards have it", MEND)


def _config_faults(release: Release) -> Iterator[Problem]:
    where = f"{release.folder / MANIFEST}"
    manifest = release.manifest
    study = Study.from_recipe(manifest["recipe"])
    configs, absent = plan_configs(release.shards, study)
    if describe_configs(configs, release.files) != manifest["configs"]:
        yield Problem(f"{where} › configs", "are not those that the shards and the recipe give")
    if absent != manifest["absent_configs"]:
        yield Problem(f"{where} › absent_configs", "are not those that the shards and the recipe give")
    script = release.folder / SCRIPT
    if script.is_file():
        stamp = stamped_script(release.version, manifest["configs"]).split("RELEASE = ")[1]
        stamp = stamp.split("\n}\n")[0]
        if stamp not in script.read_text(encoding="utf-8", errors="replace"):
            what = "does not carry the stamp of this release"
            yield Problem(str(script), what, "its version, digest and shards", MEND)


def _ledger_faults(release: Release, faulty: set[str]) -> Iterator[Problem]:
    kept_in_shards = release.manifest["statistics"]["source"]
    dropped: list[Dropped] = []
    are_sound = True
    for name, source in release.manifest["sources"].items():
        where = f"{release.folder / MANIFEST} › sources › {name}"
        if source["read"] != source["kept"] + sum(source["dropped"].values()):
            yield Problem(where, "read is not kept + dropped")
        in_shards = kept_in_shards.get(name, 0)
        if yields_records(source) and source["kept"] != in_shards:
            yield Problem(where, f"kept {source['kept']}", f"{in_shards} rows")
        path = release.folder / FOLDER / f"{name}.jsonl"
        if str(path) in faulty:
            are_sound = False
            continue
        try:
            own = list(read_ledger(path)) if path.exists() else []
        except (ValueError, TypeError):
            are_sound = False
            yield Problem(str(path), "is not a ledger", "a dropped record a line", MEND)
            continue
        dropped += own
        if (found := count_by_rule(own)) != source["dropped"]:
            are_sound = False
            yield Problem(str(path), f"counts {found}", f"{source['dropped']}", MEND)
    for name in sorted(kept_in_shards.keys() - release.manifest["sources"].keys()):
        where = f"{release.folder / MANIFEST} › sources"
        yield Problem(where, f"lacks {name}", f"the source of {kept_in_shards[name]} rows", MEND)
    if are_sound:
        yield from _repeat_faults(release, dropped, faulty)


def _repeat_faults(release: Release, dropped: list[Dropped], faulty: set[str]) -> Iterator[Problem]:
    """Whether the manifest tells of withdrawals, copies, leaks and contradictions as the ledgers do."""
    manifest, where = release.manifest, release.folder / MANIFEST
    for name, found in {
        "repeats": sum_repeats(manifest["sources"], dropped),
        "withdrawn": list_withdrawn(dropped),
    }.items():
        if found != manifest.get(name, found):
            yield Problem(f"{where} › {name}", "are not those of the ledgers", mend=MEND)
    path = release.folder / FOLDER / REPORTED
    if str(path) in faulty:
        return
    try:
        kinds = Counter(pair["kind"] for pair in read_reported(path)) if path.exists() else {}
    except (ValueError, TypeError, KeyError):
        yield Problem(str(path), "is not JSON Lines of pairs", mend=MEND)
        return
    if kinds != manifest.get("test_pairs", kinds):
        yield Problem(f"{where} › test_pairs", f"are not those of {FOLDER}/{REPORTED}", mend=MEND)
