"""Shares by type: which tasks are asked of which document, in expectation and in any first part."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from medinjection_fr.errors import InputError
from medinjection_fr.generate.synthesis.balance import TYPES, choose_tasks, read_balance, tell_balance
from medinjection_fr.generate.synthesis.shuffle import draw_correct_count, shuffle_options
from medinjection_fr.generate.synthesis.tasks import find_tasks

TASKS = find_tasks([])


def document(number: int, kind: str = "clinical-case") -> dict[str, Any]:
    return {"id": f"{number:032x}", "kind": kind}


def asked(number: int, balance: dict[str, int], kind: str = "clinical-case") -> Counter[str]:
    return Counter(
        task.content["type"]
        for n in range(number)
        for task in choose_tasks(document(n, kind), TASKS, balance)
    )


def test_without_a_balance_every_task_of_the_kind_is_asked() -> None:
    names = [task.name for task in choose_tasks(document(1), TASKS, None)]
    assert names == [task.name for task in TASKS if task.name.startswith("case-")]
    assert choose_tasks(document(1, "leaflet"), TASKS, None) == []
    assert choose_tasks(document(1, "leaflet"), TASKS, {"mcqu": 1, "mcq": 0, "oeq": 0}) == []


@pytest.mark.parametrize(
    ("balance", "each"),
    [
        ({"mcqu": 1, "mcq": 1, "oeq": 1}, {"mcqu": 1, "mcq": 1, "oeq": 1}),
        ({"mcqu": 1, "mcq": 1, "oeq": 3}, {"mcqu": 1, "mcq": 1, "oeq": 3}),
        ({"mcqu": 2, "mcq": 2, "oeq": 0}, {"mcqu": 1, "mcq": 1}),
        ({"mcqu": 0, "mcq": 0, "oeq": 5}, {"oeq": 8}),
        ({"mcqu": 1, "mcq": 1, "oeq": 8}, {"mcqu": 1, "mcq": 1, "oeq": 8}),
    ],
)
def test_whole_shares_are_exact_in_every_document(balance: dict[str, int], each: dict[str, int]) -> None:
    for number in range(50):
        chosen = choose_tasks(document(number), TASKS, balance)
        assert Counter(task.content["type"] for task in chosen) == each
        assert choose_tasks(document(number), TASKS, balance) == chosen


@pytest.mark.parametrize("kind", ["clinical-case", "abstract"])
def test_parts_of_a_task_are_drawn_by_document(kind: str) -> None:
    balance = {"mcqu": 3, "mcq": 2, "oeq": 4}  # for each mcqu ⅔ of an mcq and 1⅓ open questions
    for number in (300, 3_000):
        counts = asked(number, balance, kind)
        assert counts["mcqu"] == number
        assert abs(counts["mcq"] - number * 2 / 3) < 4 * (number * 2 / 9) ** 0.5
        assert abs(counts["oeq"] - number * 4 / 3) < 4 * (number * 2 / 9) ** 0.5


def test_each_open_task_is_asked_as_often() -> None:
    names = Counter(
        task.name
        for number in range(2_000)
        for task in choose_tasks(document(number), TASKS, {"mcqu": 0, "mcq": 1, "oeq": 1})
    )
    del names["case-mcq"]
    assert len(names) == 8 and max(names.values()) < 1.3 * min(names.values())


def test_other_documents_do_not_change_what_is_asked_of_one() -> None:
    few = find_tasks(["case-mcqu", "case-prognosis", "case-laboratory"])
    balance = {"mcqu": 1, "mcq": 0, "oeq": 1}
    for number in range(30):
        [_, prognosis_or_laboratory] = choose_tasks(document(number), few, balance)
        assert prognosis_or_laboratory in choose_tasks(document(number), few[::-1], balance)


def test_shares_from_the_command_line() -> None:
    assert read_balance(None) is None
    assert read_balance("mcqu=1, oeq=20") == {"mcqu": 1, "mcq": 0, "oeq": 20}
    for wrong in ("", "mcqu", "mcqu=-1", "mcqu=1.5", "oeq=1;mcq=1", "qcm=1", "mcqu=0"):
        with pytest.raises(InputError, match="--balance"):
            read_balance(wrong)


def test_how_far_accepted_records_are() -> None:
    accepted = {"mcqu": 10, "mcq": 7, "oeq": 30}
    told = tell_balance(accepted, {"mcqu": 1, "mcq": 1, "oeq": 2})
    assert told["balanced"] == {"mcqu": 7, "mcq": 7, "oeq": 14}
    assert told["to_spare"] == {"mcqu": 3, "mcq": 0, "oeq": 16}
    assert tell_balance(accepted, {"mcqu": 1, "mcq": 0, "oeq": 0})["balanced"] == {
        "mcqu": 10,
        "mcq": 0,
        "oeq": 0,
    }
    assert tell_balance({}, None) == {
        "asked": None,
        "accepted": dict.fromkeys(TYPES, 0),
        "balanced": dict.fromkeys(TYPES, 0),
        "to_spare": dict.fromkeys(TYPES, 0),
    }


# The order of options.


def test_gold_letters_are_drawn_evenly() -> None:
    units = [f"diamed/{number}#case-mcqu" for number in range(5_000)]
    letters = Counter(shuffle_options(unit, ["a"], list("bcde"))[1] for unit in units)
    assert letters.keys() == set("ABCDE")
    # χ² with 4 degrees of freedom; 18.5 is passed once in a thousand times.
    assert sum((count - 1_000) ** 2 / 1_000 for count in letters.values()) < 18.5
    orders = Counter("".join(shuffle_options(unit, ["a"], list("bcde"))[0]) for unit in units)
    assert len(orders) == 120


def test_order_depends_on_the_unit_alone_and_keeps_every_option() -> None:
    choices, answer = shuffle_options("diamed/1#case-mcq", ["a", "b"], ["c", "d", "e"])
    assert sorted(choices) == list("abcde")
    assert {choices["ABCDE".index(letter)] for letter in answer.split(",")} == {"a", "b"}
    other, letters = shuffle_options("diamed/1#case-mcq", ["v", "w"], ["x", "y", "z"])
    assert letters == answer
    assert [("abcde".index(one)) for one in choices] == ["vwxyz".index(one) for one in other]


def test_each_number_of_correct_options_is_asked_as_often() -> None:
    counts = Counter(draw_correct_count(f"diamed/{number}#case-mcq") for number in range(5_000))
    assert counts.keys() == {1, 2, 3, 4, 5}
    assert sum((count - 1_000) ** 2 / 1_000 for count in counts.values()) < 18.5
