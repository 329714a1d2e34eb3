"""Prompt templates: versioned YAML files of Jinja texts, checked before any request.

The digest of a file's bytes is part of every request and of every record's ``generation_id``.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from medinjection_fr.checked_yaml import parse_yaml, read_text, schema_problems
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import digest_json

PROMPTS = Path(__file__).with_name("prompts")
LIKE_SOURCE, LIKE_SEGMENTS = "like-source", "like-segments"
_FAULTS = "faults"
_JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True)
class Template:
    """One checked template.

    Attributes:
        text: The file as it is written.
        content: The same, as ``schemas/template.schema.json`` describes it.
    """

    text: str
    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.content["name"])

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes, as 64 hex digits."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    @property
    def reference(self) -> str:
        """Name, version and digest: which template a request was made from."""
        return f"{self.name}-{self.content['version']}@{self.digest[:16]}"

    @property
    def attempts(self) -> int:
        """How often a model is asked at most: twice if the template can tell it its faults."""
        return 2 if "retry" in self.content else 1

    def messages(self, values: Mapping[str, Any]) -> tuple[dict[str, str], ...]:
        """The messages of the first request about a material.

        Args:
            values: A value for each of the template's fields.
        """
        return tuple(
            {"role": message["role"], "content": _render(message["content"], values)}
            for message in self.content["messages"]
        )

    def notice(self, faults: Collection[Any]) -> str:
        """What the model is told of its faults before it is asked once more."""
        return _render(self.content["retry"], {_FAULTS: faults})


def reference_of(text: str) -> str:
    """The reference of a template that was checked before."""
    return Template(text, parse_yaml(text, "template")).reference


def generation_id(template: Template, parameters: Mapping[str, Any]) -> str:
    """How a record was generated: 32 hex digits of the digest of template and parameters."""
    return digest_json([template.digest, sorted(parameters.items())])[:32]


def find_template(name: str, offered: Collection[str], needed: Collection[str]) -> Template:
    """Reads a template by path, or by name among those that ship with the package.

    Args:
        name: A YAML file, or the name of one in ``generate/prompts``.
        offered: Fields that the material has.
        needed: Fields of which a template must show one.

    Raises:
        InputError: There is neither, or the template has mistakes.
    """
    path, shipped = Path(name), PROMPTS / f"{name}.yaml"
    if not path.is_file() and not shipped.is_file():
        names = ", ".join(sorted(path.stem for path in PROMPTS.glob("*.yaml")))
        raise InputError(Problem(name, "no such template", f"a YAML file, or one of {names}"))
    path = path if path.is_file() else shipped
    return parse_template(read_text(path), str(path), offered, needed)


def parse_template(text: str, where: str, offered: Collection[str], needed: Collection[str]) -> Template:
    """Checks a template: its form, its Jinja, and that it shows what it should and no more.

    Raises:
        InputError: Every mistake of it.
    """
    content = parse_yaml(text, where)
    if problems := schema_problems(content, "template", where):
        raise InputError(problems)
    used: set[str] = set()
    for position, message in enumerate(content["messages"]):
        place = f"{where} › messages[{position}] › content"
        used |= _variables(message["content"], place, problems)
    told = _variables(content.get("retry", f"{{{{ {_FAULTS} }}}}"), f"{where} › retry", problems)
    if not problems:
        problems = _field_problems(content["fields"], used, offered, needed, where)
        if told != {_FAULTS}:
            what = f"shows {', '.join(sorted(told)) or 'nothing'}"
            problems.append(Problem(f"{where} › retry", what, f"the variable {_FAULTS}, and no other"))
        problems += _output_problems(content["output"], f"{where} › output")
    if problems:
        raise InputError(problems)
    return Template(text, content)


def _variables(text: str, where: str, problems: list[Problem]) -> set[str]:
    try:
        return meta.find_undeclared_variables(_JINJA.parse(text))
    except TemplateSyntaxError as error:
        problems.append(Problem(f"{where}, line {error.lineno}", str(error.message), "a Jinja template"))
        return set()


def _field_problems(
    fields: list[str], used: set[str], offered: Collection[str], needed: Collection[str], where: str
) -> list[Problem]:
    known = ", ".join(sorted(offered))
    problems = [
        Problem(f"{where} › fields", f'"{name}" is nothing that the material has', f"among {known}")
        for name in fields
        if name not in offered
    ]
    for name in sorted(used - set(fields)):
        what = f"a message shows {{{{ {name} }}}}, which `fields` does not list"
        problems.append(Problem(f"{where} › messages", what, f"among {', '.join(fields)}"))
    unseen = [[name] for name in fields if name not in used]
    for names in [*unseen, *[sorted(needed)] * used.isdisjoint(needed)]:
        what = f"no message shows {' or '.join(f'{{{{ {name} }}}}' for name in names)}"
        problems.append(Problem(f"{where} › messages", what, mend="Show it where the model should read it"))
    return problems


def _output_problems(output: Any, where: str) -> list[Problem]:
    import jsonschema

    if output in (LIKE_SOURCE, LIKE_SEGMENTS):
        return []
    if isinstance(output, str):
        return [Problem(where, f'"{output}"', f"{LIKE_SOURCE}, {LIKE_SEGMENTS}, or a JSON Schema")]
    try:
        jsonschema.Draft202012Validator.check_schema(output)
    except jsonschema.SchemaError as error:
        return [Problem(where, error.message, "a JSON Schema (2020-12)")]
    return []


def _render(text: str, values: Mapping[str, Any]) -> str:
    return _compiled(text).render(values).strip()


_compiled = functools.cache(_JINJA.from_string)
"""A compiled text: to compile it takes longer than all else that a request needs."""
