"""Drugs and acronyms."""

from __future__ import annotations

import pytest
from translation_cases import GLOSSARY, broken, pairs

from medinjection_fr.generate.checks.glossary import skeleton

FAITHFUL = pairs("""
Amoxicillin is given. | L'amoxicilline est donnée.
Acetaminophen overdose | Surdosage en paracétamol
Epinephrine and norepinephrine | Adrénaline et noradrénaline
Phenytoin toxicity | Toxicité de la phénytoïne
Rifampin and isoniazid | Rifampicine et isoniazide
Cyclosporine | Ciclosporine
Albuterol inhaler | Salbutamol en aérosol
Treatment with statins | Traitement par statines
Warfarin, heparin and aspirin | Warfarine, héparine et aspirine
Infliximab | Infliximab
I accept the concept. | J'accepte le concept.
HIV infection and AIDS | Infection par le VIH et SIDA
COPD and DVT | BPCO et TVP
An MRI, then a CT scan | Une IRM, puis un scanner
DNA and mRNA | ADN et ARNm
MRSA | SARM
NSAIDs | AINS
TSH and PCR | TSH et PCR
HSV or CMV | HSV ou CMV
Anti-HBs antibodies | Anticorps anti-HBs
MEN type I syndrome | Syndrome NEM de type I
Type II diabetes | Diabète de type II
WHICH OF THE FOLLOWING IS TRUE? | LAQUELLE EST VRAIE ?
Which is TRUE about the liver? | Laquelle est VRAIE à propos du foie ?
The WHO and the CDC | L'OMS et les CDC
""")
DRUGS = pairs("""
Amoxicillin is given. | La pénicilline est donnée.
Acetaminophen overdose | Surdosage en ibuprofène
Epinephrine | Noradrénaline
Phenytoin | Phénobarbital
Rifampin | Rifabutine
Warfarin | Héparine
Prednisone | Prednisolone
Chlorpromazine | Chlorpropamide
Hydralazine | Hydroxyzine
Cefazolin and ceftazidime with gentamicin | Céfazoline et ceftazidime avec amikacine
Omeprazole | Esoméprazole
Atenolol | Métoprolol
Enalapril | Captopril
Metformin | Glibenclamide
Infliximab | Adalimumab
Morphine is contraindicated. | La codéine est contre-indiquée.
""")
ACRONYMS = pairs("""
HIV infection | Infection par le VHB
HIV infection | Infection par le HIV
AIDS | SRAS
COPD | BPCP
An MRI was done. | Un scanner a été fait.
A CT scan was done. | Une IRM a été faite.
DNA virus | Virus à ARN
RNA virus | Virus à ADN
DVT | Embolie pulmonaire
MRSA | ERV
TSH is raised. | La T4 est élevée.
PCR is positive. | La CRP est positive.
HCV antibodies | Anticorps anti-VHB
ACTH and TSH | ACTH
NSAIDs | Corticoïdes
ICU admission | Admission aux urgences
""")


@pytest.mark.parametrize(("english", "french"), FAITHFUL)
def test_faithful(english: str, french: str) -> None:
    assert broken(english, french) == set()


@pytest.mark.parametrize(("english", "french"), DRUGS)
def test_drug_is_lost(english: str, french: str) -> None:
    assert "drug-lost" in broken(english, french)


@pytest.mark.parametrize(("english", "french"), ACRONYMS)
def test_acronym_is_lost(english: str, french: str) -> None:
    assert "acronym-lost" in broken(english, french)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("phenytoin", "phénytoïne"),
        ("insulin", "insuline"),
        ("amphetamine", "amfétamine"),
        ("estradiol", "œstradiol"),
    ],
)
def test_one_name_in_two_spellings(english: str, french: str) -> None:
    assert skeleton(english) == skeleton(french.replace("œ", "oe"))


def test_drugs_are_told_by_their_ends() -> None:
    words = frozenset("cefuroxime losartan ticagrelor disease phone except kidney azithromycin".split())
    assert GLOSSARY.drug_words.among(words) == {"losartan", "ticagrelor", "azithromycin"}
