"""Files that belong to the package but live at the top of the repository.

In a wheel they lie inside the package, in a checkout beside it; there is one source of each.
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent


def find_resource(name: str) -> Path:
    """Returns the path of ``schemas/…``, ``dataset_card/…``, ``recipes/…`` or the loading script."""
    inside = PACKAGE / name
    return inside if inside.exists() else PACKAGE.parent / name


def loading_script() -> Path:
    """The script that datasets < 4 runs; in a wheel it lies in a folder of its own."""
    inside = PACKAGE / "script" / "medinjection_fr.py"
    return inside if inside.exists() else PACKAGE.parent / "medinjection_fr.py"


@functools.cache
def load_schema(name: str) -> dict[str, Any]:
    """Reads ``schemas/<name>.schema.json``."""
    path = find_resource("schemas") / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


LIBRARIES = ("numpy", "pyarrow", "jsonschema-rs", "langdetect", "datasketch", "pyyaml", "jinja2")
"""Libraries that can change what a build writes."""


def library_versions() -> dict[str, str]:
    """Versions of Python and of ``LIBRARIES``."""
    import platform
    from importlib.metadata import version

    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


@functools.cache
def source_digest() -> str:
    """SHA-256 over every file of the package that can change what a build writes."""
    folders = [PACKAGE, find_resource("schemas"), find_resource("dataset_card")]
    files = {
        f"{folder.name}/{path.relative_to(folder).as_posix()}": path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".py", ".json", ".yaml", ".md", ".j2"}
        and path != PACKAGE / "script" / "medinjection_fr.py"
        and not {"schemas", "dataset_card", "sample"} & set(path.relative_to(folder).parts)
    }
    files["medinjection_fr.py"] = loading_script()
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
