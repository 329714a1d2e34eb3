"""The tasks of a split for other harnesses: lm-evaluation-harness and inspect-ai.

What a task is stands in ``harness_definition.py``; what is written here only tells each harness where to
find it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from evaluation.data import TestSet, open_test_set
from evaluation.protocols import FREE_TOKENS
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import canonical_json

HERE = Path(__file__).parent
SCORING = "medinjection_fr_scoring"
"""The package with our parser and scores that lies beside the tasks."""
_COPIED = ("answer_tree.py", "answers.py", "choice_scores.py", "harness_definition.py")
_SCORING_TEXT = '"""Parser and scores of MedInjection-FR, copied from its evaluation."""\n'
_TYPES = ("mcqu", "mcq")
_HEAD = """\
# {name}: MedInjection-FR {version}, {config}, {split}. Written by `python -m evaluation tasks`.
# lm_eval run --model hf --model_args pretrained=MODEL --tasks {name} --include_path {folder} --apply_chat_template
# Needs medinjection_fr (it spells the prompt), and utils.py with {scoring}/ beside this file. A model that
# thinks before it answers: --model_args …,enable_thinking=False. A prompt that is longer than the model's
# window loses its beginning here; `python -m evaluation run` takes the middle of the context instead.
"""


class _Function(str):
    """The name of a function beside the task."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Function, lambda dumper, name: dumper.represent_scalar("!function", str(name)))


def write_tasks(data: str, config: str, split: str, output: Path) -> list[str]:
    """Writes the tasks of a split.

    Args:
        data: A release folder, or ``organisation/name@1.2.0`` on the Hub; the tasks load the same.
        config: As ``medinjection_fr.load`` takes it.
        split: A split's name.
        output: The folder; must not exist, or be empty.

    Returns:
        Names of the tasks for lm-evaluation-harness: a group, and its members.

    Raises:
        InputError: The split has no multiple choice, there is no such release, or the folder holds
            something.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(Problem(str(output), "holds something already", "a new folder"))
    test_set = open_test_set(data, config, split, _TYPES, None)
    present = set(test_set.rows["type"])
    types = [type for type in _TYPES if type in present]
    definition = _define(data, test_set, types)
    group = f"medinjection_fr_{re.sub(r'[^a-z]', '_', test_set.config)}"
    tasks = {
        f"{group}_{type}_{protocol}": _task(definition, type, protocol)
        for type in types
        for protocol in ("greedy", "likelihood")
    }
    (output / SCORING).mkdir(parents=True)
    (output / "definition.json").write_bytes(canonical_json(definition))
    for path in sorted((HERE / "harness_files").glob("*.py")):
        shutil.copyfile(path, output / path.name)
    (output / SCORING / "__init__.py").write_text(_SCORING_TEXT, encoding="utf-8")
    for name in _COPIED:
        shutil.copyfile(HERE / name, output / SCORING / name)
    members = {"group": group, "task": list(tasks), "metadata": {"version": definition["version"]}}
    for name, content in {
        **{name: {"task": name, **task} for name, task in tasks.items()},
        group: members,
    }.items():
        head = _HEAD.format(name=name, folder=output, scoring=SCORING, **definition)
        text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
        (output / f"{name}.yaml").write_text(head + text, encoding="utf-8")
    return [group, *tasks]


def _define(data: str, test_set: TestSet, types: list[str]) -> dict[str, Any]:
    """What all tasks share."""
    local = Path(data).exists()
    return {
        "path": str(Path(data).resolve()) if local else data.partition("@")[0],
        "revision": None if local else f"v{test_set.release.version}",
        "version": test_set.release.version,
        "config": test_set.config,
        "split": test_set.split,
        "types": types,
        "free_tokens": FREE_TOKENS,
    }


def _task(definition: dict[str, Any], type: str, protocol: str) -> dict[str, Any]:
    task: dict[str, Any] = {"dataset_path": definition["path"], "dataset_name": definition["config"]}
    if definition["revision"]:
        task["dataset_kwargs"] = {"revision": definition["revision"]}
    task |= {
        "test_split": definition["split"],
        "process_docs": _Function(f"utils.only_{type}"),
        "num_fewshot": 0,
        "doc_to_text": _Function("utils.question_text"),
        "target_delimiter": "",
        "process_results": _Function(f"utils.score_{protocol}"),
    }
    if protocol == "greedy":
        settings = {"do_sample": False, "max_gen_toks": definition["free_tokens"], "until": []}
        task |= {"output_type": "generate_until", "doc_to_target": "answer", "generation_kwargs": settings}
    else:
        task |= {
            "custom_dataset": _Function("utils.with_end_of_turn"),
            "output_type": "multiple_choice",
            "doc_to_choice": _Function("utils.allowed_answers"),
            "doc_to_target": _Function("utils.gold_place"),
        }
    higher = {"exact_match": True, "hamming_score": True, "hamming_accuracy": True, "unread": False}
    task["metric_list"] = [
        {"metric": score, "aggregation": "mean", "higher_is_better": better}
        for score, better in higher.items()
    ]
    return task | {"metadata": {"version": definition["version"]}}
