"""Translation memories: a small one of ours in the form of TICO-19, what others could hold, the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import yaml
from examples import read_outcomes

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile, Refused
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.misaligned import LIST, is_misaligned
from medinjection_fr.sources.tmx import find_files, read, read_units
from medinjection_fr.sources.translation import INSTRUCTIONS

SOURCE = load_catalogue()["tico-19"]
FIXTURE = Path(__file__).with_name("fixtures") / "tico-19"
NAME = "all.en-fr.tmx"


def test_fixture() -> None:
    (file,) = find_files(FIXTURE, SOURCE)
    cough, hands, heading = read_outcomes(file.path, SOURCE, file.split, file.name)
    assert file.split == "test"
    assert cough == cough | {
        "source_id": "Home_1:1",
        "instruction": "Traduisez en français le texte suivant.",
        "context": "how long have you had this cough?",
        "answer": "depuis combien de temps toussez-vous\u00a0?",
        "choices": [],
        "type": "oeq",
        "task": "translation",
        "origin": "native",
        "license": "CC0-1.0",
    }
    assert hands["context"] == 'Wash your hands & cough into your elbow: it\'s "simple".'
    # A heading that is the same in both languages is no mistake.
    assert heading["context"] == heading["answer"] == "Transmission"


# --- units that it could hold ----------------------------------------------------------------------------

EN = '<tuv xml:lang="en"><seg>high blood pressure</seg></tuv>'
FR = '<tuv xml:lang="fr"><seg>hypertension artérielle</seg></tuv>'


def memory(*units: str, start: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> str:
    return f'{start}<tmx version="1.4"><header srclang="en"/><body>{"".join(units)}</body></tmx>\n'


def unit(*variants: str, name: str = ' tuid="1"') -> str:
    return f"<tu{name}>{''.join(variants)}</tu>"


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / NAME
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def outcome(folder: Path, *variants: str) -> Any:
    (only,) = read_outcomes(written(folder, memory(unit(*variants))), SOURCE)
    return only


@pytest.mark.parametrize(
    "variants",
    [
        (EN, FR),
        (FR, EN),
        (EN.replace('"en"', '"EN-US"'), FR.replace('"fr"', '"fr_FR"')),
        (EN.replace("xml:lang", "lang"), FR.replace("xml:lang", "lang")),
        (EN, EN.replace('"en"', '"es"'), FR),
        (EN.replace("blood", "<hi>bl<hi>oo</hi>d</hi>"), FR),
        ('<note>vu</note><prop type="x">y</prop>', EN.replace("<seg>", "<note>lu</note><seg>"), FR),
        (EN.replace("blood", "<![CDATA[blood]]>"), FR.replace("é", "&#233;")),
        (EN.replace("blood", "blood<!-- sic -->"), FR),
    ],
)
def test_read(variants: tuple[str, ...], tmp_path: Path) -> None:
    record = outcome(tmp_path, *variants)
    assert (record["context"], record["answer"]) == ("high blood pressure", "hypertension artérielle")


@pytest.mark.parametrize(
    ("variants", "rule"),
    [
        ((FR,), "record-unreadable"),
        ((EN, EN, FR), "record-unreadable"),
        ((EN.replace('"en"', '"en-GB"'), EN, FR), "record-unreadable"),
        ((EN.replace("high blood pressure", " "), FR), "record-unreadable"),
        ((EN.replace("high", "<ph>%s</ph>"), FR), "record-unreadable"),
        ((EN.replace("<seg>", "<seg>a</seg><seg>"), FR), "record-unreadable"),
        ((EN.replace("<seg>high blood pressure</seg>", ""), FR), "record-unreadable"),
        ((EN.replace(' xml:lang="en"', ""), FR), "record-unreadable"),
        ((), "record-unreadable"),
        ((EN,), "answer-unparsed"),
        ((EN, FR, FR), "answer-unparsed"),
        ((EN, FR, FR.replace('"fr"', '"fr-CA"')), "answer-unparsed"),
        ((EN, FR.replace("artérielle", '<bpt i="1">&lt;b></bpt>artérielle')), "answer-unparsed"),
        ((EN, FR.replace("hypertension artérielle", "")), "answer-empty"),
        ((EN, FR.replace("artérielle", "art\ufffdrielle")), "text-replacement-character"),
    ],
)
def test_refused(variants: tuple[str, ...], rule: str, tmp_path: Path) -> None:
    assert outcome(tmp_path, *variants) == rule


def test_the_others_survive_and_a_unit_without_a_name_is_named_by_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, memory(unit(EN, FR), unit(EN), unit(EN, FR, name="")))
    first, refused, last = read(InputFile(path, NAME, "test"), SOURCE)
    evidence = "not one French variant with one segment of plain text"
    assert refused == Refused(2, "1", "answer-unparsed", evidence)
    assert (first.fields["source_id"], last.fields["source_id"]) == ("1", f"{NAME}#3")


# --- files that cannot be read, and some that can --------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        memory(unit(EN, FR), start='<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">'),
        b"\xef\xbb\xbf" + memory(unit(EN, FR)).encode(),
        memory(unit(EN, FR), start='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
        memory(unit(EN, FR), start='<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1"),
        memory(unit(EN, FR), start="").replace("\n", "\r\n"),
    ],
    ids=["doctype", "byte order mark", "UTF-16", "Latin-1", "no declaration"],
)
def test_whole_files(content: str | bytes, tmp_path: Path) -> None:
    (record,) = read_outcomes(written(tmp_path, content), SOURCE)
    assert record["answer"] == "hypertension artérielle"


LAUGHS = '<!DOCTYPE tmx [<!ENTITY a "ah"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        ("<html><body>404</body></html>", "HTML"),
        ("id\ten\tfr\n", "not well-formed"),
        ('{"en": "a"}', "not well-formed"),
        (memory(unit(EN, FR))[:-40], "ends inside"),
        (memory(unit(EN, FR))[:80], "ends inside"),
        (memory(unit(EN, FR)).encode("latin-1"), "not UTF-8"),
        (memory(unit(EN, FR.replace("<seg>", "<seg>&eacute;"))), "not well-formed"),
        (memory(unit(EN, FR)).replace("</body>", ""), "not well-formed"),
        (memory(), "holds no <tu>"),
        ("<?xml version='1.0'?><rss><channel/></rss>", "holds no <tu>"),
        (memory(unit(EN.replace("high", "&b;"), FR), start=LAUGHS), "declares entities"),
        (memory(unit(EN.replace("high", "&a;"), FR), start=OUTSIDE), "declares entities"),
    ],
)
def test_a_broken_file_is_named(content: str | bytes, what: str, tmp_path: Path) -> None:
    path = written(tmp_path, content)
    with pytest.raises(InputError, match=what) as caught:
        list(read(InputFile(path, NAME, "test"), SOURCE))
    assert caught.value.problems[0].where == str(path)


# --- the real file ---------------------------------------------------------------------------------------


def test_real_file(data: Path) -> None:
    (file,) = find_files(data / "tico-19", SOURCE)
    outcomes = read_outcomes(file.path, SOURCE, file.split, file.name)
    records = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    assert len(outcomes) == 3071
    assert len(records) == 2772
    assert {outcome for outcome in outcomes if isinstance(outcome, str)} == {"translation-misaligned"}
    assert len({record["source_id"] for record in records}) == 2772
    assert {record["instruction"] for record in records} == {INSTRUCTIONS["fr"]}


def test_misaligned_units_of_the_real_file_are_named(data: Path) -> None:
    (file,) = find_files(data / "tico-19", SOURCE)
    refused = [item for item in read(file, SOURCE) if isinstance(item, Refused)]
    assert len(refused) == 299
    assert refused[0] == Refused(
        462,
        "PubMed_8:462",
        "translation-misaligned",
        "the French translates another unit: the pair is listed in sources/misaligned.yaml",
    )
    listed = yaml.safe_load(LIST.read_text(encoding="utf-8"))["tico-19"]
    assert [item.source_id for item in refused] == list(listed)


@pytest.fixture
def real_units(data: Path) -> list[Any]:
    return list(read_units(data / "tico-19" / NAME, NAME))


def rewritten(folder: Path, units: list[tuple[str, str, str]]) -> list[Any]:
    """What becomes of a file of these units: name, English, French."""
    content = memory(
        *(
            unit(
                f'<tuv xml:lang="en"><seg>{escape(english)}</seg></tuv>',
                f'<tuv xml:lang="fr"><seg>\n {escape(french)}\n</seg></tuv>',
                name=f' tuid="{name}"',
            )
            for name, english, french in units
        )
    )
    return read_outcomes(written(folder, content), SOURCE)


def test_a_corrected_file_loses_no_pair(real_units: list[Any], tmp_path: Path) -> None:
    """The names of the listed units, with another French each: that of the unit that follows."""
    wrong = [u for u in real_units if is_misaligned(u.english, u.french)]
    follow = [*wrong[1:], wrong[0]]
    corrected = [(a.name, a.english, b.french) for a, b in zip(wrong, follow, strict=True)]
    outcomes = rewritten(tmp_path, corrected)
    assert len(outcomes) == 299
    assert all(isinstance(outcome, dict) for outcome in outcomes)


def test_a_cut_and_renumbered_file_still_loses_the_wrong_ones(real_units: list[Any], tmp_path: Path) -> None:
    some = [(f"x{number}", u.english, u.french) for number, u in enumerate(real_units[455:470])]
    outcomes = rewritten(tmp_path, some)
    assert [isinstance(outcome, dict) for outcome in outcomes] == [True] * 6 + [False] * 9
    assert outcomes[6:] == ["translation-misaligned"] * 9
