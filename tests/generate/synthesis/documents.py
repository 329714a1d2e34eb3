"""Cases and abstracts of our own, and questions on them that stand every check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple


class Text(NamedTuple):
    """A document of ours.

    Attributes:
        name: Its upstream identifier.
        sentences: Its text, by sentences; the first is quoted.
        true: Five short statements that it makes.
        false: Five that it does not, of the same kind.
        asked: A question on them that needs no document.
    """

    name: str
    sentences: tuple[str, ...]
    true: tuple[str, ...]
    false: tuple[str, ...]
    asked: str

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


CASES = (
    Text(
        "case-1",
        (
            "Un homme de 54 ans est hospitalisé pour une douleur thoracique apparue depuis 2 heures.",
            "La pression artérielle est de 150/90 mmHg et la fréquence cardiaque de 96/min.",
            "L'ECG montre un sus-décalage du segment ST dans les dérivations inférieures.",
            "La troponine est à 3,5 µg/L et la créatinine à 92 µmol/L.",
            "Le patient reçoit de l'aspirine 250 mg et de l'héparine, puis une angioplastie est réalisée.",
            "Le scanner écarte une dissection aortique.",
            "L'évolution est favorable et le patient sort au bout de 6 jours.",
        ),
        ("De l'aspirine", "De l'héparine", "Une angioplastie", "Un scanner", "Un ECG"),
        ("De la morphine", "Une fibrinolyse", "Un pontage", "Une dialyse", "Une IRM"),
        "Que comporte la prise en charge d'une douleur thoracique ?",
    ),
    Text(
        "case-2",
        (
            "Une femme de 31 ans consulte pour une fièvre à 39,2 °C et des douleurs lombaires droites.",
            "L'échographie rénale montre une dilatation modérée des cavités droites.",
            "La CRP est à 180 mg/L et les leucocytes à 16 000/mm3.",
            "Une pyélonéphrite aiguë obstructive est retenue, une appendicite est écartée.",
            "La patiente reçoit de la ceftriaxone 1 g par jour pendant 10 jours et une sonde est posée.",
            "La fièvre disparaît en 48 heures.",
        ),
        (
            "Une fièvre",
            "Des douleurs lombaires",
            "Une CRP élevée",
            "Une dilatation rénale",
            "Une pyélonéphrite",
        ),
        ("Une toux sèche", "Une éruption", "Une jaunisse", "Un coma", "Une hématémèse"),
        "Quels sont les signes d'une pyélonéphrite ?",
    ),
)
ABSTRACTS = (
    Text(
        "abstract-1",
        (
            "La metformine est le traitement de première intention du diabète de type 2.",
            "Nous avons suivi 240 patients pendant 12 mois dans deux hôpitaux de Nantes.",
            "L'hémoglobine glyquée a baissé de 1,2 % sous metformine et de 0,4 % sous placebo.",
            "Les troubles digestifs sont l'effet indésirable le plus fréquent de la metformine.",
            "L'insuffisance rénale sévère en est une contre-indication.",
        ),
        (
            "Elle traite le diabète",
            "Elle trouble la digestion",
            "Elle fait baisser la glycémie",
            "Elle se prend d'abord",
            "Elle nuit au rein malade",
        ),
        (
            "Elle traite l'asthme",
            "Elle provoque la toux",
            "Elle fait monter la glycémie",
            "Elle se prend en dernier",
            "Elle colore les urines",
        ),
        "Quelles sont les propriétés de la metformine ?",
    ),
    Text(
        "abstract-2",
        (
            "La rougeole est une maladie virale très contagieuse que la vaccination prévient.",
            "Une enquête a porté sur 1 500 enfants de 2 à 6 ans en 2019.",
            "La couverture vaccinale était de 84 % et 37 cas ont été déclarés.",
            "Les cas non vaccinés ont eu plus de complications respiratoires.",
        ),
        (
            "Elle est virale",
            "Elle est contagieuse",
            "Elle touche les enfants",
            "Elle complique la respiration",
            "Elle se prévient par un vaccin",
        ),
        (
            "Elle est bactérienne",
            "Elle est héréditaire",
            "Elle épargne les enfants",
            "Elle guérit sous antibiotique",
            "Elle ne se prévient pas",
        ),
        "Que sait-on de la rougeole ?",
    ),
)
BY_TEXT = {text.text: text for text in (*CASES, *ABSTRACTS)}


def write_cases(data: Path, cases: tuple[Text, ...] = CASES) -> Path:
    """Writes them as DiaMED has its cases; returns the folder of data."""
    rows = [
        {
            "identifier": case.name,
            "title": None,
            "clinical_case": case.text,
            "icd-10": "I00-I99 Maladies de l'appareil circulatoire",
            "license": "CC BY 4.0",
        }
        for case in cases
    ]
    folder = data / "diamed" / "splits"
    folder.mkdir(parents=True, exist_ok=True)
    for name, listed in (("train", rows), ("validation", []), ("test", [])):
        (folder / f"{name}.json").write_text(json.dumps(listed), encoding="utf-8")
    return data


def write_abstracts(data: Path, abstracts: tuple[Text, ...] = ABSTRACTS) -> Path:
    """Writes them as MORFITT has its abstracts; returns the folder of data."""
    lines = ["identifier\tabstract\tspecialities", *(f"{a.name}\t{a.text}\tpharmacology" for a in abstracts)]
    folder = data / "morfitt"
    folder.mkdir(parents=True, exist_ok=True)
    for name, listed in (("train", lines), ("dev", lines[:1]), ("test", lines[:1])):
        (folder / f"{name}.tsv").write_text("\n".join(listed) + "\n", encoding="utf-8")
    return data


def many_cases(number: int) -> tuple[Text, ...]:
    """Cases that differ by a number, so that no two are the same."""
    return tuple(
        case._replace(name=f"{case.name}-{n}", sentences=(*case.sentences, f"Il pesait {50 + n} kg."))
        for n in range(number)
        for case in CASES
    )


def find_text(shown: str) -> Text:
    """The document that a message shows."""
    return next(text for known, text in BY_TEXT.items() if known in shown)
