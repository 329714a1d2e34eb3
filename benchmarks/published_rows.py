"""Rows shaped like the published composition, in either published form.

    python benchmarks/published_rows.py --rows 571436 --form json --work DIR

The counts are the published table's, scaled; the text is drawn, with a seed, from French words by a
Zipf law. It reads like nothing, but has the lengths, accents, no-break spaces, figures, units and
options of the real one: at full size about 740 MB.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FULL_ROWS = 571_436
SEED = 20260306
COLUMNS = ("instruction", "context", "answer", "type", "origin")
FORMS = ("json", "parquet")

# The published table; it sums to 571,427, the printed total to 571,436.
PUBLISHED = {
    "native": {"train": 57_563, "validation": 5_055, "test": 14_629},
    "synthetic": {"train": 76_506},
    "translated": {"train": 366_370, "validation": 38_011, "test": 13_293},
}
# Synthetic as printed; the two others so that the whole has the printed mix of types (mcqu 454,713,
# mcq 59,597, oeq 63,267) and translated is almost all mcqu.
TYPES_OF = {
    "native": {"mcqu": 0.55, "mcq": 0.20, "oeq": 0.25},
    "synthetic": {"mcq": 33_493 / 76_506, "oeq": 43_013 / 76_506},
    "translated": {"mcqu": 0.973, "mcq": 0.025, "oeq": 0.002},
}


class Shape(NamedTuple):
    """Lengths of a provenance's texts, in words: medians of log-normal laws (an option has one more)."""

    question: int
    option: int
    answer: int
    context: int
    with_context: float
    questions_per_context: int


SHAPES = {
    "native": Shape(36, 6, 45, 140, 0.30, 1),
    "synthetic": Shape(22, 7, 72, 200, 0.95, 8),
    "translated": Shape(58, 3, 40, 140, 0.36, 1),
}


def _words(text: str) -> list[str]:
    return text.split()


# Commonest first: the rank of a word decides how often it is drawn.
COMMON = _words("""
de la le et à les des en du un une est dans pour par que qui au avec sur plus pas ne ce il se sont ou cette
chez son sa être d’une d’un l’on aux ont a été après sans mais comme patient patiente traitement maladie
ans jours mois depuis lors entre deux trois quatre très peu aussi même leur ses ces on si elle ils tout
toute tous non dont fait peut doit était avait n’est qu’il c’est l’examen douleur douleurs fièvre pression
artérielle sang taux cas signes symptômes diagnostic clinique suivant suivante suivants suivantes quel
quelle quels quelles parmi propositions lequel laquelle exacte inexacte exactes cellules tissu rein foie
cœur poumon cerveau peau os muscle œdème sœur nœud fœtus bœuf sérum plasma urine urines selles biopsie
imagerie scanner échographie radiographie bilan biologique montre révèle retrouve présente présentant
rapporte consulte hospitalisé hospitalisée admis admise urgences service médecin infirmière âgé âgée
homme femme enfant nourrisson nouveau-né adolescent antécédents allergie allergies tabac alcool poids
taille indice masse corporelle température fréquence cardiaque respiratoire saturation oxygène air
ambiant auscultation palpation abdomen souple dépressible sensible fosse iliaque droite gauche
supérieur supérieure inférieur inférieure antérieur postérieure médian latérale bilatérale aigu aiguë
chronique sévère modérée légère brutale progressive récente ancienne habituelle fréquente rare
première deuxième intention dose doses voie orale intraveineuse sous-cutanée matin soir semaine heure
heures minute minutes augmentation diminution absence présence associé associée liée dû due risque
facteur facteurs complication complications prévention dépistage vaccin vaccination antibiotique
amoxicilline paracétamol ibuprofène aspirine héparine insuline metformine corticoïdes morphine
adrénaline lévothyroxine furosémide ramipril bisoprolol atorvastatine oméprazole ciprofloxacine
glycémie créatinine urée sodium potassium calcium phosphore magnésium bilirubine albumine hémoglobine
plaquettes leucocytes lymphocytes éosinophiles troponine ferritine cholestérol triglycérides cortisol
bactérie virus parasite champignon gène mutation chromosome protéine enzyme récepteur anticorps antigène
inhibiteur agoniste antagoniste métabolisme excrétion absorption élimination demi-vie biodisponibilité
grossesse accouchement allaitement contraception ménopause puberté croissance vieillissement décès
survie pronostic évolution guérison récidive rechute chirurgie intervention anesthésie réanimation
ventilation drainage suture greffe prothèse fracture luxation entorse plâtre rééducation kinésithérapie
dépression anxiété insomnie hallucinations délire mémoire langage conscience sommeil appétit fatigue
amaigrissement vertiges céphalées nausées vomissements diarrhée constipation toux dyspnée crachats
hémorragie thrombose embolie infarctus ischémie arythmie souffle valve aorte veine artère lymphatique
ganglion rate pancréas vésicule biliaire estomac côlon rectum œsophage trachée bronche plèvre larynx
thyroïde surrénale hypophyse ovaire utérus prostate testicule vessie uretère rétine cornée cristallin
oreille tympan nez sinus gorge dent gencive langue salive étude essai groupe témoin résultat résultats
significative différence médiane intervalle confiance réduction relative absolue hypothèse méthode
recommandation recommandations surveillance contrôle régime activité physique sédentarité hygiène
""")
STEMS = _words("""
cardio hépato néphro gastro entéro dermato neuro ostéo arthro myo angio phlébo lymphadéno thyro
surréno pancréato cholécysto broncho pneumo pleuro rhino laryngo oto kérato rétino encéphalo méningo
myélo chondro spondylo cysto urétéro pyélo prostato utéro salpingo masto adéno lipo fibro
""")
ENDINGS = _words("""
pathie pathies plastie tomie ectomie scopie graphie logique génique toxique toxicité sclérose ptose
mégalie malacie dystrophie rragie lyse nécrose génèse protecteur vasculaire musculaire
""")
WORDS = [*COMMON, *(stem + ending for ending in ENDINGS for stem in STEMS)]
UNITS = _words("""
mg mg/kg mg/kg/j g/L mmol/L µmol/L UI/L mmHg % °C kg cm mL/min µg ng/mL ans jours heures /mm³ L/min
""")


class Text:
    """French-like text, drawn word by word."""

    def __init__(self, seed: str) -> None:
        number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
        self.random = random.Random(number)
        self._numpy = np.random.default_rng(number)
        weights = 1 / (np.arange(len(WORDS)) + 2.7)
        self._cumulated = np.cumsum(weights) / weights.sum()
        self._stock: list[str] = []
        self._at = 0

    def words(self, number: int) -> list[str]:
        """The next words; here and there one is a figure with its unit."""
        if self._at + number > len(self._stock):
            self._fill(max(number, 1 << 16))
        self._at += number
        return self._stock[self._at - number : self._at]

    def _fill(self, number: int) -> None:
        drawn = np.searchsorted(self._cumulated, self._numpy.random(number), side="right")
        self._stock = [WORDS[rank] for rank in np.minimum(drawn, len(WORDS) - 1).tolist()]
        figures = np.flatnonzero(self._numpy.random(number) < 0.03).tolist()
        for place in figures:
            value = self.random.randrange(1, 4000)
            written = str(value) if value % 3 else f"{value // 10},{value % 10}"
            self._stock[place] = f"{written}\u00a0{self.random.choice(UNITS)}"
        self._at = 0

    def length(self, median: int, spread: float = 0.5) -> int:
        """A number of words: log-normal around a median."""
        return max(1, round(median * self.random.lognormvariate(0, spread)))

    def sentence(self, number: int, end: str = ".") -> str:
        """One sentence of so many words."""
        words = self.words(number)
        if number > 9:
            words[number // 2] += self.random.choice((",", ",", "\u00a0;", "\u00a0:", ""))
        text = " ".join(words)
        return text[0].upper() + text[1:] + end

    def passage(self, number: int, end: str = ".") -> str:
        """Sentences of so many words in all, in paragraphs."""
        sentences = []
        while number > 0:
            wanted = min(number, self.random.randrange(6, 26))
            number -= wanted
            sentences.append(self.sentence(wanted, end if number == 0 else "."))
            if number and self.random.random() < 0.12:
                sentences[-1] += "\n"
        return " ".join(sentences).replace("\n ", "\n")


def cells(rows: int) -> dict[tuple[str, str, str], int]:
    """Rows of each (origin, split, type): the published table, scaled so that it sums to ``rows``."""
    parts = {
        (origin, split, kind): number * share
        for origin, splits in PUBLISHED.items()
        for split, number in splits.items()
        for kind, share in TYPES_OF[origin].items()
    }
    factor = rows / sum(parts.values())
    counts = {cell: int(part * factor) for cell, part in parts.items()}
    by_remainder = sorted(parts, key=lambda cell: counts[cell] - parts[cell] * factor)
    for cell in by_remainder[: rows - sum(counts.values())]:
        counts[cell] += 1
    return counts


def cell_rows(cell: tuple[str, str, str]) -> Iterator[dict[str, str]]:
    """Endless distinct rows of a cell; a smaller size is the start of a larger one."""
    origin, _, kind = cell
    shape, text = SHAPES[origin], Text(f"{SEED}/{'/'.join(cell)}")
    chance = text.random
    context, left = "", 0
    while True:
        if not left:
            has_one = chance.random() < shape.with_context
            context = text.passage(text.length(shape.context)) if has_one else ""
            left = shape.questions_per_context
        left -= 1
        question = text.passage(text.length(shape.question), "\u00a0?")
        if kind == "oeq":
            answer = text.passage(text.length(shape.answer))
        else:
            number = chance.choice((4, 4, 4, 5)) if origin == "translated" else 5
            options: list[str] = []
            while len(options) < number:
                option = " ".join(text.words(1 + text.length(shape.option)))
                if option not in options:
                    options.append(option)
            lines = [f"({letter}) {option}" for letter, option in zip("ABCDE", options, strict=False)]
            question = "\n".join([question, "Choix de réponses :", *lines])
            gold = chance.sample("ABCDE"[:number], 1 if kind == "mcqu" else chance.randrange(1, 4))
            answer = ", ".join(sorted(gold))
        yield dict(zip(COLUMNS, (question, context, answer, kind, origin), strict=True))


def write_json(counts: dict[tuple[str, str, str], int], folder: Path) -> None:
    """The tree ``Native/Train/mcqu/….json``: one array a cell."""
    for cell in (cell for cell, number in counts.items() if number):
        origin, split, kind = cell
        path = folder / origin.capitalize() / split.capitalize() / kind / f"{origin}_{kind}.json"
        path.parent.mkdir(parents=True)
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for place, row in enumerate(itertools.islice(cell_rows(cell), counts[cell])):
                file.write(("[\n" if place == 0 else ",\n") + json.dumps(row, ensure_ascii=False))
            file.write("\n]\n")


def write_parquet(counts: dict[tuple[str, str, str], int], folder: Path) -> None:
    """``data/<split>-0000i-of-0000n.parquet`` with the five columns, at most 300,000 rows each."""
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    (folder / "data").mkdir(parents=True)
    for split in ("train", "validation", "test"):
        own = {cell: number for cell, number in counts.items() if cell[1] == split}
        rows = itertools.chain.from_iterable(itertools.islice(cell_rows(c), n) for c, n in own.items())
        files = -(-sum(own.values()) // 300_000)
        for number in range(files):
            name = f"{split}-{number:05d}-of-{files:05d}.parquet"
            with pq.ParquetWriter(folder / "data" / name, schema) as writer:
                here = itertools.islice(rows, -(-sum(own.values()) // files))
                while block := list(itertools.islice(here, 10_000)):
                    writer.write_batch(pa.RecordBatch.from_pylist(block, schema))


WRITERS: dict[str, Callable[[dict[tuple[str, str, str], int], Path], None]] = {
    "json": write_json,
    "parquet": write_parquet,
}


def published(work: Path, rows: int, form: str = "json") -> Path:
    """The folder to give as ``--data``: written now, or found with the same parameters."""
    folder = work / f"published-{form}-{rows}"
    parameters = {"rows": rows, "form": form, "generator": _own_digest()}
    note = folder / "parameters.json"
    if note.exists() and json.loads(note.read_text(encoding="utf-8")) == parameters:
        return folder
    print(f"writing {rows:,} rows as {form} into {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    WRITERS[form](cells(rows), folder / "medinjection-fr-published")
    note.write_text(json.dumps(parameters), encoding="utf-8")
    return folder


def _own_digest() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def data_files(folder: Path) -> dict[str, list[str]]:
    """The files of a published folder by split, as ``load_dataset`` takes them."""
    root = folder / "medinjection-fr-published"
    paths = sorted(p for p in root.rglob("*") if p.suffix in (".json", ".parquet"))
    found: dict[str, list[str]] = {}
    for path in paths:
        name = path.relative_to(root).as_posix().lower()
        split = next(split for split in ("train", "validation", "test") if split in name)
        found.setdefault(split, []).append(str(path))
    return found


def add_options(parser: argparse.ArgumentParser) -> None:
    """``--rows`` and ``--work``, which every benchmark has."""
    default = Path(tempfile.gettempdir()) / "medinjection-bench"
    parser.add_argument("--rows", type=int, default=FULL_ROWS, help="rows of the largest data set")
    parser.add_argument("--work", type=Path, default=default, help=f"folder of the data ({default})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_options(parser)
    parser.add_argument("--form", choices=FORMS, default="json")
    arguments = parser.parse_args()
    print(published(arguments.work.resolve(), arguments.rows, arguments.form))


if __name__ == "__main__":
    main()
