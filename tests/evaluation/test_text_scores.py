from __future__ import annotations

import pytest

for package in ("sacrebleu", "rouge_score", "nltk"):
    pytest.importorskip(package, reason="comes with the extra `evaluate`")

from evaluation.text_scores import french_words, score_texts

REFERENCES = [
    "L'œdème aigu du poumon se traite par du furosémide à 60 mg.",
    "Une hypokaliémie inférieure à 2,5 mmol/L.",
    "La péricardite",
]


def test_words_keep_accents_numbers_and_signs() -> None:
    assert french_words("L'œdème de 0,5 cm : ≥ 60 mg/kg/j, péché") == [
        *("l", "œdème", "de", "0,5", "cm", "≥", "60", "mg", "kg", "j", "péché"),
    ]


def test_the_reference_itself_has_every_score() -> None:
    scores = score_texts(REFERENCES, REFERENCES)
    for name in ("bleu", "chrf"):
        assert scores.corpus[name] == pytest.approx(100)
    for name in ("chrf", "rouge1", "rougeL"):
        assert scores.each[name] == pytest.approx([100, 100, 100])
    assert min(scores.each["meteor"]) > 90


def test_accents_and_digits_tell_words_apart() -> None:
    scores = score_texts(["péché", "6 mg", "é"], ["pêche", "60 mg", "é"])
    assert scores.each["rouge1"] == pytest.approx([0, 50, 100])


def test_an_empty_answer_has_nothing() -> None:
    scores = score_texts(["", REFERENCES[1]], REFERENCES[:2])
    assert {values[0] for values in scores.each.values()} == {0}


def test_rouge_is_that_of_the_formula() -> None:
    scores = score_texts(["la douleur de la fosse"], ["la douleur est dans la fosse iliaque"])
    assert scores.each["rouge1"][0] == pytest.approx(100 * 2 * 4 / (5 + 7))
    assert scores.each["rouge2"][0] == pytest.approx(100 * 2 * 2 / (4 + 6))
    assert scores.each["rougeL"][0] == pytest.approx(100 * 2 * 4 / (5 + 7))


def test_french_stems_count_for_meteor() -> None:
    plural, other = score_texts(
        ["les infections pulmonaires", "les fractures osseuses"], ["une infection pulmonaire"] * 2
    ).each["meteor"]
    assert plural > 40 > other == 0


def test_every_score_has_its_signature() -> None:
    scores = score_texts(REFERENCES, REFERENCES)
    assert scores.signatures.keys() == scores.each.keys()
    assert "tok:13a" in scores.signatures["bleu"] and "nw:2" in scores.signatures["chrf"]
    assert "no synonyms" in scores.signatures["meteor"]
