"""The loading script of a release: the one of the repository, stamped with the release's shards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from medinjection_fr.configs import DEFAULT_CONFIG
from medinjection_fr.release.digests import digest_json
from medinjection_fr.resources import loading_script

SCRIPT = "medinjection_fr.py"


def stamped_script(version: str, configs: Mapping[str, Any]) -> str:
    """Returns the script's text for a release.

    Old datasets cache a script by its text, so the stamp makes each release's script its own.
    """
    release = {
        "version": version,
        "digest": digest_json({name: config["digest"] for name, config in configs.items()}),
        "default": DEFAULT_CONFIG if DEFAULT_CONFIG in configs else "",
        "configs": {
            name: {
                "digest": config["digest"],
                "splits": {split: part["shards"] for split, part in config["splits"].items()},
            }
            for name, config in configs.items()
        },
    }
    lines = loading_script().read_text(encoding="utf-8").splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.startswith("RELEASE = ")]
    assert len(places) == 1, "the loading script has one line that starts with RELEASE ="
    lines[places[0]] = f"RELEASE = {json.dumps(release, ensure_ascii=True, indent=4)}\n"
    return "".join(lines)
