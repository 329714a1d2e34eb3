"""A model with its card goes to the Hub in one commit, and is read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import refused
from hub.state import Hub
from publishing import connected
from training_runs import command, train

REPO = "our-laboratory/tiny-native"


@pytest.fixture(scope="module")
def finished(tiny_release: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("finished") / "run"
    train(tiny_release, tiny, output, "optim.max_steps=2")
    return output


def push(hub: Hub, output: Path, *options: str, token: str | None = "write") -> Any:
    with connected(hub, token):
        return command("push", output, "--repo", REPO, *options)


def test_the_merged_model_is_published_with_its_card(hub: Hub, finished: Path, tiny: Path) -> None:
    done = push(hub, finished, "--private")
    assert done.exit_code == 0, done.output
    held = hub.repositories[REPO].find("main").files
    assert hub.repositories[REPO].private
    assert set(held) == {path.name for path in (finished / "merged").iterdir()} | {
        "README.md",
        ".gitattributes",
    }
    weights = held["model.safetensors"]
    assert weights.is_large and weights.data == (finished / "merged/model.safetensors").read_bytes()
    card = held["README.md"].data.decode()
    metadata = yaml.safe_load(card.split("---")[1])
    assert metadata["language"] == ["fr"] and metadata["library_name"] == "transformers"
    report = json.loads((finished / "training.json").read_text(encoding="utf-8"))
    for fact in (
        "MedInjection-FR 1.0.0",
        report["data"]["config_digest"],
        report["data"]["release_digest"],
        "`smoke`: dora, rank 8, loss on the answers",
        report["model"]["weights_digest"],
        "on 3 prompts",
    ):
        assert fact in card
    # Nothing of this machine goes out.
    everything = b"".join(file.data for file in held.values() if not file.is_large)
    assert str(finished.parent).encode() not in everything and b"tiny0" not in everything
    # Once more: nothing is sent twice, and what the repository had besides goes.
    hub.repositories[REPO].change({"old.bin": b"old"})
    hub.mend()
    assert push(hub, finished).exit_code == 0
    assert not hub.requests("PUT")
    assert "old.bin" not in hub.repositories[REPO].find("main").files


def test_the_adapter_alone(hub: Hub, finished: Path) -> None:
    done = push(hub, finished, "--adapter", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["commit"] == hub.repositories[REPO].find("main").id
    assert {"adapter_model.safetensors", "adapter_config.json", "README.md", "training.json"} <= set(
        said["files"]
    )
    assert "AutoPeftModelForCausalLM" in said["card"]


def test_a_dry_run_writes_nothing(hub: Hub, finished: Path) -> None:
    done = push(hub, finished, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "It is no medical device" in done.stdout.replace("\n", " ") and "--dry-run" in done.stdout
    assert not hub.repositories and not hub.log


def test_refusals(hub: Hub, finished: Path, tmp_path: Path) -> None:
    assert "403" in refused(push(hub, finished, token="read"))
    assert "401" in refused(push(hub, finished, token=None))
    assert "the run is not finished" in refused(push(hub, tmp_path))
