"""YAML and JSON documents read against their JSON Schema, all mistakes at once."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import yaml

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.resources import load_schema


class _Loader(yaml.SafeLoader):
    """Leaves dates as they are written: text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Any:
    """Reads a YAML file.

    Raises:
        InputError: The file is absent, not UTF-8 or not YAML.
    """
    return parse_yaml(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Reads a text file as it is, line ends included.

    Raises:
        InputError: The file is absent or not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError(Problem(str(path), "no such file", mend="Check the path")) from None
    except IsADirectoryError:
        raise InputError(Problem(str(path), "is a folder", "a YAML file")) from None
    except UnicodeDecodeError as error:
        where = f"{path}, byte {error.start + 1}"
        raise InputError(Problem(where, "not UTF-8", mend="Save the file as UTF-8")) from None


def parse_yaml(text: str, where: str) -> Any:
    """Reads YAML that stands in a text.

    Raises:
        InputError: It is not YAML.
    """
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        what = getattr(error, "problem", None) or "not YAML"
        raise InputError(Problem(f"{where}{place}", what, "valid YAML")) from None


def schema_problems(value: Any, schema_name: str, where: str) -> list[Problem]:
    """Lists every place where a value breaks ``schemas/<schema_name>.schema.json``."""
    import jsonschema
    import referencing

    recipe = referencing.Resource.from_contents(load_schema("recipe"))
    registry: referencing.Registry[Any] = recipe @ referencing.Registry()
    validator = jsonschema.Draft202012Validator(load_schema(schema_name), registry=registry)
    errors = sorted(validator.iter_errors(value), key=lambda error: list(map(str, error.path)))
    # Of several missing keys, each error names all.
    return list(dict.fromkeys(problem for error in errors for problem in _describe(error, where)))


def _describe(error: Any, where: str) -> list[Problem]:
    place = where + "".join(
        f"[{step}]" if isinstance(step, int) else f" › {step}" for step in error.absolute_path
    )
    given = json.dumps(error.instance, ensure_ascii=False, default=str)
    given = given if len(given) <= 60 else given[:57] + "…"
    keyword, expected = error.validator, error.validator_value
    if keyword == "additionalProperties":
        known = sorted(error.schema.get("properties", ()))
        return [
            Problem(place, f'unknown key "{key}"', f"one of {', '.join(known)}", _nearest(key, known))
            for key in error.instance
            if key not in known
        ]
    if keyword == "required":
        missing = [key for key in expected if key not in error.instance]
        return [Problem(place, f'the key "{key}" is missing', mend="Add it") for key in missing]
    if keyword == "enum":
        names = [str(value) for value in expected]
        return [Problem(place, f"{given} is unknown", " | ".join(names), _nearest(given, names))]
    if keyword == "type":
        return [Problem(place, f"{given} has the wrong type", f"{expected}")]
    if keyword == "oneOf":
        what = "neither a single `id` nor a `source` with its `source_id`"
        return [Problem(place, what, "one of the two ways to name a record")]
    return [Problem(place, f"{given} is not allowed", f"{keyword} {expected}")]


def _nearest(given: str, known: list[str]) -> str:
    match = difflib.get_close_matches(given.strip('"'), known, n=1)
    return f'Did you mean "{match[0]}"?' if match else ""
