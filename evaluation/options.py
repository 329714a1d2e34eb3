"""Options that several commands of evaluation share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from medinjection_fr.command_line import PATH

config_option = click.option("--config", required=True, help="As native, or native+translated.")
split_option = click.option("--split", default="test", show_default=True)
_BACKEND_OPTIONS = (
    click.option(
        "--backend",
        type=click.Choice(["transformers", "vllm", "openai"]),
        default="transformers",
        show_default=True,
        help="Who computes: transformers here, vLLM here, or an OpenAI-compatible endpoint.",
    ),
    click.option("--revision", help="Commit or tag on the Hub."),
    click.option("--adapter", type=PATH, help="Folder of a LoRA or DoRA adapter of that model."),
    click.option("--dtype", type=click.Choice(["bfloat16", "float32"])),
    click.option("--batch-tokens", type=click.IntRange(1), help="Tokens of a batch at most."),
    click.option(
        "--deterministic", is_flag=True, help="One prompt at a time: no answer depends on its batch. Slow."
    ),
)


def backend_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Who computes, and how."""
    for option in reversed(_BACKEND_OPTIONS):
        command = option(command)
    return command
