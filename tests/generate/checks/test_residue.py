"""What is left in English."""

from __future__ import annotations

import pytest
from translation_cases import broken, pairs

FAITHFUL = pairs("""
Atropine | Atropine
Escherichia coli | Escherichia coli
Candida albicans | Candida albicans
Mycobacterium tuberculosis | Mycobacterium tuberculosis
Placenta | Placenta
Vitamin B12 | Vitamine B12
10 mg | 10 mg
A and B | A et B
Down syndrome | Syndrome de Down
The New England Journal of Medicine reports this. | Le New England Journal of Medicine le rapporte.
According to the Food and Drug Administration | Selon la Food and Drug Administration
The muscle and the tendon | Le muscle et le tendon
Dumping syndrome after surgery | Syndrome de dumping après chirurgie
the second laser | le second laser
Cervical cancer | Cancer cervical
See https://example.org/the-study | Voir https://example.org/the-study
""")
COPIED = pairs("""
Heart failure | Heart failure
Sickle cell anemia | Sickle cell anemia
Pulmonary embolism | Pulmonary embolism
Renal artery stenosis | renal artery stenosis
Which of the following is true? | Which of the following is true?
All of the above | All of the above
None of these | None of these.
Rheumatoid arthritis | Rheumatoid arthritis
Swelling of the knee | Swelling of the knee
Left ventricle | Left ventricle
Thyroidectomy | Thyroidectomy
Myocarditis | Myocarditis
Hypokalemia | Hypokalemia
Asthma | Asthma
Gastric ulcer | Gastric ulcer
""")
LEFT = pairs("""
The patient has chest pain and fever. | Le patient a une chest pain et de la fièvre.
The knee is swollen. | Le knee est gonflé.
Blood pressure is low. | La blood pressure est basse.
He has a cough. | Il a un cough.
A rash on the trunk | Un rash et une éruption du trunk
Bleeding from the gums | Un bleeding des gencives
Iron deficiency anemia | Anémie par iron déficience
Acute kidney injury | Lésion aiguë du kidney
The heart sounds are normal. | Les bruits du heart sont normaux.
He was treated with penicillin. | Il was traité par la pénicilline.
the outcome of the disease | l'évolution of the maladie
Growth hormone deficiency | Déficit en growth hormone
Early onset of jaundice | Apparition précoce de jaundice
Weight loss and weakness | Perte de poids et weakness
The wound is painful. It was cleaned with water. | La plaie est douloureuse. It was cleaned with water.
Which of the following drugs is given? | Lequel des drugs suivants est donné ?
""")


@pytest.mark.parametrize(("english", "french"), FAITHFUL)
def test_faithful(english: str, french: str) -> None:
    assert broken(english, french) == set()


@pytest.mark.parametrize(("english", "french"), COPIED)
def test_copy(english: str, french: str) -> None:
    assert "not-translated" in broken(english, french)


@pytest.mark.parametrize(("english", "french"), LEFT)
def test_left_in_english(english: str, french: str) -> None:
    assert "english-left" in broken(english, french)
