"""The Hub of the tests gives the real client what it expects of one."""

from __future__ import annotations

import json
import random
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
from releases import contents, shard_paths

from hub.client import PUBLISH, READ, REPOSITORY, client
from hub.state import Hub
from hub.store import File, Repository

DATA = random.Random(1).randbytes(100_000)


def files_at(repository: Repository, revision: str) -> dict[str, bytes]:
    """Files of a revision, but the one that a repository begins with."""
    files = repository.find(revision).files
    return {path: file.data for path, file in files.items() if path != ".gitattributes"}


def test_folder_is_published_under_a_tag_and_read_back(
    hub: Hub, versions: Mapping[str, Path], tmp_path: Path
) -> None:
    client(hub, PUBLISH, *versions.values())
    repository, copies = hub.repositories[REPOSITORY], {tag: tmp_path / tag for tag in versions}
    refs = client(hub, READ, *copies.values(), token=None, home="another")
    assert refs == {name: repository.find(name).id for name in ("main", *versions)}
    for tag, copy in copies.items():
        assert files_at(repository, tag) == contents(versions[tag])
        read = {path: data for path, data in contents(copy).items() if not path.startswith(".")}
        assert read == contents(versions[tag])
    files = repository.find("v1.0.0").files
    assert {path for path, file in files.items() if file.is_large} == set(shard_paths(versions["v1.0.0"]))


def test_large_file_travels_by_another_host_without_the_token(hub: Hub, repository: Repository) -> None:
    script = """
api.upload_file(**repo, path_or_fileobj=b"\\0" * 1000, path_in_repo="zeros.bin")
path = huggingface_hub.hf_hub_download(**repo, filename="zeros.bin")
result = open(path, "rb").read() == b"\\0" * 1000
"""
    assert client(hub, script) is True
    requests = hub.requests(path="^/storage/")
    assert [request.method for request in requests] == ["PUT", "GET"]
    assert all(request.headers["Host"].startswith("localhost:") for request in requests)
    assert not any("Authorization" in request.headers for request in requests)
    assert all("Authorization" in request.headers for request in hub.requests(path="^/(api|datasets)/"))


def test_redirect_to_the_same_host_is_no_redirect_to_a_storage(hub: Hub, repository: Repository) -> None:
    repository.change({"zeros.bin": bytes(1000)})
    script = """
try:
    result = len(open(huggingface_hub.hf_hub_download(**repo, filename="zeros.bin"), "rb").read())
except Exception as error:
    result = str(error.__cause__)
"""
    hub.storage = hub.endpoint
    assert "is missing the 'X-Repo-Commit' header" in client(hub, script, token=None)
    hub.storage = hub.endpoint.replace("127.0.0.1", "localhost")
    assert client(hub, script, token=None) == 1000


def test_large_file_is_sent_in_parts_and_only_once(hub: Hub, repository: Repository, tmp_path: Path) -> None:
    hub.part_size = 30_000
    (tmp_path / "data.bin").write_bytes(DATA)
    script = "result = api.upload_file(**repo, path_or_fileobj=sys.argv[1], path_in_repo=sys.argv[2]).oid"
    client(hub, script, tmp_path / "data.bin", "one.bin")
    sent = [request.body for request in hub.requests("PUT", "^/storage/")]
    assert [len(body) for body in sent] == [30_000, 30_000, 30_000, 10_000]
    assert b"".join(sent) == DATA
    commit = client(hub, script, tmp_path / "data.bin", "another.bin")
    assert files_at(repository, commit) == {"one.bin": DATA, "another.bin": DATA}
    assert len(hub.requests("PUT", "^/storage/")) == 4


def test_unchanged_folder_makes_no_commit(hub: Hub, versions: Mapping[str, Path]) -> None:
    script = "result = [api.upload_folder(**repo, folder_path=sys.argv[1]).oid for _ in range(2)]"
    repository = hub.create(REPOSITORY)
    first, second = client(hub, script, versions["v1.0.0"])
    assert first == second == repository.find("main").id
    assert len(repository.commits) == 2


def test_commit_adds_changes_and_deletes(hub: Hub, repository: Repository) -> None:
    repository.change({"a.txt": b"a", "b.txt": b"b", "folder/c.txt": b"c", "folder/d.txt": b"d"})
    script = """
operations = [CommitOperationAdd("a.txt", b"new"), CommitOperationAdd("e.txt", b"e")]
operations += [CommitOperationDelete("b.txt"), CommitOperationDelete("folder/", is_folder=True)]
result = api.create_commit(**repo, operations=operations, commit_message="Title", commit_description="More").oid
"""
    commit = repository.find(client(hub, script))
    assert files_at(repository, "main") == {"a.txt": b"new", "e.txt": b"e"}
    assert (commit.id, commit.title, commit.message) == (repository.find("main").id, "Title", "More")


def test_changes_from_within_are_seen_by_the_client(hub: Hub, repository: Repository) -> None:
    repository.change({"a.txt": b"", "b.txt": b"b"}, tag="v1")
    repository.change({"b.txt": None, "c.arrow": b"c"})
    script = (
        "result = [sorted(api.list_repo_files(**repo, revision=revision)) for revision in ['v1', 'main']]"
    )
    both = [".gitattributes", "a.txt"]
    assert client(hub, script) == [[*both, "b.txt"], [*both, "c.arrow"]]


def test_commit_on_a_stale_parent_is_refused(hub: Hub, repository: Repository) -> None:
    stale = repository.find("main").id
    repository.change({"a.txt": b"theirs"})
    script = """
commit = dict(operations=[CommitOperationAdd("a.txt", b"ours")], commit_message="Ours", parent_commit=sys.argv[1])
result = told(api.create_commit, **repo, **commit)
"""
    assert client(hub, script, stale) == ["HfHubHTTPError", 412]
    assert files_at(repository, "main") == {"a.txt": b"theirs"}
    assert client(hub, script, repository.find("main").id) == "done"
    assert files_at(repository, "main") == {"a.txt": b"ours"}


def test_pull_request_leaves_main_alone(hub: Hub, repository: Repository) -> None:
    script = """
file = dict(path_in_repo="a.txt", path_or_fileobj=b"a")
opened = api.upload_file(**repo, **file, create_pr=True)
api.upload_file(**repo, path_in_repo="b.txt", path_or_fileobj=b"b", revision=opened.pr_revision)
refs = api.list_repo_refs(**repo, include_pull_requests=True)
result = opened.pr_url, [ref.ref for ref in refs.pull_requests]
"""
    assert client(hub, script) == [f"{hub.endpoint}/datasets/{REPOSITORY}/discussions/1", ["refs/pr/1"]]
    assert files_at(repository, "refs/pr/1") == {"a.txt": b"a", "b.txt": b"b"}
    assert files_at(repository, "main") == {}


def test_pull_request_may_be_opened_where_one_may_not_write(hub: Hub) -> None:
    theirs = hub.create("their-laboratory/theirs")
    script = """
file = dict(repo_id="their-laboratory/theirs", repo_type="dataset", path_in_repo="a.txt", path_or_fileobj=b"a")
result = told(api.upload_file, **file), told(api.upload_file, **file, create_pr=True)
"""
    assert client(hub, script) == [["HfHubHTTPError", 403], "done"]
    assert client(hub, script, token="read") == [["HfHubHTTPError", 403]] * 2
    assert files_at(theirs, "refs/pr/1") == {"a.txt": b"a"}
    assert files_at(theirs, "main") == {}


def test_tags_stay_where_they_are_and_go_when_told(hub: Hub, repository: Repository) -> None:
    repository.change({"a.txt": b"1"}, tag="v1")
    repository.change({"a.txt": b"2"})
    script = """
tag = dict(**repo, tag="v1")
def now():
    return [HfFileSystem(skip_instance_cache=True).cat(f"datasets/{ID}@v1/a.txt").decode()]
result = told(api.create_tag, **tag), told(api.create_tag, **tag, exist_ok=True), now()
result += told(api.delete_tag, **tag), told(api.delete_tag, **tag), told(api.create_tag, **tag), now()
result += told(api.create_tag, **repo, tag="v2", revision="nowhere"),
"""
    assert client(hub, script) == [
        *(["HfHubHTTPError", 409], "done", ["1"]),
        *("done", ["RevisionNotFoundError", 404], "done", ["2"]),
        ["RevisionNotFoundError", 404],
    ]


def test_branches(hub: Hub, repository: Repository) -> None:
    repository.change({"a.txt": b"1"}, tag="v1")
    repository.change({"a.txt": b"2"})
    script = """
fix = dict(**repo, branch="fix")
result = [told(api.create_branch, **fix, revision="v1"), told(api.create_branch, **fix)]
api.upload_file(**repo, path_or_fileobj=b"mended", path_in_repo="b.txt", revision="fix")
result += [told(api.upload_file, **repo, path_or_fileobj=b"", path_in_repo="c.txt", revision="nowhere")]
result += [told(api.upload_file, **repo, path_or_fileobj=b"", path_in_repo="c.txt", revision="v1")]
"""
    not_there = ["RevisionNotFoundError", 404]
    assert client(hub, script) == ["done", ["HfHubHTTPError", 409], not_there, not_there]
    assert files_at(repository, "fix") == {"a.txt": b"1", "b.txt": b"mended"}
    assert client(hub, 'result = told(api.delete_branch, **repo, branch="fix")') == "done"
    assert set(repository.refs) == {"refs/heads/main", "refs/tags/v1"}


def test_listings_come_in_pages(hub: Hub, repository: Repository) -> None:
    repository.change({"a.txt": b"1", "folder/b.txt": b"1", "folder/deep/c.bin": bytes(10)})
    repository.change({"a.txt": b"2"})
    hub.page_size = 2
    script = """
def listed(entries):
    return {entry.path: entry.last_commit.title if entry.last_commit else None for entry in entries}
result = [listed(api.list_repo_tree(**repo, recursive=True, expand=True)), listed(api.list_repo_tree(**repo))]
result += [listed(api.list_repo_tree(**repo, path_in_repo="folder"))]
result += [listed(api.get_paths_info(**repo, paths=["a.txt", "folder", "nowhere"], expand=True))]
result += [told(lambda: list(api.list_repo_tree(**repo, path_in_repo="nowhere")))]
result += [[commit.title for commit in api.list_repo_commits(**repo)]]
info = api.dataset_info(ID, files_metadata=True)
result += [info.sha, {file.rfilename: file.size for file in info.siblings}]
"""
    start, first, second = "initial commit", "A change", "A change"
    everything = {".gitattributes": start, "a.txt": second, "folder": first, "folder/b.txt": first}
    everything |= {"folder/deep": first, "folder/deep/c.bin": first}
    *listings, sha, sizes = client(hub, script)
    assert listings == [
        everything,
        {".gitattributes": None, "a.txt": None, "folder": None},
        {"folder/b.txt": None, "folder/deep": None},
        {"a.txt": second, "folder": first},
        ["RemoteEntryNotFoundError", 404],
        [second, first, start],
    ]
    assert sha == repository.find("main").id
    assert sizes.items() >= {"a.txt": 1, "folder/deep/c.bin": 10}.items()


WHO_MAY_WHAT = {
    None: [
        ["LocalTokenNotFoundError", None],
        ["RepositoryNotFoundError", 401],
        ["RepositoryNotFoundError", 401],
        ["HfHubHTTPError", 401],
        ["HfHubHTTPError", 401],
        ["HfHubHTTPError", 401],
    ],
    "bad": [["HfHubHTTPError", 401]] * 6,
    "read": ["read", "done", ["RepositoryNotFoundError", 404], *[["HfHubHTTPError", 403]] * 3],
    "write": ["write", "done", ["RepositoryNotFoundError", 404], "done", "done", ["HfHubHTTPError", 403]],
}


@pytest.mark.parametrize("token", WHO_MAY_WHAT)
def test_token_decides_who_may_what(hub: Hub, token: str | None) -> None:
    repository = hub.create(REPOSITORY, private=True)
    repository.change({"a.txt": b"secret"})
    script = """
try:
    result = [api.whoami()["auth"]["accessToken"]["role"]]
except Exception:
    result = [told(api.whoami)]
result += [told(api.dataset_info, ID), told(api.dataset_info, "our-laboratory/nowhere")]
result += [told(api.create_repo, "ours", repo_type="dataset", private=True)]
result += [told(api.upload_file, **repo, path_or_fileobj=b"new", path_in_repo="a.txt")]
result += [told(api.create_repo, "their-laboratory/theirs", repo_type="dataset")]
"""
    assert client(hub, script, token=token) == WHO_MAY_WHAT[token]
    assert files_at(repository, "main") == {"a.txt": b"new" if token == "write" else b"secret"}
    private = [found.private for id, found in hub.repositories.items() if id.endswith("/ours")]
    assert private == ([True] if token == "write" else [])


def test_missing_things_have_their_own_errors(hub: Hub, repository: Repository) -> None:
    script = """
names = dict(repo_type="dataset", filename="a.txt")
result = [told(huggingface_hub.hf_hub_download, ID, **names)[0]]
result += [told(huggingface_hub.hf_hub_download, ID, **names, revision="v1")[0]]
result += [told(huggingface_hub.hf_hub_download, "our-laboratory/nowhere", **names)[0]]
result += [told(api.create_repo, **repo)]
"""
    missing = ["RemoteEntryNotFoundError", "RevisionNotFoundError", "RepositoryNotFoundError"]
    assert client(hub, script) == [*missing, ["HfHubHTTPError", 409]]


def test_card_with_broken_metadata_is_refused(hub: Hub, repository: Repository) -> None:
    script = """
def upload(card):
    return told(api.upload_file, **repo, path_or_fileobj=card, path_in_repo="README.md")
result = upload(b"---\\nconfigs: [\\n---\\n")[0], upload(b"---\\nlicense: mit\\n---\\n"), upload(b"no metadata")
"""
    assert client(hub, script) == ["ValueError", "done", "done"]
    assert len(hub.requests("POST", "/commit/")) == 2


def ask(
    address: str, method: str = "GET", data: bytes | None = None, **headers: str
) -> tuple[int, bytes, str]:
    """Status, body and Content-Range of an answer."""
    request = urllib.request.Request(address, data, headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return answer.status, answer.read(), answer.headers["Content-Range"]
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers["Content-Range"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("bytes=2-4", (206, b"234", "bytes 2-4/10")),
        ("bytes=7-", (206, b"789", "bytes 7-9/10")),
        ("bytes=-3", (206, b"789", "bytes 7-9/10")),
        ("bytes=7-99", (206, b"789", "bytes 7-9/10")),
        ("bytes=-99", (206, b"0123456789", "bytes 0-9/10")),
        ("bytes=10-", (416, b"", "bytes */10")),
    ],
)
def test_part_of_a_file(
    hub: Hub, repository: Repository, wanted: str, expected: tuple[int, bytes, str]
) -> None:
    repository.change({"a.txt": b"0123456789", "a.arrow": b"0123456789"})
    for path in ("a.txt", "a.arrow"):
        assert ask(f"{hub.endpoint}/datasets/{REPOSITORY}/resolve/main/{path}", Range=wanted) == expected


def test_storage_wants_the_right_bytes_and_no_token(hub: Hub, repository: Repository) -> None:
    address = f"{hub.storage}/storage/{File(DATA).sha256}"
    assert ask(address, "PUT", DATA[1:])[0] == 400
    assert ask(address)[0] == 404
    assert ask(address, "PUT", DATA)[0] == 200
    assert ask(address)[:2] == (200, DATA)
    assert ask(address, Authorization="Bearer hf_write")[0] == 400


def test_commit_does_not_name_a_large_file_that_is_not_there(hub: Hub, repository: Repository) -> None:
    large = {"path": "a.arrow", "algo": "sha256", "oid": File(DATA).sha256, "size": len(DATA)}
    lines = [{"key": "header", "value": {"summary": "Title"}}, {"key": "lfsFile", "value": large}]
    body = "\n".join(map(json.dumps, lines)).encode()
    address = f"{hub.endpoint}/api/datasets/{REPOSITORY}/commit/main"
    assert ask(address, "POST", body, Authorization="Bearer hf_write")[0] == 400
    assert files_at(repository, "main") == {}


def test_models_are_kept_as_datasets_are(hub: Hub) -> None:
    script = """
model = dict(repo_id="our-laboratory/our-model")
api.create_repo(**model, private=True)
commit = api.create_commit(**model, commit_message="A model", operations=[
    CommitOperationAdd("model.safetensors", b"\\0" * 100), CommitOperationAdd("config.json", b"{}")])
read = [open(api.hf_hub_download(**model, filename=name), "rb").read() for name in ("model.safetensors", "config.json")]
result = [commit.oid, api.model_info(**model).sha, read == [b"\\0" * 100, b"{}"],
          told(api.create_repo, "ours", repo_type="space", space_sdk="static")]
"""
    made, sha, same, space = client(hub, script)
    assert made == sha and same
    assert space == ["BadRequestError", 400]
