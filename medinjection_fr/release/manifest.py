"""``release.json``: what a release is, with the digest of every other file and of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from medinjection_fr.checked_yaml import schema_problems
from medinjection_fr.configs import Cell, Config, Shard
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import canonical_json, digest_file, digest_json

FORMAT = "medinjection-fr/release/1"
MANIFEST = "release.json"
CARD = "README.md"
MEND = "Restore the file, or fetch or build the release again"
"""What to do about a file of a release that is damaged."""
VERIFY_AND_MEND = f"{MEND}; `medinjection-fr verify` names every fault"
"""The same, where not every fault was looked for."""


@dataclass(frozen=True)
class Release:
    """A release folder and its manifest, whose form and own digest have been checked."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        """MAJOR.MINOR.PATCH."""
        return str(self.manifest["version"])

    @property
    def writer(self) -> Mapping[str, Any]:
        """Version and source digest of the package that wrote card, citation and pictures."""
        writer: Mapping[str, Any] = self.manifest.get("documents", self.manifest["package"])
        return writer

    @property
    def files(self) -> dict[str, Mapping[str, Any]]:
        """Size, digest and (for shards) rows of every file but the manifest, by path."""
        return {file["path"]: file for file in self.manifest["files"]}

    @property
    def shards(self) -> list[Shard]:
        """Every shard, in the manifest's order."""
        return shards_of_files(self.manifest["files"])


def shards_of_files(files: list[Mapping[str, Any]]) -> list[Shard]:
    """Reads the shards back from the manifest's file list; their order gives each one's start."""
    shards: list[Shard] = []
    for file in files:
        parts = PurePosixPath(file["path"]).parts
        if parts[0] == "data":
            cell = Cell(parts[1], parts[2], parts[3].split("-")[0])
            previous = shards[-1] if shards and shards[-1].cell == cell else None
            start = previous.start + previous.rows if previous else 0
            shards.append(Shard(file["path"], cell, start, file["rows"]))
    return shards


def describe_file(path: Path, folder: Path) -> dict[str, Any]:
    """What the manifest says of any file: its place, size and digest."""
    name = path.relative_to(folder).as_posix()
    return {"path": name, "bytes": path.stat().st_size, "sha256": digest_file(path)}


def describe_configs(configs: Mapping[str, Config], files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Lists the shards of every configuration with the digest that tells its content apart.

    The digest covers path, rows and SHA-256 of each shard. It stands in the card too: datasets
    keeps its cache by the card's text and not by the shards (a rewritten shard is not noticed).
    """
    described = {}
    for name, config in configs.items():
        splits = {
            split: {
                "rows": config.rows(split),
                "shards": [shard.path for shard in shards],
            }
            for split, shards in config.splits.items()
        }
        content = [
            [split, [[s.path, s.rows, files[s.path]["sha256"]] for s in shards]]
            for split, shards in config.splits.items()
        ]
        described[name] = {"digest": digest_json(content), "splits": splits}
    return described


def seal(manifest: Mapping[str, Any]) -> bytes:
    """Bytes of a manifest, ending with the digest of all that stands before."""
    content = {key: value for key, value in manifest.items() if key != "digest"}
    return canonical_json({**content, "digest": digest_json(content)})


def read_release(folder: Path) -> Release:
    """Opens a release folder and checks its manifest's form and its own digest.

    Raises:
        InputError: No such folder, no manifest, or one that is damaged or of another format.
    """
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        what = "is not a release: it has no release.json" if folder.exists() else "no such folder"
        mend = "Give the folder that `medinjection-fr build` or `demo` wrote"
        raise InputError(Problem(str(folder), what, mend=mend)) from None
    return Release(folder, parse_manifest(data, str(path)))


def parse_manifest(data: bytes, where: str) -> Mapping[str, Any]:
    """Reads a manifest and checks its form and its own digest.

    Args:
        data: Bytes of a ``release.json``.
        where: What messages call it.

    Raises:
        InputError: It is damaged or of another format.
    """
    try:
        manifest = json.loads(data.decode("utf-8"))
        sealed = seal(manifest) if isinstance(manifest, dict) else b""
    except (ValueError, RecursionError):
        raise InputError(Problem(where, "is not JSON", "a manifest", MEND)) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        what = f"is of the format {found!r}"
        raise InputError(Problem(where, what, FORMAT, "Use the package version that wrote it"))
    if sealed != data:
        what = "was altered: its bytes do not give its own digest"
        raise InputError(Problem(where, what, mend=MEND))
    if problems := schema_problems(manifest, "release", where):
        raise InputError(problems)
    parts = [part for config in manifest["configs"].values() for part in config["splits"].values()]
    listed = {shard for part in parts for shard in part["shards"]}
    if unknown := sorted(listed - {file["path"] for file in manifest["files"]}):
        what = f"list {unknown[0]}, which is not among the files"
        raise InputError(Problem(f"{where} › configs", what, mend=MEND))
    return manifest
