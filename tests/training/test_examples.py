"""Exactly the answer and its end of turn carry loss, or every token; what is too long loses its context's middle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from examples import valid_record
from small_models import CHATML, make_tokenizer

from medinjection_fr.models.causal_lm import frame_of, open_tokenizer
from medinjection_fr.prompts import CHOICES_HEADER, OMISSION, question_text, to_messages
from training.examples import NO_LOSS, Example, Renderer

CASE = " ".join(
    f"Au jour {n}, la natrémie est à {130 + n} mmol/L et la fièvre à 38,{n} °C." for n in range(60)
)


def learnt(example: Example) -> list[int]:
    return [label for label in example.labels if label != NO_LOSS]


@pytest.mark.parametrize(
    "context", ["", "Une patiente de 34 ans, enceinte de 12 SA."], ids=["bare", "context"]
)
@pytest.mark.parametrize("type", ["mcqu", "mcq", "oeq"])
def test_answer_and_end_of_turn_carry_loss_and_nothing_else(tokenizer: Any, type: str, context: str) -> None:
    record = valid_record(type, context=context)
    example = Renderer(tokenizer, "answer", 2_048).render(record)
    assert example is not None
    messages = to_messages(record)["messages"]
    whole = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True)["input_ids"]
    asked = tokenizer.apply_chat_template(
        messages[:1], add_generation_prompt=True, tokenize=True, return_dict=True
    )["input_ids"]
    assert example.input_ids == whole  # as the template and the tokenizer alone would have it
    assert tokenizer.decode(learnt(example)) == record["answer"] + "<|im_end|>"
    # They stand together, right behind what the model is given when it is asked.
    first = len(asked)
    last = first + len(learnt(example))
    assert example.labels == [NO_LOSS] * first + whole[first:last] + [NO_LOSS] * (len(whole) - last)
    assert tokenizer.decode(whole[last:]) == "\n"


@pytest.mark.parametrize("type", ["mcqu", "mcq", "oeq"])
def test_whole_text_carries_loss(tokenizer: Any, type: str) -> None:
    example = Renderer(tokenizer, "whole", 2_048).render(valid_record(type))
    assert example is not None and example.labels == example.input_ids


def test_padding_ends_no_turn(tokenizer: Any) -> None:
    assert tokenizer.pad_token == "<|endoftext|>"
    assert frame_of(tokenizer).end_of_turn == "<|im_end|>"
    example = Renderer(tokenizer, "answer", 2_048).render(valid_record("mcqu"))
    assert example is not None
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") == learnt(example)[-1] != tokenizer.pad_token_id


def test_the_letters_of_the_real_tokenizer(qwen3_tokenizer: Any) -> None:
    assert len(qwen3_tokenizer) == 151_669
    example = Renderer(qwen3_tokenizer, "answer", 2_048).render(valid_record("mcq"))
    assert example is not None
    assert [qwen3_tokenizer.decode(token) for token in learnt(example)] == ["B", ",C", ",D", "<|im_end|>"]
    assert learnt(example)[0] == 33 and learnt(example)[-1] == 151_645


def test_what_stands_before_the_answer_carries_no_loss(tmp_path: Path) -> None:
    think = CHATML.replace(
        "'\n' + message.content",
        "'\n' + ('<think>\n\n</think>\n\n' if message.role == 'assistant' else '') + message.content",
    )
    make_tokenizer(tmp_path, think)
    tokenizer = open_tokenizer(str(tmp_path))
    example = Renderer(tokenizer, "answer", 2_048).render(valid_record("oeq"))
    assert example is not None
    assert tokenizer.decode(learnt(example)) == valid_record("oeq")["answer"] + "<|im_end|>"
    assert "<think>" in tokenizer.decode(example.input_ids)


@pytest.mark.parametrize("loss", ["answer", "whole"])
@pytest.mark.parametrize("type", ["mcqu", "mcq", "oeq"])
@pytest.mark.parametrize("room", [0, 1, 7, 60])
def test_only_the_middle_of_the_context_goes(tokenizer: Any, type: str, loss: str, room: int) -> None:
    record = valid_record(type, context=CASE)
    least = Renderer(tokenizer, loss, 10_000).render({**record, "context": OMISSION})
    assert least is not None
    limit = len(least.input_ids) + 20 + room
    example = Renderer(tokenizer, loss, limit).render(record)
    assert example is not None and example.left_out > 0
    assert limit - 40 < len(example.input_ids) <= limit  # no more goes than must, but for whole words
    text = tokenizer.decode(example.input_ids)
    rest = question_text({**record, "context": ""})
    assert rest in text and record["answer"] + "<|im_end|>" in text
    assert (CHOICES_HEADER in text) == (type != "oeq")
    before, omitted, after = text.partition(OMISSION)
    begin, end = before.rpartition("<|im_start|>user\n")[2], after.partition("\n\n" + rest)[0]
    assert omitted and CASE.startswith(begin) and CASE.endswith(end)
    assert abs(len(begin) - len(end)) < len(CASE) / 4
    # No word and no number is cut in two.
    assert (
        begin.split() + end.split() == CASE.split()[: len(begin.split())] + CASE.split()[-len(end.split()) :]
    )


def test_a_record_that_is_too_long_without_its_context_is_not_cut(tokenizer: Any) -> None:
    record = valid_record("mcq", context=CASE)
    least = Renderer(tokenizer, "answer", 10_000).render({**record, "context": ""})
    assert least is not None
    assert Renderer(tokenizer, "answer", len(least.input_ids) - 1).render(record) is None
    assert Renderer(tokenizer, "answer", len(least.input_ids) - 1).render({**record, "context": ""}) is None
    exact = Renderer(tokenizer, "answer", len(least.input_ids)).render({**record, "context": ""})
    assert exact == least
