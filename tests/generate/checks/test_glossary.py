"""The glossary that ships, and a maintainer's own beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from medinjection_fr.errors import InputError
from medinjection_fr.generate.checks import check_text, load_glossary
from medinjection_fr.generate.checks.glossary import GLOSSARY_FILE


def written(folder: Path, text: str) -> Path:
    path = folder / "ours.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_own_terms_are_added_and_replace(tmp_path: Path) -> None:
    own = written(
        tmp_path,
        "acronyms:\n  GCS: score de Glasgow, SG\n  HIV: virus de l'immunodéficience\n"
        "drugs: {Tylenol: paracétamol}\nenglish_words: scan\n",
    )
    ours, shipped = load_glossary(own), load_glossary()
    texts = ("A GCS of 8", "Un score de Glasgow à 8")
    assert [fault.rule for fault in check_text(*texts, shipped)] == ["acronym-lost"]
    assert check_text(*texts, ours) == []
    assert check_text("HIV", "VIH", shipped) == []
    assert [fault.rule for fault in check_text("HIV", "VIH", ours)] == ["acronym-lost"]
    assert [fault.rule for fault in check_text("Give Tylenol.", "Donner de l'aspirine.", ours)] == [
        "drug-lost"
    ]
    assert "english-left" in {f.rule for f in check_text("A scan is done.", "Un scan est fait.", ours)}
    assert check_text("A MRI is done.", "Une IRM est faite.", ours) == []
    assert ours.digest != shipped.digest == load_glossary().digest


@pytest.mark.parametrize(
    ("english", "french", "declared", "is_fault"),
    [
        ("a fever of 101 °F", "une fièvre à 38,3 °C", "°F>°C", False),
        ("a fever of 101 °F", "une fièvre à 101 °F", "°F>°C", False),
        ("a fever of 101 °F", "une fièvre à 38,3 °C", "ft>m lb>kg", True),
        ("a fever of 101 °F", "une fièvre à 36,3 °C", "°F>°C", True),
        ("a fever of 101 °F", "une fièvre à 101 °C", "°F>°C", True),
        ("It weighs 10 lb.", "Il pèse 4,5 kg.", "lb>kg", False),
        ("It weighs 10 lb, for 6 days.", "Il pèse 4,5 kg, depuis 7 jours.", "lb>kg", True),
        ("6 feet apart", "à 1,8 m l'un de l'autre", "ft>m", False),
        ("6 feet apart", "à 18 m l'un de l'autre", "ft>m", True),
    ],
)
def test_conversions_that_are_declared(
    tmp_path: Path, english: str, french: str, declared: str, is_fault: bool
) -> None:
    glossary = load_glossary(written(tmp_path, f'conversions: "{declared}"\n'))
    rules = {fault.rule for fault in check_text(english, french, glossary)}
    assert bool(rules & {"number-changed", "unit-changed"}) is is_fault


def test_empty_glossary_changes_nothing(tmp_path: Path) -> None:
    assert load_glossary(written(tmp_path, "acronyms: {}\n")).digest == load_glossary().digest


def test_shipped_glossary_may_be_copied_as_a_start(tmp_path: Path) -> None:
    own = written(tmp_path, GLOSSARY_FILE.read_text(encoding="utf-8"))
    assert load_glossary(own).acronyms == load_glossary().acronyms


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "acronym: {HIV: VIH}\ndrugs: [aspirin]\nacronyms: {NO: true, AIDS: ''}\n"
        "drug_stems: 'mab('\nnot_drugs: 5\nconversions: mg>g\n"
    )
    with pytest.raises(InputError) as error:
        load_glossary(written(tmp_path, text))
    told = str(error.value)
    assert len(error.value.problems) == 7
    for part in (
        "acronym",
        "drugs: not a mapping",
        "AIDS: not text",
        "drug_stems",
        "not_drugs: not text",
        '"mg>g" is unknown',
    ):
        assert part in told


@pytest.mark.parametrize("text", ["- HIV\n", "HIV\n", "acronyms: {HIV: VIH\n"])
def test_file_that_is_no_glossary(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        load_glossary(written(tmp_path, text))


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_glossary(tmp_path / "none.yaml")


def test_entries_are_whole() -> None:
    glossary = load_glossary()
    assert all(all(forms) for forms in [*glossary.acronyms.values(), *glossary.drugs.values()])
    assert not glossary.english_words & glossary.both_languages
    assert {"vih"} == set(glossary.acronyms["HIV"])
