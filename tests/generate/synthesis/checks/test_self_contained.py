"""What a question may speak of, with the document and without it."""

from __future__ import annotations

import pytest

from medinjection_fr.generate.synthesis.checks.self_contained import check_self_contained

SOUND = [
    "Quel est le traitement de première intention du diabète de type 2 ?",
    "Chez un patient de 45 ans, quel examen demander à ce patient ?",
    "Une femme enceinte consulte. Quel conseil donner à cette femme ?",
    "Dans le cas d'une insuffisance rénale, quelle dose choisir ?",
    "Parmi les propositions ci-dessous, laquelle est exacte ?",
    "Quel est le passage obligé de l'influx nerveux ?",
    "Selon l'étude de la fonction rénale, quel stade retenir ?",
    "Quel tableau clinique évoque une méningite ?",
    "D'après l'article L. 1110-4 du code de la santé publique, qui est tenu au secret ?",
    "300 cas ont été diagnostiqués ; combien de ces cas sont mortels ?",
    "Quels signes l'examen du fond d'œil recherche-t-il ?",
]
OF_A_TEXT = [
    "Selon le texte, quel est le traitement ?",
    "Dans cet article, combien de patients ont guéri ?",
    "Que concluent les auteurs ?",
    "D'après le document, quelle dose est donnée ?",
    "Quel est l'objectif de cette étude ?",
    "Quel est le diagnostic de ce patient ?",
    "Quel traitement cette patiente a-t-elle reçu ?",
    "Que dit le résumé ?",
    "Dans ce cas clinique, quel examen tranche ?",
    "Quelle méthode nous avons employée ?",
    "Quel résultat de l'observation présentée ici est le plus net ?",
    "D’après l’étude, quel est le risque ?",
    "Quels signes avait le cas ci-dessus ?",
]
OF_A_FIGURE = [
    "Que montre la figure 2 ?",
    "D'après le tableau 1, quel groupe guérit ?",
    "Que voit-on sur l'image ci-jointe ?",
    "Interprétez le graphique suivant.",
    "Voir la photographie 3 : quel est le diagnostic ?",
]


@pytest.mark.parametrize("text", SOUND)
def test_questions_that_stand_alone(text: str) -> None:
    assert list(check_self_contained([text], has_context=False)) == []
    assert list(check_self_contained([text], has_context=True)) == []


@pytest.mark.parametrize("text", OF_A_TEXT)
def test_questions_that_speak_of_a_text(text: str) -> None:
    [fault] = check_self_contained([text], has_context=False)
    assert fault.rule == "not-self-contained"
    assert list(check_self_contained([text], has_context=True)) == []


@pytest.mark.parametrize("text", OF_A_FIGURE)
@pytest.mark.parametrize("has_context", [True, False])
def test_questions_that_speak_of_a_figure(text: str, has_context: bool) -> None:
    [fault] = check_self_contained([text], has_context)
    assert fault.rule == "not-self-contained"


def test_an_option_counts_too_and_a_patient_of_the_question_is_known_to_it() -> None:
    asked = "Un homme de 50 ans tousse. Quelle conduite tenir ?"
    assert list(check_self_contained([asked, "Hospitaliser ce patient"], has_context=False)) == []
    assert list(check_self_contained(["Quelle conduite tenir ?", "Hospitaliser ce patient"], False))
    assert list(check_self_contained([asked, "Lire cet article"], has_context=False))
