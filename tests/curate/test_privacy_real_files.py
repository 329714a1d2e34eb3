"""Personal data in real files. Every finding in them was read, and is true.

They are patients behind letters, two researchers whom an abstract names, and a child's date of birth (in two copies
of one article).
"""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from privacy_cases import every_search

from medinjection_fr.curate.privacy import scan_text


def test_frenchmedmcqa(data: Path) -> None:
    texts = [
        text
        for name in ("train", "dev", "test")
        for question in json.loads((data / f"frenchmedmcqa/{name}.json").read_text("utf-8"))
        for text in (question["question"], *question["answers"].values())
    ]
    assert counts(texts) == {"initialled-person": 11}


def test_morfitt(data: Path) -> None:
    lines = [
        line
        for name in ("train", "dev", "test")
        for line in (data / f"morfitt/{name}.tsv").read_text("utf-8").split("\n")[1:]
    ]
    assert counts(lines) == {"named-person": 2}


def test_e3c(data: Path) -> None:
    folder = data / "e3c-fr"
    cases = [json.loads(path.read_text("utf-8"))["text"] for path in sorted(folder.glob("layer[12]/*.json"))]
    assert counts(cases) == {"initialled-person": 46}
    articles = counts(packed(folder / "layer3_journal_pubmed_all.tar.gz"))
    assert articles == {"initialled-person": 396, "birth-date": 2}
    assert counts(packed(folder / "layer3_leaflets_every60th_pair.tar.gz")) == {}


def test_sample() -> None:
    folder = files("medinjection_fr") / "sample"
    texts = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".jsonl")]
    assert texts
    assert counts(texts) == {}


def packed(path: Path) -> Iterator[str]:
    with tarfile.open(path) as archive:
        for member in archive:
            if (content := archive.extractfile(member)) is not None:
                yield json.load(content)["text"]


def counts(texts: Iterable[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in texts:
        spans = scan_text(text)
        assert spans == every_search(text)
        found.update(kind for kind, _, _ in spans)
    return found
