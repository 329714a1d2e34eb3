"""WMT biomedical test sets, English and French: sentences of abstracts, aligned by their translators.

A folder for each year holds, beside each other, the texts (``medline_en2fr_en.txt``: document, number and
sentence), the alignment of their sentences with a verdict on each, and the mapping from the PMIDs of the
alignment to the documents of the texts. The format is that of the files of 2019 to 2023 for another
language and of the script that came with them; not tried on the English–French files. The left side of an
alignment is the other language, the right side English, whichever was translated. Only pairs with the
verdict OK are translations; the others go to the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.readers import read_csv
from medinjection_fr.sources.translation import translation_fields

_BOTH = ("en2fr", "fr2en")
_ALIGNMENTS = {  # name of an alignment → its mapping, and the directions that it covers
    "align_validation_fr_en.txt": ("mapdocs_fr_en.txt", _BOTH),  # 2019
    "fr-en_align_validation.tsv": ("fren_mapping.txt", _BOTH),  # 2020, 2021
    "en2fr_align_validation.tsv": ("en2fr_mapping.txt", ("en2fr",)),  # 2022, 2023
    "fr2en_align_validation.tsv": ("fr2en_mapping.txt", ("fr2en",)),
}
_LANGUAGES = ("fr", "en")  # the sides of an alignment
_VERDICT = re.compile("[A-Z_]+")


def find_files(folder: Path, source: Source) -> list[InputFile]:
    """Lists the alignments and, after each, the files that it needs: they hold no record of their own.

    Raises:
        InputError: Every file that is missing.
    """
    files: list[InputFile] = []
    problems: list[Problem] = []
    for file in find_catalogued_files(folder, source):
        where = f"sources/{source.name}: {file.name}"
        if file.path.name not in _ALIGNMENTS:
            expected = f"one of {', '.join(_ALIGNMENTS)}"
            problems.append(Problem(where, "no name of an alignment of English and French", expected))
            continue
        files.append(file)
        for path in _companions(file.path):
            if path.is_file():
                files.append(InputFile(path, path.relative_to(folder).as_posix(), file.split))
            else:
                problems.append(Problem(where, f"no file {path.name} beside it", mend="Put it there"))
    if problems:
        raise InputError(problems)
    return files


def _companions(alignment: Path) -> list[Path]:
    mapping, directions = _ALIGNMENTS[alignment.name]
    texts = [f"medline_{direction}_{language}.txt" for direction in directions for language in _LANGUAGES]
    return [alignment.with_name(name) for name in (mapping, *texts)]


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads the pairs of an alignment; other files give nothing of their own."""
    if file.path.name not in _ALIGNMENTS:
        return
    mapping, directions = _ALIGNMENTS[file.path.name]
    documents = _read_mapping(file.path.with_name(mapping))
    texts = {
        direction: {
            language: _read_texts(file.path.with_name(f"medline_{direction}_{language}.txt"))
            for language in _LANGUAGES
        }
        for direction in directions
    }
    year = PurePosixPath(file.name).parent.as_posix()
    for position, row in read_csv(file.path, delimiter="\t", quoting=False):
        pair = _read_pair(row)
        if pair is None:
            evidence = f"{len(row)} fields that are no verdict, PMID and sentence numbers"
            yield Refused(position, None, "record-unreadable", evidence)
            continue
        name = f"{year}/{pair.pmid}:{pair.numbers['en']}"
        if pair.verdict != "OK":
            yield Refused(position, name, "answer-unparsed", f"the verdict is {pair.verdict}")
            continue
        document = documents.get(pair.pmid)
        held = [direction for direction in directions if document in texts[direction]["en"]]
        if document is None or len(held) != 1:
            evidence = f"its document stands in {len(held)} texts"
            yield Refused(position, name, "record-unreadable", evidence)
            continue
        sides: dict[str, str] = {}
        for language in _LANGUAGES:
            sentences = texts[held[0]][language].get(document, {})
            wanted = [sentences.get(number) for number in pair.numbers[language].split(",")]
            if None not in wanted:
                sides[language] = " ".join(text for text in wanted if text is not None)
        if len(sides) < len(_LANGUAGES):
            evidence = f"{document} lacks or repeats a sentence of the pair"
            yield Refused(position, name, "record-unreadable", evidence)
            continue
        original, into = held[0].split("2")
        fields = translation_fields(name, sides[original], sides[into], into)
        yield Draft(position, file.split, {**fields, "group_id": pair.pmid})


class _Pair(NamedTuple):
    verdict: str
    pmid: str
    numbers: dict[str, str]


def _read_pair(row: list[str]) -> _Pair | None:
    """Reads a line of an alignment: that of 2019 has another order."""
    if len(row) == 3 and row[1].count(" <=> ") == 1:
        row = [row[2], row[0], *row[1].split(" <=> ")]
    row = [value.strip() for value in row]
    if len(row) != 4 or not _VERDICT.fullmatch(row[0]) or not row[1].isdecimal():
        return None
    sides = row[2:]
    if not all(side == "omitted" or all(map(str.isdecimal, side.split(","))) for side in sides):
        return None
    return _Pair(row[0], row[1], dict(zip(_LANGUAGES, sides, strict=True)))


def _read_mapping(path: Path) -> dict[str, str | None]:
    """PMID → document; ``None`` where the file gives two."""
    documents: dict[str, str | None] = {}
    for position, row in read_csv(path, delimiter="\t", quoting=False):
        if len(row) != 2:
            raise _broken_line(path, position, "a PMID and a document")
        documents[row[0]] = None if row[0] in documents else row[1]
    return documents


def _read_texts(path: Path) -> dict[str, dict[str, str | None]]:
    """Document → number → sentence; ``None`` where the file gives two, or an empty one."""
    texts: dict[str, dict[str, str | None]] = {}
    for position, row in read_csv(path, delimiter="\t", quoting=False):
        if len(row) < 2 or not row[1].isdecimal():
            raise _broken_line(path, position, "a document, a number and a sentence")
        sentences = texts.setdefault(row[0], {})
        sentences[row[1]] = None if row[1] in sentences else "\t".join(row[2:]).strip() or None
    return texts


def _broken_line(path: Path, position: int, expected: str) -> InputError:
    expected += ", with tabs between"
    return InputError(Problem(str(path), f"line {position} is not as expected", expected, "Fetch it again"))
