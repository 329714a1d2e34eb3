from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from reviewing import answers_set, open_store, rows_set

from evaluation.review.exchange import collect_reviews, export_reviews, import_reviews
from evaluation.review.exclusions import propose_exclusions
from evaluation.review.rating import Rating
from evaluation.review.review_files import read_reviews
from evaluation.review.store import Store
from medinjection_fr.checked_yaml import read_yaml, schema_problems
from medinjection_fr.errors import InputError


@pytest.fixture
def rated(tmp_path: Path) -> Iterator[Store]:
    """Two annotators, some ratings, one of them unfinished."""
    store, _ = open_store(tmp_path / "rated.sqlite", answers_set(3))
    with store:
        whole = {"base": "different", "native": "equivalent"}
        store.save("anne", "q00001", Rating(whole, "native", "=HYPERLINK(1)"), "tab", 0)
        store.save("anne", "q00002", Rating({"native": "cannot-judge"}), "tab", 0)
        store.save("basile", "q00001", Rating(whole, "none", "tiret\n- et\tautres"), "tab", 0)
        yield store


@pytest.mark.parametrize("name", ["reviews.jsonl", "reviews.csv"])
def test_export_and_import_give_the_same_content(rated: Store, name: str, tmp_path: Path) -> None:
    (said,) = export_reviews(rated, tmp_path / name, None)
    assert "3 reviews, 1 of them unfinished" in said
    fresh, _ = open_store(tmp_path / "fresh.sqlite", answers_set(3))
    with fresh:
        done = import_reviews(fresh, [tmp_path / name])
        assert (done.added, done.same, done.older) == (3, 0, 0)
        export_reviews(fresh, tmp_path / f"again-{name}", None)
        assert (tmp_path / f"again-{name}").read_bytes() == (tmp_path / name).read_bytes()
        assert fresh.count_complete("anne") == 1
        again = import_reviews(fresh, [tmp_path / name])
        assert (again.added, again.same, again.older) == (0, 3, 0)
    assert read_reviews(tmp_path / name) == collect_reviews(rated)


def test_the_newest_rating_counts_and_the_history_keeps_the_other(rated: Store, tmp_path: Path) -> None:
    line = collect_reviews(rated, "anne")[0]
    path = tmp_path / "reviews.jsonl"
    for at, verdict, expected in (
        ("2020", "cannot-judge", "different"),
        ("2120", "equivalent", "equivalent"),
    ):
        changed = {**line, "at": f"{at}-01-01T00:00:00Z", "verdicts": {**line["verdicts"], "base": verdict}}
        path.write_text(json.dumps(changed) + "\n", encoding="utf-8")
        import_reviews(rated, [path])
        standing = rated.find("anne", "q00001")
        assert standing and standing.rating.verdicts["base"] == expected
    assert [entry.tab for entry in rated.history("anne", "q00001")] == ["tab", "import"]


def test_every_mistake_of_every_file_is_told_and_nothing_is_written(rated: Store, tmp_path: Path) -> None:
    before = rated.all()
    good = collect_reviews(rated, "basile")[0]
    newer = {**good, "at": "2120-01-01T00:00:00Z"}
    files = {
        "set": {**newer, "set": "c" * 64},
        "annotator": {**newer, "annotator": "chloe"},
        "item": {**newer, "item": "q00099"},
        "id": {**newer, "id": "f" * 32},
        "words": {**newer, "words": {**newer["words"], "base": 99}},
        "verdict": {**newer, "verdicts": {"base": "perhaps"}},
        "good": newer,
    }
    for name, line in files.items():
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        import_reviews(rated, [tmp_path / f"{name}.jsonl" for name in files])
    told = str(error.value)
    assert "is of another review set, cccccccccccc…" in told
    assert '"chloe" is no annotator' in told and "one of anne, basile" in told
    assert "q00099 of basile: is no item of the set" in told
    assert "› id: is ffff" in told and "› words: is" in told and '"perhaps" is unknown' in told
    assert "good.jsonl" not in told
    assert rated.all() == before


def test_a_rating_of_what_was_not_given_is_refused(tmp_path: Path) -> None:
    apart, _ = open_store(tmp_path / "apart.sqlite", answers_set(4), overlap=0.0)
    with apart:
        apart.save("anne", apart.item_at("anne", 1), Rating({"base": "different"}), "tab", 0)
        (line,) = collect_reviews(apart)
        (tmp_path / "other.jsonl").write_text(json.dumps({**line, "annotator": "basile"}) + "\n")
        with pytest.raises(InputError, match="was not given to this annotator"):
            import_reviews(apart, [tmp_path / "other.jsonl"])


def test_what_cannot_be_exported_is_told(rated: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        export_reviews(rated, tmp_path / "reviews.xlsx", tmp_path / "exclude.yaml")
    assert len(error.value.problems) == 2
    with pytest.raises(InputError, match="are both missing"):
        export_reviews(rated, None, None)
    assert not list(tmp_path.glob("reviews*")) and not list(tmp_path.glob("exclude*"))


def test_rows_that_are_refused_are_proposed_as_a_recipe_takes_them(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path / "rows.sqlite", rows_set(4), ("anne", "basile", "chloe"))
    yes = dict.fromkeys(("correct", "faithful", "fluent", "answerable"), "yes")
    said = {
        ("anne", 1): {**yes, "correct": "no"},
        ("basile", 1): {**yes, "correct": "no", "fluent": "no"},
        ("chloe", 1): yes,
        ("anne", 2): {**yes, "fluent": "no"},  # one of three
        ("basile", 2): yes,
        ("chloe", 2): yes,
        ("anne", 3): {**yes, "faithful": "cannot-judge"},
        ("anne", 4): {**yes, "faithful": "no"},
        ("basile", 4): {**yes, "faithful": "cannot-judge"},
    }
    with store:
        for (annotator, number), verdicts in said.items():
            store.save(annotator, f"r{number:05}", Rating(verdicts), "tab", 0)
        day = collect_reviews(store)[0]["at"][:10]
        export_reviews(store, tmp_path / "reviews.csv", tmp_path / "exclude.yaml")
    expected = [
        {"id": f"{1:032x}", "reason": "review: the answer is not correct (2 of 3)", "date": day},
        {"id": f"{4:032x}", "reason": "review: not faithful to its source (1 of 1)", "date": day},
    ]
    assert propose_exclusions(read_reviews(tmp_path / "reviews.csv")) == expected
    written = read_yaml(tmp_path / "exclude.yaml")
    assert written == {"exclude": expected}
    recipe = {"name": "r", "version": "1.0.0", "sources": [{"source": "diamed"}], **written}
    assert schema_problems(recipe, "recipe", "recipe") == []
