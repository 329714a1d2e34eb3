"""What a command asks for, before any model or journal is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.templates import Template
from medinjection_fr.models.budget import Budget, Prices, read_budget
from medinjection_fr.resources import load_schema
from medinjection_fr.sources.catalogue import Source, load_catalogue

_NAME = re.compile(load_schema("record")["properties"]["source"]["pattern"])
_LONGEST_NAME = load_schema("record")["properties"]["source"]["maxLength"]


@dataclass(frozen=True)
class Plan:
    """What is to be made of a source.

    Attributes:
        kind: ``translation`` or ``synthesis``.
        source: The catalogue entry.
        yields: What the source must hold: ``items`` or ``documents``.
        templates: What the model is asked with.
        options: What else the kind asks for.
        name: What the records' source is called if the user does not say.
        questions: Of test sets that no record may say, as JSON, by its digest.
    """

    kind: str
    source: Source
    yields: str
    templates: tuple[Template, ...]
    options: Mapping[str, Any]
    name: str
    questions: Mapping[str, str] = field(default_factory=dict)


def check_name(name: str) -> str:
    """The name of the records' source.

    Raises:
        InputError: It is no catalogue name, or one of the package's own.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        expected = f"lower-case words and numbers joined by dashes, {_LONGEST_NAME} characters at most"
        raise InputError(Problem("--name", f'"{name}"', expected))
    if name in load_catalogue():
        raise InputError(
            Problem("--name", f'"{name}" is a source of the package', mend="Call yours otherwise")
        )
    return name


def read_prices(price_in: float | None, price_out: float | None) -> Prices | None:
    """Prices from the command line: both or none.

    Raises:
        InputError: One is missing, or negative.
    """
    given = {"--price-in": price_in, "--price-out": price_out}
    if all(price is None for price in given.values()):
        return None
    problems = [
        Problem(option, "is missing" if price is None else f"is {price}", "euros per million tokens")
        for option, price in given.items()
        if price is None or price < 0
    ]
    if problems or price_in is None or price_out is None:
        raise InputError(problems)
    return Prices(price_in, price_out)


def read_limit(budget: str | None, prices: Prices | None) -> Budget | None:
    """The budget from the command line, if there is one."""
    return None if budget is None else read_budget(budget, prices)


def read_parameters(given: Sequence[str]) -> dict[str, Any]:
    """Parameters of requests from ``NAME=VALUE``; a value is read as YAML, ``null`` removes the parameter.

    Raises:
        InputError: Every one that is no such pair, and every name that stands twice.
    """
    parameters: dict[str, Any] = {}
    problems = []
    for text in given:
        name, equals, value = text.partition("=")
        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError:
            read = [None]
        if not (name.isidentifier() and equals) or isinstance(read, (list, dict)):
            problems.append(Problem("--parameter", f'"{text}"', "NAME=VALUE, like temperature=0.3"))
        elif name in parameters:
            problems.append(Problem("--parameter", f"{name} stands twice", mend="Keep one"))
        parameters[name] = read
    if problems:
        raise InputError(problems)
    return parameters
