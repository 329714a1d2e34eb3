"""What a model adds, and the length of what it writes."""

from __future__ import annotations

import pytest
from translation_cases import broken

from medinjection_fr.generate.checks.length import BOUNDS

ENGLISH = "The patient has had fever and a dry cough since Monday."
FRENCH = "Le patient a de la fièvre et une toux sèche depuis lundi."
ADDED = [
    "Voici la traduction : {}",
    "Voici la traduction demandée :\n{}",
    "Voici le texte traduit en français : {}",
    "Traduction : {}",
    "Traduction en français : {}",
    "**Traduction** : {}",
    "Bien sûr ! {}",
    "Bien sûr, voici la version française : {}",
    "Sure! Here is the translation: {}",
    "Here's the French version: {}",
    "Certainly. {}",
    "{}\n\nNote : les unités sont celles de la source.",
    "{} (Note du traducteur : sens incertain.)",
    "{}\nN.B. : vérifier le terme.",
    "{}\n{}",
    "{} (littéralement : « toux sèche »)",
    "```\n{}\n```",
    '{{"traduction": "{}"}}',
    "# Traduction\n{}",
    "- {}",
    "A. {}",
    "B) {}",
    "Réponse : {}",
    "Question 1 : {}",
    "Contexte : {}",
    '"{}"',
    "« {} »",
    "<think>Je traduis.</think>{}",
    "<|assistant|>{}",
    "{} " + FRENCH,
]


@pytest.mark.parametrize("template", ADDED)
def test_added(template: str) -> None:
    translation = template.replace("{}", FRENCH).replace("{{", "{").replace("}}", "}")
    assert "text-added" in broken(ENGLISH, translation)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (ENGLISH, FRENCH),
        ("Note: fever is common.", "Remarque : la fièvre est fréquente."),
        ("A. Liver", "A. Foie"),
        ("Answer: the liver", "Réponse : le foie"),
        ("Ans. C. The liver", "Rép. C. Le foie"),
        ('"Strawberry" tongue', "Langue « framboisée »"),
        ('"Strawberry tongue"', "« Langue framboisée »"),
        ("Fever\nCough", "Fièvre\nToux"),
        ("- Fever\n- Cough", "- Fièvre\n- Toux"),
        ("This results in shock.", "Cela se traduit par un choc."),
        ("The translation of mRNA", "La traduction de l'ARNm"),
        ("See the following:", "Voir ce qui suit :"),
        ("p<0.05 and x>2", "p<0,05 et x>2"),
        ("The answer (or solution) is here.", "La réponse (ou solution) est ici."),
        ("Certainly a sign of asthma", "Certainement un signe d'asthme"),
        ("a b c d e f, a b c d e f", "a b c d e f, a b c d e f, a b c"),
    ],
)
def test_nothing_added(english: str, french: str) -> None:
    assert broken(english, french) == set()


LONG = "The child was seen in the clinic because of a painful knee that had been swollen for a week. " * 2
LONG_FRENCH = (
    "L'enfant a été vu à la consultation pour un genou douloureux, qui était gonflé depuis une semaine. " * 2
)


@pytest.mark.parametrize(
    "french",
    [
        LONG_FRENCH[: len(LONG_FRENCH) // 2],
        LONG_FRENCH[: len(LONG_FRENCH) // 3],
        "Genou douloureux.",
        "…",
        LONG_FRENCH * 2,
        LONG_FRENCH * 30,
        LONG_FRENCH
        + "Il faudra le revoir, prescrire une radiographie et appeler ses parents au plus vite. " * 2,
    ],
)
def test_length(french: str) -> None:
    assert "length" in broken(LONG, french)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (LONG, LONG_FRENCH),
        ("CT", "Tomodensitométrie (TDM)"),
        ("MI", "Infarctus du myocarde (IDM)"),
        ("Gallstones", "Calculs de la vésicule biliaire"),
        ("Whooping cough", "Coqueluche"),
        ("Deep vein thrombosis of the leg", "Phlébite de la jambe"),
        ("Yes", "Oui"),
        ("Fever", "Fièvre"),
    ],
)
def test_usual_length(english: str, french: str) -> None:
    assert "length" not in broken(english, french)


def test_bounds_close_in_on_longer_texts() -> None:
    lows, highs = [low for _, low, _ in BOUNDS], [high for _, _, high in BOUNDS]
    assert lows == sorted(lows)
    assert highs[:-1] == sorted(highs[:-1], reverse=True)
