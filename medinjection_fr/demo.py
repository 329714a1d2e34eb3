"""The main job on the sample that ships with the package: build, verify, load, look."""

from __future__ import annotations

import os
from pathlib import Path

from medinjection_fr.build import build
from medinjection_fr.console import open_console
from medinjection_fr.errors import InputError
from medinjection_fr.recipe import find_recipe
from medinjection_fr.record import ORIGINS
from medinjection_fr.release.manifest import MANIFEST, read_release
from medinjection_fr.release.tables import print_configs, print_record
from medinjection_fr.release.verify import verify
from medinjection_fr.tables import print_build


def run_demo(output: Path) -> None:
    """Builds the sample into a folder and shows what it is.

    A sample that stands there already is replaced; any other release is not.

    Raises:
        InputError: The folder holds something else, or the sample fails its own checks.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from medinjection_fr.loading import load

    recipe, _ = find_recipe("sample")
    built = build(recipe, output, replace=_is_sample(output))
    print_build(built)
    if problems := verify(output, rows=True):
        raise InputError(problems)
    console = open_console()
    console.print(f"Verified {output}: every file and every record.", markup=False)
    for name in built.release.manifest["configs"]:
        load(name, path=output)
    print_configs(built.release)
    for origin in ORIGINS:
        print_record(load(origin, split="train", path=output)[0], console)
    console.print("Loaded every configuration. In a notebook beside this folder:", markup=False)
    console.print('  load_dataset("medinjection-fr", "native+translated")', markup=False)


def _is_sample(output: Path) -> bool:
    if not (output / MANIFEST).exists():
        return False
    try:
        return bool(read_release(output).manifest["recipe"]["name"] == "sample")
    except InputError:
        return False
