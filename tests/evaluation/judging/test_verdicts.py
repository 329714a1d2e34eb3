from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import pytest

import evaluation.judging.judge_prompt as judge_prompt
from evaluation.judging.judge_prompt import KINDS, LANGUAGES, read_prompt
from evaluation.judging.jury import jury
from evaluation.judging.votes import UNSCORED, parse_label

FIELDS = {
    "question": "Quoi ?",
    "reference": "R.",
    "answer": "A.",
    "fact": "F.",
    "shown_first": "U.",
    "shown_second": "V.",
}
MEANINGS = {
    "equivalence": {"equivalent", "different"},
    "facts": {"contained", "contradicted", "missing"},
    "preference": {"shown-first", "shown-second", "tie"},
}


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("1", "1"),
        (" 0\n", "0"),
        ("**1**", "1"),
        ("« 0 »", "0"),
        ("1.", "1"),
        ("<think>Est-ce 0 ou 1 ? Plutôt 1.</think>\n0", "0"),
    ],
)
def test_a_label_alone_is_a_verdict(reply: str, label: str) -> None:
    assert parse_label(reply, "stop", ["1", "0"]) == (label, None)


@pytest.mark.parametrize(
    ("reply", "finish", "rule"),
    [
        ("Le patient a un diabète de type 1.", "stop", "reply-no-label"),
        ("diabète de type 1", "stop", "reply-no-label"),
        ("Réponds par 1 ou 0 : 0", "stop", "reply-no-label"),
        ("0 ou 1", "stop", "reply-no-label"),
        ("10", "stop", "reply-no-label"),
        ("-1", "stop", "reply-no-label"),
        ("0,1", "stop", "reply-no-label"),
        ("équivalente", "stop", "reply-no-label"),
        ("<think>C'est 1", "stop", "reply-no-label"),
        ("", "stop", "reply-empty"),
        ("<think>1</think> \n", "stop", "reply-empty"),
        ("1", "length", "reply-cut"),
    ],
)
def test_anything_else_is_none(reply: str, finish: str, rule: str) -> None:
    assert parse_label(reply, finish, ["1", "0"]) == (None, rule)
    assert rule in UNSCORED


@pytest.mark.parametrize(("kind", "language"), list(itertools.product(KINDS, LANGUAGES)))
def test_every_prompt_has_two_wordings_that_show_the_same(kind: str, language: str) -> None:
    prompt = read_prompt(kind, language)
    path = Path(judge_prompt.__file__).parent / "prompts" / f"{prompt.name}.yaml"
    assert prompt.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert set(prompt.labels.values()) == MEANINGS[kind] and set(prompt.texts) == {"plain", "paraphrase"}
    shown = {"equivalence": ("R.", "A."), "facts": ("A.", "F."), "preference": ("R.", "U.", "V.")}[kind]
    texts = [prompt.text(wording, {**FIELDS, "context": "Un cas."}) for wording in prompt.texts]
    assert texts[0] != texts[1]
    for text in texts:
        lines = text.splitlines()
        assert all(field in lines for field in ("Un cas.", "Quoi ?", *shown))
        assert all(label in lines[-2] + lines[-1] for label in prompt.labels)


def test_without_a_context_there_is_no_place_for_one() -> None:
    prompt = read_prompt("equivalence", "fr")
    text = prompt.text("plain", {**FIELDS, "context": ""})
    assert "contexte" not in text and "\n\n\n" not in text


def test_an_answer_is_no_template() -> None:
    answer = "{{ 7 * 7 }} {% raw %} {{ reference }}"
    assert answer in read_prompt("equivalence", "fr").text(
        "plain", {**FIELDS, "context": "", "answer": answer}
    )


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["equivalent", "equivalent", "different"], "equivalent"),
        (["different", "equivalent", "different"], "different"),
        (["equivalent", "different"], "tie"),
        (["equivalent", None, None], "equivalent"),
        (["equivalent", None, "different"], "tie"),
        ([None, None], None),
    ],
)
def test_a_jury_says_what_most_of_its_judges_say(verdicts: list[str | None], expected: str | None) -> None:
    found = jury({f"judge-{n}": verdict for n, verdict in enumerate(verdicts)})
    assert found.verdict == expected
    assert sum(map(len, found.votes.values())) == len(verdicts)
    assert not found.is_unanimous


def test_a_jury_names_who_said_what() -> None:
    found = jury({"a": "equivalent", "b": "different", "c": None})
    assert found.votes == {"equivalent": ("a",), "different": ("b",), "unscored": ("c",)}
    assert jury({"a": "different", "b": "different"}).is_unanimous
