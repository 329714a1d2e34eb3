"""Recipe → release: the ledger's balance and the same bytes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import invoke, start
from recipes import STUDY, few_rows, question, write_frenchmedmcqa, write_recipe
from releases import contents, manifest_of, read_rows, shard_paths

import medinjection_fr
from medinjection_fr import processes, reading
from medinjection_fr.build import build
from medinjection_fr.curate.ledger import count_by_rule, read_ledger
from medinjection_fr.errors import InputError
from medinjection_fr.recipe import find_recipe
from medinjection_fr.release.verify import verify


def balance(release: Path) -> dict[str, tuple[int, int, dict[str, int]]]:
    """Read, kept and dropped of each source, each figure counted where it comes from."""
    kept = [row["source"] for row in read_rows(release)]
    counted = {}
    for name, source in manifest_of(release)["sources"].items():
        path = release / "dropped" / f"{name}.jsonl"
        dropped = list(read_ledger(path)) if path.exists() else []
        assert {row.source for row in dropped} <= {name}
        assert [(row.file, row.position) for row in dropped] == sorted((r.file, r.position) for r in dropped)
        assert source["kept"] == kept.count(name)
        assert source["dropped"] == count_by_rule(dropped)
        assert source["read"] == source["kept"] + len(dropped)
        counted[name] = source["read"], source["kept"], source["dropped"]
    return counted


def test_sample_keeps_all_that_it_reads(sample_release: Path) -> None:
    assert all(read == kept >= 60 for read, kept, _ in balance(sample_release).values())
    assert verify(sample_release, rows=True) == []


def test_every_record_of_our_own_files_is_kept_or_named(tiny_release: Path) -> None:
    rows = {f"our-{origin}": len(records) for origin, records in few_rows().items()}
    assert balance(tiny_release) == {
        name: (number + 1, number, {"choices-distinct": 1}) for name, number in rows.items()
    }
    assert verify(tiny_release, rows=True) == []


def test_frenchmedmcqa_balances(tmp_path: Path) -> None:
    write_frenchmedmcqa(tmp_path / "frenchmedmcqa")
    release = build(
        write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa"}]), tmp_path / "out"
    ).release
    rules = {"choices-unparsed": 1, "same-content": 2}
    assert balance(release.folder) == {"frenchmedmcqa": (9, 6, rules)}
    names = [row.evidence for row in read_ledger(release.folder / "dropped" / "frenchmedmcqa.jsonl")]
    # The repeat inside train loses to the first, and train loses to validation.
    assert "kept frenchmedmcqa/t1 in train" in names
    assert "kept frenchmedmcqa/t2 in validation" in names


def test_real_frenchmedmcqa_balances(data: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa"}], study={"controlled": 600})
    release = build(recipe, tmp_path / "out", data).release
    read, kept, dropped = balance(release.folder)["frenchmedmcqa"]
    assert read == 3105
    assert kept > 3080
    assert dropped["choices-distinct"] == 1  # A+ twice
    assert verify(release.folder, rows=True) == []


OPTIONS = "Choix de réponses :\n(A) Staphylocoque\n(B) Streptocoque\n(C) Entérocoque"
PUBLISHED = [
    {
        "instruction": f"Quel germe trouve-t-on dans le flacon {n} ?\n\n{OPTIONS}",
        "context": None,
        "answer": ["A", "B, C", "Le staphylocoque doré."][n % 3],
        "type": ["mcqu", "mcq", "oeq"][n % 3],
        "origin": ["Native", "Synthetic", "Translated"][n // 3 % 3],
    }
    for n in range(18)
] + [
    {"instruction": "Quel germe ?", "context": "", "answer": "A", "type": "mcqu", "origin": "Native"},
    {"instruction": "Et après ?", "context": "", "answer": "", "type": "oeq", "origin": "Native"},
]


def test_published_parquet_balances(tmp_path: Path) -> None:
    folder = tmp_path / "medinjection-fr-published"
    folder.mkdir()
    for split, rows in {"train": PUBLISHED, "test": PUBLISHED[:1]}.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{split}-00000-of-00001.parquet")
    built = build(find_recipe("published")[0], tmp_path / "out", tmp_path)
    read, kept, dropped = balance(built.release.folder)["medinjection-fr-published"]
    assert (read, kept) == (21, 18)
    assert dropped == {"answer-empty": 1, "choices-unparsed": 1, "same-content": 1}
    assert verify(built.release.folder, rows=True) == []
    absent = built.release.manifest["absent_configs"]
    assert absent["native-controlled"] == "native has 3 multiple-choice train rows, 33492 are needed"


def environment(**variables: str) -> dict[str, str]:
    return {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", **variables}


def test_same_bytes_from_another_place_hash_seed_and_locale(tmp_path: Path) -> None:
    rows = few_rows()
    rows["native"] += [question("é" * 9), question("broken", answer="")]
    builds = {
        "a": environment(),
        "b/deep er/é": environment(PYTHONHASHSEED="4", LC_ALL="C", TZ="Asia/Tokyo"),
        # What is left where Python finds no UTF-8 locale at all.
        "c": environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii"),
    }
    found = []
    for place, env in builds.items():
        recipe = write_recipe(tmp_path / place, rows, study=STUDY)
        done = start("build", recipe, "--jobs", 1, cwd=recipe.parent, env=env)
        assert done.returncode == 0, done.stderr
        found.append(contents(recipe.parent / "medinjection-fr"))
    assert found[0] == found[1] == found[2]


def test_same_bytes_from_one_process_and_several(
    tmp_path: Path, tiny_recipe: Path, tiny_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_BYTES_WORTH_A_PROCESS", 0)
    monkeypatch.delattr(processes, "_mistake")
    assert build(tiny_recipe, tmp_path / "out", jobs=2).written
    assert contents(tmp_path / "out") == contents(tiny_release)


def test_several_processes_tell_all_mistakes_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = write_recipe(tmp_path, {"native": ["{"], "synthetic": [question("s")], "translated": ["["]})
    with pytest.raises(InputError) as alone:
        build(recipe, tmp_path / "out", jobs=1)
    monkeypatch.setattr(reading, "_BYTES_WORTH_A_PROCESS", 0)
    with pytest.raises(InputError) as together:
        build(recipe, tmp_path / "out", jobs=3)
    assert together.value.problems == alone.value.problems
    assert [Path(p.where.split(",")[0]).parent.name for p in alone.value.problems] == [
        "our-native",
        "our-translated",
    ]


def test_same_bytes_from_one_process_and_several_that_curate(
    tmp_path: Path, small_recipe: Path, small_release: Path
) -> None:
    build(small_recipe, tmp_path / "out", jobs=3)
    assert contents(tmp_path / "out") == contents(small_release)


def test_only_the_wanted_splits_are_read(tmp_path: Path) -> None:
    rows = few_rows()
    sources = [{"source": "our-native", "splits": ["test"]}]
    release = build(write_recipe(tmp_path, rows, sources=sources), tmp_path / "out").release
    wanted = sum(row["split"] == "test" for row in rows["native"])
    assert balance(release.folder) == {"our-native": (wanted, wanted, {})}
    assert list(release.manifest["configs"]["native"]["splits"]) == ["test"]


def test_parquet_holds_the_same_rows(tmp_path: Path, tiny_recipe: Path, tiny_release: Path) -> None:
    output = tmp_path / "medinjection-fr"
    done = invoke("build", tiny_recipe, "--output", output, "--format", "parquet")
    assert done.exit_code == 0, done.output
    assert verify(output, rows=True) == []
    assert {Path(path).suffix for path in shard_paths(output)} == {".parquet"}
    assert shard_paths(output) == [path.replace(".arrow", ".parquet") for path in shard_paths(tiny_release)]
    assert read_rows(output) == read_rows(tiny_release)
    for name in ("native+translated", "native+synthetic+translated-matched"):
        parquet = medinjection_fr.load(name, path=output)
        arrow = medinjection_fr.load(name, path=tiny_release)
        assert {s: rows.to_list() for s, rows in parquet.items()} == {
            s: r.to_list() for s, r in arrow.items()
        }
        assert parquet["train"].features == arrow["train"].features
        streamed = medinjection_fr.load(name, "train", path=output, streaming=True)
        assert list(streamed) == arrow["train"].to_list()
    assert build(tiny_recipe, output, format="parquet").written is False
