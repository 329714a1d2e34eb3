"""Templates: what a file must say, and that every mistake is told before any request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from medinjection_fr.errors import InputError
from medinjection_fr.generate.templates import (
    PROMPTS,
    Template,
    find_template,
    generation_id,
    parse_template,
    reference_of,
)
from medinjection_fr.generate.translation.translate import FIELDS, NEEDED

CONTENT: dict[str, Any] = {
    "name": "our-template",
    "version": "3",
    "fields": ["source", "context"],
    "messages": [
        {"role": "system", "content": "Traduisez.{% if context %} Il y a un cas.{% endif %}"},
        {"role": "user", "content": "{{ source }}"},
    ],
    "retry": "Défauts :\n{% for fault in faults %}\n- {{ fault }}\n{% endfor %}",
    "output": "like-source",
    "parameters": {"temperature": 0},
}


def parsed(**changes: Any) -> Template:
    text = yaml.safe_dump({**CONTENT, **changes}, allow_unicode=True, sort_keys=False)
    return parse_template(text, "our.yaml", FIELDS, NEEDED)


def mistakes(**changes: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        parsed(**changes)
    return [str(problem) for problem in caught.value.problems]


def test_messages_show_the_fields() -> None:
    template = parsed()
    assert template.messages({"source": "{…}", "context": "Un cas."}) == (
        {"role": "system", "content": "Traduisez. Il y a un cas."},
        {"role": "user", "content": "{…}"},
    )
    assert template.messages({"source": "{…}", "context": ""})[0]["content"] == "Traduisez."


def test_text_of_the_material_is_not_read_as_a_template() -> None:
    [_, user] = parsed().messages({"source": "{{ context }} {% if %} <b>&", "context": ""})
    assert user["content"] == "{{ context }} {% if %} <b>&"


def test_notice_lists_the_faults() -> None:
    assert parsed().notice(["un", "deux"]) == "Défauts :\n- un\n- deux"


def test_digest_is_that_of_the_bytes() -> None:
    first, second = parsed(), parsed(retry=CONTENT["retry"] + " ")
    assert first.digest != second.digest
    assert first.reference == f"our-template-3@{first.digest[:16]}" == reference_of(first.text)
    assert parsed() == first


def test_generation_id_is_of_template_and_parameters() -> None:
    template = parsed()
    ids = {
        generation_id(template, {"temperature": 0, "seed": 1}),
        generation_id(template, {"temperature": 0.5, "seed": 1}),
        generation_id(parsed(version="4"), {"temperature": 0, "seed": 1}),
    }
    assert len(ids) == 3
    assert all(len(id) == 32 and int(id, 16) >= 0 for id in ids)
    assert generation_id(template, {"seed": 1, "temperature": 0}) in ids


@pytest.mark.parametrize("name", sorted(path.stem for path in PROMPTS.glob("translate*.yaml")))
def test_shipped_templates_of_translation_are_sound(name: str) -> None:
    template = find_template(name, FIELDS, NEEDED)
    assert template.name == name
    assert template.content["output"] in ("like-source", "like-segments")
    assert find_template(str(PROMPTS / f"{name}.yaml"), FIELDS, NEEDED) == template


def test_field_that_no_message_shows() -> None:
    messages = [{"role": "user", "content": "Traduisez. {{ context }}"}]
    [problem, _] = mistakes(messages=messages)
    assert problem.startswith("our.yaml › messages: no message shows {{ source }}.")
    [problem] = mistakes(messages=messages, fields=["context"])
    assert problem.startswith("our.yaml › messages: no message shows {{ segments }} or {{ source }}.")


def test_field_that_the_material_has_not() -> None:
    [problem] = mistakes(
        fields=["source", "titre"], messages=[{"role": "user", "content": "{{ source }} {{ titre }}"}]
    )
    assert problem.startswith(
        'our.yaml › fields: "titre" is nothing that the material has; expected among answer, '
    )


def test_field_that_is_not_listed() -> None:
    [problem] = mistakes(messages=[{"role": "user", "content": "{{ source }} {{ context }} {{ facts }}"}])
    assert "a message shows {{ facts }}, which `fields` does not list" in problem


def test_retry_shows_the_faults_and_nothing_else() -> None:
    [problem] = mistakes(retry="Recommencez.")
    assert problem.startswith("our.yaml › retry: shows nothing; expected the variable faults, and no other")
    [problem] = mistakes(retry="{{ faults }} {{ source }}")
    assert "shows faults, source" in problem


def test_all_mistakes_come_together() -> None:
    messages = [{"role": "user", "content": "{{ source"}, {"role": "user", "content": "a\n{% if %}"}]
    problems = mistakes(messages=messages, retry="{{ }}")
    assert [problem.split(": ")[0] for problem in problems] == [
        "our.yaml › messages[0] › content, line 1",
        "our.yaml › messages[1] › content, line 2",
        "our.yaml › retry, line 1",
    ]
    problems = mistakes(version=3, messages=[], colour="red")
    assert [problem.split(": ")[0] for problem in problems] == [
        "our.yaml",
        "our.yaml › messages",
        "our.yaml › version",
    ]


def test_without_retry_a_model_is_asked_once() -> None:
    assert parsed().attempts == 2
    content = {key: value for key, value in CONTENT.items() if key != "retry"}
    assert parse_template(yaml.safe_dump(content), "our.yaml", FIELDS, NEEDED).attempts == 1


@pytest.mark.parametrize("key", [key for key in CONTENT if key != "retry"])
def test_every_key_is_needed(key: str) -> None:
    text = yaml.safe_dump({name: value for name, value in CONTENT.items() if name != key})
    with pytest.raises(InputError, match=f'the key "{key}" is missing'):
        parse_template(text, "our.yaml", FIELDS, NEEDED)


@pytest.mark.parametrize("output", ["json", {"type": "texte"}])
def test_output_is_a_schema_or_like_the_source(output: Any) -> None:
    [problem] = mistakes(output=output)
    assert problem.startswith("our.yaml › output: ")


def test_template_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no such template; expected a YAML file, or one of .*translate-item"
    ):
        find_template("translate-itme", FIELDS, NEEDED)
    (tmp_path / "mine.yaml").write_bytes(b"name: \xe9")
    with pytest.raises(InputError, match="not UTF-8"):
        find_template(str(tmp_path / "mine.yaml"), FIELDS, NEEDED)


def test_template_cannot_run_code() -> None:
    hostile = "{{ source.__class__.__mro__ }}"
    template = parsed(fields=["source"], messages=[{"role": "user", "content": hostile}])
    with pytest.raises(Exception, match="unsafe"):
        template.messages({"source": "x"})
