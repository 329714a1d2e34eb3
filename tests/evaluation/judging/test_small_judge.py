"""Real weights judge: SmolLM2-135M-Instruct here, and behind a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from real_model import RealModel
from small_models import make_small

from evaluation.judging.candidates import Candidate
from evaluation.judging.folder import read_judgements
from evaluation.judging.judge_prompt import read_prompt
from evaluation.judging.judgement import ask_about, make_line
from evaluation.judging.local_judge import LocalJudge
from evaluation.judging.votes import parse_label
from evaluation.local_model import LocalModel
from medinjection_fr.resources import load_schema

pytestmark = pytest.mark.slow

PAIRS = [
    ("Un diabète de type 1", "Un diabète de type 1."),
    ("Un diabète de type 1", "Une carence en fer."),
    ("Le paracétamol, 60 mg/kg/j en 4 prises", "Du paracétamol, 6 mg/kg/j en 4 prises."),
    ("Aucun traitement : la guérison est spontanée en 1 à 2 semaines, sans séquelle", "On ne traite pas."),
]


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return LocalModel(str(make_small()))


def test_verdicts_of_real_weights_are_those_of_each_label_alone(model: LocalModel) -> None:
    prompt = read_prompt("equivalence", "en")
    records = [
        {
            "id": f"{n:032x}",
            "group_id": str(n),
            "context": "",
            "instruction": "Que dire ?",
            "answer": reference,
        }
        for n, (reference, _) in enumerate(PAIRS)
    ]
    items = [
        ask_about("equivalence", Candidate(record, "plain", answer))
        for record, (_, answer) in zip(records, PAIRS, strict=True)
    ]
    judge = LocalJudge(model, prompt)
    found = list(judge.votes(items, ()))
    assert len(found) == len(PAIRS)
    for item, (vote,) in found:
        jsonschema.validate(make_line("equivalence", prompt, item, [vote]), load_schema("judgement"))
        (rendered,) = judge._prompts([(item.candidate.record, item.questions[0])])
        logprobs = {}
        for label in prompt.labels:
            behind = model.tokenizer(f"{label}<|im_end|>", add_special_tokens=False).input_ids
            with torch.inference_mode():
                logits = model.model(input_ids=torch.tensor([rendered.tokens + behind])).logits[0].float()
            before = logits[len(rendered.tokens) - 1 :].log_softmax(-1)
            logprobs[label] = sum(float(row[token]) for row, token in zip(before, behind, strict=False))
        assert vote.label == max(logprobs, key=lambda label: logprobs[label])
        ((_, tokens),) = model.write([rendered.tokens], 8)
        reply = model.tokenizer.decode(tokens, skip_special_tokens=True)
        written, _ = parse_label(reply, "stop" if model.ends(tokens) else "length", list(prompt.labels))
        assert written in (None, vote.label)


def test_a_real_server_s_replies_are_verdicts_or_counted(
    real_model: RealModel, judge: Any, runs: Path
) -> None:
    options = ("--backend", "openai", "--endpoint", real_model.url, "--served-as", real_model.served_as)
    options += ("--judge", "smollm2-135m@0.1.2", "--language", "en", "--limit", 2)
    assert "2 judgements made" in judge(*options)
    (judged,) = read_judgements(runs / "whole")
    for line in judged.lines.values():
        jsonschema.validate(line, load_schema("judgement"))
        label, unscored = parse_label(line["reply"], "stop", ["1", "0"])
        if line["verdict"]:
            assert line["verdict"] == {"1": "equivalent", "0": "different"}[label]
        else:
            assert line["unscored"] in (unscored, "reply-cut")
    assert "0 judgements made" in judge(*options)
