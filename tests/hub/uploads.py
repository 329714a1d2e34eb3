"""Endpoints by which a client writes: large files go to the storage first, then a commit names them."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from hub.faults import Request
from hub.routes import Answer, as_json, route
from hub.state import Hub
from hub.store import BRANCH, PULL_REQUEST, Commit, File, Refused, Repository, is_large
from hub.xet import fetch_from_cas


def _writable(hub: Hub, request: Request, id: str) -> Repository:
    """A repository that a request may write to; to open a pull request, it need not be the writer's own."""
    hub.check_writer(request)
    return hub.repository(request, id, write="create_pr" not in request.query)


@route("POST", "/api/datasets/{id}/preupload/{revision}")
def plan_upload(hub: Hub, request: Request, id: str, revision: str) -> Answer:
    commit = _writable(hub, request, id).find(revision)
    files = []
    for file in json.loads(request.body)["files"]:
        path, present = file["path"], commit.files.get(file["path"])
        mode = "lfs" if is_large(path, file["size"], base64.b64decode(file["sample"])) else "regular"
        plan = {"path": path, "uploadMode": mode, "shouldIgnore": False}
        files.append({**plan, **({"oid": present.oid} if present else {})})
    return as_json({"files": files, "commitOid": commit.id})


@route("POST", "/datasets/{id}.git/info/lfs/objects/batch")
def plan_large_files(hub: Hub, request: Request, id: str) -> Answer:
    hub.check_writer(request)
    hub.repository(request, id)
    objects, verify = [], {"href": f"{hub.endpoint}/datasets/{id}.git/info/lfs/verify"}
    for large in json.loads(request.body)["objects"]:
        upload: dict[str, Any] = {"href": f"{hub.storage}/storage/{large['oid']}"}
        if hub.part_size and large["size"] > hub.part_size:
            numbers = range(1, -(-large["size"] // hub.part_size) + 1)
            parts = {str(number): f"{upload['href']}/{number}" for number in numbers}
            upload["header"] = {"chunk_size": str(hub.part_size), **parts}
        if large["oid"] not in hub.large_files:
            large["actions"] = {"upload": upload, "verify": verify}
        objects.append(large)
    return as_json({"objects": objects})


@route("POST", "/datasets/{id}.git/info/lfs/verify")
def verify_large_file(hub: Hub, request: Request, id: str) -> Answer:
    hub.check_writer(request)
    large = json.loads(request.body)
    if len(hub.large_files.get(large["oid"], b"")) != large["size"]:
        raise Refused(404, "the large file is not in the storage")
    return as_json({})


@route("PUT", "/storage/{sha256}")
def put_large_file(hub: Hub, request: Request, sha256: str) -> Answer:
    hub.keep(sha256, request.body)
    return as_json({})


@route("PUT", r"/storage/{sha256}/(\d+)")
def put_part(hub: Hub, request: Request, sha256: str, number: str) -> Answer:
    hub.parts[sha256, int(number)] = request.body
    return as_json({}, headers={"ETag": hashlib.md5(request.body).hexdigest()})


@route("POST", "/storage/{sha256}")
def join_parts(hub: Hub, request: Request, sha256: str) -> Answer:
    numbers = [part["partNumber"] for part in json.loads(request.body)["parts"]]
    hub.keep(sha256, b"".join(hub.parts.pop((sha256, number)) for number in numbers))
    return as_json({})


@route("GET", "/api/datasets/{id}/xet-(read|write)-token/{revision}")
def give_xet_token(hub: Hub, request: Request, id: str, kind: str, revision: str) -> Answer:
    _writable(hub, request, id) if kind == "write" else hub.repository(request, id)
    if hub.cas is None:
        raise Refused(404, "no Xet here")
    url, expires = f"local://{hub.cas}", int(time.time()) + 3600
    headers = {"X-Xet-Cas-Url": url, "X-Xet-Access-Token": "test", "X-Xet-Token-Expiration": str(expires)}
    return as_json({"casUrl": url, "accessToken": "test", "exp": expires}, headers=headers)


@route("POST", "/api/datasets/{id}/commit/{revision}")
def make_commit(hub: Hub, request: Request, id: str, revision: str) -> Answer:
    repository = _writable(hub, request, id)
    head, *changes = (json.loads(line) for line in request.body.splitlines())
    wanted, url = head["value"], f"{hub.endpoint}/datasets/{id}"
    parent = repository.find(revision)
    ref = revision if revision.startswith(PULL_REQUEST) else BRANCH + revision
    told = {}
    if "create_pr" in request.query:
        parent = repository.find(wanted.get("parentCommit", revision))
        number = len(repository.named(PULL_REQUEST)) + 1
        ref, told["pullRequestUrl"] = f"{PULL_REQUEST}{number}", f"{url}/discussions/{number}"
    elif ref not in repository.refs:
        raise Refused(404, f"Not a branch: {revision}", "RevisionNotFound")
    elif not parent.id.startswith(wanted.get("parentCommit", "")):
        raise Refused(412, "A commit has happened since. Please refresh and try again.")
    files = dict(parent.files)
    for change in changes:
        _apply(hub, files, change["key"], change["value"])
    commit = Commit(files, wanted["summary"], wanted.get("description", ""), parent.id)
    repository.add(commit, ref)
    return as_json({"commitOid": commit.id, "commitUrl": f"{url}/commit/{commit.id}", **told})


def _apply(hub: Hub, files: dict[str, File], key: str, value: Mapping[str, Any]) -> None:
    """Applies one line of a commit to the files."""
    path = value["path"]
    if key == "file":
        files[path] = File(base64.b64decode(value["content"]))
    elif key == "lfsFile":
        sha256 = value["oid"]
        if hub.cas and sha256 not in hub.large_files:
            hub.keep(sha256, fetch_from_cas(hub.cas, sha256))
        if sha256 not in hub.large_files:
            raise Refused(400, f"the large file of {path} is not in the storage")
        files[path] = File(hub.large_files[sha256], is_large=True)
    elif key == "deletedFile" and path in files:
        del files[path]
    elif key == "deletedFolder":
        for name in [name for name in files if name.startswith(path.rstrip("/") + "/")]:
            del files[name]
    else:
        raise Refused(400, f"cannot do {key} with {path}")
