"""Every check of what a model wrote from a document, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.glossary import Glossary
from medinjection_fr.generate.checks.language import check_language
from medinjection_fr.generate.synthesis.checks import copies, grounded, options, self_contained, written
from medinjection_fr.generate.synthesis.checks.document import read_document, read_text
from medinjection_fr.generate.synthesis.checks.grounded import check_grounded, check_quotes
from medinjection_fr.generate.synthesis.checks.options import check_letters, check_number, check_options
from medinjection_fr.generate.synthesis.checks.self_contained import check_self_contained
from medinjection_fr.generate.synthesis.checks.written import check_written

RULES = {
    "not-in-document": "the document allows the task: the model says that it does not",
    "not-answered-alike": "the model, asked again with the document and without the answer, finds the answer",
    "text-empty": "question and answer have a text",
    **written.RULES,
    **self_contained.RULES,
    **options.RULES,
    **grounded.RULES,
    **copies.RULES,
}
"""What each rule asks of a record made from a document."""


@dataclass(frozen=True)
class OpenQuestion:
    """An open question as the model wrote it.

    Attributes:
        instruction: The question or order.
        answer: Its answer.
        facts: What a good answer contains.
        quotes: Passages of the document on which it rests; ``None`` if the template asks for none.
    """

    instruction: str
    answer: str
    facts: Sequence[str]
    quotes: Sequence[str] | None

    @property
    def texts(self) -> list[str]:
        """All that the record says."""
        return [self.instruction, self.answer, *self.facts]


@dataclass(frozen=True)
class ClosedQuestion:
    """A question with options as the model wrote it.

    Attributes:
        instruction: The question.
        correct: Options that are correct.
        incorrect: The others.
        explanation: Why.
        quotes: As of an open question.
    """

    instruction: str
    correct: Sequence[str]
    incorrect: Sequence[str]
    explanation: str
    quotes: Sequence[str] | None

    @property
    def texts(self) -> list[str]:
        """All that the record says."""
        return [self.instruction, *self.correct, *self.incorrect, self.explanation]


def check_open(question: OpenQuestion, document: str, has_context: bool, glossary: Glossary) -> list[Fault]:
    """Checks an open question.

    Args:
        question: What was written.
        document: What it was written from.
        has_context: Whether the record gives the document.
        glossary: Names that are known.
    """
    if not question.instruction.strip() or not question.answer.strip():
        return [Fault("text-empty", "the question or the answer")]
    return [
        *_check_texts(question.texts, question.quotes, document, has_context),
        *check_grounded(question.texts, read_document(document), glossary),
    ]


def check_closed(
    question: ClosedQuestion, wanted: int, document: str, has_context: bool, glossary: Glossary
) -> list[Fault]:
    """Checks a question with options.

    Args:
        question: What was written.
        wanted: How many options have to be correct.
        document: What it was written from.
        has_context: Whether the record gives the document.
        glossary: Names that are known.
    """
    if not question.instruction.strip():
        return [Fault("text-empty", "the question")]
    if faults := list(check_number(question.correct, question.incorrect, wanted)):
        return faults
    said, read = [question.instruction, *question.correct], read_document(document)
    return [
        *_check_texts(question.texts, question.quotes, document, has_context),
        *check_options(question.correct, question.incorrect),
        *check_letters(question.texts),
        *check_grounded(said, read, glossary),
        *check_grounded([question.explanation], read.with_text("\n".join(question.incorrect)), glossary),
    ]


def _check_texts(
    texts: Sequence[str], quotes: Sequence[str] | None, document: str, has_context: bool
) -> Iterator[Fault]:
    yield from check_language([read_text(text) for text in texts])
    yield from check_written(texts)
    yield from check_self_contained(texts, has_context)
    if quotes is not None:
        yield from check_quotes(quotes, read_document(document))
