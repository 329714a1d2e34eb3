"""MedInjection-FR: a French biomedical instruction dataset, built, verified and loaded.

``medinjection_fr.load("native+translated")`` opens a release; the command line
``medinjection-fr`` builds one. Heavy libraries are imported where they are used,
so importing this package is cheap and never touches the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medinjection_fr.errors import InputError
from medinjection_fr.version import __version__

if TYPE_CHECKING:
    from medinjection_fr.loading import load as load
    from medinjection_fr.prompts import to_messages as to_messages

__all__ = ["InputError", "__version__", "load", "to_messages"]


def __getattr__(name: str) -> Any:
    if name == "load":
        from medinjection_fr.loading import load

        return load
    if name == "to_messages":
        from medinjection_fr.prompts import to_messages

        return to_messages
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
