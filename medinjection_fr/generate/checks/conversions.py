"""Conversions of units that a glossary declares: 101 °F may then be 38,3 °C. Without it nothing is converted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

FACTORS = {
    "°F>°C": (5 / 9, -32.0),
    "lb>kg": (0.45359237, 0.0),
    "oz>g": (28.349523125, 0.0),
    "inch>cm": (2.54, 0.0),
    "ft>m": (0.3048, 0.0),
    "mile>km": (1.609344, 0.0),
}
"""By the names of ``units.yaml``: what is added first, and then the factor, as (factor, added); international units
of 1959. From mg/dL to mmol/L there is no factor that holds for every substance."""
_NEAR = 0.03
"""Share by which a converted value may be rounded."""

Quantity = tuple[str, str]
"""Value and unit."""


def converted(
    english: Sequence[Quantity], french: Sequence[Quantity], declared: Collection[str]
) -> tuple[list[int], list[int]]:
    """Finds quantities that were converted as declared.

    Args:
        english: Quantities of the source.
        french: Quantities of the translation.
        declared: Keys of ``FACTORS``.

    Returns:
        Places of the converted ones in either list.
    """
    mine: list[int] = []
    other: list[int] = []
    for place, (value, unit) in enumerate(english):
        for there, (given, given_unit) in enumerate(french):
            name = f"{unit}>{given_unit}"
            if name in declared and there not in other:
                factor, added = FACTORS[name]
                expected = (float(value) + added) * factor
                if abs(float(given) - expected) <= max(abs(expected) * _NEAR, 0.05):
                    mine.append(place)
                    other.append(there)
                    break
    return mine, other
