"""The study: one run for each configuration of equal size, one after another or one on each GPU."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from medinjection_fr.configs import KINDS, MIXES, config_name
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import tell
from training.data import open_source
from training.recipe import Recipe, load_recipe
from training.report import REPORT

ROOT = Path(__file__).resolve().parents[1]
RUN_LOG = "run.log"


def study_configs(matched: bool) -> list[str]:
    """The seven controlled configurations, and with them the matched ones."""
    kinds = KINDS[1:] if matched else KINDS[1:2]
    return [config_name(mix, kind) for kind in kinds for mix in MIXES]


def sweep(
    recipe: str,
    overrides: Sequence[str],
    data: str,
    output: Path,
    configs: Sequence[str],
    gpus: Sequence[str] = (),
    tell: Callable[[str], None] = tell,
) -> list[str]:
    """Trains configurations; what is finished is skipped, what was stopped goes on.

    Args:
        recipe: Its file or name.
        overrides: Keys to set.
        data: A release folder, or ``organisation/name@1.2.0``.
        output: Each run is a folder in it, called as its configuration.
        configs: Names of configurations.
        gpus: Numbers of GPUs, each of which trains one at a time; one run at a time on what there is if empty.
        tell: Called with what the user should know.

    Returns:
        Configurations whose run failed; the others go on meanwhile.

    Raises:
        InputError: Everything that is wrong with the recipe, or with the data of any configuration.
    """
    checked = load_recipe(recipe, overrides)
    _check(checked, data, configs)
    free: SimpleQueue[str | None] = SimpleQueue()
    places: list[str | None] = [*gpus] if gpus else [None]
    for place in places:
        free.put(place)

    def train(config: str) -> bool:
        gpu = free.get()
        try:
            return _train(config, gpu)
        finally:
            free.put(gpu)

    def _train(config: str, gpu: str | None) -> bool:
        folder = output / config
        if (folder / REPORT).exists() and (not checked["merge"]["at_end"] or (folder / "merged").exists()):
            tell(f"{config}: finished.")
            return True
        tell(f"{config}: training{'' if gpu is None else f' on GPU {gpu}'} …")
        output.mkdir(parents=True, exist_ok=True)
        settings = [part for override in overrides for part in ("--set", override)]
        command = [sys.executable, "-m", "training", "run", recipe, "--config", config]
        command += ["--data", data, "--output", str(folder), *settings]
        environment = {**os.environ, **({} if gpu is None else {"CUDA_VISIBLE_DEVICES": gpu})}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
        log = output / f"{config}.{RUN_LOG}"
        with log.open("a", encoding="utf-8") as file:
            done = subprocess.run(
                command, env=environment, stdout=file, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode:
            lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
            tell(f"{config}: failed ({lines[-1][:200] if lines else done.returncode}); see {log}.")
        return done.returncode == 0

    with ThreadPoolExecutor(len(places)) as pool:
        outcomes = list(pool.map(train, configs))
    return [config for config, went_well in zip(configs, outcomes, strict=True) if not went_well]


def _check(recipe: Recipe, data: str, configs: Sequence[str]) -> None:
    """Looks at the data of all configurations before the first is trained."""
    recipe.accumulation(int(os.environ.get("WORLD_SIZE", "1")))
    problems: list[Problem] = []
    for config in configs:
        try:
            open_source(data, config)
        except InputError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise InputError(problems)
