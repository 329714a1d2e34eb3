"""What the project's HTML pages share: tables whose numbers stand to the right, templates, whole files.

A page stands alone: no script, nothing fetched. ``dataset_card/page.css`` says how it looks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from medinjection_fr.resources import find_resource
from medinjection_fr.whole import write_whole

if TYPE_CHECKING:
    import jinja2

Row = Sequence[str]

_LONG = 40
"""Characters from which a cell may be broken into lines."""
_NUMBER = re.compile(r"[<\d,. \u00a0%()+−;\[\]/-]+|–|")


class Table(NamedTuple):
    """A table of the page.

    Attributes:
        head: Names of its columns.
        rows: Its cells, as they are shown.
        classes: For each column, ``number`` (stands to the right), ``long`` (may be broken) or nothing.
    """

    head: Row
    rows: Sequence[Row]
    classes: Sequence[str]

    @classmethod
    def of(cls, head: Row, rows: Sequence[Row]) -> Table:
        """Finds out which columns hold numbers or long texts."""
        return cls(head, rows, [_class_of([row[place] for row in rows]) for place in range(len(head))])


def _class_of(cells: Row) -> str:
    if all(_NUMBER.fullmatch(cell) for cell in cells):
        return "number"
    return "long" if any(len(cell) > _LONG for cell in cells) else ""


def open_templates(*folders: Path) -> jinja2.Environment:
    """Templates of the folders and of ``dataset_card``; all text is escaped."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, find_resource("dataset_card")], encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )


def write_files(folder: Path, contents: Mapping[str, str | bytes]) -> None:
    """Writes files under their names once they are whole; makes the folder if it is not there."""
    for name, content in contents.items():
        write_whole(folder / name, content.encode("utf-8") if isinstance(content, str) else content)
