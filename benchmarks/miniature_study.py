"""The study in miniature, from upstream files to a table: does the instrument work?

    python benchmarks/miniature_study.py --data DIR --work WORK                 # one GPU: some 40 minutes
    python benchmarks/miniature_study.py --data DIR --work WORK --small         # every step on a CPU

A release is built of real files: native is FrenchMedMCQA, translated is MedMCQA through the translation command
(``--translator``), synthetic is what ``--synthetic`` names, or the sample. A small base model that writes French is
trained on controlled configurations × seeds, and asked FrenchMedMCQA's test. Two controls stand beside: each half of
native alone (nothing but chance tells them apart), and native with planted test questions (it must be better).
Every step is kept in WORK and skipped when it is there: a run that was stopped goes on. It is no claim about the study:
the models are small and the translator is what there is.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from measure import COMMAND, machine, print_table

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from evaluation.compare import Run, read_runs, scores_of  # noqa: E402
from evaluation.statistics import Difference, Interval, Resampled, compare_models  # noqa: E402

HALVES, PLANTED = ("half a", "half b"), "native + planted"
NATIVE_FILES = ("train.json", "dev.json", "test.json")
SMALL = {
    "translate": 200,
    "controlled": 36,
    "records": 24,
    "seeds": 2,
    "set": [
        "data.max_length=320",
        "optim.max_steps=3",
        "batch.global=4",
        "batch.per_device=2",
        "validation.rows=4",
        "merge.prompts=3",
        "model.dtype=float32",
        "model.attention=sdpa",
    ],
}


@dataclass(frozen=True)
class Model:
    """A model that is trained and asked.

    Attributes:
        name: What it learns from.
        release: The release that it learns from.
        config: The configuration.
        seed: Of the order of records and of the adapter.
    """

    name: str
    release: Path
    config: str
    seed: int

    def folder(self, work: Path) -> Path:
        """Where the model is kept."""
        return work / "models" / f"{self.name.replace(' ', '-')}-seed-{self.seed}"

    def test(self, work: Path) -> Path:
        """Where its answers are kept; a run is called as its folder."""
        return work / "answers" / self.folder(work).name


def _call(command: Sequence[object], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        done = subprocess.run(
            list(map(str, command)), stdout=file, stderr=subprocess.STDOUT, cwd=ROOT, check=False
        )
    if done.returncode:
        sys.exit(
            f"{log.read_text(encoding='utf-8')[-2000:]}\n{' '.join(map(str, command))} failed; see {log}"
        )


def _once(path: Path, make: Callable[[], None], what: str) -> Path:
    print(f"{what}: {'there' if path.exists() else 'making …'}", flush=True)
    if not path.exists():
        make()
    return path


def _translated(arguments: argparse.Namespace) -> Path:
    work, journal = arguments.work, arguments.work / "translation.sqlite"

    def make() -> None:
        run = [COMMAND, "translate", "run", "medmcqa", "--data", arguments.data, "--journal", journal]
        run += ["--model", arguments.translator, "--limit", arguments.translate, "--without-explanations"]
        _call([*run, *arguments.translator_option], work / "log" / "translate")
        _call(
            [COMMAND, "generate", "export", journal, "--output", work / "translated"], work / "log" / "export"
        )

    return _once(work / "translated", make, f"translated by {arguments.translator}")


def _as_train(export: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """An export as a source whose records are all for training: there is no other translated data here."""
    recipe = yaml.safe_load((export / "recipe.yaml").read_text(encoding="utf-8"))
    for entry in recipe["catalogue"].values():
        entry["files"] = {"train": [name for names in entry["files"].values() for name in names]}
        entry["columns"].pop("split", None)
    return [{**source, "path": str(export)} for source in recipe["sources"]], recipe["catalogue"]


def _study_release(arguments: argparse.Namespace) -> Path:
    exports = [_translated(arguments), *arguments.synthetic]
    sources: list[dict[str, Any]] = [{"source": "frenchmedmcqa"}]
    if not arguments.synthetic:
        sources.append({"source": "medinjection-fr-sample-synthetic"})
    catalogue: dict[str, Any] = {}
    for export in exports:
        of_export, entries = _as_train(export)
        sources += of_export
        catalogue |= entries
    recipe = {"sources": sources, "catalogue": catalogue, "study": {"controlled": arguments.controlled}}
    return _release(arguments, "study", recipe)


def _release(arguments: argparse.Namespace, name: str, recipe: dict[str, Any]) -> Path:
    work = arguments.work

    def make() -> None:
        whole = {"name": name, "version": "1.0.0", "audience": "internal", "curate": {}, **recipe}
        path = work / f"{name}.yaml"
        path.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False), encoding="utf-8")
        build = [COMMAND, "build", path, "--data", arguments.data, "--output", work / "releases" / name]
        _call(build, work / "log" / f"build-{name}")

    return _once(work / "releases" / name, make, f"release {name}")


def _native_release(arguments: argparse.Namespace, name: str, split: Callable[..., Any]) -> Path:
    """A release of FrenchMedMCQA whose three files went through a function."""
    folder = arguments.work / "upstream" / name
    if not folder.exists():
        read = [json.loads((arguments.data / "frenchmedmcqa" / file).read_bytes()) for file in NATIVE_FILES]
        folder.mkdir(parents=True)
        for file, items in zip(NATIVE_FILES, split(*read), strict=True):
            (folder / file).write_text(json.dumps(items, ensure_ascii=False), encoding="utf-8")
    return _release(arguments, name, {"sources": [{"source": "frenchmedmcqa", "path": str(folder)}]})


def _half(which: int) -> Callable[..., Any]:
    def split(train: list[Any], dev: list[Any], test: list[Any]) -> Any:
        kept = [item for item in train if hashlib.sha256(item["id"].encode()).digest()[0] % 2 == which]
        return kept, dev, test

    return split


def _plant(train: list[Any], dev: list[Any], test: list[Any]) -> Any:
    """The test's questions among the train ones, a third of them; no leak within this release."""
    return [*train[: len(test) // 3], *test], dev, dev


def _models(arguments: argparse.Namespace) -> list[Model]:
    study = _study_release(arguments)
    halves = [
        _native_release(arguments, name.replace(" ", "-"), _half(which)) for which, name in enumerate(HALVES)
    ]
    planted = _native_release(arguments, "planted", _plant)
    models = []
    for seed in range(1, arguments.seeds + 1):
        models += [Model(name, study, name, seed) for name in arguments.config]
        models += [Model(name, release, "native", seed) for name, release in zip(HALVES, halves, strict=True)]
        models += [Model(PLANTED, planted, "native", seed)]
    return models


def _train(arguments: argparse.Namespace, model: Model) -> None:
    output = model.folder(arguments.work)
    command: list[object] = [
        sys.executable,
        "-m",
        "training",
        "run",
        arguments.recipe,
        "--config",
        model.config,
    ]
    command += ["--data", model.release, "--output", output]
    settings = [f"model.path={arguments.model}", f"seed={model.seed}", *arguments.set]
    command += [part for setting in settings for part in ("--set", setting)]
    log = arguments.work / "log" / f"train-{output.name}"
    _once(output / "merged", lambda: _call(command, log), f"{model.name}, seed {model.seed}, trained")


def _ask(arguments: argparse.Namespace, weights: Path, output: Path) -> None:
    """Predicts the test; goes on where it stopped, and does nothing where all is predicted."""
    command = [sys.executable, "-m", "evaluation", "run", "--model", weights, "--config", "native"]
    command += ["--data", arguments.work / "releases" / "study", "--tasks", "mcqu,mcq", "--output", output]
    command += ["--protocols", "constrained,likelihood"]
    command += ["--limit", arguments.records] if arguments.records else []
    command += ["--dtype", arguments.dtype] if arguments.dtype else []
    print(f"asking {weights}", flush=True)
    _call(command, arguments.work / "log" / "evaluate")


def _scores(runs: Sequence[Run], protocol: str) -> list[Any]:
    return [scores_of(run.answered(), protocol, "exact_match") for run in runs]


def _compared(
    arguments: argparse.Namespace, models: Sequence[Model], protocol: str
) -> tuple[dict[str, Interval], dict[str, list[float]], dict[tuple[str, str], Difference]]:
    """Means over seeds with intervals over cases, the mean of each seed, and the difference of every two."""
    runs = read_runs([model.test(arguments.work) for model in models])
    draws = Resampled([prediction["group_id"] for prediction in runs[0].answered()])
    by_name: dict[str, list[Any]] = {}
    for model, values in zip(models, _scores(runs, protocol), strict=True):
        by_name.setdefault(model.name, []).append(values)
    means = {name: np.mean(values, axis=0) for name, values in by_name.items()}
    seeds = {name: [float(value.mean()) for value in values] for name, values in by_name.items()}
    intervals = {name: draws.interval(values) for name, values in means.items()}
    return intervals, seeds, compare_models(draws, means)


def _called_between(arguments: argparse.Namespace, models: Sequence[Model], protocol: str) -> tuple[int, int]:
    """How many of all pairs of single models, one of each half, are called different at 5 %."""
    pairs = list(itertools.product(*([model for model in models if model.name == half] for half in HALVES)))
    called = 0
    for first, second in pairs:
        runs = read_runs([model.test(arguments.work) for model in (first, second)])
        draws = Resampled([prediction["group_id"] for prediction in runs[0].answered()])
        one, other = _scores(runs, protocol)
        called += any(d.called for d in compare_models(draws, {"a": one, "b": other}).values())
    return called, len(pairs)


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _draw(intervals: dict[str, Interval], seeds: dict[str, list[float]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "medinjection-fr"
    figure, axes = plt.subplots(figsize=(7, 0.5 * len(intervals) + 1.2), layout="constrained")
    for place, (name, interval) in enumerate(intervals.items()):
        axes.plot([100 * interval.low, 100 * interval.high], [place, place], color="#0072B2", linewidth=2)
        axes.plot(100 * interval.mean, place, "o", color="#0072B2")
        axes.plot(
            [100 * value for value in seeds[name]], [place] * len(seeds[name]), "|", color="#D55E00", ms=12
        )
    axes.set_yticks(range(len(intervals)), list(intervals))
    axes.invert_yaxis()
    axes.set_xlabel("exact match, % (dot: mean of seeds, line: 95 % over cases, marks: each seed)")
    figure.savefig(path, metadata={"Date": None})


def _tell(arguments: argparse.Namespace, models: Sequence[Model]) -> None:
    release = json.loads((arguments.work / "releases" / "study" / "release.json").read_bytes())
    print(f"\n{machine()}\nModel {arguments.model}; release {release['digest']}; recipe {arguments.recipe}")
    for protocol in ("constrained", "likelihood"):
        intervals, seeds, differences = _compared(arguments, models, protocol)
        rows = [
            [
                name,
                _percent(i.mean),
                f"{_percent(i.low)}–{_percent(i.high)}",
                " ".join(map(_percent, seeds[name])),
            ]
            for name, i in intervals.items()
        ]
        print_table(f"{protocol}: exact match, %", ("learns from", "mean", "95 %", "each seed"), rows)
        called = [
            [f"{second} − {first}", *map(_percent, d.interval[:3])]
            for (first, second), d in differences.items()
            if d.called
        ]
        title = (
            f"{protocol}: differences whose interval, for all {len(differences)} pairs together, excludes 0"
        )
        print_table(title, ("of", "points", "low", "high"), called)
        found, pairs = _called_between(arguments, models, protocol)
        spread = max(max(values) - min(values) for values in seeds.values())
        print(
            f"\nNull: {found} of {pairs} pairs of halves called different at 5 %; "
            f"widest spread of seeds {_percent(spread)} points."
        )
        for half in HALVES:
            better = differences[half, PLANTED].interval.low > 0
            print(f"Positive control: {'called better' if better else 'NOT called better'} than {half}.")
        _draw(intervals, seeds, arguments.work / f"{protocol}.svg")


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="Upstream files, a folder for each source.")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="A chat model; Gemma-3-270M in chat turns if not given.")
    parser.add_argument("--recipe", default="smoke", help="Of training.")
    parser.add_argument("--config", action="append", help="May be given again; three controlled ones if not.")
    parser.add_argument("--translator", default="apertium")
    parser.add_argument("--translator-option", action="append", default=[])
    parser.add_argument("--synthetic", type=Path, action="append", default=[], help="Export of a synthesis.")
    parser.add_argument("--translate", type=int, default=4_183, help="Questions of MedMCQA to translate.")
    parser.add_argument("--controlled", type=int, default=36, help="Train rows of each configuration.")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--records", type=int, help="Of the test; all if not given.")
    parser.add_argument("--dtype", help="Of evaluation.")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="Of the recipe.")
    parser.add_argument("--small", action="store_true", help="Few of everything, to see every step on a CPU.")
    arguments = parser.parse_args()
    if arguments.small:
        for name, value in SMALL.items():
            setattr(arguments, name, value)
    arguments.work, arguments.data = arguments.work.resolve(), arguments.data.resolve()
    arguments.synthetic = [path.resolve() for path in arguments.synthetic]
    if arguments.model is None:
        from small_models import make_french

        arguments.model = make_french()
    arguments.set = (
        ["model.pad_token=<pad>", *arguments.set] if "gemma" in arguments.model.name else arguments.set
    )
    arguments.config = arguments.config or [
        "native-controlled",
        "native+translated-controlled",
        "native+synthetic+translated-controlled",
    ]
    arguments.work.mkdir(parents=True, exist_ok=True)
    models = _models(arguments)
    base = Model("base", models[0].release, "native", 0)
    _ask(arguments, arguments.model, base.test(arguments.work))
    for model in models:
        _train(arguments, model)
        _ask(arguments, model.folder(arguments.work) / "merged", model.test(arguments.work))
    _tell(arguments, [base, *models])


if __name__ == "__main__":
    main()
