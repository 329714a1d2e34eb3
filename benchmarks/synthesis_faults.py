"""Faults to plant in what a model writes from a document, one at a time, and changes that are none."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import translation_faults

from medinjection_fr.generate.pairs import Pair

Sentence = Callable[[str, random.Random], list[str]]
Question = Callable[[Any, random.Random], list[Any]]

_WORDS = {
    "deux": "2",
    "trois": "3",
    "quatre": "4",
    "cinq": "5",
    "six": "6",
    "sept": "7",
    "huit": "8",
    "dix": "10",
}
_NAMES = ("Crohn", "Hodgkin", "Marseille", "Parkinson", "Belgique", "Whipple", "Kawasaki", "Dupuytren")
ENGLISH: list[str] = []
"""Sentences in English, put here by the benchmark."""


def sentences_of(text: str) -> list[str]:
    """The sentences of a document that are long enough to say something."""
    return [s for s in re.split(r"(?<=[.?!])\s+(?=[A-ZÀ-Ý])", text) if 40 < len(s) < 600]


def rewritten(sentence: str) -> str:
    """The same, its numbers and units written otherwise: no fault."""
    text = re.sub(r"\b(deux|trois|quatre|cinq|six|sept|huit|dix) (?=(?:an|jour|mois|semaine|heure)s?\b)",
                  lambda m: f"{_WORDS[m[1]]} ", sentence)  # fmt: skip
    text = re.sub(r"(?<=\d)\.(?=\d(?!\d{2}\b)(?![\d.]*\.))", ",", text)
    text = re.sub(r"(?<=\d) ?%", " %", text)
    text = re.sub(r"(?<=\d)[ \u00a0\u202f](?=(?:mg|g|ml|cm|mm|kg)\b)", "\u00a0", text)
    text = re.sub(r"(mg/kg)/(?:jour|j)\b", r"\1 par jour", text)
    return text.replace("µ", "μ").replace("’", "'")


def _with(plant: Any) -> Sentence:
    def planted(sentence: str, chance: random.Random) -> list[str]:
        return [text for text in plant(Pair("", "", sentence), chance) if text != sentence]

    planted.__doc__ = plant.__doc__
    return planted


def other_name(sentence: str, chance: random.Random) -> list[str]:
    """A proper name is another one, or is added."""
    match = re.search(
        r"(?<=[a-zé,] )(?:maladie|syndrome|hôpital|CHU|ville|service) (?:de |d')?(?:[A-Z]\w+)?", sentence
    )
    if not match:
        return []
    return [f"{sentence[: match.end()].rstrip()} de {chance.choice(_NAMES)}{sentence[match.end() :]}"]


def one_word(sentence: str, chance: random.Random) -> list[str]:
    """A word of a quotation is left out, or is another one."""
    words = sentence.split(" ")
    places = [n for n in range(1, len(words) - 1) if len(re.findall(r"[^\W\d_]", words[n])) > 4]
    if not places:
        return []
    place = chance.choice(places)
    return [
        " ".join([*words[:place], *words[place + 1 :]]),
        " ".join([*words[:place], "notamment", *words[place + 1 :]]),
    ]


GROUNDED: Mapping[str, Sequence[Sentence]] = {
    "number-not-in-document": (_with(translation_faults.digit), _with(translation_faults.decimal_comma)),
    "unit-not-in-document": (_with(translation_faults.unit),),
    "drug-not-in-document": (_with(translation_faults.other_drug),),
    "acronym-not-in-document": (_with(translation_faults.other_acronym),),
    "name-not-in-document": (other_name,),
    "quote-not-in-document": (one_word,),
}


def _gold(row: Any) -> int:
    return "ABCDE".index(row["answer"][0])


def _other(row: Any) -> int | None:
    return next((place for place in range(5) if "ABCDE"[place] not in row["answer"]), None)


def _option(row: Any, place: int, text: str) -> Any:
    return {**row, "choices": [*row["choices"][:place], text, *row["choices"][place + 1 :]]}


def of_a_text(row: Any, chance: random.Random) -> list[Any]:
    """The question speaks of a text, a study or its authors."""
    starts = (
        "Selon le texte, ", "Dans cette étude, ", "D'après les auteurs, ", "Dans cet article, ",
        "D'après le document, ",
        "Dans le cas présenté ici, ", "Selon l'étude, ", "D’après ce résumé, ",
    )  # fmt: skip
    return [{**row, "instruction": chance.choice(starts) + row["instruction"]}]


def of_a_patient(row: Any, chance: random.Random) -> list[Any]:
    """The question speaks of a patient whom nobody has introduced."""
    if re.search(
        r"(?i)patient|malade|homme|femme|enfant|sujet|nourrisson",
        " ".join([row["instruction"], *row["choices"]]),
    ):
        return []
    return [
        {
            **row,
            "instruction": f"Chez {chance.choice(['ce patient', 'cette patiente'])}, {row['instruction']}",
        }
    ]


def of_a_figure(row: Any, chance: random.Random) -> list[Any]:
    """The question speaks of a figure or table."""
    starts = (
        "D'après la figure 1, ",
        "Au vu du tableau 2, ",
        "Sur l'image ci-jointe, ",
        "Sur le graphique suivant, ",
    )
    return [{**row, "instruction": chance.choice(starts) + row["instruction"]}]


def twice(row: Any, chance: random.Random) -> list[Any]:
    """An option stands twice, in capitals or with another article."""
    other = _other(row)
    if other is None:
        return []
    text = row["choices"][_gold(row)]
    return [_option(row, other, chance.choice([text.upper(), f"Le {text}", f"{text}."]))]


def of_all(row: Any, chance: random.Random) -> list[Any]:
    """An option speaks of all or none of the others."""
    texts = (
        "Toutes les réponses sont exactes",
        "Aucune de ces propositions",
        "A et C",
        "Toutes ces réponses",
        "Rien de tout cela",
    )
    other = _other(row)
    return [] if other is None else [_option(row, other, chance.choice(texts))]


def longer(row: Any, chance: random.Random) -> list[Any]:
    """The correct options are explained, the others are not."""
    if _other(row) is None:
        return []
    ends = (
        ", ce qui est le mécanisme principal et le plus souvent retrouvé en pratique clinique courante",
        ", en raison de son action directe et durable, qui est bien démontrée par plusieurs travaux récents",
    )
    texts = [
        t + chance.choice(ends) if "ABCDE"[n] in row["answer"] else t for n, t in enumerate(row["choices"])
    ]
    return [{**row, "choices": texts}]


def by_letter(row: Any, chance: random.Random) -> list[Any]:
    """The explanation or an option names a letter."""
    text = chance.choice(
        ["La réponse B est exacte.", "Les propositions A et D sont fausses.", "L'option C ne convient pas."]
    )
    return [{**row, "explanation": text}, _option(row, 2, f"C) {row['choices'][2]}")]


def too_few(row: Any, chance: random.Random) -> list[Any]:
    """An option is missing."""
    return [] if "E" in row["answer"] else [{**row, "choices": row["choices"][:-1]}]


def announced(row: Any, chance: random.Random) -> list[Any]:
    """The question is announced, labelled, fenced or put in bold."""
    ways = (
        "Voici la question : {}",
        "Question : {}",
        "**{}**",
        "```\n{}\n```",
        "Bien sûr ! {}",
        "## Question\n{}",
        "<b>{}</b>",
    )
    return [{**row, "instruction": chance.choice(ways).format(row["instruction"])}]


def in_english(row: Any, chance: random.Random) -> list[Any]:
    """The question and its options are in English."""
    texts = chance.sample(ENGLISH, 6)
    return [{**row, "instruction": texts[0], "choices": texts[1:]}]


QUESTIONS: Mapping[str, Sequence[Question]] = {
    "not-self-contained": (of_a_text, of_a_patient, of_a_figure),
    "options-alike": (twice,),
    "options-name-options": (of_all,),
    "gold-stands-out": (longer,),
    "letter-named": (by_letter,),
    "options-not-as-asked": (too_few,),
    "not-plain": (announced,),
    "not-french": (in_english,),
}


def in_capitals(row: Any, chance: random.Random) -> list[Any]:
    """In capitals."""
    return [{**row, "instruction": row["instruction"].upper()}]


def shuffled(row: Any, chance: random.Random) -> list[Any]:
    """With its options in another order."""
    order = chance.sample(range(5), 5)
    gold = sorted("ABCDE"[order.index("ABCDE".index(letter))] for letter in row["answer"].split(","))
    return [{**row, "choices": [row["choices"][n] for n in order], "answer": ",".join(gold)}]


def one_word_more(row: Any, chance: random.Random) -> list[Any]:
    """With a word more in a question of ten words or more."""
    return (
        [{**row, "instruction": f"Finalement, {row['instruction']}"}]
        if len(row["instruction"].split()) > 9
        else []
    )


def other_number(row: Any, chance: random.Random) -> list[Any]:
    """A number of the question is another one."""
    match = re.search(r"\d+", row["instruction"])
    if not match:
        return []
    return [
        {
            **row,
            "instruction": row["instruction"][: match.start()]
            + str(int(match[0]) + 3)
            + row["instruction"][match.end() :],
        }
    ]


def turned(row: Any, chance: random.Random) -> list[Any]:
    """Exact becomes inexact, or the other way round."""
    text = re.sub(r"\b(in)?(exactes?)\b", lambda m: m[2] if m[1] else f"in{m[2]}", row["instruction"])
    return [{**row, "instruction": text}] if text != row["instruction"] else []


def other_option(row: Any, chance: random.Random) -> list[Any]:
    """An option is another one."""
    return [_option(row, 4, "Une proposition que la question n'avait pas")]


COPIES: Sequence[Question] = (in_capitals, shuffled, one_word_more)
LOOK_ALIKES: Sequence[Question] = (other_number, turned, other_option)
