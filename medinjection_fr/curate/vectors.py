"""Vectors of many texts, in files: computed piece by piece in any process, and only once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import filelock
import numpy as np
from numpy.typing import NDArray

from medinjection_fr.curate.encoders import fingerprint, open_encoder
from medinjection_fr.curate.questions import Question
from medinjection_fr.engine import IN_THIS_PROCESS, Engine
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.processes import Count, raise_mistakes
from medinjection_fr.release.digests import digest_json
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.shards import read_rows
from medinjection_fr.version import __version__
from medinjection_fr.whole import remove_unfinished, whole_folder

_QUESTIONS_PER_PIECE = 4_096
_TEXTS_AT_ONCE = 1_000


class Piece(NamedTuple):
    """Texts that are encoded together: those of a shard, or of some questions.

    Attributes:
        first: Number of its first text.
        size: Number of its texts.
        split: Their split, or ``benchmark``.
        content: Digest of the texts.
        path: The shard, or ``None``.
        texts: The texts, if they are of no shard.
    """

    first: int
    size: int
    split: str
    content: str
    path: Path | None
    texts: Sequence[str]

    def read(self) -> Iterator[list[str]]:
        """Yields the texts, some at a time.

        Raises:
            InputError: The shard is damaged.
        """
        if self.path is not None:
            for rows in read_rows(self.path):
                yield [encoded_text(row) for row in rows]
        else:
            for first in range(0, self.size, _TEXTS_AT_ONCE):
                yield list(self.texts[first : first + _TEXTS_AT_ONCE])


def encoded_text(record: Mapping[str, Any]) -> str:
    """Question, options and context: an encoder that cuts a long text leaves out the context's end.

    What is all in capitals is put in small letters: to an encoder capitals are other words.
    """
    parts = [record["instruction"], *record["choices"], record["context"]]
    return "\n".join(part.lower() if part.isupper() and " " in part else part for part in parts if part)


def pieces_of_release(release: Release, splits: set[str]) -> list[Piece]:
    """A piece for each shard of the splits."""
    pieces: list[Piece] = []
    for shard in release.shards:
        if shard.cell.split in splits:
            first = pieces[-1].first + pieces[-1].size if pieces else 0
            content = release.files[shard.path]["sha256"]
            path = release.folder / shard.path
            pieces.append(Piece(first, shard.rows, shard.cell.split, content, path, ()))
    return pieces


def pieces_of_questions(questions: Sequence[Question]) -> list[Piece]:
    """Pieces of some thousand questions; questions of two splits are in two pieces."""
    pieces: list[Piece] = []
    first = 0
    for split, group in groupby(questions, key=lambda question: question.split):
        texts = [encoded_text(question.texts) for question in group]
        for start in range(0, len(texts), _QUESTIONS_PER_PIECE):
            own = texts[start : start + _QUESTIONS_PER_PIECE]
            pieces.append(Piece(first, len(own), split, digest_json(own), None, own))
            first += len(own)
    return pieces


@dataclass(frozen=True)
class Vectors:
    """Vectors of one encoder in a folder.

    Attributes:
        folder: A folder for each piece; it exists only when it is whole.
        model: The encoder (see ``encoders.open_encoder``).
        fingerprint: Tells it from others.
    """

    folder: Path
    model: str
    fingerprint: str

    def encode(self, pieces: Sequence[Piece], engine: Engine) -> None:
        """Encodes the pieces that are not there yet.

        Raises:
            InputError: A shard is damaged.
        """
        missing = [piece for piece in pieces if not self._place(piece).exists()]
        engine = engine if open_encoder(self.model).in_processes else IN_THIS_PROCESS
        raise_mistakes(engine.run(partial(_encode_piece, self), missing, "encoding", self.folder))

    def of(self, piece: Piece) -> NDArray[np.float32]:
        """The vectors of an encoded piece, of shape ``(size, dimensions)``, mapped from their file."""
        vectors: NDArray[np.float32] = np.load(self._place(piece) / "vectors.npy", mmap_mode="r")
        return vectors

    def count_cut(self, pieces: Sequence[Piece]) -> int:
        """How many texts of encoded pieces were longer than the encoder takes."""
        return sum(int(np.load(self._place(piece) / "cut.npy").sum()) for piece in pieces)

    def _place(self, piece: Piece) -> Path:
        return self.folder / digest_json([__version__, self.fingerprint, piece.content])[:32]

    def write(self, piece: Piece, count: Count) -> None:
        """Encodes a piece into its folder."""
        with whole_folder(self._place(piece)) as unfinished:
            self._write(piece, unfinished, count)

    def _write(self, piece: Piece, folder: Path, count: Count) -> None:
        encoder, cut, done = open_encoder(self.model), np.zeros(piece.size, bool), 0
        vectors: Any = None
        for texts in piece.read():
            encoded = encoder.encode(texts)
            if vectors is None:
                shape = (piece.size, encoded.vectors.shape[1])
                path = folder / "vectors.npy"
                vectors = np.lib.format.open_memmap(path, "w+", np.float32, shape)
            vectors[done : done + len(texts)] = encoded.vectors
            cut[done : done + len(texts)] = encoded.cut
            done += len(texts)
            count(len(texts))
        vectors.flush()
        np.save(folder / "cut.npy", cut)


def _encode_piece(vectors: Vectors, piece: Piece, count: Count) -> None:
    vectors.write(piece, count)


@contextmanager
def open_vectors(folder: Path, model: str) -> Iterator[Vectors]:
    """Opens a folder of vectors, for one process at a time.

    Raises:
        InputError: The encoder is not there, the folder is a file, or another process uses it.
    """
    encoder = open_encoder(model)
    if folder.exists() and not folder.is_dir():
        raise InputError(Problem(str(folder), "is a file", "a folder", "Give another --vectors"))
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        what = "another process is writing vectors here"
        raise InputError(Problem(str(folder), what, mend="Wait for it, or give another --vectors")) from None
    try:
        remove_unfinished(folder)
        yield Vectors(folder, model, fingerprint(encoder))
    finally:
        lock.release()
