"""MedQuAD: questions and answers made from pages of the National Institutes of Health, an XML file per page.

Three of its twelve collections come without their answers, for reasons of copyright: validation refuses their
questions (``answer-empty``). The corpus is some 11,000 small files; an archive of them is read as it lies.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.packed import find_archives, is_archive, read_packed
from medinjection_fr.sources.xml import parse_xml, read_xml


def find_files(folder: Path, source: Source) -> list[InputFile]:
    """Lists the archives of the folder if there is no unpacked collection, else its files.

    Raises:
        InputError: There is neither.
    """
    if not any(folder.glob("*_QA/*.xml")) and (archives := find_archives(folder, "*", "train")):
        return archives
    return find_catalogued_files(folder, source)


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one file, or those of an archive."""
    if not is_archive(file.path):
        for _, document in read_xml(file.path, "Document"):
            yield from _pairs(1, file.name, file.split, document)
        return
    position = 0
    for name, content in read_packed(file.path, ".xml"):
        try:
            if content is None:
                raise ValueError
            documents = [document for _, document in parse_xml(io.BytesIO(content), name, "Document")]
        except (InputError, ValueError) as error:
            reason = error.problems[0].what if isinstance(error, InputError) else "is beyond 64 MiB"
            position += 1
            yield Refused(position, _place(name), "record-unreadable", f"the archived file {reason}")
            continue
        for document in documents:
            for item in _pairs(position + 1, name, file.split, document):
                position = item.position
                yield item


def _pairs(position: int, name: str, split: str, document: Element) -> Iterator[Draft | Refused]:
    collection = PurePosixPath(name).parent.name
    for position, pair in enumerate(document.iter("QAPair"), position):  # noqa: B020
        questions, answers = pair.findall("Question"), pair.findall("Answer")
        identifier = questions[0].get("qid") if questions else None
        source_id = f"{collection}/{identifier}" if identifier else f"{_place(name)}#{position}"
        evidence = ""
        if len(questions) != 1 or len(answers) != 1:
            evidence = f"a pair of {len(questions)} questions and {len(answers)} answers"
        elif not identifier:
            evidence = "its question has no qid"
        elif len(questions[0]) or len(answers[0]):
            evidence = "elements inside the question or the answer"
        if evidence:
            yield Refused(position, source_id, "record-unreadable", evidence)
            continue
        yield Draft(
            position,
            split,
            {
                "source_id": source_id,
                "group_id": _place(name),
                "instruction": questions[0].text or "",
                "answer": answers[0].text or "",
                "type": "oeq",
            },
        )


def _place(name: str) -> str:
    """Collection and file, whatever folder an archive puts around them."""
    path = PurePosixPath(name)
    return f"{path.parent.name}/{path.stem}"
