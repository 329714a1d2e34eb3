"""Pairs of a translation memory: which are kept, which are left out and why, and the real file."""

from __future__ import annotations

from pathlib import Path

import pytest
from generate.memories import memory

from medinjection_fr.errors import InputError
from medinjection_fr.generate.pairs import REASONS, Pair, read_entities, read_pairs
from medinjection_fr.sources import misaligned

FEVER = ("The child has had a fever for three days.", "L'enfant a de la fièvre depuis trois jours.")
COUGH = ("The cough is worse at night and after meals.", "La toux s'aggrave la nuit et après les repas.")


def test_kept_and_left_out_by_reason(tmp_path: Path) -> None:
    path = memory(
        tmp_path,
        FEVER,
        ("Methods", "Méthodes"),
        ("Treatment of fever", "Traitement de la fièvre"),
        ("SARS-CoV-2 in France: Inserm, 2020", "SARS-CoV-2 in France : Inserm, 2020."),
        ("No translation stands beside this one.", " "),
        (" ", "Aucun texte ne se trouve à côté."),
        COUGH,
    )
    pairs = read_pairs(path)
    assert pairs.kept == [Pair("u:1", *FEVER), Pair("u:7", *COUGH)]
    assert pairs.excluded == {"unreadable": 2, "misaligned": 0, "identical": 1, "label": 2}
    assert pairs.names == [f"u:{number}" for number in range(1, 8)]
    assert pairs.places == [0, 6]
    assert pairs.entities == 0 and pairs.misaligned == []


def test_a_label_has_three_words_at_most(tmp_path: Path) -> None:
    path = memory(
        tmp_path, ("one two three", "un deux trois"), ("one two three four", "un deux trois quatre")
    )
    assert [pair.name for pair in read_pairs(path).kept] == ["u:2"]


def test_every_unit_is_kept_or_counted(tmp_path: Path) -> None:
    path = memory(tmp_path, FEVER, ("Results", "Résultats"), ("", ""), FEVER)
    pairs = read_pairs(path)
    assert len(pairs.kept) + sum(pairs.excluded.values()) == len(pairs.names) == 4
    assert pairs.excluded.keys() == REASONS.keys()


def test_entities_are_read_and_counted(tmp_path: Path) -> None:
    path = memory(
        tmp_path, FEVER, ("Patients aged &lt; 19 years are few.", "Peu de patients ont &lt;&nbsp;19 ans.")
    )
    pairs = read_pairs(path)
    assert pairs.kept[1] == Pair(
        "u:2", "Patients aged < 19 years are few.", "Peu de patients ont <\u00a019 ans."
    )
    assert pairs.entities == 1


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("l&#39;enfant", "l'enfant"),
        ("l&#x27;enfant", "l'enfant"),
        ("5 &lt; 6 &amp; 7", "5 < 6 & 7"),
        ("&eacute;tat", "état"),
        ("&amp;#39;", "&#39;"),  # read once: what comes of it is text
        ("R&notes, AT&T, a & b; &nothing;", "R&notes, AT&T, a & b; &nothing;"),
    ],
)
def test_what_an_entity_is(text: str, read: str) -> None:
    assert read_entities(text) == read


def test_a_pair_of_the_list_is_left_out_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = (FEVER[0], COUGH[1])
    listed = tmp_path / "list.yaml"
    listed.write_text(f'some-file:\n  other:1: "{misaligned.pair_digest(*wrong)}"\n', encoding="utf-8")
    monkeypatch.setattr(misaligned, "LIST", listed)
    misaligned._listed.cache_clear()
    try:
        pairs = read_pairs(memory(tmp_path, COUGH, wrong, FEVER))
    finally:
        misaligned._listed.cache_clear()
    assert [pair.name for pair in pairs.kept] == ["u:1", "u:3"]
    assert pairs.misaligned == [Pair("u:2", *wrong)]
    assert pairs.excluded["misaligned"] == 1


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent"):
        read_pairs(tmp_path / "absent.tmx")


def test_real_file(data: Path) -> None:
    pairs = read_pairs(data / "tico-19" / "all.en-fr.tmx")
    assert len(pairs.kept) == 2_772
    assert pairs.excluded == {"unreadable": 0, "misaligned": 299, "identical": 0, "label": 0}
    assert {pair.name.split(":")[0] for pair in pairs.misaligned} == {"PubMed_8", "Wikinews_1", "Wikinews_3"}
    assert [pairs.names[place] for place in pairs.places] == [pair.name for pair in pairs.kept]
    assert pairs.entities == 12
