"""Gold answers as people write them: read for certain, or not at all."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection_fr.record import LETTERS
from medinjection_fr.sources.gold import parse_gold

ORGANS = ["Foie", "Rate", "Rein, uretère", "Œil", "Hépatite aiguë"]
GROUPS = ["A", "B", "AB", "O"]  # each letter means the same as label and as text, but for AB
ROTATED = ["O", "A", "B", "AB"]
RHESUS = ["A+", "A-", "B+", "O"]


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("A", "A"),
        ("e", "E"),
        (" C \n", "C"),
        ("\u00a0C\u200b", "C"),
        ("(A)", "A"),
        ("(c)", "C"),
        ("A)", "A"),
        ("A,C", "A,C"),
        ("A, C, E", "A,C,E"),
        ("a,c", "A,C"),
        ("A ; C", "A,C"),
        ("A/C", "A,C"),
        ("A C E", "A,C,E"),
        ("A et C", "A,C"),
        ("A, B et E", "A,B,E"),
        ("A ET C", "A,C"),
        ("(A), (C)", "A,C"),
        ("(A) et (C)", "A,C"),
        ("(A, C)", "A,C"),
        ("A\u00a0et\u00a0C", "A,C"),
        ("ACD", "A,C,D"),
        ("DCA", "A,C,D"),
        ("C,A", "A,C"),
        ("A\nC", "A,C"),
        ("(A)\r\n(C)\r\n", "A,C"),
        ("A. Foie", "A"),
        ("a) Foie", "A"),
        ("(B) Rate", "B"),
        ("B : Rate", "B"),
        ("B - Rate", "B"),
        ("B – Rate", "B"),
        ("D.Œil", "D"),
        ("A. Foie\nD. Œil", "A,D"),
        ("Foie", "A"),
        (" Rate ", "B"),
        ("Rein, uretère", "C"),
        ("C. Rein, uretère", "C"),
        ("He\u0301patite aigue\u0308", "E"),
        ("Foie\nŒil", "A,D"),
        ("Foie\nB", "A,B"),
        # read for certain, and wrong: validation refuses it
        ("A,A", "A,A"),
        ("AA", "A,A"),
        ("A\nFoie", "A,A"),
        ("F", "F"),
        ("A,J", "A,J"),
        # no reading
        ("", None),
        (" \n", None),
        ("K", None),
        ("A,K", None),
        ("acd", None),
        ("A ou C", None),
        ("A+C", None),
        ("A & C", None),
        ("A-C", None),
        ("A à C", None),
        ("A,", None),
        (",A", None),
        ("A,,C", None),
        ("A.", None),
        ("A etC", None),
        ("(A)(C)", None),
        ("Réponse A", None),
        ("La réponse est A", None),
        ("A parce que", None),
        ("1", None),
        ("0", None),
        ("A. Rate", None),
        ("F. Foie", None),
        ("B. Rat", None),
        ("A. Foie, D. Œil", None),
        ("A. Foie\nD. Rate", None),
        ("Foie, Rate", None),
        ("foie", None),
        ("Foi", None),
        ("Foie.", None),
        ("Aucune", None),
        ("Foie\nPoumon", None),
        ("À", None),
        ("Ａ", None),
        ("ı", None),
        ("İ", None),
        ("İ) Foie", None),
        ("A\x1cC", None),
        ("\x1fA", None),
        ("A\ufffd", None),
        ("\ud800", None),
    ],
)
def test_reading(answer: str, gold: str | None) -> None:
    assert parse_gold(answer, ORGANS) == gold


@pytest.mark.parametrize(
    ("choices", "answer", "gold"),
    [
        (GROUPS, "A", "A"),
        (GROUPS, "B", "B"),
        (GROUPS, "A,B", "A,B"),
        (GROUPS, "O", "D"),
        (GROUPS, "C", "C"),
        (GROUPS, "C. AB", "C"),
        (GROUPS, "AB", None),  # the third option, or the first two
        (GROUPS, "A, O", None),
        (ROTATED, "A", None),
        (ROTATED, "a", None),
        (ROTATED, "AB", None),
        (ROTATED, "A et B", None),
        (ROTATED, "A\nB", None),
        (ROTATED, "O", "A"),
        (ROTATED, "D", "D"),
        (ROTATED, "A. O", "A"),
        (ROTATED, "B) A", None),
        (["D", "C", "K", "E"], "A. D", "A"),
        (["D", "C", "K", "E"], "A) D", None),
        (ROTATED, "C, D", "C,D"),
        (RHESUS, "A", "A"),
        (RHESUS, "A+", "A"),
        (RHESUS, "A-", "B"),
        (RHESUS, "A +", None),
        (RHESUS, "B. A-", "B"),
        (RHESUS, "B. A+", None),
        (["C-peptide", "D-dimères", "insuline"], "C-peptide", "A"),
        (["C-peptide", "D-dimères", "peptide"], "C-peptide", None),
        (["C-peptide", "D-dimères", "C-peptide"], "C-peptide", None),
        (["Oui", "Oui"], "Oui", None),
        (["Oui", "Oui"], "A", "A"),
        (["ACE", "B", "C", "D", "E"], "ACE", None),
        ([], "A", "A"),
        ([], "Foie", None),
        (["5 mg", "\x1c 5 mg"], "5 mg", "A"),
        (["Foie", "5 mg"], "\x1c 5 mg", None),
        ([str(number) for number in range(11)], "10", None),
    ],
)
def test_reading_of_options_like_labels(choices: list[str], answer: str, gold: str | None) -> None:
    assert parse_gold(answer, choices) == gold


@pytest.mark.parametrize("choices", [list(order) for order in permutations(GROUPS)], ids="".join)
def test_labels_and_texts_must_agree(choices: list[str]) -> None:
    """Blood groups in any order: read where both readings agree, else not at all."""
    for answer in ("A", "B", "A,B", "A et B", "A\nB"):
        letters = [letter for letter in answer if letter in "AB"]
        by_text = sorted(LETTERS[choices.index(letter)] for letter in letters)
        assert parse_gold(answer, choices) == (",".join(letters) if by_text == letters else None)


letters = st.lists(st.sampled_from("ABCDE"), min_size=1, unique=True).map(sorted)
joints = st.sampled_from([",", ", ", " ; ", " et ", " ", "\n", "/", "\u00a0et "])


@given(letters, joints, st.sampled_from(["{}", "({})"]), st.booleans())
def test_every_spelling_of_letters(gold: list[str], joint: str, form: str, lower: bool) -> None:
    answer = joint.join(form.format(letter.lower() if lower else letter) for letter in gold)
    assert parse_gold(answer, ORGANS) == ",".join(gold)


@given(letters, st.sampled_from(["{0}. {1}", "({0}) {1}", "{0}) {1}", "{0} - {1}", "{0} : {1}", "{1}"]))
def test_every_spelling_with_the_text(gold: list[str], form: str) -> None:
    answer = "\n".join(form.format(letter, ORGANS[LETTERS.index(letter)]) for letter in gold)
    assert parse_gold(answer, ORGANS) == ",".join(gold)


@given(st.text(st.characters()) | st.text("AaBbKİ()., etOR-:\n"), st.lists(st.text("ABO+- "), max_size=12))
def test_never_fails(answer: str, choices: list[str]) -> None:
    gold = parse_gold(answer, choices)
    assert gold is None or set(gold.split(",")) <= set(LETTERS)
