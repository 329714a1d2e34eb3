from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from reviewing import answers_set, write_run

from evaluation.review.answers_set import make_answers_set
from evaluation.review.review_set import Design, read_design
from evaluation.review.rows_set import make_rows_set
from evaluation.run_folder import PREDICTIONS, read_predictions
from medinjection_fr.errors import InputError


@pytest.fixture
def runs(sample_release: Path, tmp_path: Path) -> list[Path]:
    """Two runs over the sample's open questions."""
    return [
        write_run(tmp_path / "native", sample_release, lambda record: record["answer"]),
        write_run(tmp_path / "base", sample_release, lambda record: "Je ne sais pas."),
    ]


@pytest.mark.parametrize(("overlap", "shared"), [(0.0, 0), (0.3, 30), (1.0, 100)])
def test_the_overlap_is_as_designed(overlap: float, shared: int) -> None:
    names = [f"q{n:05}" for n in range(100)]
    hands = Design(("anne", "basile", "chloe"), overlap, 7).deal(names)
    seen = Counter(name for hand in hands.values() for name in hand)
    assert set(seen) == set(names)
    assert sorted(seen.values()) == [1] * (100 - shared) + [3] * shared
    sizes = [len(hand) for hand in hands.values()]
    assert max(sizes) - min(sizes) <= 1


def test_hands_and_answers_have_an_order_of_their_own_that_stays() -> None:
    design = Design(("anne", "basile"), 1.0, 7)
    names = [f"q{n:05}" for n in range(600)]
    hands = design.deal(names)
    assert hands["anne"] != hands["basile"] != names
    assert design.deal(names) == hands
    assert Design(("anne", "basile"), 1.0, 8).deal(names) != hands
    firsts = Counter(design.order_answers(["a", "b", "c"], name, "anne")[0] for name in names)
    assert all(150 < count < 250 for count in firsts.values())  # 200 each, and four deviations
    alike = sum(
        design.order_answers(["a", "b"], n, "anne") == design.order_answers(["a", "b"], n, "basile")
        for n in names
    )
    assert 250 < alike < 350


def test_every_mistake_of_a_design_is_told() -> None:
    with pytest.raises(InputError) as error:
        read_design("anne,Dr Martin,anne,", 1.5, 0)
    told = str(error.value)
    assert '"Dr Martin" is no pseudonym' in told and '"" is no pseudonym' in told
    assert '"anne" stands twice' in told and "--overlap: 1.5" in told


def test_what_is_shown_comes_from_release_and_runs(runs: list[Path], sample_release: Path) -> None:
    made, left_out = make_answers_set(runs, str(sample_release), None, 0)
    assert made.runs == ("base", "native") and left_out == 0 and len(made.items) > 1
    for item in made.items:
        assert item.shown["answers"]["native"] == item.shown["reference"]
        assert item.words["base"] == 4
    again, _ = make_answers_set(runs[::-1], str(sample_release), None, 0)
    assert again.digest == made.digest
    one, _ = make_answers_set(runs, str(sample_release), 1, 0)
    assert one.items == made.items[:1] and one.digest != made.digest


def test_a_question_that_a_run_did_not_answer_is_left_out(runs: list[Path], sample_release: Path) -> None:
    path = runs[1] / PREDICTIONS
    first, *others = list(read_predictions(runs[1]))
    refused = {**first, "outputs": {}, "refused": "too-long"}
    path.write_text("".join(json.dumps(line) + "\n" for line in [refused, *others]), encoding="utf-8")
    made, left_out = make_answers_set(runs, str(sample_release), None, 0)
    assert left_out == 1 and first["id"] not in {item.id for item in made.items}


def test_an_empty_answer_is_an_answer(sample_release: Path, tmp_path: Path) -> None:
    silent = write_run(tmp_path / "silent", sample_release, lambda record: "")
    made, left_out = make_answers_set([silent], str(sample_release), None, 0)
    assert left_out == 0 and {item.words["silent"] for item in made.items} == {0}


def test_runs_that_do_not_go_together_are_refused(
    runs: list[Path], sample_release: Path, tiny_release: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="the release of the runs"):
        make_answers_set(runs, str(tiny_release), None, 0)
    (tmp_path / "other").mkdir()
    same = write_run(tmp_path / "other" / "base", sample_release, lambda record: "…")
    with pytest.raises(InputError, match="2 runs are called base"):
        make_answers_set([*runs, same], str(sample_release), None, 0)
    none = write_run(tmp_path / "none", sample_release, lambda record: "…")
    with pytest.raises(InputError, match="none: is the name of a run"):
        make_answers_set([none], str(sample_release), None, 0)
    with (runs[1] / PREDICTIONS).open("r+b") as file:
        file.truncate(len(file.readline()))
    with pytest.raises(InputError, match="Run it to its end"):
        make_answers_set(runs, str(sample_release), None, 0)


def test_rows_are_drawn_from_each_origin_with_their_originals(sample_release: Path, tmp_path: Path) -> None:
    materials = tmp_path / "items.jsonl"
    named = {"source": "medinjection-fr-sample-items", "instruction": "Which antidote?", "context": ""}
    lines = [{**named, "source_id": f"item-{n:03}", "choices": ["a", "b"], "answer": "A"} for n in range(200)]
    materials.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    made = make_rows_set(str(sample_release), 5, ["synthetic", "translated"], [materials], 3)
    origins = Counter(item.shown["row"]["origin"] for item in made.items)
    assert origins == {"synthetic": 5, "translated": 5}
    assert {(item.shown["row"]["origin"], item.shown["original"] is None) for item in made.items} == {
        ("synthetic", True),
        ("translated", False),
    }
    assert (
        made.digest
        == make_rows_set(str(sample_release), 5, ["translated", "synthetic"], [materials], 3).digest
    )
    assert (
        made.digest
        != make_rows_set(str(sample_release), 5, ["synthetic", "translated"], [materials], 4).digest
    )


def test_what_is_no_material_or_origin_is_told(sample_release: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("{\n", encoding="utf-8")
    paths = [tmp_path / "broken.jsonl", tmp_path / "absent.jsonl"]
    with pytest.raises(InputError) as error:
        make_rows_set(str(sample_release), 5, ["synthetic"], paths, 0)
    assert len(error.value.problems) == 2
    with pytest.raises(InputError, match='"native" is unknown'):
        make_rows_set(str(sample_release), 5, ["native"], [], 0)


def test_the_digest_covers_all_that_is_shown() -> None:
    assert answers_set(3).digest == answers_set(3).digest
    assert len({answers_set(3).digest, answers_set(4).digest, answers_set(3, text="Autre").digest}) == 3
