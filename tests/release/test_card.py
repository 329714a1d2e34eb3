"""The card's text, and licences and citation beside it: what is known is told, and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from cards import CHANGELOG, PUBLICATION, card_of, figures_of, header_of
from recipes import built, question
from releases import manifest_of, read_rows

from medinjection_fr.record import COLUMNS
from medinjection_fr.release.verify import verify

HEADINGS = """\
## Dataset Details
### Dataset Description
### Dataset Sources
## Uses
### Direct Use
### Out-of-Scope Use
### How to load it
## Dataset Structure
### Configurations
### Type and provenance of the train rows
### Columns
### Tasks
### Lengths of the texts
## Dataset Creation
### Curation Rationale
### Source Data
#### Data Collection and Processing
#### Who are the source data producers?
### What was read and not kept
### Annotations
#### Personal and Sensitive Information
### How this release was made
## Licences
## Bias, Risks, and Limitations
### Recommendations
## Citation
## Changelog
## Glossary""".splitlines()


def test_structure_of_the_sample_card(sample_release: Path) -> None:
    card = card_of(sample_release)
    assert re.findall(r"^##+ .*", card, re.MULTILINE) == HEADINGS
    names = re.findall(r"<!-- figures: (.*) -->", card)
    assert names == [
        *("glance", "composition", "configs", "confound", "tasks", "lengths", "sources", "generators"),
        *("ledger", "made-with", "licenses"),
    ]
    columns = card.split("### Columns")[1].split("##")[0]
    assert re.findall(r"^\| `(\w+)` \|", columns, re.MULTILINE) == list(COLUMNS)
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


def test_python_of_the_card_runs(sample_release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sample_release.parent)
    blocks = re.findall(r"```python\n(.*?)```", card_of(sample_release), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        scope: dict[str, Any] = {}
        exec(block, scope)
    assert scope["conversations"][0]["messages"][0]["role"] in ("system", "user")


def test_absent_configurations_are_named_with_their_reason(tmp_path: Path) -> None:
    rows = {"native": [question(f"q{n}") for n in range(4)]}
    folder = built(tmp_path, rows, study={"controlled": 6}, description="rien que quatre questions").folder
    card = card_of(folder)
    assert "These configurations do not exist in this release:" in card
    assert "- `synthetic`: the release has no synthetic records\n" in card
    assert "- `native-controlled`: native has 4 multiple-choice train rows, 6 are needed\n" in card
    assert "- `native-matched`: the recipe has no study.matched\n" in card
    assert 'load_dataset("medinjection-fr", "native")' in card
    assert "rien que quatre questions" in card
    assert "default" not in header_of(folder)["configs"][0]


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


CURATED = {
    "native": [
        question("test", split="test"),
        question("leak", instruction="Que répondez-vous à la question test?"),
        question("one", instruction="Quelle est la dose maximale ?"),
        question("other", instruction="Quelle est la dose maximale ?", answer="C"),
    ]
}


def test_curation_and_what_it_found_are_told(tmp_path: Path) -> None:
    folder = built(tmp_path, CURATED, curate={"language": False}).folder
    card = card_of(folder)
    assert "Then, in this release:" in card and "was not curated" not in card
    assert "not in French were dropped" not in card
    assert "leaks from a later split" in card
    assert "Leaks between splits that were found and removed: 1." in card
    assert figures_of(folder, "repeats")[1:] == [
        ["conflict", "–", "–", "train", "2"],
        ["leak", "typography", "–", "test", "1"],
    ]
    assert "Rows with the flag `privacy-finding`: 0." in card


def test_what_was_not_searched_for_is_not_said_to_be_absent(tmp_path: Path) -> None:
    steps = {"language": False, "leaks": False, "conflicts": "keep"}
    card = card_of(built(tmp_path, CURATED, curate=steps).folder)
    assert "Leaks between splits were not searched for" in card and "leaks from a later" not in card
    assert "all sides were kept" in card


def test_release_that_was_not_curated_says_so(sample_release: Path) -> None:
    card = card_of(sample_release)
    assert "**This release was not curated further**" in card
    assert "**Personal data were not searched for in this release.**" in card
    assert "Leaks between splits were not searched for" in card


def test_publication_and_changelog_are_told(tmp_path: Path) -> None:
    rows = {"native": [question("q")]}
    folder = built(tmp_path, rows, publication=PUBLICATION, changelog=CHANGELOG).folder
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
    absent = ("published 20", "**Repository:**", "## Changelog", "Withdrawn", "Contact", "doi", "](figures/")
    assert [word for word in absent if word in card] == []
    assert not {"doi", "url", "date-released"} & yaml.safe_load(citation).keys()
