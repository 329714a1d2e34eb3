"""Texts of a score in files: translations that are read, and all that is scored, written for other tools."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_text
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.pairs import Pair, Pairs

ID, TRANSLATION = "id", "translation"
_SHOWN = 8
_LINE_ENDS = re.compile(r"\s*[\r\n]\s*")
_ALL = "one for each pair that is scored; --save writes their English"


def read_hypotheses(path: Path, pairs: Pairs, scored: Sequence[int]) -> list[str]:
    """Reads the translations of the pairs that are scored, in their order, as they are written.

    Args:
        path: ``.jsonl``: an object with ``id`` and ``translation`` a line; those of other units of the file
            may be there too. Any other name: a translation a line, one for each scored pair, or one for
            each unit of the file.
        pairs: The pairs.
        scored: Which of the kept pairs are scored.

    Raises:
        InputError: The file is absent, or every mistake that it has.
    """
    lines = read_text(path).removeprefix("\ufeff").removesuffix("\n").split("\n")
    if path.suffix == ".jsonl":
        return _by_name(lines, str(path), pairs, scored)
    return _by_line(lines, str(path), pairs, scored)


def _by_line(lines: list[str], where: str, pairs: Pairs, scored: Sequence[int]) -> list[str]:
    if len(lines) == len(scored):
        places = list(range(len(scored)))
    elif len(lines) == len(pairs.names):
        places = [pairs.places[pair] for pair in scored]
    else:
        expected = f"{len(scored):,}, a line for each scored pair, or {len(pairs.names):,}, for each unit"
        mend = "--save writes the English of the scored pairs line by line"
        problems = [Problem(where, f"{len(lines):,} lines", expected, mend)]
        if empty := [place for place, line in enumerate(lines) if not line.strip()]:
            problems.append(Problem(where, f"{_lines(empty)} empty", "a translation on every line"))
        raise InputError(problems)
    if empty := [place for place in places if not lines[place].strip()]:
        raise InputError(Problem(where, f"{_lines(empty)} empty", "a translation on every line"))
    return [lines[place].strip() for place in places]


def _by_name(lines: list[str], where: str, pairs: Pairs, scored: Sequence[int]) -> list[str]:
    wanted = [pairs.kept[pair].name for pair in scored]
    known = Counter(pairs.names)
    problems = []
    if twice := [name for name in dict.fromkeys(wanted) if known[name] > 1]:
        mend = "Give a translation a line instead"
        problems.append(Problem("--pairs", f"units share a name: {_some(twice)}", mend=mend))
    found: dict[str, str] = {}
    again: list[str] = []
    broken: list[int] = []
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        row = _object(line)
        if row is None:
            broken.append(place)
        elif row[ID] in found:
            again.append(row[ID])
        else:
            found[row[ID]] = row[TRANSLATION].strip()
    unknown = sorted(found.keys() - known.keys())
    missing = [name for name in wanted if name not in found]
    empty = [name for name in wanted if found.get(name) == ""]
    form = f'{{"{ID}": "…", "{TRANSLATION}": "…"}} on every line'
    for bad, what, expected in (
        (broken, f"{_lines(broken)} no such object", form),
        (again, f"ids that stand twice: {_some(again)}", "each once"),
        (unknown, f"ids that no unit has: {_some(unknown)}", "names of units of --pairs"),
        (missing, f"pairs without a translation: {_some(missing)}", _ALL),
        (empty, f"empty translations: {_some(empty)}", "a text"),
    ):
        if bad:
            problems.append(Problem(where, what, expected))
    if problems:
        raise InputError(problems)
    return [found[name] for name in wanted]


def _object(line: str) -> dict[str, str] | None:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    texts = isinstance(row, dict) and all(isinstance(row.get(key), str) for key in (ID, TRANSLATION))
    return row if texts else None


def _lines(places: Sequence[int]) -> str:
    one = len(places) == 1
    return f"line{'' if one else 's'} {_some(str(place + 1) for place in places)} {'is' if one else 'are'}"


def _some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _SHOWN:,} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more


def one_line(text: str) -> str:
    """The text with its line ends as spaces, as everything is scored."""
    return _LINE_ENDS.sub(" ", text.strip())


def write_lines(folder: Path, pairs: Sequence[Pair], texts: Sequence[str] | None) -> list[str]:
    """Writes sources, references and translations, a line each, for other tools to read.

    Args:
        folder: Made if it is not there; files of these names in it are replaced.
        pairs: The pairs.
        texts: Translations; ``None`` leaves them out.

    Returns:
        Names of the files.
    """
    columns = {
        "source.txt": [pair.english for pair in pairs],
        "reference.txt": [pair.french for pair in pairs],
    }
    if texts is not None:
        columns["hypothesis.txt"] = list(texts)
    folder.mkdir(parents=True, exist_ok=True)
    for name, column in columns.items():
        part = folder / f".{name}.part"
        lines = "".join(f"{one_line(text)}\n" for text in column)
        part.write_text(lines, encoding="utf-8", newline="\n")
        part.replace(folder / name)
    return list(columns)
