"""The real client of the Hub, run in a process of its own."""

from __future__ import annotations

import json
import sys
from typing import Any

from commands import run

from hub.state import Hub

REPOSITORY = "our-laboratory/medinjection-fr"

PUBLISH = """
api.create_repo(**repo, exist_ok=True)
for tag, folder in zip(["v1.0.0", "v1.1.0"], sys.argv[1:]):
    commit = api.upload_folder(**repo, folder_path=folder, delete_patterns="*")
    api.create_tag(**repo, tag=tag, revision=commit.oid)
result = None
"""
"""Publishes two folders as two versions."""

READ = """
for tag, folder in zip(["v1.0.0", "v1.1.0"], sys.argv[1:]):
    huggingface_hub.snapshot_download(**repo, revision=tag, local_dir=folder)
refs = api.list_repo_refs(**repo)
result = {ref.name: ref.target_commit for ref in [*refs.branches, *refs.tags]}
"""
"""Downloads two versions into two folders, and gives the commits of branches and tags."""

PREAMBLE = f"""
import json, sys, time
pauses = []
time.sleep = pauses.append  # before another try
import huggingface_hub
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, HfFileSystem
ID = {REPOSITORY!r}
repo = dict(repo_id=ID, repo_type="dataset")
api = HfApi()

def told(call, *arguments, **options):
    "The name of the error with which a call ends, and the status that was answered if one was."
    try:
        call(*arguments, **options)
    except Exception as error:
        cause = error if hasattr(error, "response") or not error.__cause__ else error.__cause__
        response = getattr(cause, "response", None)
        return [type(error).__name__, response.status_code if response is not None else None]
    return "done"
"""
"""What a script of ``client`` may use."""


def client(
    hub: Hub,
    script: str,
    *arguments: object,
    token: str | None = "write",
    home: str = "home",
    **environment: str,
) -> Any:
    """Runs a script that sets ``result`` and gives that; see ``PREAMBLE`` and ``Hub.environment``."""
    script = f"{PREAMBLE}{script}\nprint(json.dumps(result))"
    command = [sys.executable, "-c", script, *arguments]
    done = run(command, env={**hub.environment(token, home), **environment})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
