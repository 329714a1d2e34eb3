"""Vectors in files: once for each text and encoder, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import filelock
import numpy as np
import pytest
from damage import copy_of, flip
from releases import contents, shard_paths

from medinjection_fr.curate.encoders import open_encoder
from medinjection_fr.curate.questions import read_later_splits
from medinjection_fr.curate.vectors import (
    Piece,
    encoded_text,
    open_vectors,
    pieces_of_questions,
    pieces_of_release,
)
from medinjection_fr.engine import Local
from medinjection_fr.errors import InputError
from medinjection_fr.record import SPLITS
from medinjection_fr.release.manifest import read_release
from medinjection_fr.whole import unfinished_name

MODEL = "usem3"


def pieces_of(folder: Path) -> list[Piece]:
    return pieces_of_release(read_release(folder), {*SPLITS})


def encode(folder: Path, pieces: list[Piece], jobs: int = 1) -> dict[str, bytes]:
    with open_vectors(folder, MODEL) as vectors:
        vectors.encode(pieces, Local(jobs))
    return contents(folder)


def test_the_text_that_is_encoded() -> None:
    record = {"context": "Un cas.", "instruction": "Lequel ?", "choices": ["un", "deux"], "answer": "A"}
    assert encoded_text(record) == "Lequel ?\nun\ndeux\nUn cas."
    assert encoded_text({**record, "context": "", "choices": []}) == "Lequel ?"
    assert encoded_text({**record, "choices": ["ACIDE FOLIQUE", "VIH", "L'ADN"]}) == (
        "Lequel ?\nacide folique\nVIH\nL'ADN\nUn cas."
    )


def test_each_row_has_its_vector(tiny_release: Path, tmp_path: Path) -> None:
    pieces = pieces_of(tiny_release)
    assert [piece.first for piece in pieces] == np.cumsum([0, *(p.size for p in pieces)])[:-1].tolist()
    with open_vectors(tmp_path / "vectors", MODEL) as vectors:
        vectors.encode(pieces, Local())
        for piece in pieces:
            texts = [text for some in piece.read() for text in some]
            assert vectors.of(piece) == pytest.approx(open_encoder(MODEL).encode(texts).vectors, abs=1e-5)
        assert vectors.count_cut(pieces) == 0


def test_questions_of_two_splits_are_in_two_pieces(tiny_release: Path) -> None:
    questions = read_later_splits(read_release(tiny_release)).questions
    pieces = pieces_of_questions(questions)
    assert [(piece.split, piece.first, piece.size) for piece in pieces] == [
        ("validation", 0, 3),
        ("test", 3, 6),
    ]
    texts = [text for piece in pieces for some in piece.read() for text in some]
    assert texts == [encoded_text(question.texts) for question in questions]


def test_processes_do_not_matter(tiny_release: Path, tmp_path: Path) -> None:
    pieces = pieces_of(tiny_release)
    assert encode(tmp_path / "one", pieces) == encode(tmp_path / "two", pieces, jobs=2)


def test_what_is_there_is_not_encoded_again(tiny_release: Path, tmp_path: Path) -> None:
    pieces = pieces_of(tiny_release)
    folder = tmp_path / "vectors"
    whole = encode(folder, pieces)
    first, second = sorted(path for path in folder.iterdir() if path.is_dir())[:2]
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.npy")}
    # As a killed run leaves it: one piece not begun, one half-written under its other name.
    for path in first, second:
        for file in path.iterdir():
            file.write_bytes(file.read_bytes()[:100])
    second.rename(unfinished_name(second))
    for file in first.iterdir():
        file.unlink()
    first.rmdir()
    assert encode(folder, pieces) == whole
    again = {path for path in folder.rglob("*.npy") if path.stat().st_mtime_ns != times[path]}
    assert {path.parent for path in again} == {first, second}


def test_another_text_has_another_place(tmp_path: Path) -> None:
    one, other = (Piece(0, 1, "test", digest, None, [text]) for digest, text in (("a", "Oui"), ("b", "Non")))
    with open_vectors(tmp_path, MODEL) as vectors:
        vectors.encode([one], Local())
        vectors.encode([other], Local())
        assert not np.array_equal(vectors.of(one), vectors.of(other))


def test_a_damaged_shard(tiny_release: Path, tmp_path: Path) -> None:
    damaged = copy_of(tiny_release, tmp_path)
    path = damaged / shard_paths(damaged)[0]
    flip(path, 4)
    with pytest.raises(InputError, match="is not a whole shard") as raised:
        encode(tmp_path / "vectors", pieces_of(damaged))
    assert [problem.where for problem in raised.value.problems] == [str(path)]


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is a file; expected a folder"), open_vectors(path, MODEL):
        pass
    assert path.read_text(encoding="utf-8") == "mine"


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with (
        filelock.FileLock(tmp_path / "lock"),
        pytest.raises(InputError, match="another process is writing vectors here"),
        open_vectors(tmp_path, MODEL),
    ):
        pass
