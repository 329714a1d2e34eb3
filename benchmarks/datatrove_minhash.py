"""Near duplicates by datatrove, in an environment that has it and not this package.

    python benchmarks/datatrove_minhash.py TEXTS WORK PROCESSES

``TEXTS`` holds JSON Lines of ``id`` and ``text``. Its four stages as its documentation runs them: signatures
(word 5-grams, 14 buckets of 8 hashes, words of French), buckets, clusters, filter. Printed on the last line: the
identifiers of what it removes; of a cluster, the text that stands first stays.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter

LANGUAGE = "fra"


def main(texts: str, work: str, processes: int) -> None:
    config = MinhashConfig()
    tasks = len(list(Path(texts).glob("*.jsonl")))
    signatures, buckets, clusters, removed = (
        f"{work}/{name}" for name in ("signatures", "buckets", "clusters", "removed")
    )
    stages = [
        ([JsonlReader(texts), MinhashDedupSignature(signatures, config, LANGUAGE)], tasks),
        ([MinhashDedupBuckets(signatures, buckets, config=config)], config.num_buckets),
        ([MinhashDedupCluster(buckets, clusters, config)], 1),
        (
            [
                JsonlReader(texts),
                MinhashDedupFilter(clusters, exclusion_writer=JsonlWriter(removed, compression=None)),
            ],
            tasks,
        ),
    ]
    for number, (pipeline, of) in enumerate(stages):
        logs = f"{work}/logs-{number}"
        LocalPipelineExecutor(pipeline, tasks=of, workers=min(processes, of), logging_dir=logs).run()
    found = [
        json.loads(line)["id"]
        for path in sorted(Path(removed).rglob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
