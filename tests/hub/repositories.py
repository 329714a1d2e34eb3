"""Endpoints of accounts, repositories, refs and history."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from hub.faults import Request
from hub.routes import Answer, as_json, page, route
from hub.state import ACCOUNT, ORGANISATION, Hub
from hub.store import BRANCH, PULL_REQUEST, TAG, File, Refused, Repository


@route("GET", "/api/whoami-v2")
def who_am_i(hub: Hub, request: Request) -> Answer:
    role = hub.role(request)
    if role is None:
        raise Refused(401, "Invalid username or password.")
    organisations = [{"type": "org", "name": ORGANISATION}]
    auth = {"type": "access_token", "accessToken": {"displayName": "test", "role": role}}
    return as_json({"type": "user", "name": ACCOUNT, "orgs": organisations, "auth": auth})


@route("POST", "/api/repos/create")
def create_repository(hub: Hub, request: Request) -> Answer:
    wanted = json.loads(request.body)
    namespace = wanted.get("organization") or ACCOUNT
    hub.check_writer(request, namespace)
    kind = wanted.get("type", "model")
    if kind not in ("dataset", "model"):
        raise Refused(400, "this Hub has datasets and models only")
    id = f"{namespace}/{wanted['name']}"
    url = f"{hub.endpoint}/{'datasets/' if kind == 'dataset' else ''}{id}"
    if id in hub.repositories:
        raise Refused(409, f"You already created this {kind} repo", url=url)
    hub.create(id, private=wanted.get("visibility") == "private")
    return as_json({"url": url, "name": id})


@route("POST", "/api/validate-yaml")
def validate_card(hub: Hub, request: Request) -> Answer:
    header = re.match(r"---\r?\n(.*?)\r?\n---", json.loads(request.body)["content"], re.DOTALL)
    try:
        there = header and yaml.safe_load(header[1])
    except yaml.YAMLError as error:
        return as_json({"errors": [{"message": str(error)}], "warnings": []}, 400)
    missing = {"message": "empty or missing yaml metadata in repo card"}
    return as_json({"errors": [], "warnings": [] if there else [missing]})


@route("GET", "/api/datasets/{id}")
@route("GET", "/api/datasets/{id}/revision/{revision}")
def describe(hub: Hub, request: Request, id: str, revision: str = "main") -> Answer:
    repository = hub.repository(request, id)
    commit = repository.find(revision)
    files = [
        {"rfilename": path, **(_facts_of(file) if "blobs" in request.query else {})}
        for path, file in sorted(commit.files.items())
    ]
    facts = {"id": id, "author": id.split("/")[0], "private": repository.private, "gated": False}
    facts |= {"disabled": False, "downloads": 0, "likes": 0, "tags": []}
    return as_json({**facts, "sha": commit.id, "lastModified": commit.headline["date"], "siblings": files})


def _facts_of(file: File) -> dict[str, Any]:
    large = {"sha256": file.sha256, "size": len(file.data), "pointerSize": len(file.in_git)}
    return {"size": len(file.data), "blobId": file.blob_id, **({"lfs": large} if file.is_large else {})}


@route("GET", "/api/datasets/{id}/refs")
def list_refs(hub: Hub, request: Request, id: str) -> Answer:
    repository = hub.repository(request, id)
    kinds = {"branches": BRANCH, "tags": TAG, "pullRequests": PULL_REQUEST}
    refs = {
        kind: [
            {"name": name, "ref": prefix + name, "targetCommit": commit}
            for name, commit in repository.named(prefix).items()
        ]
        for kind, prefix in kinds.items()
    }
    return as_json({**refs, "converts": []})


@route("GET", "/api/datasets/{id}/discussions")
def list_pull_requests(hub: Hub, request: Request, id: str) -> Answer:
    repository = hub.repository(request, id)
    wanted, start = request.query.get("status"), hub.page_size * int(request.query.get("p", 0))
    numbers = [int(number) for number in repository.named(PULL_REQUEST)]
    states = {number: "closed" if number in repository.closed else "open" for number in sorted(numbers)}
    entries = [
        {
            **{"num": number, "title": f"Request {number}", "status": status, "isPullRequest": True},
            **{"createdAt": "2026-01-01T00:00:00.000Z", "repo": {"name": id, "type": "dataset"}},
        }
        for number, status in states.items()
        if wanted in (None, status)
    ]
    shown = entries[start : start + hub.page_size]
    return as_json({"discussions": shown, "count": len(entries), "start": start})


@route("GET", "/api/datasets/{id}/commits/{revision}")
def list_commits(hub: Hub, request: Request, id: str, revision: str) -> Answer:
    repository = hub.repository(request, id)
    commits = [
        {**commit.headline, "message": commit.message, "authors": [{"user": ACCOUNT}]}
        for commit in repository.history(repository.find(revision))
    ]
    return page(hub, request, commits)


@route("POST", "/api/datasets/{id}/tag/{revision}")
def create_tag(hub: Hub, request: Request, id: str, revision: str) -> Answer:
    return _point(hub.repository(request, id, write=True), TAG + json.loads(request.body)["tag"], revision)


@route("POST", "/api/datasets/{id}/branch/{revision}")
def create_branch(hub: Hub, request: Request, id: str, name: str) -> Answer:
    start = json.loads(request.body).get("startingPoint", "main")
    return _point(hub.repository(request, id, write=True), BRANCH + name, start)


def _point(repository: Repository, ref: str, revision: str) -> Answer:
    """Makes a new ref."""
    commit = repository.find(revision)
    if ref in repository.refs:
        raise Refused(409, f"Reference exists already: {ref}")
    repository.refs[ref] = commit.id
    return as_json({})


@route("DELETE", "/api/datasets/{id}/(tag|branch)/{revision}")
def delete_ref(hub: Hub, request: Request, id: str, kind: str, name: str) -> Answer:
    ref = {"tag": TAG, "branch": BRANCH}[kind] + name
    if hub.repository(request, id, write=True).refs.pop(ref, None) is None:
        raise Refused(404, f"Reference does not exist: {ref}", "RevisionNotFound")
    return as_json({})
