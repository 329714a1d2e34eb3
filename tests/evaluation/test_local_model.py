from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_models import change_config

pytest.importorskip("torch", reason="torch comes with the extra `evaluate`")

import torch

from evaluation import predict as predict_module
from evaluation.answer_tree import AnswerTree, build_tree
from evaluation.local_model import LocalModel, Reading, Writing
from evaluation.predict import predict, slices
from evaluation.protocols import (
    answer_logprobs,
    constrained_answer,
    likeliest_answer,
    published_allowed,
    walk_free,
    walk_published,
)
from evaluation.questions import Question, render_prompt
from medinjection_fr.errors import InputError
from medinjection_fr.record import LETTERS


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> LocalModel:
    return LocalModel(str(tiny_model))


def _record(n: int, options: int = 5, type: str = "mcq") -> dict[str, Any]:
    return {
        "id": f"{n:032x}",
        "context": "Une patiente de 60 ans tousse. " * (n % 4),
        "instruction": f"Question {n} : que faire devant une fièvre à 39,{n} °C ?",
        "choices": [f"Proposition {letter} à {n} mg" for letter in LETTERS[:options]],
        "answer": "A",
        "type": type,
        "flags": [],
    }


@pytest.fixture(scope="module")
def prompts(model: LocalModel) -> list[list[int]]:
    rendered = [render_prompt(_record(n), model.tokenizer, model.frame.scaffold, 2_000) for n in range(7)]
    return [prompt.tokens for prompt in rendered if prompt]


def _plain_logprobs(model: LocalModel, prompt: list[int], tokens: list[int]) -> list[torch.Tensor]:
    """Log-probabilities of the whole vocabulary before each token and after the last, one sequence, no mask."""
    with torch.inference_mode():
        logits = model.model(input_ids=torch.tensor([prompt + tokens])).logits[0].float()
    return list(logits[len(prompt) - 1 :].log_softmax(-1))


@pytest.fixture(scope="module")
def tree(model: LocalModel) -> AnswerTree:
    return build_tree("mcq", 5, model.tokenizer, model.frame.end_of_turn)


@pytest.fixture(scope="module")
def readings(model: LocalModel, prompts: list[list[int]], tree: AnswerTree) -> dict[int, Reading]:
    return dict(model.read_trees(prompts, tree))


def test_the_tree_holds_every_answer(model: LocalModel, tree: AnswerTree) -> None:
    assert len(tree.answers) == 31 and len(set(tree.answers)) == 31
    single = build_tree("mcqu", 4, model.tokenizer, model.frame.end_of_turn)
    assert single.answers == ("A", "B", "C", "D") and len(single.tokens) == 5
    for answer, end in zip(tree.answers, tree.ends, strict=True):
        written = [tree.tokens[node] for node in tree.path(end)]
        assert model.tokenizer.decode(written) == ",".join(answer)


def test_every_answer_has_the_probability_that_it_has_alone(
    model: LocalModel, prompts: list[list[int]], tree: AnswerTree, readings: dict[int, Reading]
) -> None:
    for place, prompt in enumerate(prompts):
        scores = answer_logprobs(tree, readings[place])
        for answer, end in zip(tree.answers, tree.ends, strict=True):
            tokens = [*(tree.tokens[node] for node in tree.path(end)), tree.end_of_turn]
            plain = _plain_logprobs(model, prompt, tokens)
            alone = sum(float(before[token]) for before, token in zip(plain, tokens, strict=False))
            assert scores[answer] == pytest.approx(alone, abs=1e-4)
        assert likeliest_answer(scores) == max(scores, key=lambda answer: scores[answer])


def test_walks_write_what_the_model_writes(
    model: LocalModel, prompts: list[list[int]], tree: AnswerTree, readings: dict[int, Reading]
) -> None:
    free = dict(model.write(prompts, 10))
    bound = dict(model.write(prompts, 10, published_allowed(tree)))
    for place in range(len(prompts)):
        for walk, written in (
            (walk_free(tree, readings[place], 10), free[place]),
            (walk_published(tree, readings[place], 10), bound[place]),
        ):
            assert written[: len(walk.tokens)] == walk.tokens
            assert not walk.whole or written == walk.tokens


def test_what_goes_on_from_a_reading_is_what_is_written_anew(
    model: LocalModel, prompts: list[list[int]], tree: AnswerTree
) -> None:
    bound, free = Writing("bound", 6, tuple(published_allowed(tree))), Writing("free", 9)
    expected = dict(model.write(prompts, 6, bound.allowed)), dict(model.write(prompts, 9))
    places = iter(range(len(prompts)))
    found = list(model.answer(prompts, tree, lambda _: [bound, free][: 1 + next(places) % 2]))
    assert len(found) == len(prompts)
    for place, _, written in found:
        assert written["bound"] == expected[0][place]
        assert written.get("free", expected[1][place]) == expected[1][place]
    assert sum("free" in written for _, _, written in found) == 3


def test_a_batch_of_seven_is_seven_batches_of_one(
    model: LocalModel, prompts: list[list[int]], tree: AnswerTree, readings: dict[int, Reading]
) -> None:
    assert len({len(prompt) for prompt in prompts}) > 1
    together = dict(model.write(prompts, 12))
    for place, prompt in enumerate(prompts):
        (_, alone), *_ = model.read_trees([prompt], tree)
        np.testing.assert_allclose(alone.logprobs, readings[place].logprobs, atol=1e-4)
        assert dict(model.write([prompt], 12))[0] == together[place]


def _orders(model: LocalModel, n: int) -> list[list[int]]:
    """Prompts of one long case, in three orders of its options."""
    record = {**_record(n), "context": f"Cas {n}. " + "Un patient de 60 ans tousse. " * (20 + n)}
    prompts = []
    for shift in range(3):
        turned = {**record, "choices": [*record["choices"][shift:], *record["choices"][:shift]]}
        prompt = render_prompt(turned, model.tokenizer, model.frame.scaffold, 2_000)
        assert prompt is not None
        prompts.append(prompt.tokens)
    return prompts


def test_what_prompts_begin_with_in_common_is_read_once(
    model: LocalModel, prompts: list[list[int]], tree: AnswerTree
) -> None:
    asked = [*_orders(model, 1), *prompts[:2], *_orders(model, 2)]
    read: list[int] = []

    def count(_: Any, arguments: Any, named: dict[str, Any]) -> None:
        read.append(named["input_ids"].numel())

    def plan(_: Reading) -> list[Writing]:
        return [Writing("bound", 6, tuple(published_allowed(tree))), Writing("free", 9)]

    hook = model.model.register_forward_pre_hook(count, with_kwargs=True)
    try:
        together = list(model.read_trees(asked, tree))
    finally:
        hook.remove()
    nodes = (len(tree.tokens) - 1) * len(asked)
    assert sum(read) < 0.7 * sum(map(len, asked)) + nodes
    written = {place: replies for place, _, replies in model.answer(asked, tree, plan)}
    for place, reading in together:
        (_, alone), *_ = model.read_trees([asked[place]], tree)
        np.testing.assert_allclose(reading.logprobs, alone.logprobs, atol=1e-4)
        assert written[place]["free"] == dict(model.write([asked[place]], 9))[0]
        assert written[place]["bound"] == dict(model.write([asked[place]], 6, published_allowed(tree)))[0]


def test_a_deterministic_model_says_to_the_bit_what_it_says_alone(
    tiny_model: Path, prompts: list[list[int]], tree: AnswerTree
) -> None:
    try:
        model = LocalModel(str(tiny_model), dtype="bfloat16", deterministic=True)
        assert torch.are_deterministic_algorithms_enabled() and model.described["deterministic"]
        together = dict(model.read_trees(prompts, tree))
        for place, prompt in enumerate(prompts):
            ((_, alone),) = model.read_trees([prompt], tree)
            assert np.array_equal(alone.logprobs, together[place].logprobs)
    finally:
        torch.use_deterministic_algorithms(False)


def test_replies_are_the_same_padded_at_the_right(model: LocalModel, prompts: list[list[int]]) -> None:
    written = dict(model.write(prompts, 1))
    longest = max(map(len, prompts))
    ids = torch.zeros((len(prompts), longest), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt)
        mask[row, : len(prompt)] = 1
    with torch.inference_mode():
        logits = model.model(input_ids=ids, attention_mask=mask).logits
    for row, prompt in enumerate(prompts):
        assert [int(logits[row, len(prompt) - 1].argmax())] == written[row]


def test_ten_options_are_read(model: LocalModel) -> None:
    tree = build_tree("mcq", 10, model.tokenizer, model.frame.end_of_turn)
    prompt = render_prompt(_record(1, 10), model.tokenizer, model.frame.scaffold, 2_000)
    assert prompt is not None and len(tree.answers) == 1_023
    (_, reading), *_ = model.read_trees([prompt.tokens], tree)
    assert constrained_answer(tree, reading) in tree.answers


def test_a_batch_that_does_not_fit_is_halved(
    model: LocalModel, prompts: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, sizes = dict(model.write(prompts, 3)), []
    write = model._write_batch

    def short_of_memory(batch: torch.Tensor, *rest: Any) -> list[list[int]]:
        sizes.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError
        return write(batch, *rest)

    monkeypatch.setattr(model, "_write_batch", short_of_memory)
    monkeypatch.setattr(model, "batch_tokens", 2**12)
    assert dict(model.write(prompts, 3)) == expected
    assert sizes[0] == 7 and max(sizes[-2:]) <= 2


def test_one_record_that_does_not_fit_is_told(
    model: LocalModel, prompts: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: Any) -> list[list[int]]:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(model, "_write_batch", no_memory)
    monkeypatch.setattr(model, "batch_tokens", 2**12)
    with pytest.raises(InputError, match="does not fit into memory"):
        list(model.write(prompts, 3))


def test_an_adapter_says_the_same_merged(tiny_model: Path, tmp_path: Path, prompts: list[list[int]]) -> None:
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    torch.manual_seed(1)
    config = peft.LoraConfig(r=4, use_dora=True, target_modules="all-linear", init_lora_weights=False)
    adapted = peft.get_peft_model(base, config).eval()
    adapted.save_pretrained(tmp_path / "adapter")
    merged = LocalModel(str(tiny_model), adapter=tmp_path / "adapter")
    prompt = prompts[0]
    with torch.inference_mode():
        expected = adapted(input_ids=torch.tensor([prompt])).logits[0, -1]
        found = merged.model(input_ids=torch.tensor([prompt])).logits[0, -1]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert merged.described["adapter_digest"]


def test_a_long_context_loses_its_middle_and_never_the_question(model: LocalModel) -> None:
    record = {**_record(1), "context": "Début. " + "La tension est de 12/8. " * 300 + "Fin."}
    prompt = render_prompt(record, model.tokenizer, model.frame.scaffold, 400)
    assert prompt is not None and len(prompt.tokens) <= 400 and prompt.left_out > 0
    text = model.tokenizer.decode(prompt.tokens)
    assert "Début." in text and "Fin." in text and "[…]" in text
    assert record["instruction"] in text and all(choice in text for choice in record["choices"])
    assert render_prompt(record, model.tokenizer, model.frame.scaffold, 20) is None


def test_layers_that_look_back_a_while_bound_trees_and_not_replies(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "sliding")
    layers = ["sliding_attention", "full_attention"]
    change_config(tmp_path / "sliding", use_sliding_window=True, sliding_window=96, layer_types=layers)
    model = LocalModel(str(tmp_path / "sliding"))
    assert (model.window, model.tree_window) == (4_096, 96)
    record = {**_record(1), "context": "La tension est de 12/8. " * 10, "choices": [], "type": "oeq"}
    asked = Question({**record, "source": "s", "group_id": "g", "subject": None, "origin": "native"}, 0, ())
    (line,) = predict(model, [asked], ["greedy"])
    assert line["prompt_tokens"] > 96 and line["left_out_tokens"] == 0 and "greedy" in line["outputs"]


def test_slices_are_of_one_kind_and_what_is_too_long_is_refused_in_its_own(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict_module, "_SLICE", 3)
    head = {"source": "s", "group_id": "g", "subject": None, "origin": "native"}
    kinds = [("mcq", 4), ("oeq", 0)] * 4 + [("mcqu", 4)]
    records = [{**_record(n, options, type), **head} for n, (type, options) in enumerate(kinds)]
    records[2]["instruction"] *= 400
    questions = [Question(record, 0, tuple(range(len(record["choices"])))) for record in records]
    places = {question.record["id"]: place for place, question in enumerate(questions)}
    cut = [[places[q.record["id"]] for q in one] for one in slices(questions)]
    assert cut == [[0, 2, 4], [1, 3, 5], [6], [7], [8]]
    lines = list(predict(model, questions, ["constrained"]))
    assert [places[line["id"]] for line in lines if "refused" in line] == [2]
    assert places[lines[0]["id"]] == 2 and not lines[0]["outputs"]
    done = [places[line["id"]] for line in lines]
    assert [set(done[a:b]) for a, b in ((0, 3), (3, 6), (6, 7), (7, 8), (8, 9))] == list(map(set, cut))


def test_a_letter_of_two_tokens_is_told(model: LocalModel) -> None:
    class Split:
        def __call__(self, text: str, **_: Any) -> Any:
            return type("Encoded", (), {"input_ids": [1, 2]})

    with pytest.raises(InputError, match="several tokens"):
        build_tree("mcqu", 4, Split(), model.frame.end_of_turn)
