"""Pairs of our own, in the manner of exams and prescriptions: doses, laboratory values, questions turned by a word.

TICO-19 has hardly a dose and no exam question. Numbers are drawn with a seed and written as each language does.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from medinjection_fr.generate.pairs import Pair

DOSES = """
Give {1} mg/kg/day of amoxicillin in {2} doses. | Donner {1} mg/kg/j d'amoxicilline en {2} prises.
Paracetamol {10} mg/kg every {2} hours | Paracétamol {10} mg/kg toutes les {2} heures
The serum sodium is {100} mEq/L and the potassium {0.1} mEq/L. | La natrémie est de {100} mEq/l et la kaliémie de {0.1} mEq/l.
Blood glucose was {100} mg/dL on admission. | La glycémie était de {100} mg/dl à l'admission.
Hemoglobin is {0.1} g/dL and the platelet count {1000}/μL. | L'hémoglobine est à {0.1} g/dl et les plaquettes à {1000}/µl.
Blood pressure is {100}/{10} mmHg and the pulse {10}/min. | La pression artérielle est à {100}/{10} mmHg et le pouls à {10}/min.
His temperature is {0.1} °C and his respiratory rate {10}/min. | Sa température est de {0.1} °C et sa fréquence respiratoire de {10}/min.
Her temperature is {0.1}°F. | Sa température est de {0.1} °F.
A {10}-year-old man has had fever for {2} days. | Un homme de {10} ans a de la fièvre depuis {2} jours.
A {2}-month-old infant weighs {0.1} kg. | Un nourrisson de {2} mois pèse {0.1} kg.
Loading dose: {100} mg, then {10} mg per day for {2} weeks. | Dose de charge : {100} mg, puis {10} mg par jour pendant {2} semaines.
Infuse {1000} mL over {2} hours. | Perfuser {1000} ml en {2} heures.
Heparin {1000} IU subcutaneously twice a day | Héparine {1000} UI en sous-cutané deux fois par jour
Levothyroxine {10} mcg daily | Lévothyroxine {10} µg par jour
The tumor measures {0.1} cm and has grown by {10}%. | La tumeur mesure {0.1} cm et a grossi de {10} %.
The risk is {0.1}% (95% CI, {0.1} to {10}). | Le risque est de {0.1} % (IC à 95 %, {0.1} à {10}).
p < 0.0{2} was considered significant. | p < 0,0{2} a été considéré comme significatif.
A gestational age ≥ {10} weeks | Un terme ≥ {10} semaines
A BMI > {10} kg/m2 | Un IMC > {10} kg/m²
A creatinine clearance of less than {10} mL/min | Une clairance de la créatinine inférieure à {10} ml/min
More than {10} mg of morphine in {10} hours | Plus de {10} mg de morphine en {10} heures
At least {2} of the {10} criteria | Au moins {2} des {10} critères
The base excess is −{2} mmol/L. | L'excès de base est de −{2} mmol/l.
The pH is 7.{10} and the bicarbonate {10} mmol/L. | Le pH est à 7,{10} et les bicarbonates à {10} mmol/l.
The incidence is {2} per {1000} births. | L'incidence est de {2} pour {1000} naissances.
Between {2} and {10} mg | Entre {2} et {10} mg
{2}–{10} mm | {2} à {10} mm
Radiation of {10} Gy in {10} fractions | Irradiation de {10} Gy en {10} fractions
A CD4 count of {100} cells/mm³ | Un taux de CD4 de {100} cellules/mm³
Adrenaline 1:{1000}, {0.1} mL intramuscularly | Adrénaline au 1/{1000}, {0.1} ml en intramusculaire
The blood group is A+, the father's is O-. | Le groupe sanguin est A+, celui du père est O-.
CD4+ and CD8- cells | Cellules CD4+ et CD8-
The half-life is {0.1} hours, and {10}% is excreted in {10} hours. | La demi-vie est de {0.1} heures, et {10} % sont excrétés en {10} heures.
Vitamin D, {1000} units a week for {2} months | Vitamine D, {1000} unités par semaine pendant {2} mois
The ejection fraction fell from {10}% to {10}%. | La fraction d'éjection est passée de {10} % à {10} %.
"""
"""``{1}``, ``{2}``, ``{10}``, ``{100}``, ``{1000}``: a whole number of that size; ``{0.1}``: one with a decimal."""

QUESTIONS = """
Which of the following is NOT a sign of hypothyroidism? | Lequel des signes suivants n'est PAS un signe d'hypothyroïdie ?
All of the following are true EXCEPT: | Toutes les propositions suivantes sont vraies, SAUF :
Which of the following is the LEAST likely diagnosis? | Quel est le diagnostic le moins probable ?
Which statement about insulin is false? | Quelle affirmation sur l'insuline est fausse ?
Which statement is incorrect? | Quelle affirmation est inexacte ?
The patient has no fever. | Le patient n'a pas de fièvre.
He denies chest pain. | Il nie toute douleur thoracique.
She has never smoked. | Elle n'a jamais fumé.
Which drug cannot be given during pregnancy? | Quel médicament ne peut pas être donné pendant la grossesse ?
A fracture without displacement | Une fracture sans déplacement
Neither drug crosses the placenta. | Aucun des deux médicaments ne traverse le placenta.
Absence of the patellar reflex | Absence du réflexe rotulien
The lesion is not painful. | La lésion n'est pas douloureuse.
None of the above | Aucune de ces réponses
It does not affect the pancreas. | Il n'affecte pas le pancréas.
The following are causes of hypercalcemia except | Les causes d'hypercalcémie sont les suivantes, sauf
Which nerve is not involved? | Quel nerf n'est pas touché ?
There was no change in weight. | Il n'y a eu aucun changement de poids.
Which of these is never seen in scurvy? | Lequel de ces signes n'est jamais observé dans le scorbut ?
Treatment is not indicated. | Le traitement n'est pas indiqué.
Not seen in Turner syndrome | Non observé dans le syndrome de Turner
The child cannot walk without help. | L'enfant ne peut pas marcher sans aide.
Contraindicated except in emergency | Contre-indiqué, sauf en urgence
The pupils do not react to light. | Les pupilles ne réagissent pas à la lumière.
What is the most likely diagnosis? | Quel est le diagnostic le plus probable ?
The murmur is systolic. | Le souffle est systolique.
Which drug is given first? | Quel médicament donne-t-on en premier ?
The patient has a cough with fever. | Le patient a une toux avec de la fièvre.
Surgery is indicated. | La chirurgie est indiquée.
The test is positive in most patients. | Le test est positif chez la plupart des patients.
This drug can cause jaundice. | Ce médicament peut provoquer un ictère.
The lesion was removed. | La lésion a été retirée.
"""
TURNED = [
    (r"n'est PAS|n'est pas", "est"),
    (r", SAUF :|, sauf", ", y compris"),
    (r"le moins", "le plus"),
    (r"le plus", "le moins"),
    (r"fausse", "vraie"),
    (r"inexacte", "exacte"),
    (r"n'a pas de", "a de la"),
    (r"n'a jamais", "a souvent"),
    (r"n'est jamais", "est souvent"),
    (r"ne peut pas", "peut"),
    (r"sans", "avec"),
    (r"Aucun des deux médicaments ne", "L'un des deux médicaments"),
    (r"Absence", "Présence"),
    (r"Aucune de", "Toutes"),
    (r"n'affecte pas", "affecte"),
    (r"n'y a eu aucun", "y a eu un"),
    (r"Non observé", "Observé"),
    (r"ne réagissent pas", "réagissent"),
    (r"(?<!n')est (?=systolique|indiquée|positif)", "n'est pas "),
    (r"donne-t-on", "ne donne-t-on pas"),
    (r"\bpeut provoquer", "ne peut pas provoquer"),
    (r"a été", "n'a pas été"),
    (r"avec", "sans"),
]
"""What turns a French sentence of ``QUESTIONS`` round."""

ANNOUNCEMENTS = r"""
Voici la traduction : {}
Voici la traduction en français du texte : {}
Traduction : {}
**Traduction :** {}
Bien sûr ! Voici le texte traduit : {}
Here is the French translation: {}
Sure, here's the translation: {}
{}\n\nNote : j'ai gardé les unités d'origine.
{} (Note du traducteur : terme approximatif.)
```\n{}\n```
```json\n{{"traduction": "{}"}}\n```
"{}"
« {} »
A. {}
Réponse : {}
Question : {}
{}\n\nAutre proposition : {}
<think>Je traduis ce texte.</think> {}
### Traduction\n{}
{{"text": "{}"}}
""".strip().split("\n")
"""What models put round a translation."""


def dose_pairs(number: int, seed: int) -> list[Pair]:
    """So many pairs with numbers, units and signs."""
    chance = random.Random(seed)
    templates = [line.split(" | ") for line in DOSES.strip().splitlines()]
    pairs = []
    for place in range(number):
        english, french = templates[place % len(templates)]
        for slot in re.findall(r"\{[\d.]+\}", english):
            in_english, in_french = _number(slot.strip("{}"), chance)
            english, french = english.replace(slot, in_english, 1), french.replace(slot, in_french, 1)
        pairs.append(Pair(f"dose {place + 1}", english, french))
    return pairs


def _number(size: str, chance: random.Random) -> tuple[str, str]:
    if size == "0.1":
        number = f"{chance.randint(1, 60)}.{chance.randint(1, 9)}"
        return number, number.replace(".", ",")
    number = str(chance.randint(max(2, int(size)), int(size) * 10 - 1))
    if len(number) < 4:
        return number, number
    return f"{int(number):,}", f"{int(number):,}".replace(",", "\u202f")


def question_pairs() -> list[Pair]:
    """The pairs of ``QUESTIONS``."""
    lines = [line.split(" | ") for line in QUESTIONS.strip().splitlines()]
    return [Pair(f"question {place + 1}", *line) for place, line in enumerate(lines)]


def turned(pair: Pair) -> Iterator[str]:
    """The French sentence turned round, in each way that there is."""
    for pattern, instead in TURNED:
        if re.search(pattern, pair.french):
            yield re.sub(pattern, instead, pair.french, count=1)
