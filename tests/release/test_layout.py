"""The frozen layout: where a row stands and in which shard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from releases import manifest_of, read_rows

from medinjection_fr.configs import Cell, Shard
from medinjection_fr.record import SPLITS, TYPES
from medinjection_fr.release.layout import ROWS_PER_SHARD, cut_shards, order_keys

CELL = Cell("native", "train", "mcqu")


@pytest.mark.parametrize(
    ("id", "key"),
    [
        ("0" * 32, 0x0914344AEC1B800A),
        ("f" * 32, 0xCC42F4B8A8F9AD4D),
        ("0f3a" * 8, 0x6DD6F49A4F807A02),
        ("96905b59e06e97905b21c28e54821b0e", 0x206D43FCB0D3D7AF),
    ],
)
def test_order_keys_are_frozen(id: str, key: int) -> None:
    assert order_keys([id]).tolist() == [key]


def test_order_keys_of_many_are_those_of_each() -> None:
    ids = [f"{n:032x}" for n in range(50)]
    keys = order_keys(ids)
    assert keys.dtype == np.uint64
    assert keys.tolist() == [int(order_keys([id])[0]) for id in ids]
    assert order_keys([]).tolist() == []


def random_keys(rows: int, seed: int = 0) -> NDArray[np.uint64]:
    return np.sort(np.random.default_rng(seed).integers(0, 2**64, rows, dtype=np.uint64))


def test_names_say_place_number_and_how_many() -> None:
    shards = cut_shards(CELL, random_keys(10), [3, 5])
    assert shards == [
        Shard("data/native/train/mcqu-00000-of-00003.arrow", CELL, 0, 3),
        Shard("data/native/train/mcqu-00001-of-00003.arrow", CELL, 3, 2),
        Shard("data/native/train/mcqu-00002-of-00003.arrow", CELL, 5, 5),
    ]
    assert cut_shards(CELL, random_keys(2), [], "parquet")[0].path.endswith("mcqu-00000-of-00001.parquet")


@given(st.data())
def test_shards_are_contiguous_not_too_large_and_cut_at_every_cut(data: st.DataObject) -> None:
    rows = data.draw(st.sampled_from([1, 2, 49_999, 50_000, 50_001, 99_999, 170_000]))
    cuts = sorted(data.draw(st.sets(st.one_of(st.just(rows), st.integers(1, rows)), max_size=6)))
    shards = cut_shards(CELL, random_keys(rows), cuts)
    assert sum(shard.rows for shard in shards) == rows
    assert [shard.start for shard in shards[1:]] == [shard.start + shard.rows for shard in shards[:-1]]
    assert shards[0].start == 0
    assert all(0 < shard.rows <= ROWS_PER_SHARD == 50_000 for shard in shards)
    assert set(cuts) <= {shard.start + shard.rows for shard in shards}
    assert len({shard.path for shard in shards}) == len(shards)


@pytest.mark.parametrize(
    ("rows", "bits"), [(50_000, 0), (50_001, 1), (90_000, 1), (110_000, 2), (260_000, 3), (500_000, 4)]
)
def test_rows_are_parted_by_as_few_bits_as_will_do(rows: int, bits: int) -> None:
    keys = random_keys(rows)
    shards = cut_shards(CELL, keys, [])
    assert len(shards) == 2**bits
    for number, shard in enumerate(shards):
        own = keys[shard.start : shard.start + shard.rows]
        assert {int(key) >> (64 - bits) for key in own} == {number}


def chunks(keys: NDArray[np.uint64], cuts: list[int]) -> list[bytes]:
    """What each shard holds."""
    shards = cut_shards(CELL, keys, cuts)
    return [keys[shard.start : shard.start + shard.rows].tobytes() for shard in shards]


@pytest.mark.parametrize("seed", range(4))
def test_added_row_touches_one_shard(seed: int) -> None:
    keys = random_keys(260_000)
    added = np.sort(np.append(keys, random_keys(1, seed + 1)))
    before, after = chunks(keys, []), chunks(added, [])
    assert len(before) == len(after) == 8
    assert len(set(after) - set(before)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_added_row_touches_only_one_shard_after_the_last_cut(seed: int) -> None:
    keys = random_keys(260_000)
    added = np.sort(np.append(keys, random_keys(1, seed + 1)))
    before, after = (chunks(k, [10_000, 16_746, 33_492]) for k in (keys, added))
    place = int(np.flatnonzero(added[:-1] != keys)[0]) if (added[:-1] != keys).any() else len(keys)
    touched = sum(cut > place for cut in [10_000, 16_746, 33_492])
    assert len(set(after) - set(before)) == touched + 1


def test_keys_that_begin_alike_are_parted_further() -> None:
    # As far from random as can be: the shards stay small enough all the same.
    keys = np.sort(np.r_[np.arange(60_000, dtype=np.uint64), random_keys(10)])
    assert max(shard.rows for shard in cut_shards(CELL, keys, [])) <= ROWS_PER_SHARD


def test_rows_of_a_release_stand_in_the_order_of_their_keys(sample_release) -> None:
    shards = [file for file in manifest_of(sample_release)["files"] if "rows" in file]
    for origin in ("native", "synthetic", "translated"):
        for split in SPLITS:
            for type in TYPES:
                folder = f"data/{origin}/{split}/{type}-"
                paths = [file["path"] for file in shards if file["path"].startswith(folder)]
                rows = read_rows(sample_release, paths)
                keys = order_keys([row["id"] for row in rows]).tolist()
                assert keys == sorted(keys)
                assert {(row["origin"], row["type"]) for row in rows} <= {(origin, type)}
