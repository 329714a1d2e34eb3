"""A release opens in every version of datasets that the README names: the same rows, the same columns."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from commands import run
from environments import programs_of
from recipes import question, write_frenchmedmcqa, write_recipe

import medinjection_fr
from medinjection_fr.build import build
from medinjection_fr.record import LIST_COLUMNS
from medinjection_fr.release.manifest import Release

pytestmark = pytest.mark.slow

VERSIONS = {"2.21.0": "==2.21.0", "3.6.0": "==3.6.0", "4.8.5": "==4.8.5", "newest": ">=5.2,<6"}

DESCRIBE = """
import hashlib
import json

def describe(rows):
    "Number and digest of rows, and whether each column is a text or a list of texts."
    digest, number = hashlib.sha256(), 0
    for row in rows:
        digest.update(json.dumps(row, ensure_ascii=False, sort_keys=True).encode("utf-8"))
        number += 1
    kinds = {}
    for name, feature in rows.features.items():
        is_list = isinstance(feature, list) or type(feature).__name__ in ("Sequence", "List")
        inner = feature[0] if isinstance(feature, list) else feature.feature if is_list else feature
        kinds[name] = ("list of " if is_list else "") + inner.dtype
    return {"rows": number, "digest": digest.hexdigest(), "columns": kinds}
"""

LOAD = (
    DESCRIBE
    + """
import sys
import datasets

path, options, streaming = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3] == "streaming"
found = {}
for name in json.loads(sys.argv[4]):
    loaded = datasets.load_dataset(path, name, streaming=streaming, **options)
    found[name] = {split: describe(rows) for split, rows in loaded.items()}
print(json.dumps({"version": datasets.__version__, "found": found}))
"""
)


@pytest.fixture(scope="module", params=VERSIONS)
def python(request: pytest.FixtureRequest) -> Path:
    """The interpreter of an environment with one version of datasets."""
    return programs_of(request.param, f"datasets{VERSIONS[request.param]}") / "python"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Release:
    """FrenchMedMCQA, the real one where it is, with the sample; pictures stand beside the shards."""
    folder = tmp_path_factory.mktemp("versions")
    try:
        path = request.getfixturevalue("data") / "frenchmedmcqa"
    except pytest.skip.Exception:
        path = write_frenchmedmcqa(folder / "frenchmedmcqa")
    names = [f"medinjection-fr-sample-{origin}" for origin in ("native", "synthetic", "translated")]
    sources = [{"source": "frenchmedmcqa", "path": str(path)}, *({"source": name} for name in names)]
    study = {"controlled": 36, "matched": {"rows": 36, "types": ["mcqu", "mcq", "oeq"]}}
    recipe = write_recipe(folder, {}, sources=sources, study=study, plots=True)
    return build(recipe, folder / "medinjection-fr").release


@pytest.fixture(scope="module")
def expected(release: Release) -> dict[str, Any]:
    """What ``medinjection_fr.load`` gives, as ``DESCRIBE`` has it."""
    scope: dict[str, Any] = {}
    exec(DESCRIBE, scope)
    describe = scope["describe"]
    found = {}
    for name in release.manifest["configs"]:
        splits = medinjection_fr.load(name, path=release.folder)
        found[name] = {split: describe(rows) for split, rows in splits.items()}
    return found


def loaded(
    python: Path, release: Release, path: str, cache: Path, streaming: bool, **options: Any
) -> dict[str, Any]:
    how = "streaming" if streaming else "whole"
    names = json.dumps(list(release.manifest["configs"]))
    command = [python, "-c", LOAD, path, json.dumps(options), how, names]
    done = run(command, release.folder.parent, {"HF_HOME": str(cache), "PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    wanted = python.parent.parent.name
    assert wanted in ("newest", told["version"])
    found: dict[str, Any] = told["found"]
    return found


def test_what_is_expected_are_texts_and_lists_of_texts(expected: dict[str, Any]) -> None:
    assert len(expected) == 21
    columns = expected["native"]["train"]["columns"]
    assert {name for name, kind in columns.items() if kind == "list of string"} == LIST_COLUMNS
    assert set(columns.values()) == {"string", "list of string"}


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streaming"])
def test_every_configuration_opens_from_the_folder(
    python: Path, release: Release, expected: dict[str, Any], tmp_path: Path, streaming: bool
) -> None:
    assert loaded(python, release, "medinjection-fr", tmp_path, streaming) == expected


def runs_scripts(python: Path) -> bool:
    return python.parent.parent.name.startswith(("2.", "3."))


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streaming"])
def test_every_configuration_opens_by_the_script_before_4(
    python: Path, release: Release, expected: dict[str, Any], tmp_path: Path, streaming: bool
) -> None:
    script = "medinjection-fr/medinjection_fr.py"
    if runs_scripts(python):
        assert loaded(python, release, script, tmp_path, streaming, trust_remote_code=True) == expected
    else:
        with pytest.raises(AssertionError, match="Dataset scripts are no longer supported"):
            loaded(python, release, script, tmp_path, streaming)


def test_rebuilt_release_is_not_served_from_the_cache(python: Path, tmp_path: Path) -> None:
    found = []
    for number, answer in enumerate("AC"):
        recipe = write_recipe(tmp_path / str(number), {"native": [question("q", answer=answer)]})
        release = build(recipe, tmp_path / "medinjection-fr", replace=number > 0).release
        paths = ["medinjection-fr"]
        if runs_scripts(python):
            paths.append("medinjection-fr/medinjection_fr.py")
        for path in paths:
            options = {"trust_remote_code": True} if path.endswith(".py") else {}
            digests = loaded(python, release, path, tmp_path / "cache", False, **options)
            row = medinjection_fr.load("native", "train", release.folder)[0]
            plain = json.dumps(row, ensure_ascii=False, sort_keys=True).encode("utf-8")
            assert digests["native"]["train"]["digest"] == hashlib.sha256(plain).hexdigest()
            found.append(answer)
    assert set(found) == {"A", "C"}
