"""What the command lines share: how mistakes and results are told, which release is meant, where steps run."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from medinjection_fr.engine import ENGINES
from medinjection_fr.errors import InputError, Problem

PATH = click.Path(path_type=Path)
data_option = click.option(
    "--data",
    default="medinjection-fr",
    show_default=True,
    metavar="DIR|REPO@VERSION",
    help="Release folder, or organisation/name@1.2.0 on the Hub.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
recipe_data_option = click.option(
    "--data",
    type=PATH,
    help="Folder that the recipe's paths are relative to; the recipe's own if not given.",
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1), help="Processes on this machine; the number of cores if not given."
)


def recipe_and_data(recipe: str, data: Path | None) -> tuple[Path, Path | None]:
    """The recipe's file and the folder of its data; a recipe that ships has its data here."""
    from medinjection_fr.recipe import find_recipe

    path, shipped = find_recipe(recipe)
    return path, data or (Path.cwd() if shipped else None)


def print_json(value: Any) -> None:
    """Prints a value for another program: in UTF-8, whatever the terminal can show."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8"))


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where the steps of a command run: the arguments ``engine`` and ``address`` of ``engine.open_engine``."""
    where = "Ray cluster: host:6379, or auto; one on this machine is started if not given."
    engine = click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default="local",
        show_default=True,
        help="ray: the extra `ray`.",
    )
    return engine(click.option("--address", help=where)(command))


class Commands(click.Group):
    """Tells mistakes of the input in plain lines with exit code 2; a bug keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal or pipe that cannot show every letter
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except InputError as error:
            fail(error.problems)
        except OSError as error:
            if problem := _disk_problem(error):
                fail([problem])
            raise


def _disk_problem(error: OSError) -> Problem | None:
    where = str(error.filename or "the output folder")
    again = "Nothing stands half-written under a final name; run the command again afterwards"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(where, "the disk is full", mend=f"Free some space. {again}")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        mend = "Give an --output that you may write to, and sources that you may read"
        return Problem(where, "permission denied", mend=mend)
    return None


def fail(problems: list[Problem]) -> NoReturn:
    """Tells mistakes, a line each, and ends with 2. Of several processes of one run, the first tells."""
    if os.environ.get("RANK", "0") != "0":
        sys.exit(2)
    for problem in problems:
        click.echo(f"error: {problem}", err=True)
    sys.exit(2)
