from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import answer_cases as cases
import pytest
import yaml
from harness_environments import offline, programs_of
from small_models import make_small

from evaluation.answer_tree import build_tree
from evaluation.answers import parse_answer
from evaluation.choice_scores import score_choice
from evaluation.data import open_test_set
from evaluation.harness import SCORING, write_tasks
from evaluation.questions import Question, permute, render_prompt
from medinjection_fr.errors import InputError

GROUP, SPLIT = "medinjection_fr_native", "train"  # of the splits the one with most records
MEMBERS = [f"{GROUP}_{type}_{protocol}" for type in ("mcqu", "mcq") for protocol in ("greedy", "likelihood")]


@pytest.fixture(scope="module")
def tasks(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tasks") / "tasks"
    assert write_tasks(str(sample_release), "native", SPLIT, folder) == [GROUP, *MEMBERS]
    return folder


@pytest.fixture(scope="module")
def questions(sample_release: Path) -> list[Question]:
    """The multiple choice of the sample, in its order."""
    data = open_test_set(str(sample_release), "native", SPLIT, ("mcqu", "mcq"), None)
    return [question for record in data.rows if (question := permute(record, 0))]


@pytest.fixture
def utils(tasks: Path) -> Iterator[ModuleType]:
    """What lm-evaluation-harness imports, by its path as it does."""
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location("utils", tasks / "utils.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before
    for name in [name for name in sys.modules if name.partition(".")[0] == SCORING]:
        del sys.modules[name]


def read_task(path: Path) -> dict[str, Any]:
    """A task as YAML; names of functions as they are written."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: f"!{node.value}")
    read: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader)
    return read


def test_every_task_names_functions_that_are_there(tasks: Path, utils: ModuleType) -> None:
    assert read_task(tasks / f"{GROUP}.yaml")["task"] == MEMBERS
    for name in MEMBERS:
        task = read_task(tasks / f"{name}.yaml")
        assert task["task"] == name
        functions = [value[1:] for value in task.values() if isinstance(value, str) and value.startswith("!")]
        assert functions
        for function in functions:
            assert callable(getattr(utils, function.removeprefix("utils.")))


def test_the_prompt_is_ours_byte_for_byte(
    utils: ModuleType, questions: list[Question], tiny_model: Path
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    for question in questions:
        text = utils.question_text(question.record)
        chat = [{"role": "user", "content": text}]
        rendered = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        ours = render_prompt(question.record, tokenizer, "", 100_000)
        assert ours is not None
        assert ours.tokens == tokenizer(rendered, add_special_tokens=False).input_ids
        assert tokenizer.decode(ours.tokens) == rendered
        assert rendered.count(question.record["instruction"]) == 1


def test_records_of_a_type_are_chosen(
    utils: ModuleType, questions: list[Question], sample_release: Path
) -> None:
    from medinjection_fr import load

    rows = load("native", split=SPLIT, path=sample_release)
    for type in ("mcqu", "mcq"):
        chosen = getattr(utils, f"only_{type}")(rows)
        assert chosen["id"][:] == [q.record["id"] for q in questions if q.record["type"] == type]


@pytest.mark.parametrize(("reply", "letters"), cases.LETTERS_ALONE[:12] + cases.CONCLUSIONS[:12])
def test_replies_are_read_and_scored_as_ours(utils: ModuleType, reply: str, letters: str | None) -> None:
    record = {"instruction": "Laquelle ?", "choices": list(cases.CHOICES), "answer": "A,C", "type": "mcq"}
    scores = utils.score_greedy(record, [reply])
    assert parse_answer(reply, cases.CHOICES).letters == letters
    assert scores == {**score_choice(letters, "A,C", 5)._asdict(), "unread": float(letters is None)}


@pytest.mark.parametrize("type", ["mcqu", "mcq"])
def test_the_likeliest_answer_is_scored(utils: ModuleType, tiny_model: Path, type: str) -> None:
    from transformers import AutoTokenizer

    record = {"type": type, "choices": list(cases.CHOICES), "answer": "B", "end_of_turn": "<|im_end|>"}
    texts = utils.allowed_answers(record)
    tree = build_tree(type, 5, AutoTokenizer.from_pretrained(tiny_model), "<|im_end|>")
    assert texts == [",".join(letters) + "<|im_end|>" for letters in tree.answers]
    gold = utils.gold_place(record)
    assert texts[gold] == "B<|im_end|>"
    results = [(-5.0, False)] * len(texts)
    results[gold] = (-1.0, True)
    assert utils.score_likelihood(record, results)["exact_match"] == 1
    results[(gold + 1) % len(texts)] = (-0.5, True)
    assert utils.score_likelihood(record, results)["exact_match"] == 0


def test_what_cannot_be_written_is_told(
    sample_release: Path, tiny_release: Path, tasks: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="holds something"):
        write_tasks(str(sample_release), "native", "test", tasks)
    with pytest.raises(InputError, match="no split exam"):
        write_tasks(str(sample_release), "native", "exam", tmp_path / "x")
    assert not (tmp_path / "x").exists()
    names = write_tasks(str(tiny_release), "native+translated", "test", tmp_path / "mcq")
    group = "medinjection_fr_native_translated"
    assert names == [group, f"{group}_mcq_greedy", f"{group}_mcq_likelihood"]  # its test split has no mcqu


# --- the harnesses themselves, with a small real model ------------------------------------------------------


@dataclass(frozen=True)
class Ours:
    """A model, and our predictions of some records with our prompts' texts."""

    model: Path
    chosen: Mapping[str, int]
    predictions: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module", params=["tiny", pytest.param("small", marks=pytest.mark.heavy)])
def ours(request: pytest.FixtureRequest, questions: list[Question], tiny_model: Path) -> Iterator[Ours]:
    """Of random weights, and real ones: a set of answers costs lm-eval 31 passes of the model."""
    import torch

    from evaluation.local_model import LocalModel

    path, counts = (tiny_model, (8, 4)) if request.param == "tiny" else (make_small(), (5, 2))
    chosen = dict(zip(("mcqu", "mcq"), counts, strict=True))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more of them wait for each other on a busy machine
    model = LocalModel(str(path), dtype="float32")
    asked: list[Question] = []
    for type, count in chosen.items():
        asked += [question for question in questions if question.record["type"] == type][:count]
    found = {p["id"]: p for p in model.predict(asked, ["greedy", "likelihood"])}
    torch.set_num_threads(threads)
    for question in asked:
        prompt = render_prompt(question.record, model.tokenizer, model.frame.scaffold, model.window)
        assert prompt is not None
        found[question.record["id"]]["prompt"] = model.tokenizer.decode(prompt.tokens)
    yield Ours(path, chosen, found)


def _scores_of(output: Mapping[str, Any]) -> dict[str, float]:
    scores = {score: output[score] for score in ("exact_match", "hamming_score", "hamming_accuracy")}
    return {**scores, "unread": float(output["letters"] is None)}


@pytest.mark.slow
def test_lm_eval_predicts_what_we_predict(tasks: Path, ours: Ours, tmp_path: Path) -> None:
    wanted = {name: list(range(ours.chosen[name.split("_")[-2]])) for name in MEMBERS}
    command = [programs_of("lm-eval-0.4.13") / "lm_eval", "run", "--model", "hf", "--device", "cpu"]
    command += ["--model_args", f"pretrained={ours.model},dtype=float32", "--batch_size", "4"]
    command += ["--tasks", GROUP, "--include_path", tasks, "--apply_chat_template", "--log_samples"]
    command += ["--samples", json.dumps(wanted), "--output_path", tmp_path / "out"]
    environment = offline(tmp_path / "environment")
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (results,) = (tmp_path / "out").rglob("results_*.json")
    means = json.loads(results.read_text(encoding="utf-8"))["results"]
    for name in MEMBERS:
        (path,) = (tmp_path / "out").rglob(f"samples_{name}_*.jsonl")
        samples = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert [sample["doc_id"] for sample in samples] == wanted[name]
        protocol = name.rpartition("_")[2]
        for sample in samples:
            compare_sample(sample, ours.predictions[sample["doc"]["id"]], protocol)
        predictions = [ours.predictions[sample["doc"]["id"]] for sample in samples]
        expected = [prediction["outputs"][protocol]["hamming_score"] for prediction in predictions]
        assert means[name]["hamming_score,none"] == pytest.approx(sum(expected) / len(expected))


def compare_sample(sample: Mapping[str, Any], prediction: Mapping[str, Any], protocol: str) -> None:
    """A record as lm-eval logs it against our prediction."""
    assert sample["arguments"]["gen_args_0"]["arg_0"] == prediction["prompt"]
    output = prediction["outputs"][protocol]
    if protocol == "greedy":
        assert sample["resps"][0][0].strip() == output["reply"]
    else:
        logprobs = [float(response[0][0]) for response in sample["resps"]]
        if "logprobs" in output:
            # lm-eval also scores the line feed before the answer: the same for each.
            apart = [theirs - own for theirs, own in zip(logprobs, output["logprobs"].values(), strict=True)]
            assert apart == pytest.approx([apart[0]] * len(apart), abs=2e-3)
    scores = _scores_of(output)
    assert {name: sample[name] for name in scores} == pytest.approx(scores)


@pytest.mark.slow
def test_inspect_ai_predicts_what_we_predict(tasks: Path, ours: Ours, tmp_path: Path) -> None:
    programs = programs_of("inspect-ai-0.3.285")
    environment = offline(tmp_path / "environment")
    for type, count in ours.chosen.items():
        log = tmp_path / type
        command = [programs / "inspect", "eval", f"{tasks / 'medinjection_fr_inspect.py'}@{type}"]
        command += ["--model", "hf/local", "-M", f"model_path={ours.model}", "-M", "do_sample=false"]
        command += ["-M", "dtype=float32", "--limit", str(count), "--display", "none"]
        command += ["--log-format", "json", "--log-dir", log]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        (path,) = log.glob("*.json")
        read = json.loads(path.read_text(encoding="utf-8"))
        assert read["status"] == "success" and len(read["samples"]) == count
        for sample in read["samples"]:
            output = ours.predictions[sample["id"]]["outputs"]["greedy"]
            assert sample["output"]["choices"][0]["message"]["content"].strip() == output["reply"]
            assert sample["scores"]["letters"]["value"] == pytest.approx(_scores_of(output))
