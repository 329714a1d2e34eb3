"""Numbers and units: what a faithful translator may write, and what is a fault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from translation_cases import broken, pairs

from medinjection_fr.generate.checks.numbers import find_numbers
from medinjection_fr.generate.checks.reading import Reading
from medinjection_fr.generate.checks.units import unit_after

FAITHFUL = pairs("""
Give 60 mg/kg/day in two doses. | Donner 60 mg/kg/j en deux prises.
Give 60 mg/kg per day. | Administrer 60 mg/kg par jour.
Give 60 mg/kg daily. | Administrer 60 mg/kg quotidiennement.
About 1,500 patients were followed. | Environ 1 500 patients ont été suivis.
About 1,500 patients were followed. | Environ 1500 patients ont été suivis.
A count of 1,00,000 per cubic millimeter | Une numération à 100 000 par millimètre cube
The potassium is 3.5 mEq/L. | La kaliémie est de 3,5 mEq/l.
The potassium is 3.5 mEq/L. | La kaliémie est de 3.5 mEq/L.
p < .05 was significant | p < 0,05 était significatif
A 45-year-old man | Un homme de 45 ans
A 2-month-old infant | Un nourrisson âgé de 2 mois
aged 65 and over | âgé de 65 ans et plus
It rose by 5 percent. | Il a augmenté de 5 %.
It rose by 5%. | Il a augmenté de 5 pour cent.
2.7 million people | 2,7 millions de personnes
1.3 billion people | 1,3 milliard de personnes
52 thousand cases | 52 000 cas
three times a day for 10 days | 3 fois par jour pendant 10 jours
two tablets q.i.d. | deux comprimés 4 fois par jour
in the 1990s | dans les années 90
the 2019-20 season | la saison 2019-2020
twenty-one days | 21 jours
two hundred and five patients | deux cent cinq patients
97 cases, seventy-one deaths | quatre-vingt-dix-sept cas, soixante et onze décès
the 2nd week of the 19th century | la deuxième semaine du XIXe siècle
the 1st of March 2020 | le 1er mars 2020
March 11, 2020 | le 11 mars 2020
type 2 diabetes | un diabète de type 2
factor VIII and cranial nerve XII | le facteur VIII et le nerf crânien XII
at 8:00 a.m. | à 8 h
at 2 p.m. | à 14 h
half of the 30 patients | la moitié des 30 patients
one patient in 4 | un patient sur quatre
5-10 mg | 5 à 10 mg
between 5 mg and 10 mg | entre 5 et 10 mg
1:1000 adrenaline | adrénaline au 1/1 000
10⁹/L | 10^9/l
a 10-fold rise | une augmentation d'un facteur 10
2 m² and 5 mm3 | 2 m2 et 5 mm³
5000 cells/mm3 | 5 000 cellules/mm³
5000 units of heparin | 5000 unités d'héparine
100 IU/mL | 100 UI/ml
50 mcg | 50 µg
38.5 °C, or 101.3 °F | 38,5 °C, soit 101,3 °F
10 degrees Celsius | 10 degrés Celsius
""")
NUMBERS = pairs("""
Give 60 mg/kg/day. | Donner 6 mg/kg/j.
Give 0.5 mg. | Donner 5 mg.
Give 0.5 mg. | Donner 0,05 mg.
Give 1.5 g. | Donner 15 g.
About 1,500 patients were followed. | Environ 1,500 patients ont été suivis.
About 1,500 patients were followed. | Environ 1.500 patients ont été suivis.
About 1,500 patients were followed. | Environ 15 000 patients ont été suivis.
1.3 billion people | 1,3 billion de personnes
648 million | 648 milliards
10 mg, then 20 mg | 10 mg, puis 10 mg
a 45-year-old man | un homme de 54 ans
three times a day | deux fois par jour
sixty patients | soixante-dix patients
type II collagen | collagène de type III
factor VIII | facteur IX
COVID-19 | COVID-18
interleukin 6 (IL-6) | interleukine 8 (IL-8)
between 5 and 10 mg | entre 5 et 15 mg
March 11, 2020 | le 12 mars 2020
a dose of 40 mg | une dose
a dose | une dose de 40 mg
101 °F | 38 °C
""")
UNITS = pairs("""
Give 60 mg/kg/day. | Donner 60 mg/kg.
Give 60 mg/kg/day. | Donner 60 µg/kg/j.
Give 60 mg/kg/day. | Donner 60 g/kg/j.
Give 60 mg/kg/day. | Donner 60 mg/kg/h.
for 10 days | pendant 10 mois
for 10 days | pendant 10 heures
a 3-week history | une évolution de 3 mois
at 101 °F | à 101 °C
glucose of 90 mg/dL | glycémie à 90 mg/l
glucose of 90 mg/dL | glycémie à 90 mmol/l
sodium of 140 mEq/L | natrémie à 140 mg/L
5% of patients | 5 ‰ des patients
5% of patients | 5 des patients
2 liters of saline | 2 ml de sérum physiologique
a 5 cm mass | une masse de 5 mm
a 5 cm mass | une masse de 5
6 feet apart | à 6 mètres l'un de l'autre
100 IU of insulin | 100 mg d'insuline
120 mmHg | 120 cmHg
2 tablets | 2 gouttes
""")


@pytest.mark.parametrize(("english", "french"), FAITHFUL)
def test_faithful(english: str, french: str) -> None:
    assert broken(english, french) == set()


@pytest.mark.parametrize(("english", "french"), NUMBERS)
def test_number_is_changed(english: str, french: str) -> None:
    assert "number-changed" in broken(english, french)


@pytest.mark.parametrize(("english", "french"), UNITS)
def test_unit_is_changed(english: str, french: str) -> None:
    assert "unit-changed" in broken(english, french)


@pytest.mark.parametrize(
    ("text", "language", "values"),
    [
        ("1,500.5 and 2.7 million", "english", ["1500.5", "2700000"]),
        ("1 500,5 et 2,7 millions", "french", ["1500.5", "2700000"]),
        ("$300+ billion", "english", ["300000000000"]),
        ("two three", "english", ["2", "3"]),
        ("mille deux cents, quatre-vingts, dix-sept", "french", ["1200", "80", "17"]),
        ("soixante-dix-huit et quatre-vingt-onze", "french", ["78", "91"]),
        ("un, une ; one", "french", []),
        ("12.03.2020 et 1,2,3", "french", ["12", "3", "2020", "1", "2", "3"]),
        ("les années 90 ; 2019-20", "french", ["1990", "2019", "2020"]),
        ("H1N1, CD4, IL-6", "english", ["1", "1", "4", "6"]),
        ("type IV, I and X", "english", ["4"]),
    ],
)
def test_numbers_that_are_read(text: str, language: str, values: list[str]) -> None:
    assert sorted(number.value for number in find_numbers(Reading(text), language)) == sorted(values)


@pytest.mark.parametrize(
    ("text", "language", "units"),
    [
        ("60 mg/kg/day", "english", ["mg/kg/day"]),
        ("60 mg/kg par jour", "french", ["mg/kg/day"]),
        ("5 % à 10 °C", "french", ["%", "°C"]),
        ("the 1990s, 5 s", "english", ["", "s"]),
        ("4-5x", "english", ["", "times"]),
        ("122 U.S. cases, 5 U", "english", ["", "U"]),
        ("12 l'ont dit, 12 l", "french", ["", "L"]),
        ("a 2000-sq-meter room", "english", ["m"]),
        ("16 drops/min", "english", ["drop/min"]),
        ("5 M, 5 m", "english", ["M", "m"]),
    ],
)
def test_units_that_are_read(text: str, language: str, units: list[str]) -> None:
    reading = Reading(text)
    assert [unit_after(reading, number, language) for number in find_numbers(reading, language)] == units


@given(st.integers(2, 10**7), st.integers(2, 10**7))
def test_whole_numbers_are_equal_only_if_they_are(one: int, other: int) -> None:
    french = f"{other:,}".replace(",", "\u202f")
    assert ("number-changed" in broken(f"{one:,} cells", f"{french} cellules")) == (one != other)


@given(st.decimals(0, 999, places=2), st.decimals(0, 999, places=2))
def test_decimals_are_equal_only_if_they_are(one: object, other: object) -> None:
    french = str(other).replace(".", ",")
    assert ("number-changed" in broken(f"{one} mg", f"{french} mg")) == (one != other)
