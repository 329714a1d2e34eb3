"""Manifests, cards, ledgers and scripts that lie under right digests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from damage import faults, reseal
from recipes import SHARD

from medinjection_fr.release.croissant import CROISSANT
from medinjection_fr.release.documents import CITATION, LICENSES
from medinjection_fr.release.manifest import CARD, MANIFEST
from medinjection_fr.release.script import SCRIPT


def lie_rows(manifest: dict[str, Any]) -> None:
    next(file for file in manifest["files"] if file["path"] == SHARD)["rows"] += 1


def lie_config_list(manifest: dict[str, Any]) -> None:
    manifest["configs"]["native"]["splits"]["train"]["shards"].pop()


def lie_config_order(manifest: dict[str, Any]) -> None:
    manifest["configs"]["native"]["splits"]["train"]["shards"].reverse()


def lie_config_rows(manifest: dict[str, Any]) -> None:
    manifest["configs"]["native"]["splits"]["train"]["rows"] += 1


def lie_config_unknown(manifest: dict[str, Any]) -> None:
    manifest["configs"]["native"]["splits"]["train"]["shards"].append("data/native/train/none.arrow")


def lie_config_gone(manifest: dict[str, Any]) -> None:
    manifest["absent_configs"]["native"] = "the release has no native records"
    del manifest["configs"]["native"]


def lie_absent(manifest: dict[str, Any]) -> None:
    manifest["absent_configs"]["native-matched"] = "no reason"


def lie_study(manifest: dict[str, Any]) -> None:
    manifest["recipe"]["study"]["controlled"] = 12


def lie_version(manifest: dict[str, Any]) -> None:
    manifest["version"] = "1.0.1"


def lie_statistics(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["license"] = {"MIT": sum(manifest["statistics"]["license"].values())}


def lie_flags(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["flags"]["mixed-language"] = 3


def lie_generator(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["generator"]["our-synthetic"] = {"another-model@1": 19}


def lie_material(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["derived_from"] = {}


def lie_task(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["task"] = {"cloze": 57}


def lie_lengths(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["lengths"][0]["max"] += 1


def lie_repeats(manifest: dict[str, Any]) -> None:
    leak = {"rule": "leak", "kind": "near", "split": "train", "other_split": "test", "rows": 1}
    manifest["repeats"].append(leak)


def lie_pairs(manifest: dict[str, Any]) -> None:
    manifest["test_pairs"] = {"near": 1}


def lie_withdrawn(manifest: dict[str, Any]) -> None:
    row = {"id": "0" * 32, "source": "our-native", "source_id": "x", "reason": "none (2026-01-01)"}
    manifest["withdrawn"].append(row)


def lie_croissant_gone(manifest: dict[str, Any]) -> None:
    manifest["files"] = [file for file in manifest["files"] if file["path"] != CROISSANT]


def lie_read(manifest: dict[str, Any]) -> None:
    manifest["sources"]["our-native"]["read"] += 1


def lie_kept(manifest: dict[str, Any]) -> None:
    manifest["sources"]["our-native"]["read"] += 1
    manifest["sources"]["our-native"]["kept"] += 1


def lie_dropped(manifest: dict[str, Any]) -> None:
    manifest["sources"]["our-native"]["dropped"] = {"gold-order": 1}


def lie_source_gone(manifest: dict[str, Any]) -> None:
    del manifest["sources"]["our-native"]


def lie_rows_gone(manifest: dict[str, Any]) -> None:
    del next(file for file in manifest["files"] if file["path"] == SHARD)["rows"]


def lie_licenses(manifest: dict[str, Any]) -> None:
    next(file for file in manifest["files"] if file["path"] == SHARD)["licenses"] = {"MIT": 3}


def lie_licenses_gone(manifest: dict[str, Any]) -> None:
    del next(file for file in manifest["files"] if file["path"] == SHARD)["licenses"]


def lie_place(manifest: dict[str, Any]) -> None:
    manifest["files"].append({"path": "data/x", "bytes": 0, "sha256": "0" * 64, "rows": 0})


def lie_twice(manifest: dict[str, Any]) -> None:
    manifest["files"].append(dict(manifest["files"][0]))


@pytest.mark.parametrize(
    ("lie", "where"),
    [
        (lie_rows, SHARD),
        (lie_config_list, f"{MANIFEST} › configs"),
        (lie_config_order, f"{MANIFEST} › configs"),
        (lie_config_rows, f"{MANIFEST} › configs"),
        (lie_config_unknown, f"{MANIFEST} › configs"),
        (lie_config_gone, f"{MANIFEST} › configs"),
        (lie_config_gone, f"{MANIFEST} › absent_configs"),
        (lie_licenses, SHARD),
        (lie_licenses_gone, MANIFEST),
        (lie_absent, f"{MANIFEST} › absent_configs"),
        (lie_study, f"{MANIFEST} › configs"),
        (lie_version, CARD),
        (lie_version, SCRIPT),
        (lie_statistics, f"{MANIFEST} › statistics › license"),
        (lie_flags, f"{MANIFEST} › statistics › flags"),
        (lie_generator, f"{MANIFEST} › statistics › generator"),
        (lie_material, f"{MANIFEST} › statistics › derived_from"),
        (lie_task, f"{MANIFEST} › statistics › task"),
        (lie_lengths, f"{MANIFEST} › statistics › lengths"),
        (lie_repeats, f"{MANIFEST} › repeats"),
        (lie_pairs, f"{MANIFEST} › test_pairs"),
        (lie_withdrawn, f"{MANIFEST} › withdrawn"),
        (lie_croissant_gone, CROISSANT),
        (lie_version, CROISSANT),
        (lie_version, CITATION),
        (lie_kept, LICENSES),
        (lie_read, f"{MANIFEST} › sources › our-native"),
        (lie_kept, f"{MANIFEST} › sources › our-native"),
        (lie_dropped, "dropped/our-native.jsonl"),
        (lie_source_gone, MANIFEST),
        (lie_rows_gone, MANIFEST),
        (lie_place, MANIFEST),
        (lie_twice, MANIFEST),
    ],
)
def test_sealed_lie_of_the_manifest_is_found(
    own_release: Path, lie: Callable[[dict[str, Any]], None], where: str
) -> None:
    reseal(own_release, lie)
    places = [problem.where for problem in faults(own_release)]
    assert any(place.startswith(str(own_release / where)) for place in places), places


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("| native | mcqu | 8 | 1 | – | 9 |", "| native | mcqu | 8 | 1 | – | 10 |"),
        ("| `native` | 16 | 1 | 2 |", "| `native` | 61 | 1 | 2 |"),
        ("| `native-controlled` | – | 3 / 3 / – |", "| `native-controlled` | – | 6 / – / – |"),
        ("| instruction | native | 19 |", "| instruction | native | 18 |"),
        ("`our-model@1` 19", "`our-model@1` 20"),
        ("`our-model@1`", "`our-model@2`"),
        ("| rows | 57 (", "| rows | 75 ("),
        ("38 of 57 rows were written", "3 of 57 rows were written"),
        ("no physician has read every row", "a physician has read every row"),
        ("license: cc-by-4.0", "license: mit"),
        ("- monolingual", "- multilingual"),
        ("| CC-BY-4.0 | 20 | 19 |", "| CC-BY-4.0 | 19 | 19 |"),
        ("choices-distinct 1", "gold-order 1"),
        ("num_examples: 16", "num_examples: 17"),
        ("description: sha256:", "description: sha256:0"),
        ("- config_name: native\n  version: 1.0.0", "- config_name: native\n  version: 1.0.1"),
        ("config_name: native-matched\n  version", "config_name: native-matchless\n  version"),
        (f"    - {SHARD}\n", ""),
        ("---\nlanguage", "language"),
        ("configs:", "configs: [}"),
        ("configs:", "configs: 3\nothers:"),
        ("dataset_info:", "dataset_info: [3]\nothers:"),
    ],
)
def test_sealed_lie_of_the_card_is_found(own_release: Path, old: str, new: str) -> None:
    assert old in (own_release / CARD).read_text(encoding="utf-8")
    reseal(own_release, card=lambda text: text.replace(old, new, 1))
    assert {problem.where for problem in faults(own_release)} == {str(own_release / CARD)}


@pytest.mark.parametrize("name", ["our-native", "our-synthetic"])
@pytest.mark.parametrize("text", ["", '{"source"', None])
def test_ledger_that_does_not_balance_is_found(own_release: Path, name: str, text: str | None) -> None:
    path = own_release / "dropped" / f"{name}.jsonl"
    if text is None:
        path.write_text(path.read_text(encoding="utf-8") * 2, encoding="utf-8")
    else:
        path.write_text(text, encoding="utf-8")
    reseal(own_release)
    assert {problem.where for problem in faults(own_release)} == {str(path)}


def test_script_of_another_release_is_found(own_release: Path) -> None:
    reseal(own_release, script=lambda text: text.replace('"version": "1.0.0"', '"version": "1.0.1"'))
    assert {problem.where for problem in faults(own_release)} == {str(own_release / SCRIPT)}
