"""Signs and comparisons."""

from __future__ import annotations

import pytest
from translation_cases import broken, pairs

FAITHFUL = pairs("""
p < 0.05 | p < 0,05
a pH < 7.35 | un pH inférieur à 7,35
patients aged ≥ 65 years | des patients d'au moins 65 ans
patients aged >= 65 years | des patients d'âge ≥ 65 ans
at least 5 mg | ≥ 5 mg
more than 5 days | plus de 5 jours
no more than 5 days | pas plus de 5 jours
less than 10% | moins de 10 %
up to 20 mg | jusqu'à 20 mg
5 ± 2 mg | 5 ± 2 mg
5 +/- 2 mg | 5 ± 2 mg
blood group A+ | groupe sanguin A+
CD4+ and CD8- cells | cellules CD4+ et CD8-
an HER2-positive tumor | une tumeur HER2 positive
HER2+ tumors | tumeurs HER2 positives
−5 mmol/L | -5 mmol/l
a base excess of -5 mmol/L | un excès de base de −5 mmol/l
minus 20 °C | −20 °C
~50 cases | environ 50 cas
about 50 cases | ~50 cas
10-15 mg | 10–15 mg
60+ years | plus de 60 ans
pre- and postoperative | pré- et postopératoire
""")
CHANGED = pairs("""
p < 0.05 | p > 0,05
p < 0.05 | p 0,05
p > 0.05 | p ≤ 0,05
age ≥ 65 years | âge ≤ 65 ans
age ≥ 65 years | âge de 65 ans
more than 5 days | moins de 5 jours
less than 10% of cases | plus de 10 % des cas
at least 5 mg | au plus 5 mg
at most 5 mg | au moins 5 mg
over 65 years | moins de 65 ans
5 ± 2 mg | 5 + 2 mg
blood group A+ | groupe sanguin A-
blood group O- | groupe sanguin O+
CD4+ cells | cellules CD4-
CD4+ cells | cellules CD4
a base excess of −5 mmol/L | un excès de base de 5 mmol/l
a base excess of 5 mmol/L | un excès de base de −5 mmol/l
about 5 per thousand | environ 5 ‰ pour mille
""")


@pytest.mark.parametrize(("english", "french"), FAITHFUL)
def test_faithful(english: str, french: str) -> None:
    assert broken(english, french) == set()


@pytest.mark.parametrize(("english", "french"), CHANGED)
def test_sign_is_changed(english: str, french: str) -> None:
    assert "sign-changed" in broken(english, french)
