"""A physician reports a row: it is shown, excluded, and gone from the next version, which says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import invoke
from recipes import STUDY, few_rows, write_recipe
from releases import manifest_of, read_rows

from medinjection_fr.release.card_tables import read_figures

REASON = "posologie signalée fausse par un médecin"


def parsed(*arguments: object) -> Any:
    done = invoke(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("by", ["id", "source and source_id"])
def test_reported_row_is_withdrawn(tmp_path: Path, by: str) -> None:
    first, second = tmp_path / "v1", tmp_path / "v2"
    recipe = write_recipe(tmp_path, few_rows(), study=STUDY)
    parsed("build", recipe, "--output", first)
    reported = next(row for row in read_rows(first) if row["origin"] == "native")

    shown = parsed("show", reported["id"], "--release", first)
    assert shown["record"]["source_id"] == reported["source_id"]

    name = {key: shown["record"][key] for key in (["id"] if by == "id" else ["source", "source_id"])}
    exclude = [{**name, "reason": REASON, "date": "2026-11-25"}]
    recipe = write_recipe(tmp_path, few_rows(), study=STUDY, exclude=exclude, version="2.0.0")
    parsed("build", recipe, "--output", second)
    told = parsed("diff", first, second)
    entry = told["changelog"]
    assert entry["version"] == "2.0.0"
    recipe = write_recipe(
        tmp_path, few_rows(), study=STUDY, exclude=exclude, version="2.0.0", changelog=[entry]
    )
    parsed("build", recipe, "--output", second, "--replace")
    assert parsed("verify", second, "--rows")["sound"]

    assert reported["id"] not in {row["id"] for row in read_rows(second)}
    assert len(read_rows(second)) == len(read_rows(first)) - 1
    card = (second / "README.md").read_text(encoding="utf-8")
    line = [f"`{reported['id']}`", f"`our-native/{reported['source_id']}`", f"{REASON} (2026-11-25)"]
    assert read_figures(card, "withdrawn") == [["id", "source, its identifier", "reason"], line]
    changelog = card.split("## Changelog")[1].split("### Withdrawn")[0]
    assert reported["id"] in changelog and REASON in changelog
    assert f"**2.0.0** ({entry['date']})" in changelog
    assert manifest_of(second)["withdrawn"][0]["id"] == reported["id"]

    gone = parsed("show", reported["id"], "--release", second)
    assert gone["record"] is None
    assert [(row["rule"], row["evidence"]) for row in gone["ledger"]] == [
        ("excluded", f"{REASON} (2026-11-25)")
    ]
