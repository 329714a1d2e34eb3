"""Words of a kind, where telling the kind takes longer than a look into a set."""

from __future__ import annotations

from collections.abc import Callable


class KnownWords:
    """The words that a rule accepts; each word is judged once, however many texts have it.

    Args:
        accepts: Says of a word, in small letters, whether it is of the kind.
    """

    def __init__(self, accepts: Callable[[str], bool]) -> None:
        self._accepts = accepts
        self._seen: set[str] = set()
        self._accepted: set[str] = set()

    def among(self, words: frozenset[str]) -> frozenset[str]:
        """Returns those of the words that are of the kind."""
        if new := words - self._seen:
            self._accepted.update(filter(self._accepts, new))
            self._seen |= new
        return words & self._accepted
