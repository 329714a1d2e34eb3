"""Scores of open answers against a reference, each with the signature of what computed it.

No tokenizer here drops accents: ROUGE's own splits "œdème" at every letter that is not ASCII, and is
replaced. METEOR has a French stemmer and no synonyms, since WordNet's are English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[%<>≤≥±µ°]")
Scores = dict[str, list[float]]


@dataclass(frozen=True)
class TextScores:
    """Scores of many answers.

    Attributes:
        each: By name, one score from 0 to 100 per answer.
        corpus: By name, one score over all answers, where the score is defined so.
        signatures: By name, what computed it.
    """

    each: Scores
    corpus: dict[str, float]
    signatures: dict[str, str]


def french_words(text: str) -> list[str]:
    """Words in small letters with their accents, numbers whole ("0,5"), signs of quantity; no elisions.

    "L'œdème de 0,5 cm" → ``["l", "œdème", "de", "0,5", "cm"]``.
    """
    return _WORD.findall(text.casefold())


def score_texts(answers: Sequence[str], references: Sequence[str]) -> TextScores:
    """BLEU, chrF++, ROUGE and METEOR of answers against one reference each.

    An empty answer has 0 in every score.

    Args:
        answers: The models' texts.
        references: As many, none of them empty.
    """
    each, corpus, signatures = _sacrebleu(answers, references)
    for scores, signature in (_rouge(answers, references), _meteor(answers, references)):
        each |= scores
        signatures |= dict.fromkeys(scores, signature)
    return TextScores(each, corpus, signatures)


def _sacrebleu(
    answers: Sequence[str], references: Sequence[str]
) -> tuple[Scores, dict[str, float], dict[str, str]]:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    each: Scores = {}
    corpus: dict[str, float] = {}
    signatures: dict[str, str] = {}
    for name, whole, single in (
        ("bleu", BLEU(), BLEU(effective_order=True)),
        ("chrf", CHRF(word_order=2), CHRF(word_order=2)),
    ):
        corpus[name] = whole.corpus_score(answers, [references]).score
        each[name] = [
            single.sentence_score(answer, [reference]).score
            for answer, reference in zip(answers, references, strict=True)
        ]
        signatures[name] = str(whole.get_signature())
    return each, corpus, signatures


class _FrenchTokenizer:
    def tokenize(self, text: str) -> list[str]:
        return french_words(text)


def _rouge(answers: Sequence[str], references: Sequence[str]) -> tuple[Scores, str]:
    from rouge_score.rouge_scorer import RougeScorer

    names = ["rouge1", "rouge2", "rougeL"]
    scorer = RougeScorer(names, use_stemmer=False, tokenizer=_FrenchTokenizer())
    found = [scorer.score(r, a) for a, r in zip(answers, references, strict=True)]
    signature = f"rouge-score {version('rouge-score')}|f-measure|french_words|no stemmer"
    return {name: [100 * each[name].fmeasure for each in found] for name in names}, signature


class _NoSynonyms:
    """Stands where nltk expects WordNet."""

    def synsets(self, word: str) -> list[Any]:
        return []


def _meteor(answers: Sequence[str], references: Sequence[str]) -> tuple[Scores, str]:
    from nltk.stem.snowball import SnowballStemmer
    from nltk.translate.meteor_score import single_meteor_score

    stemmer, none = SnowballStemmer("french"), _NoSynonyms()
    scores = [
        100 * single_meteor_score(french_words(r), french_words(a), str, stemmer, none)
        for a, r in zip(answers, references, strict=True)
    ]
    how = "alpha 0.9, beta 3, gamma 0.5|french_words|stems: Snowball French|no synonyms"
    return {"meteor": scores}, f"nltk {version('nltk')}|{how}"


def bert_scores(
    answers: Sequence[str], references: Sequence[str], model: Path, layer: int, batch_size: int = 32
) -> tuple[list[float], str]:
    """BERTScore F1 by a model in a folder, from 0 to 100, not rescaled; an empty answer has 0.

    Args:
        answers: The models' texts.
        references: As many.
        model: Folder of an encoder, in transformers' form.
        layer: Whose outputs are compared, counted from 1.
        batch_size: Pairs at once.

    Returns:
        The scores, and their signature.

    Raises:
        InputError: The folder holds no model.
    """
    if not (model / "config.json").is_file():
        raise InputError(
            Problem(str(model), "holds no model", "a folder with config.json", "BERTScore downloads nothing")
        )
    from bert_score import BERTScorer

    scorer = BERTScorer(model_type=str(model), num_layers=layer, rescale_with_baseline=False, device=None)
    filled = [place for place, answer in enumerate(answers) if answer.strip()]
    scores = [0.0] * len(answers)
    if filled:
        _, _, f1 = scorer.score(
            [answers[p] for p in filled], [references[p] for p in filled], batch_size=batch_size
        )
        for place, score in zip(filled, f1.tolist(), strict=True):
            scores[place] = 100 * score
    return scores, f"bert-score {version('bert-score')}|{model.name}|layer {layer}|no idf|not rescaled"
