"""What the command of a translator's score does: pairs, translations, figures."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.pairs import Pair, Pairs, read_entities, read_pairs
from medinjection_fr.generate.plan import read_limit, read_parameters, read_prices
from medinjection_fr.generate.score import comet, metrics
from medinjection_fr.generate.score.report import figures_of, published
from medinjection_fr.generate.score.texts import one_line, read_hypotheses, write_lines
from medinjection_fr.generate.score.translator import translate_pairs
from medinjection_fr.generate.templates import find_template
from medinjection_fr.generate.translation.translate import FIELDS, NEEDED, template_for
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.opening import open_model
from medinjection_fr.models.session import Session

COPY = "copy of the source"
_SEED = 13


class Translations(NamedTuple):
    """What is scored.

    Attributes:
        system: What is called so in the tables.
        texts: A translation for each scored pair, as it came.
        unusable: How many are empty because there was no use of the model's answer, by rule.
        template: What the model was asked with.
    """

    system: str
    texts: Sequence[str]
    unusable: Mapping[str, int]
    template: str | None


def score_translator(
    memory: Path,
    *,
    hypotheses: Path | None,
    model: str | None,
    journal: Path | None,
    template: str | None,
    limit: int | None,
    resamples: int,
    checkpoint: Path | None,
    save: Path | None,
    **options: Any,
) -> dict[str, Any] | None:
    """Scores the translations of a file, or those of a model, on pairs by professionals.

    Args:
        memory: The pairs (TMX).
        hypotheses: File of translations.
        model: Or the model.
        journal: Where the model's answers are kept.
        template: What it is asked with.
        limit: Pairs at most, drawn by chance, always the same; a larger limit has all of a smaller one.
        resamples: Samples of the bootstrap.
        checkpoint: COMET model, if wanted.
        save: Folder for the texts.
        options: Of the model (``generate.cli.model_options``).

    Returns:
        All figures and counts; ``None`` if there is nothing to score and the texts were only to be saved.

    Raises:
        InputError: Every mistake of what was given, or pairs without a translation.
    """
    _check(hypotheses, model, journal, checkpoint, save)
    pairs = read_pairs(memory)
    if not pairs.kept:
        counts = ", ".join(f"{reason} {number:,}" for reason, number in pairs.excluded.items())
        raise InputError(Problem(str(memory), f"no pair to score ({counts})", "pairs of whole sentences"))
    scored = _draw(len(pairs.kept), limit)
    chosen = [pairs.kept[place] for place in scored]
    if hypotheses:
        given = Translations(hypotheses.name, read_hypotheses(hypotheses, pairs, scored), {}, None)
    elif model and journal:
        given = _translate(model, journal, template, chosen, **options)
    else:
        assert save is not None
        write_lines(save, chosen, None)
        return None
    texts = [one_line(read_entities(text)) for text in given.texts]
    if save:
        write_lines(save, chosen, texts)
    entities = sum(read_entities(text) != text for text in given.texts)
    systems = {COPY: [one_line(pair.english) for pair in chosen], given.system: texts}
    found = metrics.score(systems, [one_line(pair.french) for pair in chosen], resamples)
    if checkpoint:
        of_comet, signature = comet.score(systems, chosen, checkpoint, resamples)
        for name, figure in of_comet.items():
            found.systems[name][comet.METRIC] = figure
        found.signatures[comet.METRIC] = signature
    return {
        "pairs": _counts(memory, pairs, scored),
        "translations": {
            "template": given.template,
            "entities": entities,
            "unusable": dict(sorted(given.unusable.items())),
        },
        "resamples": resamples,
        "systems": figures_of(found.systems),
        "signatures": found.signatures,
        "comet": None if checkpoint else comet.NOT_ASKED,
        "published": published(),
    }


def _counts(memory: Path, pairs: Pairs, scored: Sequence[int]) -> dict[str, Any]:
    return {
        "file": memory.name,
        "units": len(pairs.names),
        "excluded": dict(pairs.excluded),
        "not_drawn": len(pairs.kept) - len(scored),
        "scored": len(scored),
        "entities": pairs.entities,
    }


def _check(
    hypotheses: Path | None,
    model: str | None,
    journal: Path | None,
    checkpoint: Path | None,
    save: Path | None,
) -> None:
    problems = metrics.missing_library()
    if hypotheses and model:
        problems.append(Problem("--model", "stands beside --hypotheses", mend="Give one of them"))
    elif not (hypotheses or model or save):
        expected = "--hypotheses, --model, or --save alone to have the texts to translate"
        problems.append(Problem("translate score", "nothing is given to score", expected))
    if model and not journal:
        problems.append(Problem("--journal", "is missing", "a file that keeps every answer of the model"))
    if checkpoint:
        problems += comet.missing_parts(checkpoint)
    if problems:
        raise InputError(problems)


def _draw(pairs: int, limit: int | None) -> list[int]:
    places = list(range(pairs))
    if limit is None or limit >= pairs:
        return places
    random.Random(_SEED).shuffle(places)
    return sorted(places[:limit])


def _translate(
    model: str,
    journal: Path,
    template: str | None,
    pairs: Sequence[Pair],
    *,
    endpoint: str | None,
    served_as: str | None,
    key_from: str | None,
    window: int | None,
    per_minute: float | None,
    budget: str | None,
    price_in: float | None,
    price_out: float | None,
    at_once: int,
    parameters: Sequence[str],
) -> Translations:
    prices = read_prices(price_in, price_out)
    most, changed = read_limit(budget, prices), read_parameters(parameters)
    asked_with = find_template(template or template_for(model), FIELDS, NEEDED)
    opened = open_model(
        model, endpoint, served_as=served_as, key_from=key_from, window=window, per_minute=per_minute
    )
    with Journal(journal) as answers:
        session = Session(opened, answers, prices=prices, budget=most, at_once=at_once)
        found = translate_pairs(session, pairs, asked_with, changed)
    unusable = Counter(translated.rule for translated in found if translated.rule is not None)
    return Translations(opened.name, [t.text for t in found], unusable, asked_with.reference)
