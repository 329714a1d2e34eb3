"""Numbers, units, drugs, acronyms, names and quotations: what stands in the document passes, what does not is told."""

from __future__ import annotations

import pytest

from medinjection_fr.generate.checks import load_glossary
from medinjection_fr.generate.synthesis.checks.document import read_document
from medinjection_fr.generate.synthesis.checks.grounded import check_grounded, check_quotes

GLOSSARY = load_glossary()
CASE = (
    "Mme Durand, âgée de soixante-deux ans, est admise au CHU de Nantes pour une dyspnée depuis trois semaines. "
    "La pression artérielle est de 150/90 mmHg, la température de 38.5 °C, la SpO2 de 91 %. "
    "Les leucocytes sont à 16 000/mm3, l'hémoglobine à 9,80 g/dL et la CRP entre 40 et 60 mg/L. "
    "Une insuffisance rénale chronique (clairance à 45 ml/min) est connue. "
    "Une tomodensitométrie montre une masse de 3 cm. Un lymphome de Hodgkin de stade II est retenu. "
    "Elle reçoit du méthotrexate à 15 mg/m2 et de l'acide folique 5 mg par jour pendant 2 mois. "
    "Le virus de l'immunodéficience humaine n'est pas retrouvé. L'évolution est favorable au 10e jour."
)
SOUND = [
    "Une femme de 62 ans est admise pour une dyspnée.",
    "La dyspnée dure depuis 3 semaines.",
    "La température est de 38,5 °C et la pression artérielle systolique de 150 mmHg.",
    "L'hémoglobine est à 9,8 g/dl et les leucocytes à 16000/mm3.",
    "La CRP est de 40 mg/L au moins.",
    "Le méthotrexate est donné à 15 mg/m², l'acide folique à 5 mg/j.",
    "Madame Durand souffre d'un lymphome de Hodgkin.",
    "La recherche du VIH est négative.",
    "Il s'agit d'une IRC déjà connue.",
    "1. Dyspnée\n2. Fièvre\n3. Masse de 3 cm",
    "Les deux reins sont atteints.",
    "La patiente est sous METHOTREXATE.",
    "Un stade II est retenu. Patiente à surveiller. Évolution favorable.",
    "Sont exactes : la dyspnée ; 2) la fièvre.",
]
PLANTED = [
    ("La CRP est de 400 mg/L.", "number-not-in-document", "400"),
    ("La température est de 39,5 °C.", "number-not-in-document", "39,5"),
    ("La patiente a 26 ans.", "number-not-in-document", "26"),
    ("La dyspnée dure depuis six semaines.", "number-not-in-document", "6"),
    ("La masse mesure 3 mm.", "unit-not-in-document", "3 mm"),
    ("L'hémoglobine est à 9,8 g/L.", "unit-not-in-document", "9,8 g/L"),
    ("Le méthotrexate est donné à 15 mg/kg.", "unit-not-in-document", "15 mg/kg"),
    ("Elle reçoit du rituximab.", "drug-not-in-document", "rituximab"),
    ("Elle reçoit de la prednisolone.", "drug-not-in-document", "prednisolone"),
    ("Elle reçoit de l'amoxicilline.", "drug-not-in-document", "amoxicilline"),
    ("La TSH est normale.", "acronym-not-in-document", "TSH"),
    ("L'IRM montre une masse.", "acronym-not-in-document", "IRM"),
    ("Le VHB n'est pas retrouvé.", "acronym-not-in-document", "VHB"),
    ("Il s'agit d'une maladie de Crohn.", "name-not-in-document", "Crohn"),
    ("Elle est admise à Rennes.", "name-not-in-document", "Rennes"),
]


@pytest.mark.parametrize("text", SOUND)
def test_what_stands_in_the_document(text: str) -> None:
    assert list(check_grounded([text], read_document(CASE), GLOSSARY)) == []


@pytest.mark.parametrize(("text", "rule", "evidence"), PLANTED)
def test_what_does_not(text: str, rule: str, evidence: str) -> None:
    [fault] = check_grounded([text], read_document(CASE), GLOSSARY)
    assert (fault.rule, fault.evidence) == (rule, evidence)


def test_every_sentence_of_a_document_stands_in_it() -> None:
    for sentence in CASE.split(". "):
        assert list(check_grounded([sentence], read_document(CASE), GLOSSARY)) == []


def test_options_may_be_repeated_where_they_are_given() -> None:
    document = read_document(CASE)
    said = ["La ciclosporine à 30 mg/j et la TSH sont écartées."]
    assert {fault.rule for fault in check_grounded(said, document, GLOSSARY)} == {
        "drug-not-in-document",
        "number-not-in-document",
        "acronym-not-in-document",
    }
    wider = document.with_text("Ciclosporine 30 mg par jour\nDosage de la TSH")
    assert list(check_grounded(said, wider, GLOSSARY)) == []
    assert list(check_grounded(said, document, GLOSSARY)) != []


@pytest.mark.parametrize(
    ("quotes", "is_sound"),
    [
        (["Une tomodensitométrie montre une masse de 3 cm."], True),
        (["une tomodensitométrie montre  une masse", "« L’évolution est favorable au 10e jour »"], True),
        (["La dyspnée est ancienne depuis longtemps"], False),
        (["une masse de 4 cm"], False),
        (["une masse de"], True),
        (["la masse"], False),
        (["asse de 3 c"], False),
        ([], False),
        ([" "], False),
    ],
)
def test_quotations(quotes: list[str], is_sound: bool) -> None:
    faults = list(check_quotes(quotes, read_document(CASE)))
    assert [fault.rule for fault in faults] == [] if is_sound else ["quote-not-in-document"]
    assert bool(faults) is not is_sound
