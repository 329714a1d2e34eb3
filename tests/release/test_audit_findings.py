"""What an audit warns of: confounds, position bias, leaks; and where it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recipes import Rows, built, question

from medinjection_fr.release.audit import audit
from medinjection_fr.release.audit_page import render_page


def test_position_bias_is_found_where_it_is(figures: dict[str, Any]) -> None:
    bias = {(row["origin"], row["type"], row["options"]): row["bias"] for row in figures["gold_letters"]}
    assert bias["translated", "mcqu", 10] == "strong"
    assert bias["synthetic", "mcq", 4] == "none seen"
    texts = [f["text"] for f in figures["findings"] if f["about"] == "gold_letters"]
    assert any("translated mcqu with 10 options (most often A: " in text for text in texts)
    assert not any("synthetic" in text for text in texts)


def test_leaks_are_told_where_both_splits_are_known(figures: dict[str, Any]) -> None:
    (text,) = (finding["text"] for finding in figures["findings"] if finding["about"] == "repeats")
    assert (
        "dropped: 1 of a split that is not said for one in test, 3 of train for one in test, 3 of train"
        in text
    )


def published_design() -> Rows:
    """What was published, made small: synthetic only mcq, translated almost only mcqu."""
    numbers = {
        "native": {"mcqu": 44, "mcq": 16},
        "synthetic": {"mcq": 60},
        "translated": {"mcqu": 195, "mcq": 5},
    }
    return {
        origin: [
            question(f"{origin[:3]}-{type}-{n}", type)
            for type, number in types.items()
            for n in range(number)
        ]
        for origin, types in numbers.items()
    }


def test_published_design_gets_a_strong_warning(tmp_path: Path) -> None:
    study = {"controlled": 60, "matched": {"rows": 12, "types": ["mcqu", "mcq"]}}
    found = audit(built(tmp_path, published_design(), study=study).folder)
    words = {name: c["confound"]["strength"] for name, c in found["configs"].items() if c["confound"]}
    for mix in ("native+synthetic", "synthetic+translated", "native+synthetic+translated"):
        assert words[mix] == words[f"{mix}-controlled"] == "strong"
    assert words["native+translated-matched"] == "none"
    assert found["configs"]["native+translated-matched"]["confound"]["cramers_v"] == 0
    assert found["configs"]["native"]["confound"] is None
    assert found["findings"][0]["level"] == "strong"
    assert "Provenance and question type are confounded" in found["findings"][0]["text"]
    assert "synthetic+translated-controlled (V = 0." in found["findings"][0]["text"]
    assert not any("-matched (V" in finding["text"] for finding in found["findings"])
    page = render_page(found)
    assert "Provenance and question type are confounded" in page
    assert '<li class="strong">' in page


def test_matched_configurations_are_not_confounded(tiny_release: Path) -> None:
    found = audit(tiny_release)
    matched = [config for config in found["configs"].values() if config["kind"] == "matched"]
    assert sum(config["confound"] is not None for config in matched) == 4
    for config in matched:
        if config["confound"]:
            assert (config["confound"]["cramers_v"], config["confound"]["strength"]) == (0, "none")
            assert config["confound"]["p"] == 1
    assert not any(finding["about"] == "confound" for finding in found["findings"])
