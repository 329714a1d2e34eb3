from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("gradio", reason="gradio comes with the extra `review`")

import httpx
from reviewing import answers_set, open_store
from serving import serve_review

from evaluation.review.review_files import read_reviews
from evaluation.review.store import Store


class Site(NamedTuple):
    address: str
    tokens: dict[str, str]
    database: Path
    log: Path

    @contextmanager
    def client(self, annotator: str | None = None) -> Iterator[httpx.Client]:
        """A browser, with an annotator's token given at the entrance."""
        with httpx.Client(base_url=self.address, timeout=60) as client:
            if annotator:
                assert client.post("/", data={"token": self.tokens[annotator]}).status_code == 303
            yield client


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    store, tokens = open_store(folder / "review.sqlite", answers_set(6), overlap=0.5)
    store.close()
    with serve_review(folder / "review.sqlite", folder / "log") as served:
        yield Site(served.address, tokens, folder / "review.sqlite", folder / "log")


def _kept(item: str, **changed: Any) -> dict[str, Any]:
    said = {"item": item, "seen": "0", "tab": "t", "verdicts": ["equivalent", None]}
    return said | {"preference": None, "remark": "=1"} | changed


def test_nothing_is_given_without_a_token(site: Site) -> None:
    with site.client() as client:
        assert "Jeton" in client.get("/").text
        for path in ("/evaluation/", "/evaluation/config", "/export.csv", "/evaluation/gradio_api/info"):
            answer = client.get(path)
            assert answer.status_code == 303 and answer.headers["location"] == "/", path
        for path in ("/keep", "/evaluation/gradio_api/run/predict", "/evaluation/gradio_api/queue/join"):
            assert client.post(path, json={}).status_code == 401, path
        wrong = client.post("/", data={"token": "wrong"})
        assert wrong.status_code == 403 and not wrong.cookies and "pas connu" in wrong.text


def test_a_token_opens_the_page_and_names_no_run(site: Site) -> None:
    with site.client("anne") as client:
        page = client.get("/evaluation/")
        assert page.status_code == 200 and "default-src 'self'" in page.headers["content-security-policy"]
        config = client.get("/evaluation/config").text
        assert "native" not in config and "Guide d'annotation" in config
        (cookie,) = client.cookies.jar
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert client.get("/leave").status_code == 303
        assert client.get("/evaluation/").status_code == 303


def test_no_file_of_the_machine_is_served(site: Site) -> None:
    with site.client("anne") as client:
        for path in (site.database, f"{site.database}.tokens.csv", "/etc/hostname", "setup.cfg"):
            answer = client.get(f"/evaluation/gradio_api/file={path}")
            assert answer.status_code in (403, 404), path


def test_what_a_page_kept_is_saved_and_exported(site: Site) -> None:
    with Store(site.database) as store:
        item = store.item_at("anne", 1)
        other = next(
            name
            for place in range(1, 10)
            if store.place_of("anne", name := store.item_at("basile", place)) is None
        )
    with site.client("anne") as client, site.client("basile") as basile:
        assert client.post("/keep", json=_kept(item)).status_code == 204
        assert client.post("/keep", content=b"null").status_code == 204
        for wrong in (
            _kept(other),
            _kept(item, verdicts=["good", None]),
            {"item": item},
            [1],
            _kept(item, seen="x"),
        ):
            assert client.post("/keep", json=wrong).status_code == 400
        for name in ("csv", "jsonl"):
            exported = client.get(f"/export.{name}")
            assert f"evaluations-anne.{name}" in exported.headers["content-disposition"]
            path = site.database.with_name(f"anne.{name}")
            path.write_bytes(exported.content)
            (review,) = read_reviews(path)
            assert (review["item"], review["annotator"], review["remark"]) == (item, "anne", "=1")
            assert list(review["verdicts"].values()) == ["equivalent"]
        assert "'=1" in client.get("/export.csv").text
        assert basile.get("/export.jsonl").text == ""
        assert client.get("/export.exe").status_code == 404


def test_tokens_stand_in_no_log(site: Site) -> None:
    with site.client("anne") as client:
        client.get("/evaluation/")
    text = site.log.read_text(encoding="utf-8")
    assert not any(token in text for token in site.tokens.values())
