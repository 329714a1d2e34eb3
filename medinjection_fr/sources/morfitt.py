"""MORFITT: French abstracts of PubMed with one or several of twelve specialties, as TSV.

The files are not quoted: a field that begins with a double quote holds a double quote.
"""

from __future__ import annotations

from collections.abc import Iterator

from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.readers import read_csv

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

_COLUMNS = ["identifier", "abstract", "specialities"]


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one of the three files. Several specialties stay joined by ``|``, as upstream has them."""
    for position, row in read_csv(file.path, _COLUMNS, delimiter="\t", quoting=False):
        if isinstance(row, list):
            yield Refused(position, None, "record-unreadable", f"{len(row)} fields")
            continue
        yield Draft(
            position,
            file.split,
            {
                "source_id": row["identifier"],
                "text": row["abstract"],
                "kind": "abstract",
                "subject": row["specialities"],
            },
        )
