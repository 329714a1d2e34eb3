"""Translation memories of a test's own pairs."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape


def memory(folder: Path, *pairs: tuple[str, str], name: str = "pairs.tmx") -> Path:
    """Writes a TMX file of English and French texts; its units are called ``u:1``, ``u:2`` …"""
    units = "".join(
        f'<tu tuid="u:{number}"><tuv xml:lang="en"><seg>{escape(english)}</seg></tuv>'
        f'<tuv xml:lang="fr"><seg>{escape(french)}</seg></tuv></tu>\n'
        for number, (english, french) in enumerate(pairs, 1)
    )
    path = folder / name
    path.write_text(
        f'<tmx version="1.4"><header srclang="en"/><body>{units}</body></tmx>\n', encoding="utf-8"
    )
    return path
