"""The tables of the card: every figure once more, from the shards."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from cards import figures_of, header_of
from recipes import built, question, source_facts
from releases import manifest_of, read_rows, texts_of

from medinjection_fr.record import ORIGINS, SPLITS, TYPES
from medinjection_fr.release.card_tables import markdown_table, read_figures
from medinjection_fr.release.chi_square import association, strength
from medinjection_fr.release.verify import verify


def shown(number: int) -> str:
    return f"{number:,}" if number else "–"


def rows_of(folder: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Rows of each configuration and split, by the card's own lists."""
    return {
        config["config_name"]: {
            part["split"]: read_rows(folder, part["path"]) for part in config["data_files"]
        }
        for config in header_of(folder)["configs"]
    }


def test_composition_is_what_the_shards_count(release: Path) -> None:
    rows = [
        (row["origin"], row["type"], path.split("/")[2])
        for path in manifest_of(release)["configs"]["native+synthetic+translated"]["splits"].values()
        for path in path["shards"]
        for row in read_rows(release, [path])
    ]
    counts = Counter(rows)
    expected = [["origin", "type", *SPLITS, "total"]]
    for origin in ORIGINS:
        for type in TYPES:
            numbers = [counts[origin, type, split] for split in SPLITS]
            if any(numbers):
                expected.append([origin, type, *map(shown, [*numbers, sum(numbers)])])
    totals = [sum(n for key, n in counts.items() if key[2] == split) for split in SPLITS]
    expected.append(["**all**", "", *map(shown, [*totals, sum(totals)])])
    assert figures_of(release, "composition") == expected
    assert sum(totals) == len(read_rows(release))


def test_configurations_are_what_their_shards_hold(release: Path) -> None:
    rows = rows_of(release)
    assert figures_of(release, "configs") == [["config", *SPLITS]] + [
        [
            f"`{name}`" + (" (default)" if name == "native+synthetic+translated" else ""),
            *(shown(len(splits.get(split, []))) for split in SPLITS),
        ]
        for name, splits in rows.items()
    ]
    table = [["config", "Cramér's V", *(f"{origin}: mcqu / mcq / oeq" for origin in ORIGINS)]]
    for name, splits in rows.items():
        rows_of_pair = Counter((row["origin"], row["type"]) for row in splits["train"])
        counts = [[rows_of_pair[origin, type] for type in TYPES] for origin in ORIGINS]
        cells = [" / ".join(map(shown, types)) if any(types) else "–" for types in counts]
        found = association(counts)
        effect = f"{found.v:.2f} ({strength(found.v)})" if found else "–"
        table.append([f"`{name}`", effect, *cells])
    assert figures_of(release, "confound") == table
    info = {entry["config_name"]: entry["splits"] for entry in header_of(release)["dataset_info"]}
    assert {
        name: {split["name"]: split["num_examples"] for split in splits} for name, splits in info.items()
    } == {name: {split: len(part) for split, part in splits.items()} for name, splits in rows.items()}


def test_sources_ledger_and_licences(release: Path) -> None:
    manifest, rows = manifest_of(release), read_rows(release)
    kept = Counter(row["source"] for row in rows)
    sources, ledger = figures_of(release, "sources")[1:], figures_of(release, "ledger")[1:]
    for name, source_row, ledger_row in zip(manifest["sources"], sources, ledger, strict=True):
        path = release / "dropped" / f"{name}.jsonl"
        dropped = len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
        read = kept[name] + dropped
        assert name in source_row[0]
        assert source_row[2:4] == [shown(read), shown(kept[name])]
        assert ledger_row[:3] == [f"`{name}`", shown(read), shown(kept[name])]
        assert ledger_row[3] == (f"choices-distinct {dropped}" if dropped else "–")
    head, terms, *table = figures_of(release, "licenses")
    assert head == ["config", *sorted({row["license"] for row in rows})]
    assert terms[0] == "*terms*"
    for line, (name, splits) in zip(table, rows_of(release).items(), strict=True):
        counts = Counter(row["license"] for part in splits.values() for row in part)
        assert line == [f"`{name}`", *(shown(counts[license]) for license in head[1:])]


def test_lengths_tasks_and_models_are_those_of_the_rows(release: Path) -> None:
    rows = read_rows(release)
    tasks = sorted(Counter(row["task"] for row in rows).items(), key=lambda item: (-item[1], item[0]))
    assert figures_of(release, "tasks") == [["task", "rows"], *([task, shown(n)] for task, n in tasks)]
    lengths: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for name, text in texts_of(row).items():
            lengths.setdefault((name, row["origin"]), []).append(len(text))
    for name, origin, *numbers in figures_of(release, "lengths")[1:]:
        ordered = sorted(lengths.pop((name, origin)))
        at_most = [ordered[-(-len(ordered) * percent // 100) - 1] for percent in (50, 95, 100)]
        assert numbers == [shown(number) for number in (len(ordered), *at_most)]
    assert not lengths
    models = Counter((row["source"], row["generator"]) for row in rows if row["generator"])
    expected = [[f"`{source}`", f"`{name}` {shown(n)}"] for (source, name), n in sorted(models.items())]
    assert [row[:2] for row in figures_of(release, "generators")[1:]] == expected


def test_what_rows_were_made_from_is_named_if_the_recipe_has_it(tmp_path: Path) -> None:
    rows = {
        "native": [question("q1"), question("q2")],
        "synthetic": [
            question("s1", derived_from="our-native/q1"),
            question("s2", derived_from="our-native/q2"),
            question("s3", derived_from="elsewhere/7"),
        ],
    }
    folder = built(tmp_path, rows).folder
    assert figures_of(folder, "generators")[1:] == [
        ["`our-synthetic`", "`our-model@1` 3", "other 1, our-native 2"]
    ]


def test_table_survives_the_way_there_and_back() -> None:
    rows = [["a", "b"], ["x", "1,234"], ["y z", "–"]]
    text = markdown_table(rows)
    assert text.splitlines()[1] == "| --- | ---: |"
    assert read_figures(f"<!-- figures: t -->\n{text}\n<!-- end of figures -->", "t") == rows


def test_text_of_a_catalogue_entry_cannot_break_a_table(tmp_path: Path) -> None:
    catalogue = {"our-native": source_facts("native", title="Cas | cliniques\n  de Lyon <b>")}
    folder = built(tmp_path, {"native": [question("q")]}, catalogue=catalogue).folder
    (head, row) = figures_of(folder, "sources")
    assert row[0] == "Cas | cliniques de Lyon &lt;b> (`our-native`)"
    assert len(row) == len(head)
    assert verify(folder) == []
