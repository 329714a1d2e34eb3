"""Configurations: their names, their sizes, and which rows they hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection_fr.configs import (
    CONFIG_NAMES,
    KINDS,
    MIXES,
    Cell,
    Shard,
    Study,
    normalise_config_name,
    plan_configs,
    study_quotas,
    train_cuts,
)
from medinjection_fr.errors import InputError
from medinjection_fr.record import ORIGINS, SPLITS, TYPES
from medinjection_fr.release.layout import cut_shards

SUFFIXES = ("", "-controlled", "-matched")
ALL = "native+synthetic+translated"


def spellings() -> Iterator[tuple[str, str]]:
    paper = dict(zip(ORIGINS, ("NAT", "SYN", "TRAD"), strict=True))
    for size in (1, 2, 3):
        for origins in combinations(ORIGINS, size):
            for order in permutations(origins):
                names = [paper[origin] for origin in order]
                for spelling in ("+".join(order), "-".join(names), "+".join(names), "-".join(names).lower()):
                    yield spelling, "+".join(origins)
    yield from [("ALL", ALL), ("all", ALL), ("All", ALL), ("Native + TRAD", "native+translated")]
    yield from [("NATIVE-Translated", "native+translated"), (" native ", "native")]


def test_every_order_case_and_abbreviation_names_its_configuration() -> None:
    for spelling, mix in spellings():
        for suffix in (*SUFFIXES, "-CONTROLLED", "-Matched"):
            assert normalise_config_name(spelling + suffix) == mix + suffix.lower()


def test_names_are_the_mixes_in_three_kinds() -> None:
    assert list(MIXES) == [
        "native",
        "synthetic",
        "translated",
        "native+synthetic",
        "native+translated",
        "synthetic+translated",
        ALL,
    ]
    assert list(CONFIG_NAMES) == [mix + suffix for suffix in SUFFIXES for mix in MIXES]
    assert len(KINDS) == len(SUFFIXES)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("natif", "native"),
        ("native+translatd", "native+translated"),
        ("nativ-controlled", "native-controlled"),
        ("syntetic+translated-matched", "synthetic+translated-matched"),
        ("TRDA", "TRAD"),
        ("native+native", "native"),
    ],
)
def test_unknown_name_gets_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(InputError) as error:
        normalise_config_name(name)
    assert f'no configuration is called "{name}"' in str(error.value)
    assert f'Did you mean "{nearest}' in str(error.value)


@pytest.mark.parametrize("name", ["", "+", "-controlled", "medicine", "native+", "controlled", "NAT-ALL"])
def test_what_names_no_configuration_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="no configuration is called"):
        normalise_config_name(name)


def release_of(counts: dict[Cell, int], study: Study) -> list[Shard]:
    """The shards that a release of so many rows has."""
    cuts = train_cuts(counts, study)
    shards: list[Shard] = []
    for cell, rows in counts.items():
        points = cuts.get((cell.origin, cell.type), []) if cell.split == "train" else []
        keys = np.arange(rows, dtype=np.uint64) * np.uint64((2**64 - 1) // rows)
        shards += cut_shards(cell, keys, points)
    return shards


def train_rows(shards: tuple[Shard, ...]) -> dict[tuple[str, str], list[int]]:
    """Row numbers that train shards give of each origin and type, checked to be whole and in order."""
    rows: dict[tuple[str, str], list[int]] = {}
    for shard in shards:
        numbers = rows.setdefault((shard.cell.origin, shard.cell.type), [])
        numbers += range(shard.start, shard.start + shard.rows)
    return rows


COUNTS = {
    Cell("native", "train", "mcqu"): 70,
    Cell("native", "train", "mcq"): 30,
    Cell("native", "train", "oeq"): 20,
    Cell("native", "test", "mcq"): 5,
    Cell("synthetic", "train", "mcqu"): 18,
    Cell("synthetic", "train", "mcq"): 42,
    Cell("synthetic", "train", "oeq"): 90,
    Cell("translated", "train", "mcqu"): 60,
    Cell("translated", "validation", "mcqu"): 4,
}


def taken(name: str, study: Study, counts: dict[Cell, int] = COUNTS) -> dict[tuple[str, str], int]:
    configs, _ = plan_configs(release_of(counts, study), study)
    rows = train_rows(configs[name].splits["train"])
    assert all(numbers == list(range(len(numbers))) for numbers in rows.values())
    return {key: len(numbers) for key, numbers in rows.items()}


@pytest.mark.parametrize(
    ("mix", "expected"),
    [
        ("native", {("native", "mcqu"): 42, ("native", "mcq"): 18}),
        ("synthetic", {("synthetic", "mcqu"): 18, ("synthetic", "mcq"): 42}),
        ("translated", {("translated", "mcqu"): 60}),
        (
            "native+synthetic",
            {
                ("native", "mcqu"): 21,
                ("native", "mcq"): 9,
                ("synthetic", "mcqu"): 9,
                ("synthetic", "mcq"): 21,
            },
        ),
        (
            ALL,
            {
                ("native", "mcqu"): 14,
                ("native", "mcq"): 6,
                ("synthetic", "mcqu"): 6,
                ("synthetic", "mcq"): 14,
                ("translated", "mcqu"): 20,
            },
        ),
    ],
)
def test_controlled_takes_equal_parts_each_in_its_own_proportion(
    mix: str, expected: dict[tuple[str, str], int]
) -> None:
    assert taken(f"{mix}-controlled", Study(60)) == expected


def test_controlled_rounds_half_up() -> None:
    counts = {Cell("native", "train", "mcqu"): 5, Cell("native", "train", "mcq"): 7}
    # 6 × 5 / 12 = 2.5
    assert taken("native-controlled", Study(6), counts) == {("native", "mcqu"): 3, ("native", "mcq"): 3}


def test_matched_takes_equal_cells() -> None:
    study = Study(matched=36, matched_types=("mcq", "oeq"))
    assert taken("native-matched", study) == {("native", "mcq"): 18, ("native", "oeq"): 18}
    assert taken("native+synthetic-matched", study) == {
        (origin, type): 9 for origin in ("native", "synthetic") for type in ("mcq", "oeq")
    }


def test_validation_and_test_of_a_study_are_those_of_the_mix() -> None:
    study = Study(60, 36, ("mcqu",))
    configs, _ = plan_configs(release_of(COUNTS, study), study)
    for mix in ("native+translated", ALL):
        for suffix in ("-controlled", "-matched"):
            for split in ("validation", "test"):
                assert configs[mix + suffix].splits[split] == configs[mix].splits[split]


@pytest.mark.parametrize(
    ("study", "name", "reason"),
    [
        (Study(), "native-controlled", "the recipe has no study.controlled"),
        (Study(), "native-matched", "the recipe has no study.matched"),
        (Study(66), "synthetic-controlled", "synthetic has 60 multiple-choice train rows, 66 are needed"),
        (
            Study(126),
            "native+synthetic-controlled",
            "synthetic has 60 multiple-choice train rows, 63 are needed",
        ),
        (
            Study(matched=72, matched_types=("mcq", "oeq")),
            "native+translated-matched",
            "translated mcq has 0 train rows, 18 are needed; translated oeq has 0 train rows, 18 are needed",
        ),
    ],
)
def test_absent_study_says_why(study: Study, name: str, reason: str) -> None:
    configs, absent = plan_configs(release_of(COUNTS, study), study)
    assert absent[name] == reason
    assert name not in configs


def test_empty_origin_is_named_in_every_configuration_that_needs_it() -> None:
    study = Study(6)
    counts = {Cell("native", "train", "mcqu"): 10, Cell("native", "test", "oeq"): 1}
    configs, absent = plan_configs(release_of(counts, study), study)
    assert set(configs) == {"native", "native-controlled"}
    assert absent["native+synthetic"] == "the release has no synthetic records"
    assert absent[f"{ALL}-controlled"] == "the release has no synthetic and no translated records"
    assert set(configs) | set(absent) == set(CONFIG_NAMES)


def test_split_without_rows_is_not_listed() -> None:
    configs, _ = plan_configs(release_of(COUNTS, Study()), Study())
    assert list(configs["synthetic"].splits) == ["train"]
    assert list(configs["native"].splits) == ["train", "test"]
    assert list(configs[ALL].splits) == ["train", "validation", "test"]


some_counts = st.dictionaries(
    st.builds(Cell, st.sampled_from(ORIGINS), st.sampled_from(SPLITS), st.sampled_from(TYPES)),
    st.one_of(st.integers(1, 60), st.sampled_from([49_999, 50_000, 50_001, 130_000])),
    min_size=1,
)
some_studies = st.builds(
    lambda controlled, types, step: Study(controlled, types and 6 * step * len(types), types),
    st.one_of(st.none(), st.integers(1, 20).map(lambda n: 6 * n), st.just(90_000)),
    st.sampled_from([(), ("mcqu",), ("mcqu", "mcq"), TYPES]),
    st.integers(1, 8),
).map(lambda study: study if study.matched_types else Study(study.controlled))


@given(some_counts, some_studies)
def test_every_configuration_holds_exactly_the_rows_that_it_should(
    counts: dict[Cell, int], study: Study
) -> None:
    shards = release_of(counts, study)
    # The shards are the release: every row once, in order, 50,000 at most together.
    for cell, rows in counts.items():
        own = [shard for shard in shards if shard.cell == cell]
        assert own[0].start == 0 and own[-1].start + own[-1].rows == rows
        assert all(a.start + a.rows == b.start for a, b in pairwise(own))
        assert all(0 < shard.rows <= 50_000 for shard in own)

    configs, absent = plan_configs(shards, study)
    assert configs.keys() | absent.keys() == set(CONFIG_NAMES)
    assert not configs.keys() & absent.keys()
    quotas = study_quotas(counts, study)
    for name, config in configs.items():
        mix, _, kind = name.partition("-")
        origins = mix.split("+")
        for split in SPLITS:
            whole = {(o, t): counts.get(Cell(o, split, t), 0) for o in origins for t in TYPES}
            wanted = whole if split != "train" or not kind else quotas[name].rows
            found = train_rows(config.splits.get(split, ()))
            assert {k: n for k, n in wanted.items() if n} == {k: len(v) for k, v in found.items()}
            # A prefix, so that the configurations of a kind nest: fewer rows are the first of more.
            assert all(numbers == list(range(len(numbers))) for numbers in found.values())
        if kind == "controlled":
            assert config.rows("train") == study.controlled
            assert {shard.cell.type for shard in config.splits["train"]} <= {"mcqu", "mcq"}
            for origin in origins:
                single, several = (counts.get(Cell(origin, "train", t), 0) for t in ("mcqu", "mcq"))
                part = study.controlled // len(origins)
                share = len(train_rows(config.splits["train"]).get((origin, "mcqu"), []))
                assert abs(share - part * single / (single + several)) <= 0.5
        elif kind == "matched":
            sizes = {len(numbers) for numbers in train_rows(config.splits["train"]).values()}
            assert sizes == {study.matched // len(origins) // len(study.matched_types)}
            assert config.rows("train") == study.matched
