"""What a judge makes of the same answer in another form or at another place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.agreement.checks import PLAIN
from evaluation.agreement.figures import shares, undefined
from evaluation.judging.folder import Judgements
from evaluation.statistics import RESAMPLES

SWAPPED = "swapped"
_RIGHT = {"equivalence": "equivalent", "facts": "contained"}


def flips(run: str, judged: Judgements, resamples: int = RESAMPLES) -> list[dict[str, Any]]:
    """How often each variant of an answer, or of the prompt, turns the verdict on its plain form.

    A judge of facts has a verdict on each fact; it turns to equivalent where the fact becomes contained.
    """
    found = []
    plain = judged.of(PLAIN)
    for variant in sorted({variant for _, variant in judged.lines} - {PLAIN, SWAPPED}):
        changed = judged.of(variant)
        pairs = [
            (line["group_id"], *pair)
            for id, line in changed.items()
            if id in plain
            for pair in zip(_verdicts(plain[id]), _verdicts(line), strict=True)
        ]
        scored = [(group, old, new) for group, old, new in pairs if old is not None and new is not None]
        head = {"judge": judged.name, "run": run, "variant": variant}
        counts = {"items": len(scored), "unscored": len(pairs) - len(scored)}
        found.append(head | counts | _turns(judged.kind, scored, resamples))
    return found


def _verdicts(line: Mapping[str, Any]) -> list[str | None]:
    return line["facts"] if "facts" in line else [line["verdict"]]


def _turns(kind: str, scored: list[tuple[str, str, str]], resamples: int) -> dict[str, Any]:
    groups = [group for group, _, _ in scored]
    turned = {"flip_rate": [float(old != new) for _, old, new in scored]}
    if kind not in _RIGHT:
        no_direction = undefined("a preference is not turned to equivalent or different")
        directions = {"to_equivalent": no_direction, "to_different": no_direction}
        return directions | shares(turned, groups, resamples)
    right = _RIGHT[kind]
    directed = {
        "to_equivalent": [float(old != right and new == right) for _, old, new in scored],
        "to_different": [float(old == right and new != right) for _, old, new in scored],
    }
    return shares(directed | turned, groups, resamples)


def position(run: str, judged: Judgements, resamples: int = RESAMPLES) -> dict[str, Any]:
    """What the order of two answers does to a judge that says which it prefers.

    ``consistent``: share of pairs with the same preference in both orders. ``first_shown_preferred``: of the
    verdicts on these pairs that are no tie, the share that prefers the answer shown first; since both
    orders count, quality makes up for itself and 0.5 means no bias.
    """
    plain, swapped = judged.of(PLAIN), judged.of(SWAPPED)
    both = [(plain[id], swapped[id]) for id in plain if id in swapped]
    pairs = [pair for pair in both if all(line["verdict"] is not None for line in pair)]
    same = [float(pair[0]["verdict"] == pair[1]["verdict"]) for pair in pairs]
    decided = [line for line in _each(pairs) if line["verdict"] != "tie"]
    first = [float(line["verdict"] == line["shown_first"]) for line in decided]
    return {
        "judge": judged.name,
        "first": run,
        "second": judged.described["against"],
        "pairs": len(pairs),
        "unscored": len(both) - len(pairs),
        **shares({"consistent": same}, [pair[0]["group_id"] for pair in pairs], resamples),
        **shares({"first_shown_preferred": first}, [line["group_id"] for line in decided], resamples),
    }


def _each(pairs: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Iterator[Mapping[str, Any]]:
    for pair in pairs:
        yield from pair
