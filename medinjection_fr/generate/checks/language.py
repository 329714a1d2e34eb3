"""The item as a whole is in French, and not in English or a neighbour of French."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medinjection_fr.curate.language import find_foreign
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.reading import Reading

# Function words of one side that are no words of the other. Curation counts "de", "la", "que" for French,
# since it tells French from English; Spanish, Italian, Portuguese and Catalan have them too.
_ROMANCE = frozenset(
    "el los las del y por con para cual cuál cuáles como siguiente siguientes qué tiene tienen está fue puede lo gli "
    "della delle degli di che sono è nel nella quale quali dei alla seguenti dos das em uma não qual quais os ao els "
    "amb què quin quina és una".split()
)
_FRENCH = frozenset(
    "le les des du est sont dans avec et qui une où au aux ce cet cette ces ou pour par sur chez suivantes suivants "
    "suivante suivant quel quelle quels quelles l d il elle ne pas plus".split()
)
_FEWEST = 2
"""Words of a neighbour from which a text that has more of them than of French is in its language."""


def check_language(readings: Sequence[Reading]) -> Iterator[Fault]:
    """Judges the French texts of an item together: on a single option no detector is to be trusted."""
    words = [reading.words for reading in readings]
    if evidence := find_foreign([reading.raw for reading in readings], words):
        yield Fault("not-french", evidence)
        return
    if all(_ROMANCE.isdisjoint(reading.word_set) for reading in readings):
        return
    neighbour = sum(sum(map(_ROMANCE.__contains__, part)) for part in words)
    if neighbour >= _FEWEST and neighbour > sum(sum(map(_FRENCH.__contains__, part)) for part in words):
        yield Fault("not-french", f"{neighbour} words of Spanish, Italian, Portuguese or Catalan")
