"""Tables of open answers: metrics, judges, people, their agreement, and what sways the judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.report.choice_tables import with_interval
from evaluation.report.material import Material
from evaluation.report.open_plots import MEASURES
from evaluation.tables import percent
from medinjection_fr.release.page import Table

Rows = Sequence[Mapping[str, Any]]


def make_open_tables(material: Material) -> tuple[dict[str, Table], dict[str, str]]:
    """Tables by name, some without rows; and why some cells have no value, by the letters that stand there."""
    agreement = material.agreement or {}
    cells = _Cells()
    tables = {
        "metrics": _metrics(material),
        "judged": _judged(material),
        "people": _people(material),
        "dataset-rows": _dataset_rows(material),
        "between-people": _between_people(agreement.get("people", {}), cells),
        "agreement": _agreement(agreement.get("judges", ()), cells),
        "length": _length(agreement.get("length", ()), cells),
        "generators": _generators(agreement.get("generators", ()), cells),
        "flips": _flips(agreement.get("interventions", ()), cells),
        "order": _order(agreement.get("position", ()), cells),
        "examples": _examples(material),
    }
    return tables, {letter: note for note, letter in cells.notes.items()}


class _Cells:
    """Estimates as cells.

    Attributes:
        notes: Why some are not defined, each with the letter that stands for it.
    """

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}

    def of(self, found: Mapping[str, Any], digits: int = 2, scale: float = 1) -> str:
        """An estimate with its interval; where there is none, a letter that says why."""
        note = found.get("note")
        mark = f"\u00a0({self.notes.setdefault(note, _letter(len(self.notes)))})" if note else ""
        if found["value"] is None:
            return f"–{mark}"
        value = f"{scale * found['value']:.{digits}f}"
        if found["low"] is None or found["high"] is None:
            return f"{value}{mark}"
        return f"{value} [{scale * found['low']:.{digits}f};\u00a0{scale * found['high']:.{digits}f}]"

    def percent(self, found: Mapping[str, Any]) -> str:
        """A share, in percent."""
        return self.of(found, 1, 100)


def _letter(number: int) -> str:
    """a, b … z, aa, ab …"""
    return (_letter(number // 26 - 1) if number >= 26 else "") + chr(ord("a") + number % 26)


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _metrics(material: Material) -> Table:
    scored = [(run.name, run.open_scores) for run in material.runs if run.open_scores]
    names = list(dict.fromkeys(name for _, scores in scored for name in scores["signatures"]))
    rows = []
    for run, scores in scored:
        each, cells = list(scores["each"].values()), []
        for name in names:
            values = [one[name] for one in each if name in one]
            corpus = scores["corpus"].get(name)
            mean = f"{sum(values) / len(values):.1f}" if values else "–"
            cells.append(mean + (f" ({corpus:.1f})" if corpus is not None else ""))
        rows.append([run, f"{len(each):,}", *cells])
    return Table.of(["run", "answers", *names], rows)


_FIGURES = {"equivalence": "called equivalent", "facts": "mean completeness", "preference": "preferred"}


def _judged(material: Material) -> Table:
    rows = []
    for one in material.judged:
        scored = one.figure.records if one.figure else 0
        what = _FIGURES[one.described["kind"]]
        if against := one.described.get("against"):
            what += f" to {against}"
        figure = with_interval(one.figure) if one.figure else "–"
        rows.append([one.run, one.judge, what, figure, f"{scored:,}", f"{one.unscored:,}"])
    return Table.of(["run", "judge", "what", "%", "answers with a verdict", "unscored"], rows)


def _people(material: Material) -> Table:
    if not material.reviews:
        return Table.of([], [])
    classes = ("equivalent", "different", "cannot-judge")
    rows = []
    for run, counts in material.reviews.answers.items():
        share = material.reviews.shares.get(run)
        numbers = [f"{counts.get(name, 0):,}" for name in classes]
        rows.append([run, *numbers, with_interval(share) if share else "–"])
    return Table.of(
        ["run", *(f"verdicts: {name}" for name in classes), "equivalent, % of those that judge"], rows
    )


def _dataset_rows(material: Material) -> Table:
    answers = ("yes", "no", "cannot-judge")
    rows = [
        [name, *(f"{counts.get(answer, 0):,}" for answer in answers)]
        for name, counts in (material.reviews.rows if material.reviews else {}).items()
    ]
    return Table.of(["question about the row", *answers], rows)


def _between_people(people: Mapping[str, Any], cells: _Cells) -> Table:
    if not people:
        return Table.of([], [])
    rows = [
        [f"Cohen's kappa, {pair['first']} and {pair['second']}", f"{pair['items']:,}", cells.of(pair)]
        for pair in people["cohen_kappa"]
    ]
    rows += [
        ["Fleiss' kappa, all annotators", f"{people['items']:,}", cells.of(people["fleiss_kappa"])],
        [
            "Krippendorff's alpha, all annotators",
            f"{people['items']:,}",
            cells.of(people["krippendorff_alpha"]),
        ],
    ]
    return Table.of(["measure", "answers", "value [95 % interval]"], rows)


def _agreement(rows: Rows, cells: _Cells) -> Table:
    lines = [
        [
            row["judge"],
            row["generator"],
            f"{row['items']:,}",
            _share(row["people_base_rate"]),
            _share(row["judge_base_rate"]),
            f"{row['unscored']:,}",
            *(cells.of(row[name]) for name in MEASURES),
        ]
        for row in rows
    ]
    head = ["judge", "answers of", "answers", "people: equivalent, %", "judge: equivalent, %", "unscored"]
    return Table([*head, *MEASURES.values()], lines, ["", "", *["number"] * 4, *["value"] * len(MEASURES)])


def _length(rows: Rows, cells: _Cells) -> Table:
    lines = [
        [
            row["judge"],
            row["generator"],
            f"{row['items']:,}",
            cells.of(row["partial_correlation"]),
            cells.of(row["logistic"]["length_coefficient"], 3),
            row["logistic"]["generator_effect"],
            cells.of(row["matched_difference"]),
        ]
        for row in rows
    ]
    head = ["judge", "answers of", "answers", "partial correlation", "logistic: length", "effect of the run"]
    return Table([*head, "longer - shorter"], lines, ["", "", "number", "value", "value", "", "value"])


def _generators(rows: Rows, cells: _Cells) -> Table:
    """Two runs: what the judge and what people make of them, over all answers and over those of like length."""
    lines = [
        [
            row["judge"],
            row["first"],
            row["second"],
            which,
            f"{part['pairs']:,}",
            cells.of(part["judge_difference"]),
            cells.of(part["people_difference"]),
        ]
        for row in rows
        for which, part in (("all", row), ("of like length", row["like_length"]))
    ]
    head = ["judge", "first run", "second run", "answers", "pairs", "judge: second - first"]
    return Table([*head, "people: second - first"], lines, ["", "", "", "", "number", "value", "value"])


def _flips(rows: Rows, cells: _Cells) -> Table:
    lines = [
        [
            row["judge"],
            row["run"],
            row["variant"],
            f"{row['items']:,}",
            *(cells.percent(row[name]) for name in ("flip_rate", "to_equivalent", "to_different")),
        ]
        for row in rows
    ]
    head = ["judge", "run", "answer is", "answers", "verdicts that turn, %", "to equivalent, %"]
    return Table([*head, "to different, %"], lines, ["", "", "", "number", "value", "value", "value"])


def _order(rows: Rows, cells: _Cells) -> Table:
    lines = [
        [
            row["judge"],
            row["first"],
            row["second"],
            f"{row['pairs']:,}",
            cells.percent(row["consistent"]),
            cells.percent(row["first_shown_preferred"]),
        ]
        for row in rows
    ]
    head = ["judge", "run", "compared with", "pairs", "same verdict in both orders, %"]
    return Table([*head, "first shown is preferred, %"], lines, ["", "", "", "number", "value", "value"])


def _examples(material: Material) -> Table:
    rows = [
        [one.judge, one.run, one.id, f"{one.people:.2f}", f"{one.score:.2f}", f"{one.words:,}"]
        for one in material.examples
    ]
    head = ["judge", "run", "record", "share of people: equivalent", "judge's score", "words"]
    return Table.of(head, rows)
