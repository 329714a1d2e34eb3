"""Curation of the published composition: what it takes, stage by stage, and a general MinHash beside it.

    python benchmarks/curation.py [--rows N] [--work DIR]

Sizes: 50,000 and 150,000 rows below ``--rows``, and ``--rows``; the time per row must not grow. What
curation takes is a build with ``curate: {}`` less the same build without. The stages are those of one
process. The reference is datasketch's own ``MinHash`` and ``MinHashLSH`` with the same shingles,
permutations and threshold, on a sample: time for each row, and whether it finds copies with one word changed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import measure
import yaml
from published_rows import add_options, published

SIZES = (50_000, 150_000)
SAMPLE = 5_000
LSH_THRESHOLD = 0.8


def build_with(data: Path, work: Path, curated: bool) -> measure.Measured:
    from medinjection_fr.recipe import find_recipe

    recipe = yaml.safe_load(find_recipe("published")[0].read_text(encoding="utf-8"))
    if curated:
        recipe["curate"] = {}
    path = work / f"curation-{curated}.yaml"
    path.write_text(yaml.safe_dump(recipe, allow_unicode=True), encoding="utf-8")
    output = work / "curation-release"
    shutil.rmtree(output, ignore_errors=True)
    return measure.run(
        [measure.COMMAND, "build", str(path), "--data", str(data), "--output", str(output), "--json"]
    )


def rows_of(data: str, number: int) -> list[dict[str, Any]]:
    """The first rows of each file, as records with a split."""
    from medinjection_fr.sources.adapter import Draft
    from medinjection_fr.sources.catalogue import find_source
    from medinjection_fr.sources.complete import complete
    from medinjection_fr.sources.parts import find_adapter

    source = find_source("medinjection-fr-published")
    adapter = find_adapter(source)
    files = adapter.find_files(Path(data) / source.name, source)
    rows = []
    for file in files:
        own = 0
        for item in adapter.read(file, source):
            if isinstance(item, Draft):
                rows.append({**complete(item.fields, item.split, source), "_split": item.split})
                own += 1
                if own >= -(-number // len(files)):
                    break
    return rows[:number]


def stages(data: str) -> dict[str, float]:
    """Processor time of each stage, in µs for each row, in one process."""
    import numpy as np
    import pyarrow as pa

    from medinjection_fr.curate import curation, signals
    from medinjection_fr.curate.language import judge_language
    from medinjection_fr.curate.privacy import find_personal_data
    from medinjection_fr.record import SCHEMA

    rows = rows_of(data, 2 * SAMPLE)
    schema = SCHEMA.append(pa.field("_split", pa.string()))
    batches = [
        pa.RecordBatch.from_pylist(rows[at : at + SAMPLE], schema) for at in range(0, len(rows), SAMPLE)
    ]
    signals.compute_signals(batches[0].slice(0, 10))
    found: dict[str, float] = {}

    def timed(name: str, run: Any) -> Any:
        started = time.process_time()
        result = run()
        found[name] = 1e6 * (time.process_time() - started) / len(rows)
        return result

    forms = timed("form of comparison", lambda: [signals.ComparedRecord.of(row) for row in rows])
    timed("keys", lambda: [form.key(key) for form in forms for key in signals.KEYS])
    timed(
        "MinHash signatures",
        lambda: signals.band_hashes(signals.signatures([form.all_tokens() for form in forms])),
    )
    timed(
        "probes", lambda: [signals.probes([*form.context, *form.question]) for form in forms if form.context]
    )
    verdicts = timed("language", lambda: [judge_language(row) for row in rows])
    timed("privacy", lambda: [find_personal_data(row) for row in rows])
    computed = timed("all signals of a record", lambda: [signals.compute_signals(b) for b in batches])
    everybody = np.arange(len(rows))
    timed("pairs and verdicts", lambda: curation.curate(batches, computed, everybody, curation.Curation()))
    quick = sum("function words" in verdict.evidence for verdict in verdicts) / len(rows)
    return {**found, "share of rows whose language is settled at a glance": quick}


def copies(data: str) -> tuple[list[list[str]], list[tuple[int, int]]]:
    """Tokens of the sample's texts, then of copies of some with one word changed; which are pairs."""
    from medinjection_fr.curate.signals import ComparedRecord

    texts = [ComparedRecord.of(row).all_tokens() for row in rows_of(data, SAMPLE)]
    chance = random.Random(1)
    pairs = []
    for place, words in list(enumerate(texts)):
        if len(words) >= 60 and place % 5 == 0:
            changed = list(words)
            changed[chance.randrange(len(words))] = "autrement"
            pairs.append((place, len(texts)))
            texts.append(changed)
    return texts, pairs


def ours(data: str) -> dict[str, float]:
    """Signatures and bands of the sample, as curation has them."""
    import numpy as np

    from medinjection_fr.curate.signals import band_hashes, signatures

    texts, pairs = copies(data)
    with measure.Piece() as found:
        bands = band_hashes(signatures(texts))
        met = sum(bool(np.any(bands[a] == bands[b])) for a, b in pairs)
    return {**found, "rows": len(texts), "recall": met / len(pairs)}


def datasketch(data: str) -> dict[str, float]:
    """Reference: datasketch, text by text."""
    from datasketch import MinHash, MinHashLSH

    from medinjection_fr.curate.signals import PERMUTATIONS

    texts, pairs = copies(data)
    with measure.Piece() as found:
        index = MinHashLSH(threshold=LSH_THRESHOLD, num_perm=PERMUTATIONS)
        hashes = []
        for place, words in enumerate(texts):
            own = MinHash(num_perm=PERMUTATIONS)
            own.update_batch([" ".join(words[at : at + 3]).encode() for at in range(max(1, len(words) - 2))])
            index.insert(place, own)
            hashes.append(own)
        met = sum(b in index.query(hashes[a]) for a, b in pairs)
    return {**found, "rows": len(texts), "recall": met / len(pairs)}


def bench(arguments: argparse.Namespace) -> None:
    work, largest = arguments.work, arguments.rows
    table = []
    for rows in [*(size for size in SIZES if size < largest), largest]:
        data = published(work, rows)
        measure.warm([data])
        plain, curated = (build_with(data, work, wanted) for wanted in (False, True))
        table.append(
            (
                f"{rows:,} rows",
                f"{plain.wall:.1f} s",
                f"{curated.wall:.1f} s",
                f"{curated.wall - plain.wall:.1f} s",
                f"{1e6 * (curated.wall - plain.wall) / rows:.0f} µs",
                f"{curated.cpu - plain.cpu:.1f} s",
                f"{curated.rss:,.0f} MB",
                f"{curated.anonymous:,.0f} MB",
            )
        )
    head = ("", "build", "with curation", "curation", "per row", "CPU", "peak RSS", "peak anonymous")
    measure.print_table(f"`curate: {{}}`, {os.cpu_count()} processes", head, table)
    small = published(work, min(largest, SIZES[0]))
    found = measure.run_piece(__file__, "stages", small).result
    share = found.popitem()
    measure.print_table(
        "Stages, one process", ("stage", "µs per row"), ((k, f"{v:.0f}") for k, v in found.items())
    )
    print(f"\n{share[0]}: {100 * share[1]:.1f} %")
    compared = [(name, measure.run_piece(__file__, name, small)) for name in ("ours", "datasketch")]
    measure.print_table(
        "Copies of long texts with one word changed that meet in a band, and what that takes",
        ("", "rows", "CPU per row", "peak anonymous", "recall"),
        (
            (
                name,
                m.result["rows"],
                f"{1e6 * m.result['cpu'] / m.result['rows']:.0f} µs",
                f"{m.anonymous:,.0f} MB",
                f"{m.result['recall']:.4f}",
            )
            for name, m in compared
        ),
    )


if __name__ == "__main__":
    pieces = {"stages": stages, "ours": ours, "datasketch": datasketch}
    measure.main_of(__doc__, bench, pieces, add_options)
