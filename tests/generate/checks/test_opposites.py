"""Words that became their opposite."""

from __future__ import annotations

import pytest
from translation_cases import broken, pairs

FAITHFUL = pairs("""
the left kidney | le rein gauche
pain in the right arm and the left leg | une douleur du bras droit et de la jambe gauche
hypokalemia | hypokaliémie
acute on chronic renal failure | insuffisance rénale aiguë sur chronique
Which is right? | Laquelle est exacte ?
She left the hospital. | Elle a quitté l'hôpital.
an increase in weight | une prise de poids
a decrease of the pressure, then an increase | une baisse de la pression, puis une augmentation
a systolic murmur | un souffle systolique
the boy's father | le père du garçon
the lowest risk | le risque le plus faible
more slowly | moins vite, et plus lentement
after the meal | après le repas
the upper and lower limbs | les membres supérieurs et inférieurs
a benign tumor | une tumeur bénigne
""")
SWAPPED = pairs("""
the left kidney | le rein droit
pain in the right arm | une douleur du bras gauche
hypokalemia | hyperkaliémie
hyperthyroidism | hypothyroïdie
acute pancreatitis | pancréatite chronique
a systolic murmur | un souffle diastolique
the anterior wall | la paroi postérieure
an increased heart rate | une fréquence cardiaque diminuée
a benign tumor | une tumeur maligne
a 30-year-old woman | un homme de 30 ans
autosomal dominant inheritance | transmission autosomique récessive
the superior mesenteric artery | l'artère mésentérique inférieure
metabolic acidosis | alcalose métabolique
a positive test | un test négatif
after the meal | avant le repas
tachycardia | bradycardie
intracellular water | eau extracellulaire
in children | chez l'adulte
""")


@pytest.mark.parametrize(("english", "french"), FAITHFUL)
def test_faithful(english: str, french: str) -> None:
    assert broken(english, french) == set()


@pytest.mark.parametrize(("english", "french"), SWAPPED)
def test_opposite(english: str, french: str) -> None:
    assert "opposite" in broken(english, french)
