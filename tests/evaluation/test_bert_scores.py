from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("bert_score", reason="comes with the extra `evaluate`")

from evaluation.text_scores import bert_scores
from medinjection_fr.errors import InputError

WORDS = "la douleur fièvre péricardite aiguë est une de 60 6 mg toux".split()


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of random weights that knows a dozen words."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(known), encoding="utf-8")
    tokenizer = BertTokenizerFast(
        vocab=str(folder / "vocab.txt"), do_lower_case=False, strip_accents=False, model_max_length=64
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(known), max_position_embeddings=64, **shape)).save_pretrained(folder)
    return folder


def test_the_same_text_has_all_and_an_empty_one_nothing(encoder: Path) -> None:
    reference = "la péricardite aiguë est une douleur"
    scores, signature = bert_scores([reference, "60 mg de fièvre", ""], [reference] * 3, encoder, 2)
    assert scores[0] == pytest.approx(100, abs=1e-3)
    assert 0 < scores[1] < 99 and scores[2] == 0
    assert "layer 2" in signature and encoder.name in signature


def test_nothing_is_downloaded(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no model"):
        bert_scores(["a"], ["b"], tmp_path, 1)
