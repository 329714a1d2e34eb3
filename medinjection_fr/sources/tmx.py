"""Translation memories (TMX 1.1 to 1.4): each unit with an English and a French variant is one translation.

Whichever was the original, the order is to translate the English into French.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.misaligned import is_misaligned
from medinjection_fr.sources.translation import translation_fields
from medinjection_fr.sources.xml import read_xml

__all__ = ["Unit", "find_files", "read", "read_units"]

find_files = find_catalogued_files

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


class Unit(NamedTuple):
    """A unit of a translation memory.

    Attributes:
        position: Place in the file, counted from 1.
        name: Its identifier; its place if it has none.
        english, french: The texts; ``None`` without one variant whose one segment is plain text.
    """

    position: int
    name: str
    english: str | None
    french: str | None


def read_units(path: Path, name: str) -> Iterator[Unit]:
    """Reads the units of a file, in order.

    Args:
        path: The file.
        name: What units without an identifier are named after.

    Raises:
        InputError: The file is absent or no XML.
    """
    for position, unit in read_xml(path, "tu"):
        unit_name = unit.get("tuid", "").strip() or f"{name}#{position}"
        yield Unit(position, unit_name, _read_text(unit, "en"), _read_text(unit, "fr"))


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one file. A unit without an identifier is named by its place."""
    for position, name, english, french in read_units(file.path, file.name):
        if english is None or not english.strip():
            evidence = "not one English variant with one segment of plain text"
            yield Refused(position, name, "record-unreadable", evidence)
        elif french is None:
            evidence = "not one French variant with one segment of plain text"
            yield Refused(position, name, "answer-unparsed", evidence)
        elif is_misaligned(english, french):
            evidence = "the French translates another unit: the pair is listed in sources/misaligned.yaml"
            yield Refused(position, name, "translation-misaligned", evidence)
        else:
            yield Draft(position, file.split, translation_fields(name, english, french, "fr"))


def _read_text(unit: Element, language: str) -> str | None:
    """The text of the variant in a language, if there is one and only one that is sure."""
    variants = [variant for variant in unit.findall("tuv") if _language(variant) == language]
    segments = [segment for variant in variants for segment in variant.findall("seg")]
    if len(variants) != 1 or len(segments) != 1:
        return None
    # Inside codes other than highlighting stands what was not said to be text.
    if any(element.tag != "hi" for element in segments[0].iter() if element is not segments[0]):
        return None
    return "".join(segments[0].itertext())


def _language(variant: Element) -> str:
    tag = variant.get(_LANGUAGE) or variant.get("lang") or ""  # lang: before TMX 1.4
    return tag.replace("_", "-").split("-")[0].strip().lower()
