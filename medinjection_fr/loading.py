"""A release as a ``datasets.Dataset``: memory-mapped where it lies, checked before it is given out."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medinjection_fr.configs import DEFAULT_CONFIG, normalise_config_name
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import digest_json
from medinjection_fr.release.manifest import MEND, Release, read_release

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict

    from medinjection_fr.release.cache import RemoteRelease

DEFAULT_FOLDER = Path("medinjection-fr")


def load(
    config: str = DEFAULT_CONFIG,
    split: str | None = None,
    path: str | Path | None = None,
    streaming: bool = False,
    verify: bool = False,
    repo: str | None = None,
    version: str | None = None,
) -> Dataset | DatasetDict | IterableDataset | IterableDatasetDict:
    """Loads a configuration of a release, from a folder or from the Hub.

    The manifest's own digest, and the size and row count of every shard that is opened, are checked
    always.

    From the Hub, it is the version asked for or an error, never another: it is found by its tag, read
    by the tag's commit, verified byte by byte, and kept in the cache (``cache_of``). From then on it is
    loaded from there, whether the Hub answers or not. A stream is read from the Hub as it goes, at the
    tag's commit, unless the version is in the cache.

    Args:
        config: ``native+translated`` in any order of its parts, ``…-controlled``, ``…-matched``, or
            the paper's names (``NAT``, ``TRAD-SYN``, ``ALL``).
        split: ``train``, ``validation`` or ``test``, also sliced or joined as datasets has it
            (``train[:10%]``, ``validation+test``); all splits if ``None``.
        path: Folder of the release; ``./medinjection-fr`` if ``None`` and there is no ``repo``.
        streaming: Read rows one after another, without mapping files.
        verify: Check every byte of the release first.
        repo: Repository on the Hub, as ``org/medinjection-fr``, instead of a folder.
        version: As ``1.2.0``. For a folder, what it has to hold; for a repository, the newest release
            that the Hub names if ``None``.

    Returns:
        One dataset if a split is named, else a dictionary of them, as ``load_dataset`` does.

    Raises:
        InputError: No such release, configuration or split, another version, a damaged file, or a
            Hub that refuses or fails.
    """
    name = normalise_config_name(config)
    release: Release | RemoteRelease
    if repo is None:
        release = _open_folder(Path(path) if path is not None else DEFAULT_FOLDER, version)
    else:
        release = _open_repository(repo, version, path, streaming and not verify)
    _check_config(release, name)
    if not isinstance(release, Release):
        return _stream(_addresses(release, name), split)
    if verify:
        from medinjection_fr.release.verify import verify as verify_release

        if problems := verify_release(release.folder):
            raise InputError(problems)
    shards = _checked_shards(release, name)
    if streaming:
        # datasets takes a path for a pattern.
        return _stream({part: [glob.escape(str(p)) for p in paths] for part, paths in shards.items()}, split)
    if split is None:
        from datasets import DatasetDict

        return DatasetDict({part: _map(release, name, part, shards) for part in shards})
    return _select(release, name, split, shards)


def open_config(data: str, config: str) -> tuple[Release, str, str]:
    """Opens a release for who works with its files, and looks whether it has a configuration.

    Args:
        data: A release folder, or ``organisation/name@1.2.0`` on the Hub.
        config: As ``load`` takes it.

    Returns:
        The release, the configuration's own name, and what opens this release again.

    Raises:
        InputError: There is no such release or configuration.
    """
    from medinjection_fr.release.cache import open_release

    repo, at, version = data.partition("@")
    reference = f"{repo}@v{version}" if at and version[:1].isdigit() and not Path(data).exists() else data
    release, name = open_release(reference), normalise_config_name(config)
    _check_config(release, name)
    return release, name, reference


def _check_config(release: Release | RemoteRelease, name: str) -> None:
    if reason := release.manifest["absent_configs"].get(name):
        present = ", ".join(release.manifest["configs"])
        what = f"has no configuration {name}: {reason}"
        raise InputError(Problem(str(release.folder), what, f"one of {present}"))


def _open_folder(folder: Path, version: str | None) -> Release:
    release = read_release(folder)
    if version not in (None, release.version):
        raise InputError(Problem(str(folder), f"holds version {release.version}", str(version)))
    return release


def _open_repository(
    repo: str, version: str | None, path: str | Path | None, manifest_only: bool
) -> Release | RemoteRelease:
    if path is not None:
        what = f"a folder ({path}) and a repository ({repo}) are given"
        raise InputError(Problem("load", what, "one of them"))
    from medinjection_fr.release.cache import open_version

    return open_version(repo, version, manifest_only)


def _addresses(release: RemoteRelease, name: str) -> dict[str, list[str]]:
    splits = release.manifest["configs"][name]["splits"]
    return {split: [f"{release.folder}/{path}" for path in part["shards"]] for split, part in splits.items()}


def _checked_shards(release: Release, name: str) -> dict[str, list[Path]]:
    """The shards of each split, after a look at their sizes."""
    files = release.files
    shards: dict[str, list[Path]] = {}
    problems = []
    for split, part in release.manifest["configs"][name]["splits"].items():
        shards[split] = [release.folder / path for path in part["shards"]]
        for path in part["shards"]:
            file = release.folder / path
            expected = f"{files[path]['bytes']} bytes"
            if not file.is_file():
                problems.append(Problem(str(file), "is missing", expected, MEND))
            elif file.stat().st_size != files[path]["bytes"]:
                what = f"has {file.stat().st_size} bytes"
                problems.append(Problem(str(file), what, expected, MEND))
    if problems:
        raise InputError(problems)
    return shards


def _select(release: Release, name: str, split: str, shards: dict[str, list[Path]]) -> Any:
    """Opens what a split expression names."""
    from datasets import ReadInstruction, concatenate_datasets

    rows = {
        part: described["rows"] for part, described in release.manifest["configs"][name]["splits"].items()
    }
    try:
        pieces = ReadInstruction.from_spec(split).to_absolute(rows)
    except (ValueError, AssertionError) as error:
        expected = f"among {', '.join(rows)}"
        what = f'"{split}" is no split of {name} ({str(error).splitlines()[0]})'
        raise InputError(Problem("split", what, expected)) from None
    datasets = []
    for piece in pieces:
        whole = _map(release, name, piece.splitname, shards)
        start, end = piece.from_ or 0, len(whole) if piece.to is None else piece.to
        is_whole = start == 0 and end == len(whole)
        datasets.append(whole if is_whole else whole.select(range(start, end)))
    return datasets[0] if len(datasets) == 1 else concatenate_datasets(datasets)


def _map(release: Release, name: str, split: str, shards: dict[str, list[Path]]) -> Dataset:
    """Maps the shards of a split into memory."""
    import datasets
    import pyarrow as pa

    info = datasets.DatasetInfo(version=release.version, dataset_name="medinjection-fr", config_name=name)
    parts = []
    for path in shards[split]:
        try:
            if path.suffix == ".parquet":
                cache = str(_cache(release))
                part = datasets.Dataset.from_parquet(glob.escape(str(path)), split=split, cache_dir=cache)
            else:
                linked = _link(release, path)
                part = datasets.Dataset.from_file(str(linked), info=info.copy(), split=split)
        except (pa.ArrowException, OSError, ValueError) as error:
            what = f"is not a whole shard ({str(error).splitlines()[0][:80]})"
            raise InputError(Problem(str(path), what, mend="Fetch or build the release again")) from None
        expected = release.files[path.relative_to(release.folder).as_posix()]["rows"]
        if len(part) != expected:
            what = f"has {len(part)} rows"
            raise InputError(Problem(str(path), what, f"{expected}", "Fetch or build it again"))
        parts.append(part)
    whole = datasets.concatenate_datasets(parts)
    whole.info.description = f"sha256:{release.manifest['configs'][name]['digest']}"
    return whole


def _cache(release: Release) -> Path:
    """The place of this release, and of no other, in the cache of datasets."""
    from datasets import config

    place = digest_json([str(release.folder.resolve()), release.manifest["digest"]])[:16]
    return Path(config.HF_DATASETS_CACHE) / "medinjection-fr" / place


def _link(release: Release, path: Path) -> Path:
    """A link to a shard in the cache of datasets, or the shard itself where there can be none.

    ``map`` and its like write their results beside the file they read: without the link, into the
    release, which would no longer be what its manifest says.
    """
    name = path.relative_to(release.folder)
    link = _cache(release) / name
    try:
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            own = link.with_name(f"{link.name}.{os.getpid()}")
            own.unlink(missing_ok=True)
            own.symlink_to(release.folder.resolve() / name)
            own.replace(link)
    except OSError:
        return path
    return link


def _stream(files: dict[str, list[str]], split: str | None) -> Any:
    """Streams the shards of each split, given as patterns."""
    import datasets

    if split is not None and split not in files:
        expected = f"one of {', '.join(files)} (slices need streaming=False)"
        raise InputError(Problem("split", f'"{split}" is not there', expected))
    suffix = next(iter(files.values()))[0].rsplit(".", 1)[-1]
    return datasets.load_dataset(suffix, data_files=files, split=split, streaming=True)
