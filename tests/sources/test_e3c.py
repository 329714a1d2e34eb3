"""E3C: documents of ours in its format, as files and in an archive, and its real files."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes
from whole_files import EMPTY, MIS_ENCODED, check_refusal, cut, whole

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile, Refused
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.e3c import SPLIT_LIST, find_files, read

SOURCE = load_catalogue()["e3c-fr"]
FIXTURE = Path(__file__).with_name("fixtures") / "e3c-fr"
DOCUMENT = json.loads((FIXTURE / "layer2" / "FR100003.json").read_text(encoding="utf-8"))
GONE = object()


def outcomes(folder: Path) -> dict[str, Any]:
    return {
        f"{file.name}{f'#{number}' if number > 1 else ''}": row
        for file in find_files(folder, SOURCE)
        for number, row in enumerate(read_outcomes(file.path, SOURCE, file.split, file.name), 1)
    }


def pack(archive: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def test_fixture() -> None:
    read = outcomes(FIXTURE)
    assert {name: (row["split"], row["kind"], row["license"]) for name, row in read.items()} == {
        "layer1/FR100001.json": ("train", "clinical-case", "CC-BY-4.0"),
        "layer1/FR100002.json": ("test", "clinical-case", "CC-BY-4.0"),
        "layer2/FR100003.json": ("train", "clinical-case", "CC-BY-4.0"),
        "layer3/EN101001.json": ("train", "clinical-case", "CC-BY-4.0"),
        "layer3/EN101003.json": ("train", "leaflet", "CC-BY-NC-4.0"),
        "layer3/EN101004.json": ("train", "other", "LicenseRef-Licence-Ouverte-2.0"),
        "layer3/FR101001.json": ("train", "clinical-case", "CC-BY-4.0"),
        "layer3/FR101002.json": ("train", "abstract", "CC-BY-4.0"),
        "layer3/FR101003.json": ("train", "leaflet", "CC-BY-NC-4.0"),
    }
    assert read["layer1/FR100001.json"] == read["layer1/FR100001.json"] | {
        "source": "e3c-fr",
        "source_id": "FR100001",
        "group_id": "e3c-fr/100001",
        "language": "fr",
        "title": None,
        "subject": None,
    }
    assert "\n" in read["layer1/FR100001.json"]["text"]


def test_twins_are_one_document_in_one_group() -> None:
    read = outcomes(FIXTURE)
    for stem in ("101001", "101003"):
        english, french = (read[f"layer3/{prefix}{stem}.json"] for prefix in ("EN", "FR"))
        assert english["id"] == french["id"]
        assert english["group_id"] == french["group_id"] == f"e3c-fr/{stem}"
        assert english["source_id"] != french["source_id"]


def test_the_archive_gives_what_the_folder_gives(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(FIXTURE, copy)
    unpacked = outcomes(copy)
    members = {f"layer3/{path.name}": path.read_bytes() for path in sorted((copy / "layer3").iterdir())}
    pack(copy / "layer3_all.tar.gz", {**members, "layer3/readme.txt": b"Not a document"})
    assert outcomes(copy) == unpacked  # unpacked files come before the archive
    shutil.rmtree(copy / "layer3")
    packed = outcomes(copy)
    assert list(packed.values()) == list(unpacked.values())
    assert "layer3_all.tar.gz#6" in packed


def test_a_long_leaflet_is_kept_whole(tmp_path: Path) -> None:
    text = "Ne prenez jamais ce médicament inventé.\n" * 1_000
    path = tmp_path / "FR101003.json"
    path.write_text(json.dumps({**DOCUMENT, "text": text}), encoding="utf-8")
    (row,) = read_outcomes(path, SOURCE)
    assert row["text"] == text.strip()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        *[({key: GONE}, "record-unreadable") for key in ("id", "text", "licence", "type", "language")],
        ({"language": "en"}, "record-unreadable"),
        ({"language": None}, "record-unreadable"),
        ({"text": " "}, "document-empty"),
        ({"text": None}, "field-type"),
        ({"text": "Une h\ufffdpatite."}, "text-replacement-character"),
        ({"id": 17}, "field-type"),
    ],
)
def test_refused(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    path = tmp_path / "FR100003.json"
    document = {key: value for key, value in {**DOCUMENT, **changes}.items() if value is not GONE}
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read_outcomes(path, SOURCE) == [rule]


@pytest.mark.parametrize(
    ("stated", "license"),
    [
        ("CC BY 4.0", "CC-BY-4.0"),
        ("CC BY", "CC-BY-4.0"),
        ("CC-BY-NC", "CC-BY-NC-4.0"),
        ("cc by-nc-sa 4.0", "CC-BY-NC-SA-4.0"),
        ("CC BY 9.9 (éditeur)", "LicenseRef-CC-BY-9.9-diteur"),
        ("…", "LicenseRef-unreadable"),
        ("", "CC-BY-NC-4.0"),
        (None, "CC-BY-NC-4.0"),
    ],
)
def test_licences(stated: str | None, license: str, tmp_path: Path) -> None:
    path = tmp_path / "FR100003.json"
    path.write_text(json.dumps({**DOCUMENT, "licence": stated}), encoding="utf-8")
    (row,) = read_outcomes(path, SOURCE)
    assert row["license"] == license


def test_a_broken_member_of_an_archive_is_a_refused_record(tmp_path: Path) -> None:
    whole = json.dumps(DOCUMENT).encode()
    members = {"FR1.json": whole[:50], "FR2.json": b'{"id": "\xe9"}', "FR3.json": b"[]", "FR4.json": whole}
    pack(tmp_path / "layer3.tar.gz", {f"layer3/{name}": content for name, content in members.items()})
    *refused, kept = read(InputFile(tmp_path / "layer3.tar.gz", "layer3.tar.gz", "train"), SOURCE)
    assert [item[:3] for item in refused if isinstance(item, Refused)] == [
        (number, f"FR{number}", "record-unreadable") for number in (1, 2, 3)
    ]
    assert kept[0] == 4


def test_an_archive_that_is_unsafe_or_cut(tmp_path: Path) -> None:
    def said() -> str:
        with pytest.raises(InputError) as caught:
            list(read(InputFile(archive, archive.name, "train"), SOURCE))
        return str(caught.value)

    archive = tmp_path / "layer3.tar.gz"
    pack(archive, {"../layer3/FR1.json": b"{}"})
    assert "leaves the target" in said()
    pack(archive, {"layer3/FR1.xml": b"<a/>"})
    assert "holds no .json file" in said()
    pack(archive, {"layer3/FR1.json": json.dumps(DOCUMENT).encode() * 50})
    archive.write_bytes(archive.read_bytes()[:100])
    assert str(archive) in said()


def test_without_the_list_of_the_split(tmp_path: Path) -> None:
    shutil.copytree(FIXTURE / "layer1", tmp_path / "layer1")
    shutil.copytree(FIXTURE / "layer2", tmp_path / "layer2")
    with pytest.raises(InputError, match="no such file"):
        find_files(tmp_path, SOURCE)
    (tmp_path / "documentation").mkdir()
    (tmp_path / SPLIT_LIST).write_text("ITALIAN\n'IT100002'\n")
    with pytest.raises(InputError, match="names no French document"):
        find_files(tmp_path, SOURCE)


def test_every_absent_layer_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_files(tmp_path, SOURCE)
    assert [p.what.split(" for ")[0].rpartition("/layer")[2] for p in caught.value.problems] == [
        "1/*.json",
        "2/*.json",
    ]


DAMAGES = {
    **EMPTY,
    **MIS_ENCODED,
    **cut(b'"text"'),
    "an array": whole(b'[{"id": "FR100003"}]'),
    "another format": whole(b"id,text\n"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whole_file(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, "layer2/FR100003.json", damage, tmp_path)


def test_real_files(data: Path) -> None:
    read = outcomes(data / "e3c-fr")
    assert not [row for row in read.values() if isinstance(row, str)]
    assert Counter(name.split("/")[0].split("#")[0] for name in read) == {
        "layer1": 81,
        "layer2": 168,
        "layer3_journal_pubmed_all.tar.gz": 1520,
        "layer3_leaflets_every60th_pair.tar.gz": 404,
    }
    assert Counter(row["kind"] for row in read.values()) == {
        "clinical-case": 249 + 1436,
        "abstract": 84,
        "leaflet": 404,
    }
    assert Counter(row["license"] for row in read.values()) == {"CC-BY-4.0": 1769, "CC-BY-NC-4.0": 404}
    layer1 = [row for name, row in read.items() if name.startswith("layer1")]
    assert Counter(row["split"] for row in layer1) == {"train": 36, "test": 45}
    layer3 = [row for name, row in read.items() if name.startswith("layer3_journal")]
    assert len({row["id"] for row in layer3}) == 758
    assert set(Counter(row["group_id"] for row in layer3).values()) == {2}
    assert len({row["group_id"] for row in read.values()}) == 249 + 760 + 202
    leaflets = [len(row["text"]) for row in read.values() if row["kind"] == "leaflet"]
    assert max(leaflets) > 40_000
