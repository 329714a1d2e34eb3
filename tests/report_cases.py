"""Made-up runs of the study for the report: files of the real forms, whose numbers a seed gives."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.choice_scores import score_choice
from evaluation.protocols import PROTOCOLS
from medinjection_fr.record import LETTERS

STUDY = {
    "base": (0.42, {}),
    "native": (0.46, {"native": {"mcqu": 60, "mcq": 40}}),
    "synthetic": (0.37, {"synthetic": {"mcq": 100}}),
    "translated": (0.45, {"translated": {"mcqu": 97, "mcq": 3}}),
    "native+synthetic": (0.45, {"native": {"mcqu": 30, "mcq": 20}, "synthetic": {"mcq": 50}}),
    "native+translated": (0.49, {"native": {"mcqu": 30, "mcq": 20}, "translated": {"mcqu": 49, "mcq": 1}}),
    "synthetic+translated": (0.44, {"synthetic": {"mcq": 50}, "translated": {"mcqu": 49, "mcq": 1}}),
    "native+synthetic+translated": (
        0.48,
        {"native": {"mcqu": 20, "mcq": 13}, "synthetic": {"mcq": 33}, "translated": {"mcqu": 33, "mcq": 1}},
    ),
}
"""Run → how often it is right, and the train rows of what it learnt."""
SOURCES = ("frenchmedmcqa", "mediqal", "mmlu", "medqa")
CASE = 3
"""Records of one case."""
SUBJECTS = (None, "cardiologie", "pharmacie", "pédiatrie", "urologie", "neurologie", "santé publique")
DATA = {
    "version": "1.2.0",
    "release_digest": "a" * 64,
    "config": "native+synthetic+translated",
    "config_digest": "b" * 64,
    "split": "test",
}


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _write_lines(path: Path, lines: Sequence[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def record_id(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def learnt_of(config: str) -> dict[str, Any]:
    """The ``data`` of a training on a controlled configuration."""
    named = f"{config}-controlled"
    digest = hashlib.sha256(named.encode()).hexdigest()
    head = {"name": "medinjection-fr", "version": "1.2.0", "release_digest": "a" * 64}
    return {**head, "config": named, "config_digest": digest, "reference": "lab/medinjection-fr@1.2.0"}


def write_training(folder: Path, config: str) -> Path:
    """A ``training.json`` with what the report reads of one."""
    path = folder / config / "training.json"
    rows = STUDY[config][1]
    content = {"format": "medinjection-fr/training/1", "recipe": {"name": "paper"}, "data": learnt_of(config)}
    _write(path, {**content, "records": {"train": 100, "drawn": rows}})
    return path


def write_run(
    folder: Path,
    config: str,
    records: int = 120,
    orders: int = 2,
    open_share: float = 0.2,
    protocols: Sequence[str] = PROTOCOLS,
    sources: Sequence[str] = SOURCES,
    reply: str = "La metformine est à éviter.",
) -> Path:
    """A run of a test set that is the same for every run, by a model that is right as often as ``STUDY`` says."""
    path = folder / config
    right, rows = STUDY[config]
    chance = random.Random(config)
    learnt = {key: value for key, value in learnt_of(config).items() if key != "name"} if rows else None
    model = {"name": f"models/{config}", "revision": None, "weights_digest": "c" * 64, "adapter_digest": None}
    described = {
        "format": "medinjection-fr/evaluation/1",
        "model": {
            **model,
            "trained_on": learnt and {"name": "medinjection-fr", **learnt},
            "dtype": "bfloat16",
        },
        "data": {**DATA, "records": records},
        "protocols": list(protocols),
        "permutations": orders - 1,
        "tokens": {"free": 64, "open": 512},
        "versions": {"python": "3.11.7", "medinjection_fr_source": "d" * 64},
    }
    _write(path / "run.json", described)
    lines, each = [], {}
    for number in range(records):
        if number < open_share * records:
            lines.append(_open_line(number, chance, sources, reply))
            each[record_id(number)] = {"bleu": chance.random() * 30, "chrf++": 20 + chance.random() * 30}
        else:
            lines += [_line(number, n, right, chance, protocols, sources) for n in range(orders)]
    _write_lines(path / "predictions.jsonl", lines)
    if each:
        signatures = {"bleu": "BLEU|nrefs:1|tok:13a|version:2.6.0", "chrf++": "chrF2++|nrefs:1|version:2.6.0"}
        corpus = {"bleu": 14.2, "chrf++": 33.0}
        _write(path / "open_scores.json", {"signatures": signatures, "corpus": corpus, "each": each})
    if rows:
        near = {record_id(number): "near" for number in range(records - 5, records)}
        of = f"{config}-controlled of version 1.2.0"
        _write(path / "contamination.json", {"trained_on": of, "looked": config != "native", "records": near})
    return path


def _head(number: int, type: str, sources: Sequence[str]) -> dict[str, Any]:
    place = number % len(sources)
    return {
        "id": record_id(number),
        "source": sources[place],
        "group_id": f"{sources[place]}/{number // CASE}",
        "subject": SUBJECTS[number % len(SUBJECTS)],
        "type": type,
        "origin": ("native", "native", "translated", "translated")[place % 4],
    }


def _open_line(number: int, chance: random.Random, sources: Sequence[str], reply: str) -> dict[str, Any]:
    text = " ".join([reply] * chance.randrange(1, 9))
    outputs = {"greedy": {"reply": text, "finish": "stop", "tokens": 40}}
    asked = {"permutation": 0, "order": [], "gold": None, "options": 0, "outputs": outputs}
    return {**_head(number, "oeq", sources), **asked}


def _line(
    number: int,
    permutation: int,
    right: float,
    chance: random.Random,
    protocols: Sequence[str],
    sources: Sequence[str],
) -> dict[str, Any]:
    of_record = random.Random(number)
    several = of_record.random() < 0.3
    size = of_record.randrange(1, 4) if several else 1
    gold = ",".join(sorted(of_record.sample(LETTERS[:5], size)))
    difficulty = of_record.random()
    outputs: dict[str, Any] = {}
    for protocol in protocols:
        answer: str | None = gold.replace(",", "")
        if 0.6 * difficulty + 0.4 * chance.random() > right:
            answer = "".join(sorted(chance.sample("AABBCDE", size))) if chance.random() > 0.05 else None
            answer = answer and "".join(sorted(set(answer)))
        out = {"letters": answer, "own_letters": answer, **score_choice(answer, gold, 5)._asdict()}
        if protocol == "greedy":
            out |= {"rule": "letters", "reply": f"Réponse : {answer}", "finish": "stop", "tokens": 5}
        elif protocol == "likelihood":
            sets = {",".join(LETTERS[k % 5 : k % 5 + 1 + k % 3]): -chance.random() for k in range(25)}
            out |= {"logprob": -0.5, "logprobs": sets}
        outputs[protocol] = out
    order = [(place + permutation) % 5 for place in range(5)]
    asked = {"permutation": permutation, "order": order, "gold": gold, "options": 5}
    tokens = {"prompt_sha256": "e" * 64, "prompt_tokens": 200, "left_out_tokens": 0}
    type = "mcq" if several else "mcqu"
    return {**_head(number, type, sources), **asked, **tokens, "outputs": outputs, "seconds": 0.1}


def estimate(value: float | None, half: float = 0.05, note: str | None = None) -> dict[str, Any]:
    if value is None:
        return {"value": None, "low": None, "high": None, "note": note}
    return {"value": value, "low": value - half, "high": value + half}


def write_judgements(run: Path, judge: str, kind: str = "equivalence", against: str | None = None) -> Path:
    """A judge's verdicts on the open answers of a run."""
    chance = random.Random(f"{run.name} {judge}")
    folder = run / "judges" / judge
    described = {
        "format": "medinjection-fr/judge/1",
        "judge": {"name": "models/judge", "weights_digest": "f" * 64},
        "kind": kind,
        "language": "fr",
        "prompt": {"name": f"{kind}-fr", "sha256": "1" * 64},
        "method": "likelihood",
        "answers_sha256": "2" * 64,
        "against": against,
        "variants": ["plain"],
    }
    _write(folder / "judge.json", described)
    lines = []
    for asked in _open_answers(run):
        words = _words(asked)
        line = {"id": asked["id"], "group_id": asked["group_id"], "variant": "plain", "words": words}
        line |= {"prompt_sha256": "3" * 64, "seconds": 0.5}
        share = min(0.95, chance.random() * 0.7 + words / 100)
        if kind == "equivalence" and chance.random() < 0.05:
            line |= {"verdict": None, "unscored": "no-verdict", "probability": None}
        elif kind == "equivalence":
            line |= {"verdict": "equivalent" if share > 0.5 else "different", "probability": share}
        elif kind == "facts":
            line |= {"facts": ["contained", "missing"], "completeness": 0.5, "contradiction": 0.0}
        else:
            verdict = "first" if share > 0.5 else "second"
            line |= {"verdict": verdict, "shown_first": "first", "probability": share}
        lines.append(line)
    _write_lines(folder / "judgements.jsonl", lines)
    return folder


def _open_answers(run: Path) -> list[dict[str, Any]]:
    lines = map(json.loads, (run / "predictions.jsonl").read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line["type"] == "oeq"]


def _words(answer: Mapping[str, Any]) -> int:
    return len(answer["outputs"]["greedy"]["reply"].split())


def write_reviews(path: Path, runs: Sequence[Path], remark: str = "") -> Path:
    """Verdicts of two annotators on the open answers of runs."""
    chance = random.Random(0)
    lines = []
    said = {run.name: _open_answers(run) for run in runs}
    for number, one in enumerate(next(iter(said.values()))):
        for annotator in ("claire", "samir"):
            names = [run.name for run in runs]
            words = ("equivalent", "different", "different", "cannot-judge")
            line = {"set": "4" * 64, "item": f"q{number + 1:05d}", "kind": "answers", "id": one["id"]}
            line |= {"group_id": one["group_id"], "annotator": annotator}
            line |= {"verdicts": {name: chance.choice(words) for name in names}}
            line |= {
                "words": {name: _words(said[name][number]) for name in names},
                "preference": None,
                "remark": remark,
            }
            lines.append({**line, "at": "2026-11-25T22:00:00Z"})
    for number, verdict in enumerate(("yes", "no", "cannot-judge"), 1):
        row = {"set": "4" * 64, "item": f"r{number:05d}", "kind": "row", "id": record_id(1), "group_id": "g"}
        verdicts = {name: verdict for name in ("correct", "faithful", "fluent", "answerable")}
        row |= {"annotator": "claire", "verdicts": verdicts, "remark": remark, "at": "2026-11-25T22:00:00Z"}
        lines.append(row)
    _write_lines(path, lines)
    return path


def write_agreement(
    folder: Path, runs: Sequence[Path], judges: Sequence[str], reviews: Sequence[Path]
) -> Path:
    """What ``python -m evaluation agreement`` leaves; its numbers are made up."""
    chance = random.Random(1)
    names = [run.name for run in runs]
    generators = [*names, "pooled"]
    ids = [answer["id"] for answer in _open_answers(runs[0])]
    measures = ("pearson", "spearman", "kendall", "kappa", "mcc", "balanced_accuracy")
    undefined = estimate(None, note="it always says the same")
    always = {name: undefined for name in measures} | {"balanced_accuracy": estimate(0.5, 0.0)}
    content = {
        "format": "medinjection-fr/agreement/1",
        "runs": names,
        "reviews": [
            {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in reviews
        ],
        "people": {
            "annotators": ["claire", "samir"],
            "items": len(ids),
            "judgements": 2 * len(ids),
            "base_rates": {"equivalent": 0.31, "different": 0.61, "cannot-judge": 0.08},
            "cohen_kappa": [{"first": "claire", "second": "samir", "items": len(ids), **estimate(0.62)}],
            "fleiss_kappa": estimate(0.6),
            "krippendorff_alpha": estimate(0.61),
        },
        "judges": [
            {
                "judge": judge,
                "generator": generator,
                "items": len(ids),
                "people_base_rate": 0.31,
                "judge_base_rate": 0.0 if judge == "always no" else 0.4,
                "unscored": 2,
                **(
                    always
                    if judge == "always no"
                    else {m: estimate(0.3 + 0.4 * chance.random()) for m in measures}
                ),
            }
            for judge in (*judges, "chrf", "always no")
            for generator in generators
        ],
        "scatter": [
            {
                "judge": judge,
                "run": name,
                "id": id,
                "people": chance.choice((0.0, 0.5, 1.0)),
                "score": round(chance.random(), 3),
                "words": chance.randrange(5, 60),
            }
            for judge in judges
            for name in names
            for id in ids
        ],
        "length": [
            {
                "judge": judge,
                "generator": generator,
                "items": len(ids),
                "partial_correlation": estimate(0.2 + 0.2 * chance.random(), 0.1),
                "logistic": {"length_coefficient": estimate(0.02, 0.01), "generator_effect": "fixed"},
                "matched_difference": estimate(0.03, 0.06),
            }
            for judge in judges
            for generator in generators
        ],
        "generators": [
            {
                "judge": judge,
                "first": names[0],
                "second": name,
                "pairs": 10,
                "judge_difference": estimate(0.2),
                "people_difference": estimate(0.01),
                "like_length": {
                    "pairs": 3,
                    "judge_difference": estimate(0.02),
                    "people_difference": estimate(None, note="no pairs"),
                },
            }
            for judge in judges
            for name in names[1:]
        ],
        "interventions": [
            {
                "judge": judge,
                "run": name,
                "variant": variant,
                "items": len(ids),
                "to_equivalent": estimate(0.04, 0.03),
                "to_different": estimate(0.06, 0.04),
                "flip_rate": estimate(0.1 * chance.random() + 0.05),
            }
            for judge in judges
            for name in names
            for variant in ("padded", "shortened", "reordered", "confident", "hesitant")
        ],
        "position": [
            {
                "judge": judge,
                "first": names[0],
                "second": name,
                "pairs": len(ids),
                "consistent": estimate(0.7),
                "first_shown_preferred": estimate(0.63),
            }
            for judge in judges
            for name in names[1:]
        ],
    }
    _write(folder / "agreement.json", content)
    return folder
