"""Denials, EXCEPT, LEAST, FALSE."""

from __future__ import annotations

import pytest
from translation_cases import broken, pairs

FAITHFUL = pairs("""
Which of the following is NOT a cause of anemia? | Laquelle des propositions suivantes n'est PAS une cause d'anémie ?
All are true EXCEPT | Toutes sont vraies SAUF
All of the following, except: | Tous les éléments suivants, à l'exception de :
Which is the LEAST likely? | Laquelle est la moins probable ?
At least one criterion | Au moins un critère
Which statement is false? | Quelle affirmation est fausse ?
Which is incorrect? | Laquelle n'est pas exacte ?
The patient has no fever. | Le patient est apyrétique et n'a pas de fièvre.
The patient does not smoke. | Le patient ne fume pas.
She hasn't eaten. | Elle n'a pas mangé.
Neither fever nor cough | Ni fièvre ni toux
None of the above | Aucune de ces réponses
without treatment | sans traitement
without treatment | en l'absence de traitement
an asymptomatic patient | un patient qui n'a pas de symptômes
patients without symptoms | des patients asymptomatiques
It is not possible. | C'est impossible.
The cause is not known. | La cause est inconnue.
The cause is unknown. | On ne connaît pas la cause.
nonsteroidal anti-inflammatory drugs | anti-inflammatoires non stéroïdiens
non-insulin-dependent diabetes | diabète non insulinodépendant
uncontrolled hypertension | hypertension non contrôlée
He denies pain. | Il nie toute douleur.
The test failed to show it. | Le test n'a pas permis de le montrer.
It affects not only the skin but also the joints. | Il touche non seulement la peau, mais aussi les articulations.
Avoid touching the wound. | Ne pas toucher la plaie.
Only the liver is affected. | Seul le foie est touché.
It is more frequent than thought. | C'est plus fréquent qu'on ne le pensait.
Give it before the fever rises. | Le donner avant que la fièvre ne monte.
fewer than expected | moins que prévu
""")
LOST = pairs("""
Which of the following is NOT a cause of anemia? | Laquelle des propositions suivantes est une cause d'anémie ?
All are true EXCEPT | Toutes sont vraies
All of the following are features, except: | Tous les éléments suivants sont des signes, y compris :
Which is the LEAST likely? | Laquelle est la plus probable ?
Which statement is false? | Quelle affirmation est vraie ?
Which is incorrect? | Laquelle est exacte ?
The patient has no fever. | Le patient a de la fièvre.
The patient does not smoke. | Le patient fume.
She hasn't eaten. | Elle a mangé.
Neither fever nor cough | Fièvre et toux
None of the above | Toutes ces réponses
without treatment | avec traitement
It cannot be given in pregnancy. | On peut le donner pendant la grossesse.
The reflex is never absent at birth. | Le réflexe est absent à la naissance.
nonsteroidal drugs | médicaments stéroïdiens
untreated patients | patients traités
He has no cough. He has a fever and does not eat. | Il n'a pas de toux. Il a de la fièvre et il mange.
""")
ADDED = pairs("""
Which of the following is a cause of anemia? | Laquelle des propositions suivantes n'est pas une cause d'anémie ?
All are true | Toutes sont vraies, sauf
Which is the most likely? | Laquelle est la moins probable ?
Which statement is true? | Quelle affirmation est fausse ?
Which statement is correct? | Quelle affirmation est inexacte ?
The patient has a fever. | Le patient n'a pas de fièvre.
The patient smokes. | Le patient ne fume jamais.
with treatment | sans traitement
All of the above | Aucune de ces réponses
It can be given in pregnancy. | On ne peut pas le donner pendant la grossesse.
The reflex is present at birth. | Le réflexe n'est pas présent à la naissance.
treated patients | patients non traités
Both drugs are effective. | Aucun des deux médicaments ne l'est.
Surgery is indicated. | La chirurgie n'est pas indiquée.
He coughs. He smokes. | Il tousse. Il ne fume pas.
""")


@pytest.mark.parametrize(("english", "french"), FAITHFUL)
def test_faithful(english: str, french: str) -> None:
    assert broken(english, french) == set()


@pytest.mark.parametrize(("english", "french"), LOST)
def test_denial_is_lost(english: str, french: str) -> None:
    assert "negation-lost" in broken(english, french)


@pytest.mark.parametrize(("english", "french"), ADDED)
def test_denial_is_added(english: str, french: str) -> None:
    assert "negation-added" in broken(english, french)
