"""Endpoints by which a client reads: what there is, and its bytes."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs

from hub.faults import Request
from hub.routes import Answer, as_json, page, part, route
from hub.state import Hub
from hub.store import Commit, Refused, Repository
from hub.xet import hash_in_cas


@route("GET", "/api/datasets/{id}/tree/{revision}")
@route("GET", "/api/datasets/{id}/tree/{revision}/{path}")
def list_tree(hub: Hub, request: Request, id: str, revision: str, path: str = "") -> Answer:
    repository = hub.repository(request, id)
    commit = repository.find(revision)
    folder = f"{path}/" if path else ""
    names: set[str] = set()
    for name in commit.files:
        if name.startswith(folder):
            steps = name.removeprefix(folder).split("/")
            depth = len(steps) if request.query.get("recursive") == "true" else 1
            names |= {folder + "/".join(steps[: end + 1]) for end in range(depth)}
    if path and not names:
        raise Refused(404, f"{path} does not exist on {revision}", "EntryNotFound")
    expand = request.query.get("expand") == "true"
    return page(hub, request, [_listed(repository, commit, name, expand) for name in sorted(names)])


@route("POST", "/api/datasets/{id}/paths-info/{revision}")
def list_paths(hub: Hub, request: Request, id: str, revision: str) -> Answer:
    repository = hub.repository(request, id)
    commit = repository.find(revision)
    wanted = parse_qs(request.body.decode())
    there = [path for path in wanted.get("paths", []) if commit.below(path)]
    return as_json([_listed(repository, commit, path, wanted.get("expand") == ["true"]) for path in there])


def _listed(repository: Repository, commit: Commit, path: str, expand: bool) -> dict[str, Any]:
    """A file or folder as listings have it."""
    entry: dict[str, Any] = {"type": "directory", "path": path, "size": 0}
    entry["oid"] = hashlib.sha1(path.encode()).hexdigest()
    if path in commit.files:
        file = commit.files[path]
        entry |= {"type": "file", "size": len(file.data), "oid": file.blob_id}
        if file.is_large:
            entry["lfs"] = {"oid": file.sha256, "size": len(file.data), "pointerSize": len(file.in_git)}
    if expand:
        entry["lastCommit"] = repository.last_change(commit, path).headline
    return entry


@route("GET|HEAD", "/datasets/{id}/resolve/{revision}/{path}")
def resolve(hub: Hub, request: Request, id: str, revision: str, path: str) -> Answer:
    commit = hub.repository(request, id).find(revision)
    headers = {"X-Repo-Commit": commit.id}
    if path not in commit.files:
        raise Refused(404, "Entry not found", "EntryNotFound", headers)
    file = commit.files[path]
    if not file.is_large:
        return part(request, file.data, {**headers, "ETag": f'"{file.oid}"'})
    headers |= {"X-Linked-ETag": f'"{file.oid}"', "X-Linked-Size": str(len(file.data))}
    if hub.cas and (xet_hash := hash_in_cas(hub.cas, file.sha256)):
        token = f"{hub.endpoint}/api/datasets/{id}/xet-read-token/{commit.id}"
        headers |= {"X-Xet-Hash": xet_hash, "Link": f'<{token}>; rel="xet-auth"'}
    return Answer(302, b"", {**headers, "Location": f"{hub.storage}/storage/{file.sha256}"})


@route("GET|HEAD", "/storage/{sha256}")
def get_large_file(hub: Hub, request: Request, sha256: str) -> Answer:
    if "Authorization" in request.headers:
        raise Refused(400, "The address says all; a token must not go to another host")
    if sha256 not in hub.large_files:
        raise Refused(404, "not in the storage")
    return part(request, hub.large_files[sha256], {"ETag": f'"{sha256}"'})
