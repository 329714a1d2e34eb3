"""What a public release may hold, who answers for the rest, and that the card counts licences rightly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from cards import card_of, figures_of, header_of
from commands import invoke, refused
from recipes import STUDY, few_rows, source_facts, write_recipe
from releases import manifest_of, read_rows

from medinjection_fr.build import build
from medinjection_fr.recipe import find_recipe
from medinjection_fr.record import ORIGINS
from medinjection_fr.release.card_tables import read_figures
from medinjection_fr.release.licences import PUBLIC_RULES, TERMS, LicensedRows, Terms, public_faults
from medinjection_fr.release.verify import verify

NOT_STATED, NO_DERIVATIVES, NON_COMMERCIAL, NOT_REDISTRIBUTABLE = (
    "license-not-stated",
    "license-no-derivatives",
    "license-non-commercial",
    "source-not-redistributable",
)
FREE = ["CC0-1.0", "CC-BY-4.0", "CC-BY-3.0", "CC-BY-SA-4.0", "MIT", "Apache-2.0", "ODbL-1.0", "etalab-2.0"]


def broken(license: str, origin: str, redistributable: bool = True, allow: bool = False) -> list[str]:
    """The rules that rows of a public release break."""
    rows = LicensedRows("our-source", license, origin, 1234, redistributable)
    problems = public_faults([rows], allow)
    for problem in problems:
        assert problem.where == "sources/our-source"
        assert problem.what.endswith(f": 1,234 {origin} rows under {license}")
        assert problem.expected == PUBLIC_RULES[problem.what.split(":")[0]]
        assert "license_override" in problem.mend
    return [problem.what.split(":")[0] for problem in problems]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("license", FREE)
def test_free_licences_are_for_everybody(license: str, origin: str) -> None:
    assert broken(license, origin) == []
    assert broken(license, origin, redistributable=False) == [NOT_REDISTRIBUTABLE]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("license", ["CC-BY-NC-4.0", "CC-BY-NC-SA-3.0"])
def test_non_commercial_rows_stand_on_request_only(license: str, origin: str) -> None:
    assert broken(license, origin) == [NON_COMMERCIAL]
    assert broken(license, origin, allow=True) == []
    assert broken(license, origin, redistributable=False, allow=True) == [NOT_REDISTRIBUTABLE]


@pytest.mark.parametrize("origin", ["synthetic", "translated"])
def test_derivatives_need_a_licence_for_them(origin: str) -> None:
    assert broken("CC-BY-ND-4.0", origin) == [NO_DERIVATIVES]
    assert broken("CC-BY-NC-ND-4.0", origin) == [NO_DERIVATIVES, NON_COMMERCIAL]
    assert broken("CC-BY-NC-ND-4.0", origin, allow=True) == [NO_DERIVATIVES]


def test_rows_as_their_authors_wrote_them_are_no_derivatives() -> None:
    assert broken("CC-BY-ND-4.0", "native") == []
    assert broken("CC-BY-NC-ND-4.0", "native") == [NON_COMMERCIAL]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("license", ["LicenseRef-none", "unknown", "CC-BY", "CC-BY-5.0", "GPL-3.0-only"])
def test_licence_whose_terms_nobody_knows_counts_as_none(license: str, origin: str) -> None:
    assert broken(license, origin, allow=True) == [NOT_STATED]
    assert broken(license, origin, redistributable=False) == [NOT_STATED, NOT_REDISTRIBUTABLE]


def test_terms_are_those_that_the_names_say() -> None:
    for name, terms in TERMS.items():
        if name.startswith("CC-BY"):
            parts = name.split("-")
            assert terms == Terms("SA" in parts, "NC" in parts, "ND" in parts), name
        else:
            assert terms == Terms(share_alike=name == "ODbL-1.0"), name
    assert str(TERMS["CC-BY-NC-SA-4.0"]) == "share-alike, non-commercial"
    assert str(TERMS["CC-BY-ND-4.0"]) == "no derivatives"
    assert str(TERMS["MIT"]) == "–"


def recipe_with(folder: Path, sources: Mapping[str, Mapping[str, Any]], **changes: Any) -> Path:
    """A recipe of sources ``our-<origin>``, with changed facts of each."""
    rows = {origin: records for origin, records in few_rows().items() if origin in sources}
    catalogue = {f"our-{origin}": source_facts(origin, **facts) for origin, facts in sources.items()}
    return write_recipe(folder, rows, catalogue=catalogue, **changes)


def test_public_build_tells_all_that_stands_in_its_way(tmp_path: Path) -> None:
    sources = {
        "native": {"license": "LicenseRef-none"},
        "synthetic": {"license": "CC-BY-NC-ND-4.0"},
        "translated": {"license": "CC-BY-SA-4.0", "redistributable": False},
    }
    recipe = recipe_with(tmp_path, sources, audience="public")
    output = tmp_path / "out"
    lines = refused(invoke("build", recipe, "--output", output)).splitlines()
    number = len(few_rows()["native"])
    assert [line.split("; expected")[0].removeprefix("error: sources/") for line in lines] == [
        f"our-native: {NOT_STATED}: {number} native rows under LicenseRef-none",
        f"our-synthetic: {NO_DERIVATIVES}: {number} synthetic rows under CC-BY-NC-ND-4.0",
        f"our-synthetic: {NON_COMMERCIAL}: {number} synthetic rows under CC-BY-NC-ND-4.0",
        f"our-translated: {NOT_REDISTRIBUTABLE}: {number} translated rows under CC-BY-SA-4.0",
    ]
    assert not output.exists()
    internal = recipe_with(tmp_path / "internal", sources)
    assert invoke("build", internal, "--output", output).exit_code == 0
    assert "**This release is for internal use**" in card_of(output)


def test_first_try_translations_are_never_public(tmp_path: Path) -> None:
    constants = {"generator": "apertium-3.8.3"}
    sources: dict[str, dict[str, Any]] = {"native": {}, "translated": {"constants": constants}}
    output = tmp_path / "out"
    recipe = recipe_with(tmp_path, sources, audience="public")
    [line] = refused(invoke("build", recipe, "--output", output)).splitlines()
    number = len(few_rows()["translated"])
    what = f"sources/our-translated: generator-first-try: {number} rows by apertium-3.8.3; expected "
    assert what + PUBLIC_RULES["generator-first-try"] in line
    assert not output.exists()
    permitted = [{**PERMISSION, "source": "our-translated", "license": "CC0-1.0"}]
    recipe = recipe_with(tmp_path / "permitted", sources, audience="public", license_override=permitted)
    assert "generator-first-try" in refused(invoke("build", recipe, "--output", output))
    internal = recipe_with(tmp_path / "internal", sources)
    assert invoke("build", internal, "--output", output).exit_code == 0


def test_only_rows_that_stay_are_judged(tmp_path: Path) -> None:
    sources: dict[str, dict[str, Any]] = {"native": {}, "translated": {"license": "LicenseRef-none"}}
    rows = few_rows()
    withdrawn = [
        {
            "source": "our-translated",
            "source_id": row["source_id"],
            "reason": "no licence",
            "date": "2026-11-23",
        }
        for row in rows["translated"]
    ]
    recipe = recipe_with(tmp_path, sources, audience="public", exclude=withdrawn)
    assert set(manifest_of(build(recipe, tmp_path / "out").release.folder)["statistics"]["license"]) == {
        "CC-BY-4.0"
    }


def test_non_commercial_release_says_so_in_its_recipe(tmp_path: Path) -> None:
    sources = {"native": {"license": "CC-BY-NC-4.0"}}
    refused(invoke("build", recipe_with(tmp_path, sources, audience="public"), "--output", tmp_path / "out"))
    recipe = recipe_with(tmp_path, sources, audience="public", allow_non_commercial=True)
    release = build(recipe, tmp_path / "out").release.folder
    assert {row["license"] for row in read_rows(release)} == {"CC-BY-NC-4.0"}
    assert "This release is public" in card_of(release)


def test_share_alike_stands_beside_others_in_public(tmp_path: Path) -> None:
    sources: dict[str, dict[str, Any]] = {"native": {"license": "CC-BY-SA-4.0"}, "translated": {}}
    release = build(recipe_with(tmp_path, sources, audience="public"), tmp_path / "out").release.folder
    assert {(row["source"], row["license"]) for row in read_rows(release)} == {
        ("our-native", "CC-BY-SA-4.0"),
        ("our-translated", "CC-BY-4.0"),
    }


PERMISSION = {
    "source": "our-native",
    "license": "CC-BY-SA-4.0",
    "name": "Jeanne Exemple",
    "reason": "agreed with the editor by letter",
    "date": "2026-01-31",
}


def test_permission_replaces_a_licence_and_is_told_with_its_name(tmp_path: Path) -> None:
    sources: dict[str, dict[str, Any]] = {
        "native": {"license": "LicenseRef-none", "redistributable": False},
        "synthetic": {},
    }
    recipe = recipe_with(tmp_path, sources, audience="public", license_override=[PERMISSION])
    release = build(recipe, tmp_path / "out").release.folder
    assert {(row["source"], row["license"]) for row in read_rows(release)} == {
        ("our-native", "CC-BY-SA-4.0"),
        ("our-synthetic", "CC-BY-4.0"),
    }
    licenses = (release / "LICENSES.md").read_text(encoding="utf-8")
    [native] = [part for part in licenses.split("\n## ") if "(`our-native`)" in part]
    assert (
        "- Licence: CC-BY-SA-4.0. LicenseRef-none upstream; CC-BY-SA-4.0 on the word of Jeanne Exemple "
        "(2026-01-31): agreed with the editor by letter\n"
    ) in native
    assert "- Redistribution: allowed" in native
    [other] = [part for part in licenses.split("\n## ") if "(`our-synthetic`)" in part]
    assert "Jeanne" not in other
    card = card_of(release)
    assert header_of(release)["license"] == "other"
    table = read_figures(card, "sources")
    assert table
    assert {row[1] for row in table[1:]} == {"CC-BY-SA-4.0", "CC-BY-4.0"}
    assert "LicenseRef-none" not in card
    assert manifest_of(release)["recipe"]["license_override"] == [PERMISSION]
    assert verify(release, rows=True) == []


def test_permission_is_no_exemption_from_the_rules(tmp_path: Path) -> None:
    permission = {**PERMISSION, "source": "our-translated", "license": "CC-BY-NC-ND-4.0"}
    recipe = recipe_with(tmp_path, {"translated": {}}, audience="public", license_override=[permission])
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert NO_DERIVATIVES in message
    assert NON_COMMERCIAL in message


@pytest.mark.parametrize("key", PERMISSION)
def test_permission_without_somebody_to_answer_for_it_is_refused(tmp_path: Path, key: str) -> None:
    permission = {name: value for name, value in PERMISSION.items() if name != key}
    recipe = recipe_with(tmp_path, {"native": {}}, license_override=[permission])
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert f'license_override[0]: the key "{key}" is missing' in message


@pytest.mark.parametrize(
    ("key", "value"), [("name", ""), ("reason", ""), ("date", "last spring"), ("source", "our-nativ")]
)
def test_permission_that_says_nothing_is_refused(tmp_path: Path, key: str, value: str) -> None:
    recipe = recipe_with(tmp_path, {"native": {}}, license_override=[{**PERMISSION, key: value}])
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert f"license_override[0] › {key}" in message


def test_date_of_a_permission_needs_no_quotes(tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, {"native": {}}, license_override=[PERMISSION])
    text = recipe.read_text(encoding="utf-8")
    assert "'2026-01-31'" in text
    recipe.write_text(text.replace("'2026-01-31'", "2026-01-31"), encoding="utf-8")
    release = build(recipe, tmp_path / "out").release
    assert release.manifest["recipe"]["license_override"][0]["date"] == "2026-01-31"


# The dataset as its authors published it.


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A folder of data with a few rows of our own in the published form, and the recipe beside it."""
    folder = tmp_path / "medinjection-fr-published"
    folder.mkdir()
    rows = [
        {
            "instruction": f"Quel signe cherchez-vous au cas {origin} {n} ?",
            "context": None,
            "answer": "Une fièvre.",
            "type": "oeq",
            "origin": origin,
        }
        for n in range(4)
        for origin in ("Native", "Synthetic", "Translated")
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "train-00000-of-00001.parquet")
    (tmp_path / "recipe.yaml").write_bytes(find_recipe("published")[0].read_bytes())
    return tmp_path / "recipe.yaml"


def changed(recipe: Path, **changes: Any) -> Path:
    content = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    recipe.write_text(yaml.safe_dump({**content, **changes}, sort_keys=False), encoding="utf-8")
    return recipe


def test_published_dataset_is_for_internal_use(published: Path, tmp_path: Path) -> None:
    release = build(published, tmp_path / "out").release.folder
    assert {row["license"] for row in read_rows(release)} == {"LicenseRef-MedInjection-FR-published"}
    assert "**not allowed as far as is known**" in (release / "LICENSES.md").read_text(encoding="utf-8")
    assert "for internal use" in card_of(release)


def test_published_dataset_is_not_made_public_by_a_word(published: Path, tmp_path: Path) -> None:
    recipe = changed(published, audience="public", allow_non_commercial=True)
    lines = refused(invoke("build", recipe, "--output", tmp_path / "out")).splitlines()
    assert len(lines) == 6  # two reasons for the rows of each origin
    assert {line.split(": ")[2] for line in lines} == {NOT_STATED, NOT_REDISTRIBUTABLE}
    assert not (tmp_path / "out").exists()


def test_published_dataset_is_made_public_by_who_answers_for_it(published: Path, tmp_path: Path) -> None:
    # As the recipe itself proposes: its commented lines, in force.
    lines = (
        published.read_text(encoding="utf-8").replace("audience: internal", "audience: public").split("\n")
    )
    start = lines.index("# license_override:")
    end = next(number for number in range(start, len(lines)) if not lines[number].startswith("#"))
    lines[start:end] = [line.removeprefix("# ") for line in lines[start:end]]
    published.write_text("\n".join(lines), encoding="utf-8")
    release = build(published, tmp_path / "out").release.folder
    assert {row["license"] for row in read_rows(release)} == {"CC-BY-SA-4.0"}
    assert "on the word of who has the permission (2026-01-31)" in (release / "LICENSES.md").read_text(
        encoding="utf-8"
    )
    card = card_of(release)
    assert header_of(release)["license"] == "cc-by-sa-4.0"
    assert "This release is public" in card
    assert verify(release, rows=True) == []


def test_sample_is_public(sample_release: Path) -> None:
    assert manifest_of(sample_release)["recipe"]["audience"] == "public"
    assert {row["license"] for row in read_rows(sample_release)} == {"CC-BY-4.0"}
    assert header_of(sample_release)["license"] == "cc-by-4.0"


# The card's table of licences.


def check_licences_of_the_card(release: Path) -> None:
    """Counts the licences of every configuration again, from the rows of its shards."""
    [_, *names], [label, *terms], *lines = figures_of(release, "licenses")
    assert names == sorted({row["license"] for row in read_rows(release)})
    assert label == "*terms*"
    known = [str(TERMS[name]) if name in TERMS else "none known" for name in names]
    assert terms == ["at most attribution" if text == "–" else text for text in known]
    configs = manifest_of(release)["configs"]
    assert [line[0] for line in lines] == [f"`{name}`" for name in configs]
    for [_, *numbers], config in zip(lines, configs.values(), strict=True):
        paths = [path for part in config["splits"].values() for path in part["shards"]]
        counted = Counter(row["license"] for row in read_rows(release, paths))
        assert [int(n.replace(",", "").replace("–", "0")) for n in numbers] == [counted[n] for n in names]


def test_card_counts_the_licences_of_every_configuration(tmp_path: Path) -> None:
    sources = {
        "native": {"license": "CC-BY-NC-4.0"},
        "synthetic": {"license": "LicenseRef-none", "redistributable": False},
        "translated": {},
    }
    rows = few_rows()
    catalogue = {f"our-{origin}": source_facts(origin, **facts) for origin, facts in sources.items()}
    catalogue["our-second"] = source_facts("native", license="ODbL-1.0")
    recipe = write_recipe(
        tmp_path,
        rows,
        catalogue=catalogue,
        sources=[{"source": name} for name in catalogue],
        study=STUDY,
    )
    second = tmp_path / "our-second" / "records.jsonl"
    second.parent.mkdir()
    text = (tmp_path / "our-native" / "records.jsonl").read_text(encoding="utf-8")
    second.write_text(text.replace("nat-", "sec-"), encoding="utf-8")
    release = build(recipe, tmp_path / "out").release.folder
    assert len({row["license"] for row in read_rows(release)}) == 4
    check_licences_of_the_card(release)


def test_card_of_the_sample_counts_its_licences(sample_release: Path) -> None:
    check_licences_of_the_card(sample_release)


def test_card_of_one_licence_counts_it(published: Path, tmp_path: Path) -> None:
    check_licences_of_the_card(build(published, tmp_path / "out").release.folder)
