"""The valid rows of one source as JSON Lines: what translation and synthesis start from."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from medinjection_fr.curate.ledger import write_ledger
from medinjection_fr.curate.rows import Rows
from medinjection_fr.engine import IN_THIS_PROCESS
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.reading import Input, find_source_inputs, read_inputs
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.complete import YIELDS
from medinjection_fr.workspace import open_workspace


def export(source: Source, folder: Path, output: Path) -> tuple[int, int]:
    """Reads and validates a source, and writes one JSON object per valid row.

    Args:
        source: The catalogue entry.
        folder: The source's files.
        output: JSON Lines file; the ledger goes to ``<output>.dropped.jsonl``.

    Returns:
        Rows written and rows dropped.

    Raises:
        InputError: Every file that is missing or cannot be read; or the output is a folder.
    """
    if output.is_dir():
        raise InputError(Problem(str(output), "is a folder", "the name of a JSON Lines file"))
    inputs = find_source_inputs(source, folder, None, {})
    output.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=output.parent, prefix=".export-") as scratch,
        open_rows(inputs, Path(scratch)) as rows,
    ):
        columns = list(YIELDS[source.yields].contract.columns)
        unfinished = Path(scratch) / output.name
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            for batch, places in rows.kept_by_batch():
                for row in batch.take(places).select(columns).to_pylist():
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
        dropped = sorted(rows.dropped(), key=lambda row: (row.file, row.position))
        write_ledger(dropped, Path(scratch) / "ledger")
        (Path(scratch) / "ledger").replace(output.with_name(f"{output.name}.dropped.jsonl"))
        unfinished.replace(output)
    return len(rows.kept), len(dropped)


@contextmanager
def open_rows(inputs: Sequence[Input], scratch: Path) -> Iterator[Rows]:
    """Reads and validates the files of a source; the rows stand on disk while the block lasts.

    Args:
        inputs: The files.
        scratch: A folder to work in.

    Raises:
        InputError: Every file that cannot be read.
    """
    with open_workspace(scratch / "rows") as workspace:
        yield Rows(read_inputs(inputs, workspace, IN_THIS_PROCESS), [], keep_groups_together=False)
        workspace.remove()
