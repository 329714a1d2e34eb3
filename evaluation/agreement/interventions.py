"""What a judge makes of the same answer in other words or at another place."""

from __future__ import annotations

from typing import Any

from evaluation.agreement.figures import share
from evaluation.agreement.judgements import PLAIN, SWAPPED, Judgements
from evaluation.agreement.reviews import VERDICTS
from evaluation.statistics import RESAMPLES


def flips(judged: Judgements, resamples: int = RESAMPLES) -> list[dict[str, Any]]:
    """How often each variant of an answer, or of the prompt, turns the verdict on its plain form."""
    found = []
    plain = judged.verdicts(PLAIN)
    for variant in judged.variants():
        changed = judged.verdicts(variant)
        ids = [id for id in changed if id in plain]
        pairs = [(plain[id], changed[id]) for id in ids]
        scored = [n for n, pair in enumerate(pairs) if None not in pair]
        groups = [judged.groups[ids[n]] for n in scored]
        to = {new: [float(pairs[n] == (old, new)) for n in scored] for old, new in (VERDICTS, VERDICTS[::-1])}
        turned = [float(pairs[n][0] != pairs[n][1]) for n in scored]
        found.append(
            {
                "judge": judged.name,
                "run": judged.run,
                "variant": variant,
                "items": len(scored),
                "unscored": len(pairs) - len(scored),
                "to_equivalent": share(to["equivalent"], groups, resamples),
                "to_different": share(to["different"], groups, resamples),
                "flip_rate": share(turned, groups, resamples),
            }
        )
    return found


def position(judged: Judgements, resamples: int = RESAMPLES) -> dict[str, Any]:
    """What the order of two answers does to a judge that says which it prefers.

    ``consistent``: share of pairs with the same preference in both orders. ``first_shown_preferred``: of the
    verdicts on these pairs that are no tie, the share that prefers the answer shown first; since both
    orders count, quality makes up for itself and 0.5 means no bias.
    """
    plain, swapped = judged.lines_of(PLAIN), judged.lines_of(SWAPPED)
    ids = [id for id in plain if id in swapped and None not in (plain[id]["verdict"], swapped[id]["verdict"])]
    same = [float(plain[id]["verdict"] == swapped[id]["verdict"]) for id in ids]
    shown = [(id, line) for id in ids for line in (plain[id], swapped[id]) if line["verdict"] != "tie"]
    first = [float(line["verdict"] == line["shown_first"]) for _, line in shown]
    return {
        "judge": judged.name,
        "first": judged.run,
        "second": judged.described["against"],
        "pairs": len(ids),
        "unscored": len(plain.keys() & swapped.keys()) - len(ids),
        "consistent": share(same, [judged.groups[id] for id in ids], resamples),
        "first_shown_preferred": share(first, [judged.groups[id] for id, _ in shown], resamples),
    }
