from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from study_files import (
    RECORDS,
    RUNS,
    judgement,
    read_lines,
    record_id,
    review,
    verdict,
    write_judge,
    write_lines,
    write_run,
    write_study,
)

from evaluation.agreement.checks import read_inputs
from medinjection_fr.errors import InputError
from medinjection_fr.resources import PACKAGE


def _mistakes(runs: list[Path], *reviews: Path) -> list[str]:
    with pytest.raises(InputError) as error:
        read_inputs(runs, reviews)
    return [str(problem) for problem in error.value.problems]


def test_mistakes_of_runs_judges_and_reviews_are_told_together(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    write_run(runs[1], "2.0.0", RECORDS - 1)
    write_judge(runs[1], "good", [judgement(0, **verdict(0.5))], method="parsed")
    broken = write_lines(tmp_path / "broken.jsonl", [{"set": "a"}])
    told = _mistakes(runs, reviews, broken, tmp_path / "nowhere.jsonl")
    for expected in (
        "tuned › data › version: has 2.0.0; expected 1.0.0",
        "1 predictions are in one of it",
        "judge good: is another judge than in base: method differ",
        "broken.jsonl, line 1",
        "nowhere.jsonl",
    ):
        assert any(expected in line for line in told), expected


def test_reviews_of_another_set_or_run_or_record_are_told(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    other = review(0, "claire", {"base": "equivalent"}, set="f" * 64)
    told = _mistakes(runs, reviews, write_lines(tmp_path / "other.jsonl", [other]))
    assert any("other.jsonl: is of the review set ffffffffffff…" in line for line in told)
    told = _mistakes(runs[:1], reviews)
    assert told == [
        "--reviews: are of the run tuned; expected runs that are given: base. Give its folder too."
    ]
    unknown = review(RECORDS + 5, "claire", {"base": "equivalent"})
    told = _mistakes(runs, write_lines(tmp_path / "unknown.jsonl", [unknown]))
    assert told[0].startswith(
        f"--reviews: are of 1 records that the runs do not have, such as {unknown['id']}"
    )


def test_an_annotator_who_says_two_things_is_told(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    first = read_lines(reviews)[0]
    first["verdicts"] = dict.fromkeys(RUNS, "cannot-judge")
    told = _mistakes(runs, reviews, write_lines(tmp_path / "later.jsonl", [first]))
    assert (
        len(told) == 1
        and f"later.jsonl: claire says something else of {first['id']} than in {reviews}" in told[0]
    )


def test_people_who_rated_nothing_are_told(tmp_path: Path) -> None:
    runs, _ = write_study(tmp_path)
    nothing = [review(n, "claire", {}) for n in range(3)]
    nothing += [review(n, "samir", {"base": "cannot-judge"}) for n in range(3)]
    told = _mistakes(runs, write_lines(tmp_path / "nothing.jsonl", nothing))
    assert len(told) == 1 and "hold no verdict" in told[0]
    assert "holds no review of answers" in _mistakes(runs, write_lines(tmp_path / "empty.jsonl", []))[0]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"verdict": "maybe"}, "1 lines hold no judgement of the kind equivalence"),
        ({"words": 11}, "1 answers have other numbers of words than people saw"),
        ({"id": record_id(RECORDS + 1)}, "judges 1 records that the runs do not have"),
    ],
)
def test_judgements_that_do_not_belong_are_told(
    changed: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    runs, reviews = write_study(tmp_path)
    write_judge(runs[0], "odd", [judgement(0, **verdict(0.9)) | changed])
    (told,) = _mistakes(runs, reviews)
    assert expected in told


def test_judges_that_cannot_be_read_or_told_apart_are_told(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    write_judge(runs[0], "old", [], format="medinjection-fr/judge/0")
    for name in ("chrf", "jury"):
        write_judge(runs[1], name, [])
    told = _mistakes(runs, reviews)
    assert len(told) == 3
    assert "is of the format medinjection-fr/judge/0" in told[0]
    assert "judge chrf: has the name of another row" in told[1]
    assert "judge jury: has the name of another row" in told[2]


def test_two_runs_of_one_name_are_told(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    again = write_run(tmp_path / "elsewhere" / "base")
    told = _mistakes([*runs, again], reviews)
    assert len(told) == 2 and all("2 runs are called base" in each for each in told)


def test_a_judge_that_was_killed_loses_half_a_line_only(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    path = runs[0] / "judges" / "good" / "judgements.jsonl"
    path.write_bytes(path.read_bytes() + b'{"id": "00')
    assert len(read_inputs(runs, [reviews]).judgements[0][1].lines) == RECORDS


def test_the_command_line_tells_and_writes_nothing(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    (runs[1] / "run.json").write_text(json.dumps({"format": "else"}))
    command = [sys.executable, "-m", "evaluation", "agreement", *map(str, runs)]
    command += ["--reviews", str(reviews), "--reviews", "nowhere", "--output", str(tmp_path / "out")]
    done = subprocess.run(
        command, cwd=PACKAGE.parent, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.count("error: ") == 2
    assert not (tmp_path / "out").exists()
