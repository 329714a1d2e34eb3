"""A configuration of a release → examples for training and validation, and the proof that no test row is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.loading import load, open_config
from medinjection_fr.release.digests import digest_json
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.shards import open_shard
from training.examples import NO_LOSS, Renderer

if TYPE_CHECKING:
    from datasets import Dataset

_NAMED = 5


@dataclass(frozen=True)
class Source:
    """Where records come from: a configuration of a release.

    Attributes:
        reference: Its folder, or where it is on the Hub.
        test_ids: How many test rows the release has, not one of which is in train or validation.
    """

    release: Release
    config: str
    reference: str
    test_ids: int

    @property
    def described(self) -> dict[str, Any]:
        """What tells this data apart from any other."""
        return {
            "name": "medinjection-fr",
            "version": self.release.version,
            "release_digest": self.release.manifest["digest"],
            "config": self.config,
            "config_digest": self.release.manifest["configs"][self.config]["digest"],
        }

    @property
    def drawn(self) -> dict[str, dict[str, int]]:
        """Train rows of each provenance and type: in a mix, the two may go together."""
        paths = set(self.release.manifest["configs"][self.config]["splits"]["train"]["shards"])
        rows: dict[str, dict[str, int]] = {}
        for shard in self.release.shards:
            if shard.path in paths:
                types = rows.setdefault(shard.cell.origin, {})
                types[shard.cell.type] = types.get(shard.cell.type, 0) + shard.rows
        return rows

    def has(self, split: str) -> bool:
        """Whether the configuration has a split."""
        return split in self.release.manifest["configs"][self.config]["splits"]


@dataclass(frozen=True)
class Examples:
    """Rendered records.

    Attributes:
        rows: ``input_ids`` and ``labels``, a row for each record, or for each packed sequence.
        shortened: Ids of records whose context lost its middle.
        refused: Ids of records that are too long without it, and are left out.
        records: How many records the rows hold.
    """

    rows: Dataset
    records: int
    shortened: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def count_tokens(self) -> tuple[list[int], list[int]]:
        """Tokens of each row, and those of them that carry loss.

        The first of a record predicts nothing before it, and never carries any.
        """
        lengths: list[int] = []
        learnt: list[int] = []
        for batch in self.rows.with_format("arrow").iter(1_000):
            ids, labels = batch["input_ids"].combine_chunks(), batch["labels"].combine_chunks()
            lengths += pc.list_value_length(ids).to_pylist()
            carries = np.asarray(labels.flatten()) != NO_LOSS
            ends = np.cumsum(lengths[-len(ids) :])
            if "seq_lengths" in batch.column_names:
                firsts = np.cumsum(np.asarray(batch["seq_lengths"].combine_chunks().flatten()))
            else:
                firsts = ends
            carries[np.r_[0, firsts[:-1]]] = False
            learnt += np.add.reduceat(carries, np.r_[0, ends[:-1]], dtype=int).tolist()
        return lengths, learnt


def open_source(data: str, config: str) -> Source:
    """Opens a release and looks whether it has a configuration to train on.

    Args:
        data: A release folder, or ``organisation/name@1.2.0`` on the Hub.
        config: As ``medinjection_fr.load`` takes it.

    Raises:
        InputError: No such release or configuration, one without train rows, or test rows in train.
    """
    release, name, reference = open_config(data, config)
    source = Source(release, name, reference, len(_test_rows(release)["id"]))
    if not source.has("train"):
        what = f"the configuration {name} has no train split"
        raise InputError(Problem(str(release.folder), what, mend="Take another configuration"))
    _check_leaks(source)
    return source


def _test_rows(release: Release) -> dict[str, set[str]]:
    """Ids and groups of the test rows of every configuration."""
    return _ids_and_groups(release, [shard.path for shard in release.shards if shard.cell.split == "test"])


def _check_leaks(source: Source) -> None:
    """Looks for test rows, of whatever configuration, in train and validation."""
    test, problems = _test_rows(source.release), []
    for split in ("train", "validation"):
        if not source.has(split):
            continue
        paths = source.release.manifest["configs"][source.config]["splits"][split]["shards"]
        for column, values in _ids_and_groups(source.release, paths).items():
            if values := values & test[column]:
                some = ", ".join(sorted(values)[:_NAMED]) + (" …" if len(values) > _NAMED else "")
                what = f"{len(values)} {column}s of {split} are in test too: {some}"
                mend = "Build the release again: its build keeps splits apart"
                problems.append(Problem(f"{source.release.folder} › {source.config}", what, mend=mend))
    if problems:
        raise InputError(problems)


def _ids_and_groups(release: Release, paths: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"id": set(), "group_id": set()}
    for path in paths:
        with open_shard(release.folder / path) as (_, batches):
            for batch in batches:
                for column, values in found.items():
                    values.update(batch.column(column).to_pylist())
    return found


def render_split(
    source: Source, split: str, renderer: Renderer, fingerprint: str, rows: int | None = None
) -> Examples:
    """Renders a split of a configuration.

    Args:
        source: The data.
        split: ``train`` or ``validation``.
        renderer: For the model's tokenizer.
        fingerprint: Of all that the rendering depends on beside the data; the cache of datasets goes by it.
        rows: So many rows: the first of a random order that is always the same; all if ``None``.

    Raises:
        InputError: Not one record is short enough.
    """
    records = load(source.config, split=split, path=source.release.folder)
    if rows is not None and rows < len(records):
        records = records.shuffle(seed=0).select(range(rows))

    def render(record: dict[str, Any]) -> dict[str, Any]:
        example = renderer.render(record)
        ids, labels = (example.input_ids, example.labels) if example else ([], [])
        return {"input_ids": ids, "labels": labels, "left_out": example.left_out if example else -1}

    key = digest_json([source.described, split, rows, fingerprint])[:32]
    rendered = records.map(
        render,
        remove_columns=[name for name in records.column_names if name != "id"],
        new_fingerprint=key,
        desc=f"Rendering {split}",
    )
    left_out, ids = rendered["left_out"][:], rendered["id"][:]
    refused = [id for id, number in zip(ids, left_out, strict=True) if number < 0]
    shortened = [id for id, number in zip(ids, left_out, strict=True) if number > 0]
    kept = rendered.select([place for place, number in enumerate(left_out) if number >= 0])
    if not len(kept):
        what = f"no record of {split} fits into {renderer.max_length} tokens"
        raise InputError(Problem("recipe › data › max_length", what, mend="Raise it"))
    return Examples(kept.select_columns(["input_ids", "labels"]), len(kept), shortened, refused)


def pack(examples: Examples, max_length: int) -> Examples:
    """Fills sequences with several records, best fit first; none is cut, and ``seq_lengths`` keeps them apart."""
    from trl import pack_dataset

    packed = pack_dataset(examples.rows, max_length, "bfd")
    return Examples(packed, examples.records, examples.shortened, examples.refused)
