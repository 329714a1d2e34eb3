"""The card, licences and citation: every figure once more, from the shards."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from releases import manifest_of, question, read_rows, source_facts, write_recipe

from medinjection_fr.build import build
from medinjection_fr.record import COLUMNS, ORIGINS, SPLITS, TYPES
from medinjection_fr.release.card_tables import markdown_table, read_figures
from medinjection_fr.release.chi_square import association, strength
from medinjection_fr.release.front_matter import read_front_matter, size_category
from medinjection_fr.release.verify import verify


@pytest.fixture(scope="module", params=["sample_release", "tiny_release"])
def release(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue(request.param)
    return folder


def card_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def header_of(folder: Path) -> dict[str, Any]:
    header: dict[str, Any] = read_front_matter(card_of(folder))
    return header


def figures(folder: Path, name: str) -> list[list[str]]:
    table = read_figures(card_of(folder), name)
    assert table
    return table


def shown(number: int) -> str:
    return f"{number:,}" if number else "–"


def test_structure_of_the_sample_card(sample_release: Path) -> None:
    card = card_of(sample_release)
    assert re.findall(r"^##+ .*", card, re.MULTILINE) == [
        "## Dataset Details",
        "### Dataset Description",
        "### Dataset Sources",
        "## Uses",
        "### Direct Use",
        "### Out-of-Scope Use",
        "### How to load it",
        "## Dataset Structure",
        "### Configurations",
        "### Type and provenance of the train rows",
        "### Columns",
        "### Tasks",
        "### Lengths of the texts",
        "## Dataset Creation",
        "### Curation Rationale",
        "### Source Data",
        "#### Data Collection and Processing",
        "#### Who are the source data producers?",
        "### What was read and not kept",
        "### Annotations",
        "#### Personal and Sensitive Information",
        "### How this release was made",
        "## Licences",
        "## Bias, Risks, and Limitations",
        "### Recommendations",
        "## Citation",
        "## Changelog",
        "## Glossary",
    ]
    names = re.findall(r"<!-- figures: (.*) -->", card)
    assert names == [
        *(
            "glance",
            "composition",
            "configs",
            "confound",
            "tasks",
            "lengths",
            "sources",
            "generators",
            "ledger",
        ),
        *("made-with", "licenses"),
    ]
    assert re.findall(r"^\| `(\w+)` \|", card.split("### Columns")[1].split("##")[0], re.MULTILINE) == list(
        COLUMNS
    )
    assert card.startswith("---\n") and "\n# Dataset Card for MedInjection-FR\n" in card
    assert 'load_dataset("medinjection-fr", "native+translated")' in card
    assert "not a source of medical advice" in card
    assert not re.search(r"{{ |{%|\bNone\b|More Information Needed|\n\n\n", card)
    assert header_of(sample_release) == {
        "language": ["fr"],
        "license": "cc-by-4.0",
        "pretty_name": "MedInjection-FR",
        "tags": ["medical", "biology", "instruction-tuning", "synthetic", "translated"],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "multilinguality": ["monolingual"],
        "source_datasets": ["original"],
        "task_categories": ["multiple-choice", "question-answering", "text-generation", "summarization"],
        "task_ids": ["multiple-choice-qa", "closed-domain-qa"],
        "size_categories": ["n<1K"],
        "configs": header_of(sample_release)["configs"],
        "dataset_info": header_of(sample_release)["dataset_info"],
    }


def test_header_is_what_the_hub_takes(release: Path) -> None:
    from huggingface_hub import DatasetCard

    card = DatasetCard(card_of(release), ignore_metadata_errors=False)
    assert card.data.to_dict() == header_of(release)
    assert card.text.lstrip().startswith("# Dataset Card for MedInjection-FR")


def test_python_of_the_card_runs(sample_release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sample_release.parent)
    blocks = re.findall(r"```python\n(.*?)```", card_of(sample_release), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        scope: dict[str, Any] = {}
        exec(block, scope)
    assert scope["conversations"][0]["messages"][0]["role"] in ("system", "user")


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
    assert figures(release, "composition") == expected
    assert sum(totals) == len(read_rows(release))


def test_configurations_are_what_their_shards_hold(release: Path) -> None:
    rows = rows_of(release)
    assert figures(release, "configs") == [["config", *SPLITS]] + [
        [
            f"`{name}`" + (" (default)" if name == "native+synthetic+translated" else ""),
            *(shown(len(splits.get(split, []))) for split in SPLITS),
        ]
        for name, splits in rows.items()
    ]
    table = [["config", "Cramér's V", *(f"{origin}: mcqu / mcq / oeq" for origin in ORIGINS)]]
    for name, splits in rows.items():
        counts = {
            origin: [
                sum((row["origin"], row["type"]) == (origin, type) for row in splits["train"])
                for type in TYPES
            ]
            for origin in ORIGINS
        }
        cells = [" / ".join(map(shown, types)) if any(types) else "–" for types in counts.values()]
        found = association(list(counts.values()))
        effect = f"{found.v:.2f} ({strength(found.v)})" if found else "–"
        table.append([f"`{name}`", effect, *cells])
    assert figures(release, "confound") == table
    info = {entry["config_name"]: entry["splits"] for entry in header_of(release)["dataset_info"]}
    assert {
        name: {split["name"]: split["num_examples"] for split in splits} for name, splits in info.items()
    } == {name: {split: len(part) for split, part in splits.items()} for name, splits in rows.items()}


def test_header_lists_the_shards_of_the_manifest(release: Path) -> None:
    manifest, header = manifest_of(release), header_of(release)
    assert [entry["config_name"] for entry in header["configs"]] == list(manifest["configs"])
    assert [e["config_name"] for e in header["configs"] if e.get("default")] == [
        "native+synthetic+translated"
    ]
    for entry in header["configs"]:
        config = manifest["configs"][entry["config_name"]]
        assert entry["version"] == manifest["version"]
        # Without the digest datasets would go on serving the rows of an older release.
        assert entry["description"] == f"sha256:{config['digest']}"
        assert {part["split"]: part["path"] for part in entry["data_files"]} == {
            split: part["shards"] for split, part in config["splits"].items()
        }
    sizes = {file["path"]: file["bytes"] for file in manifest["files"]}
    lists = {entry["config_name"]: entry["data_files"] for entry in header["configs"]}
    for entry in header["dataset_info"]:
        for split, part in zip(entry["splits"], lists[entry["config_name"]], strict=True):
            assert split["num_bytes"] == sum(sizes[path] for path in part["path"])
        assert entry["download_size"] == sum(split["num_bytes"] for split in entry["splits"])


def test_every_digest_of_a_configuration_is_its_own(release: Path) -> None:
    digests: dict[str, list[Any]] = {}
    for config in manifest_of(release)["configs"].values():
        # Two configurations share a digest only if they are the same rows.
        digests.setdefault(config["digest"], []).append(config["splits"])
    assert all(splits.count(splits[0]) == len(splits) for splits in digests.values())
    assert len(digests) > 1


def test_sources_ledger_and_licences(release: Path) -> None:
    manifest, rows = manifest_of(release), read_rows(release)
    kept = Counter(row["source"] for row in rows)
    sources, ledger = figures(release, "sources")[1:], figures(release, "ledger")[1:]
    for name, source_row, ledger_row in zip(manifest["sources"], sources, ledger, strict=True):
        path = release / "dropped" / f"{name}.jsonl"
        dropped = len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
        read = kept[name] + dropped
        assert name in source_row[0]
        assert source_row[2:4] == [shown(read), shown(kept[name])]
        assert ledger_row[:3] == [f"`{name}`", shown(read), shown(kept[name])]
        assert ledger_row[3] == (f"choices-distinct {dropped}" if dropped else "–")
    head, terms, *table = figures(release, "licenses")
    assert head == ["config", *sorted({row["license"] for row in rows})]
    assert terms[0] == "*terms*"
    for line, (name, splits) in zip(table, rows_of(release).items(), strict=True):
        counts = Counter(row["license"] for part in splits.values() for row in part)
        assert line == [f"`{name}`", *(shown(counts[license]) for license in head[1:])]


def test_absent_configurations_are_named_with_their_reason(tmp_path: Path) -> None:
    rows = {"native": [question(f"q{n}") for n in range(4)]}
    recipe = write_recipe(tmp_path, rows, study={"controlled": 6}, description="rien que quatre questions")
    card = card_of(build(recipe, tmp_path / "out").release.folder)
    assert "These configurations do not exist in this release:" in card
    assert "- `synthetic`: the release has no synthetic records\n" in card
    assert "- `native-controlled`: native has 4 multiple-choice train rows, 6 are needed\n" in card
    assert "- `native-matched`: the recipe has no study.matched\n" in card
    assert 'load_dataset("medinjection-fr", "native")' in card
    assert "rien que quatre questions" in card
    assert "default" not in header_of(tmp_path / "out")["configs"][0]


def test_citation_is_a_cff_file(release: Path) -> None:
    citation = yaml.safe_load((release / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "dataset"
    assert citation["title"] == "MedInjection-FR"
    assert str(citation["version"]) == manifest_of(release)["version"]
    assert citation["authors"] and citation["message"]


def test_licences_name_every_source_with_its_rows(release: Path) -> None:
    manifest = manifest_of(release)
    text = (release / "LICENSES.md").read_text(encoding="utf-8")
    kept = Counter(row["source"] for row in read_rows(release))
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert len(sections) == len(manifest["sources"])
    for section, (name, source) in zip(sections, manifest["sources"].items(), strict=True):
        assert section.startswith(f"{source['facts']['title']} (`{name}`)\n")
        assert f"- Licence: {source['facts']['license']}" in section
        assert f"- Rows in this release: {kept[name]}\n" in section
        assert f"- Citation: {source['facts']['citation']}" in section


def test_two_licences_are_other(tmp_path: Path) -> None:
    catalogue = {
        "our-native": source_facts("native"),
        "our-synthetic": source_facts("synthetic", license="CC-BY-NC-4.0", redistributable=False),
    }
    rows = {origin: [question(origin)] for origin in ("native", "synthetic")}
    folder = build(write_recipe(tmp_path, rows, catalogue=catalogue), tmp_path / "out").release.folder
    header = header_of(folder)
    assert (header["license"], header["license_name"]) == ("other", "several-one-per-row")
    assert (folder / header["license_link"]).is_file()
    assert "**not allowed as far as is known**" in (folder / "LICENSES.md").read_text(encoding="utf-8")
    head, terms, *table = figures(folder, "licenses")
    assert head == ["config", "CC-BY-4.0", "CC-BY-NC-4.0"]
    assert terms == ["*terms*", "at most attribution", "non-commercial"]
    assert ["`native+synthetic`", "1", "1"] in table


def test_table_survives_the_way_there_and_back() -> None:
    rows = [["a", "b"], ["x", "1,234"], ["y z", "–"]]
    text = markdown_table(rows)
    assert text.splitlines()[1] == "| --- | ---: |"
    assert read_figures(f"<!-- figures: t -->\n{text}\n<!-- end of figures -->", "t") == rows


@pytest.mark.parametrize("card", ["", "# No header\n", "---\nnever ended: 1\n", "---\n[}\n---\n"])
def test_card_without_a_header(card: str) -> None:
    assert read_front_matter(card) is None
    assert read_figures(card, "composition") is None


def test_text_of_a_catalogue_entry_cannot_break_a_table(tmp_path: Path) -> None:
    catalogue = {"our-native": source_facts("native", title="Cas | cliniques\n  de Lyon <b>")}
    rows = {"native": [question("q")]}
    folder = build(write_recipe(tmp_path, rows, catalogue=catalogue), tmp_path / "out").release.folder
    (head, row) = figures(folder, "sources")
    assert row[0] == "Cas | cliniques de Lyon &lt;b> (`our-native`)"
    assert len(row) == len(head)
    assert verify(folder) == []


def test_lengths_tasks_and_models_are_those_of_the_rows(release: Path) -> None:
    rows = read_rows(release)
    tasks = sorted(Counter(row["task"] for row in rows).items(), key=lambda item: (-item[1], item[0]))
    assert figures(release, "tasks") == [["task", "rows"], *([task, shown(n)] for task, n in tasks)]
    lengths: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        texts = {"instruction": row["instruction"], "context": row["context"]}
        texts["answer" if row["type"] == "oeq" else "options"] = (
            row["answer"] if row["type"] == "oeq" else "".join(row["choices"])
        )
        for name, text in texts.items():
            if text:
                lengths.setdefault((name, row["origin"]), []).append(len(text))
    for name, origin, *numbers in figures(release, "lengths")[1:]:
        ordered = sorted(lengths.pop((name, origin)))
        at_most = [ordered[-(-len(ordered) * percent // 100) - 1] for percent in (50, 95, 100)]
        assert numbers == [shown(number) for number in (len(ordered), *at_most)]
    assert not lengths
    models = Counter((row["source"], row["generator"]) for row in rows if row["generator"])
    expected = [[f"`{source}`", f"`{name}` {shown(n)}"] for (source, name), n in sorted(models.items())]
    assert [row[:2] for row in figures(release, "generators")[1:]] == expected


def test_what_rows_were_made_from_is_named_if_the_recipe_has_it(tmp_path: Path) -> None:
    rows = {
        "native": [question("q1"), question("q2")],
        "synthetic": [
            question("s1", derived_from="our-native/q1"),
            question("s2", derived_from="our-native/q2"),
            question("s3", derived_from="elsewhere/7"),
        ],
    }
    folder = build(write_recipe(tmp_path, rows), tmp_path / "out").release.folder
    assert figures(folder, "generators")[1:] == [
        ["`our-synthetic`", "`our-model@1` 3", "other 1, our-native 2"]
    ]


CURATED = {
    "native": [
        question("test", split="test"),
        question("leak", instruction="Que répondez-vous à la question test?"),
        question("one", instruction="Quelle est la dose maximale ?"),
        question("other", instruction="Quelle est la dose maximale ?", answer="C"),
    ]
}


def test_curation_and_what_it_found_are_told(tmp_path: Path) -> None:
    folder = build(
        write_recipe(tmp_path, CURATED, curate={"language": False}), tmp_path / "out"
    ).release.folder
    card = card_of(folder)
    assert "Then, in this release:" in card and "was not curated" not in card
    assert "not in French were dropped" not in card
    assert "leaks from a later split" in card
    assert "Leaks between splits that were found and removed: 1." in card
    assert figures(folder, "repeats")[1:] == [
        ["conflict", "–", "–", "train", "2"],
        ["leak", "typography", "–", "test", "1"],
    ]
    assert "Rows with the flag `privacy-finding`: 0." in card


def test_what_was_not_searched_for_is_not_said_to_be_absent(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, CURATED, curate={"language": False, "leaks": False, "conflicts": "keep"})
    card = card_of(build(recipe, tmp_path / "out").release.folder)
    assert "Leaks between splits were not searched for" in card and "leaks from a later" not in card
    assert "all sides were kept" in card


def test_release_that_was_not_curated_says_so(sample_release: Path) -> None:
    card = card_of(sample_release)
    assert "**This release was not curated further**" in card
    assert "**Personal data were not searched for in this release.**" in card
    assert "Leaks between splits were not searched for" in card


PUBLICATION = {
    "repository": "our-lab/medinjection-fr",
    "doi": "10.5281/zenodo.1234567",
    "authors": ['Our "laboratory": # 7', "É. Exemple"],
    "contact": "nous@exemple.fr",
}
CHANGELOG = [
    {"version": "0.9.0", "date": "2026-01-31", "changes": ["First try."]},
    {"version": "1.0.0", "date": "2026-02-28", "changes": ["More <rows>.", "Fewer mistakes."]},
]


def test_publication_and_changelog_are_told(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, {"native": [question("q")]}, publication=PUBLICATION, changelog=CHANGELOG)
    folder = build(recipe, tmp_path / "out").release.folder
    card = card_of(folder)
    assert 'load_dataset("our-lab/medinjection-fr", "native", revision="v1.0.0")' in card
    assert "https://huggingface.co/datasets/our-lab/medinjection-fr" in card
    assert "- **Version:** 1.0.0, published 2026-02-28\n" in card
    assert card.index("**1.0.0** (2026-02-28)") < card.index("**0.9.0** (2026-01-31)")
    assert "- More &lt;rows>.\n- Fewer mistakes.\n" in card
    assert card.rstrip().endswith("nous@exemple.fr")
    citation = yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))
    assert [author["name"] for author in citation["authors"]] == PUBLICATION["authors"]
    assert citation["doi"] == PUBLICATION["doi"]
    assert citation["date-released"] == "2026-02-28"
    assert "doi = {10.5281/zenodo.1234567}" in card and "year = {2026}" in card
    assert verify(folder) == []


def test_what_is_not_known_is_left_out(tiny_release: Path) -> None:
    card, citation = card_of(tiny_release), (tiny_release / "CITATION.cff").read_text(encoding="utf-8")
    for word in (
        "published 20",
        "**Repository:**",
        "## Changelog",
        "Withdrawn",
        "Contact",
        "doi",
        "](figures/",
    ):
        assert word not in card
    assert not {"doi", "url", "date-released"} & yaml.safe_load(citation).keys()


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (571_436, "100K<n<1M"), (10**9 - 1, "100M<n<1B")],
)
def test_size_categories_are_those_of_the_hub(rows: int, category: str) -> None:
    assert size_category(rows) == category


@pytest.mark.parametrize(
    ("license", "expected"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("ODbL-1.0", {"license": "odbl"}),
        ("LicenseRef-Ours", {"license": "other", "license_name": "licenseref-ours"}),
        ("CC-BY-SA-2.0", {"license": "other", "license_name": "cc-by-sa-2.0"}),
    ],
)
def test_a_single_licence_has_the_name_that_the_hub_knows(
    tmp_path: Path, license: str, expected: dict[str, str]
) -> None:
    catalogue = {"our-native": source_facts("native", license=license)}
    recipe = write_recipe(tmp_path, {"native": [question("q")]}, catalogue=catalogue)
    header = header_of(build(recipe, tmp_path / "out").release.folder)
    assert {key: header[key] for key in expected} == expected
    assert ("license_link" in header) == ("license_name" in expected)


def test_creators_languages_and_source_datasets_come_from_the_catalogue(tmp_path: Path) -> None:
    catalogue = {
        "our-native": source_facts(
            "native",
            languages=["fr", "en"],
            annotations_creators=["expert-generated"],
            location={"kind": "hub", "repository": "our-lab/cases", "revision": "0123456789abcdef"},
        ),
        "our-synthetic": source_facts("synthetic"),
    }
    rows = {origin: [question(origin)] for origin in ("native", "synthetic")}
    folder = build(write_recipe(tmp_path, rows, catalogue=catalogue), tmp_path / "out").release.folder
    header = header_of(folder)
    assert header["language"] == ["fr", "en"] and header["multilinguality"] == ["multilingual"]
    assert header["annotations_creators"] == ["expert-generated", "machine-generated"]
    assert header["language_creators"] == ["found", "machine-generated"]
    assert header["source_datasets"] == ["our-lab/cases", "extended|other-our-synthetic"]
    link = "[our-lab/cases@0123456789ab](https://huggingface.co/datasets/our-lab/cases/tree/0123456789abcdef)"
    assert figures(folder, "sources")[1][4] == link
