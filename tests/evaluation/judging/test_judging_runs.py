from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from judged_runs import make_tiny_judge, write_run
from killed_evaluation import evaluate_and_die
from small_models import make_tiny, make_tokenizer

from evaluation.judging.folder import JUDGE, JUDGEMENTS, Judgements, read_judgements
from evaluation.judging.interventions import INTERVENTIONS, intervene
from evaluation.run_folder import PREDICTIONS, RUN
from medinjection_fr.resources import load_schema

NAME = "tiny-judge-equivalence-fr"


def only(run: Path) -> Judgements:
    (judged,) = read_judgements(run)
    for line in judged.lines.values():
        jsonschema.validate(line, load_schema("judgement"))
    return judged


def untimed(judged: Judgements) -> dict[Any, dict[str, Any]]:
    return {
        key: {name: value for name, value in line.items() if name != "seconds"}
        for key, line in judged.lines.items()
    }


def answers(run: Path) -> dict[str, str]:
    lines = map(json.loads, (run / PREDICTIONS).read_text(encoding="utf-8").splitlines())
    return {line["id"]: line["outputs"]["greedy"]["reply"] for line in lines}


def test_every_answer_is_judged_in_every_variant_it_has(judge: Any, runs: Path) -> None:
    variants = ["plain", "paraphrase", *INTERVENTIONS]
    told = judge("--variants", ",".join(variants))
    judged, texts = only(runs / "whole"), answers(runs / "whole")
    assert judged.name == NAME and "tiny-judge" in told
    described = judged.described
    assert (described["kind"], described["language"], described["method"]) == (
        "equivalence",
        "fr",
        "likelihood",
    )
    assert described["variants"] == variants and described["against"] is None
    assert described["judge"]["families"] == ["llama"] and len(described["prompt"]["sha256"]) == 64
    for variant in variants:
        changed = {
            id: intervene(variant, text) if variant in INTERVENTIONS else text for id, text in texts.items()
        }
        changed = {id: text for id, text in changed.items() if text}
        assert {id: line["words"] for id, line in judged.of(variant).items()} == {
            id: len(text.split()) for id, text in changed.items()
        }
    plain, paraphrase = judged.of("plain"), judged.of("paraphrase")
    assert all(plain[id]["prompt_sha256"] != paraphrase[id]["prompt_sha256"] for id in texts)
    for line in judged.lines.values():
        assert line["verdict"] == ("equivalent" if line["probability"] > 0.5 else "different")


def test_nothing_is_judged_twice_and_variants_can_be_added(judge: Any, runs: Path) -> None:
    judge()
    path = runs / "whole" / "judges" / NAME
    plain = (path / JUDGEMENTS).read_bytes()
    assert "0 judgements made" in judge()
    judge("--variants", "padded")
    assert (path / JUDGEMENTS).read_bytes().startswith(plain)
    assert only(runs / "whole").described["variants"] == ["plain", "padded"]
    judge()
    assert only(runs / "whole").described["variants"] == ["plain", "padded"]


def test_what_was_cut_off_is_judged_the_same(judge: Any, runs: Path) -> None:
    judge("--variants", "plain,padded")
    path, expected = runs / "whole" / "judges" / NAME / JUDGEMENTS, untimed(only(runs / "whole"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:20])  # as a kill leaves it
    assert f"{len(lines) - len(lines) // 2} judgements made" in judge("--variants", "plain,padded")
    assert untimed(only(runs / "whole")) == expected


@pytest.mark.slow
def test_the_command_survives_a_kill(judge: Any, runs: Path, sample_release: Path, tiny_judge: Path) -> None:
    judge("--variants", "plain,padded", "--batch-tokens", 1)
    expected, folder = untimed(only(runs / "whole")), runs / "whole" / "judges" / NAME
    (folder / JUDGEMENTS).unlink()
    asked = ("judge", runs / "whole", "--judge", tiny_judge, "--data", sample_release)
    evaluate_and_die(3, *asked, "--variants", "plain,padded", "--batch-tokens", 1)
    kept = (folder / JUDGEMENTS).read_bytes()
    assert kept.count(b"\n") == 3
    assert untimed(only(runs / "whole")) == dict(list(expected.items())[:3])
    judge("--variants", "plain,padded", "--batch-tokens", 1)
    assert (folder / JUDGEMENTS).read_bytes().startswith(kept)
    assert untimed(only(runs / "whole")) == expected


def test_facts_give_completeness_and_contradiction(judge: Any, runs: Path) -> None:
    assert "completeness" in judge("--kind", "facts", "--language", "en", "--limit", 3)
    lines = only(runs / "whole").of("plain")
    assert len(lines) == 3
    for line in lines.values():
        facts = line["facts"]
        assert line["completeness"] == pytest.approx(facts.count("contained") / len(facts), abs=1e-6)
        assert line["contradiction"] == pytest.approx(facts.count("contradicted") / len(facts), abs=1e-6)


def test_pairs_are_shown_in_both_orders(judge: Any, runs: Path, sample_release: Path) -> None:
    assert "consistent" in judge("--kind", "preference", "--against", runs / "brief")
    judged = only(runs / "whole")
    assert judged.described["against"] == "brief" and judged.name.endswith("preference-fr-against-brief")
    plain, swapped = judged.of("plain"), judged.of("swapped")
    assert plain.keys() == swapped.keys() == answers(runs / "whole").keys()
    assert {line["shown_first"] for line in plain.values()} == {"first"}
    assert {line["shown_first"] for line in swapped.values()} == {"second"}
    assert all(plain[id]["prompt_sha256"] != swapped[id]["prompt_sha256"] for id in plain)


def test_the_same_pair_the_other_way_round_is_the_same_prompt(judge: Any, runs: Path) -> None:
    """What the run's own answer gets shown second, the other run's gets when it is the judged one."""
    judge("--kind", "preference", "--against", runs / "brief")
    ours = only(runs / "whole").of("swapped")
    (runs / "whole").rename(runs / "other")
    (runs / "brief").rename(runs / "whole")
    judge("--kind", "preference", "--against", runs / "other")
    theirs = only(runs / "whole").of("plain")
    turned = {"first": "second", "second": "first", "tie": "tie"}
    for id, line in ours.items():
        assert line["prompt_sha256"] == theirs[id]["prompt_sha256"]
        assert turned[line["verdict"]] == theirs[id]["verdict"]


def test_several_judges_are_a_jury(judge: Any, runs: Path, tiny_model: Path) -> None:
    judge()
    assert "Jury" not in judge("--kind", "facts")
    told = judge("--judge", tiny_model)
    assert "Jury of 2" in told and len(read_judgements(runs / "whole")) == 3


def test_what_was_never_answered_is_no_verdict(judge: Any, runs: Path, sample_release: Path) -> None:
    given = iter([None, None, "", "Non.", "Non.", "Non."])
    write_run(runs / "new", sample_release, lambda record: next(given))
    (runs / "whole").rename(runs / "old")
    (runs / "new").rename(runs / "whole")
    assert "2 no-answer" in judge("--variants", "plain,padded")
    judged = only(runs / "whole")
    unscored = [line for line in judged.of("plain").values() if line["verdict"] is None]
    assert [line["unscored"] for line in unscored] == ["no-answer"] * 2
    (empty,) = (line for line in judged.of("plain").values() if line["words"] == 0 and line["verdict"])
    assert empty["prompt_sha256"] and len(judged.of("padded")) == 3


def test_every_mistake_is_told_at_once(judge: Any, runs: Path, tmp_path: Path) -> None:
    make_tokenizer(tmp_path / "base", template=None)
    told = judge(
        *("--judge", tmp_path / "base", "--variants", "plain,best,swapped", "--name", "a/b"),
        *("--data", tmp_path / "nowhere", "--against", runs / "brief", "--parameter", "a=1"),
        code=2,
    )
    for part in (
        "has no chat template",
        "--variants: names best",
        "names swapped, which --kind equivalence does not have",
        "--name: is no name",
        "nowhere",
        "--against: is given for --kind equivalence",
        "--parameter: is no option of --backend transformers",
    ):
        assert part in told, told
    assert not (runs / "whole" / "judges").exists()


def spoiled(path: Path, **changes: Any) -> None:
    described = json.loads((path / RUN).read_bytes())
    described["data"] |= changes
    (path / RUN).write_text(json.dumps(described))


def test_a_run_of_another_release_is_told(judge: Any, runs: Path) -> None:
    spoiled(runs / "whole", release_digest="0" * 64, version="9.9.9")
    told = judge("--kind", "preference", "--against", runs / "brief", code=2)
    assert "of another digest than the release" in told and "version 9.9.9" in told
    assert "› data › release_digest" in told and "› data › version" in told


def test_a_run_that_is_not_whole_is_told(judge: Any, runs: Path) -> None:
    path = runs / "whole" / PREDICTIONS
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    assert "2 of 6 records have no prediction yet" in judge(code=2)
    path.unlink()
    assert "6 of 6 records" in judge(code=2)
    (runs / "whole" / RUN).unlink()
    assert "holds no run" in judge(code=2)


def test_a_run_without_open_answers_is_told(judge: Any, runs: Path) -> None:
    path = runs / "whole" / PREDICTIONS
    path.write_text(
        path.read_text(encoding="utf-8").replace('"type": "oeq"', '"type": "mcq"'), encoding="utf-8"
    )
    assert "holds no open answer" in judge(code=2)


def test_another_judge_language_or_set_of_answers_is_another_folder(
    judge: Any, runs: Path, tmp_path: Path
) -> None:
    judge("--name", "own")
    told = judge("--name", "own", "--language", "en", code=2)
    assert "judge.json › language" in told and "judge.json › prompt" in told and "another --name" in told
    assert "judge.json › answers_sha256" in judge("--name", "own", "--limit", 2, code=2)
    other = make_tiny_judge(tmp_path / "other")
    assert "judge.json › judge" in judge("--name", "own", "--judge", other, code=2)


def test_a_judge_does_not_judge_its_kin_unless_told(
    judge: Any, runs: Path, sample_release: Path, tmp_path: Path
) -> None:
    kin = make_tiny(tmp_path / "kin")
    described = json.loads((runs / "whole" / RUN).read_bytes())
    described["model"]["name"] = "lab/Qwen3-4B-native"
    (runs / "whole" / RUN).write_text(json.dumps(described))
    told = judge("--judge", kin, code=2)
    assert "is of the family of lab/Qwen3-4B-native" in told and "--allow-same-family" in told
    judge("--judge", kin, "--allow-same-family", "--limit", 2)


def test_nobody_judged_it(runs: Path) -> None:
    assert read_judgements(runs / "whole") == []
    folder = runs / "whole" / "judges" / "begun"
    folder.mkdir(parents=True)
    (folder / ".lock").touch()
    assert read_judgements(runs / "whole") == []
    (folder / JUDGE).write_text(json.dumps({"format": "medinjection-fr/judge/0"}))
    with pytest.raises(Exception, match="judge/0"):
        read_judgements(runs / "whole")
