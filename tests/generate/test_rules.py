"""Every rule that something can be put aside for is in the table, with what it demands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from medinjection_fr import generate
from medinjection_fr.generate.checks import Fault
from medinjection_fr.generate.rules import ANSWERED, REFUSED, RULES, told


def named(folder: Path) -> Iterator[str]:
    """The rules that the code of a folder names in a ``Fault`` or a ``Finding``."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Fault", "Finding"):
                for value in ast.walk(node.args[0]):
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value


def test_every_rule_is_in_the_table() -> None:
    found = set(named(Path(generate.__file__).parent))
    assert found - RULES.keys() == set()
    assert (REFUSED.keys() | ANSWERED.keys()) - found == set()


def test_a_fault_is_told_once_with_its_demand() -> None:
    fault = Fault("reply-cut", "after 10 tokens")
    [only] = told([fault, fault])
    assert tuple(only) == ("reply-cut", "the reply ends by itself", "after 10 tokens")
