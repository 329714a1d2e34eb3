"""The Hub of the tests behaves as the real clients expect of one, and its faults do what they say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from releases import contents, run

from hub.state import Hub

REPOSITORY = "our-laboratory/medinjection-fr"

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
    "What a call gives, or the name of its error and the status that was answered."
    try:
        return call(*arguments, **options)
    except Exception as error:
        response = getattr(error, "response", None)
        return [type(error).__name__, response.status_code if response is not None else None]
"""


def client(hub: Hub, script: str, *arguments: object, token: str | None = "write", home: str = "home") -> Any:
    """Runs a script with the real client and gives its ``result``."""
    script = f"{PREAMBLE}{script}\nprint(json.dumps(result))"
    done = run([sys.executable, "-c", script, *arguments], env=hub.environment(token, home))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


PUBLISH = """
api.create_repo(**repo)
commit = api.upload_folder(**repo, folder_path=sys.argv[1], commit_message="Version 1.0.0")
api.create_tag(**repo, tag="v1.0.0", revision=commit.oid)
result = commit.oid
"""


def test_published_release_is_read_back_by_tag(hub: Hub, sample_release: Path, tmp_path: Path) -> None:
    commit = client(hub, PUBLISH, sample_release)
    client(hub, 'result = str(api.upload_file(**repo, path_or_fileobj=b"new", path_in_repo="README.md"))')
    script = """
folder = huggingface_hub.snapshot_download(**repo, revision="v1.0.0", local_dir=sys.argv[1])
card = HfFileSystem().cat(f"datasets/{ID}@v1.0.0/README.md").decode()
result = [api.list_repo_refs(**repo).tags[0].target_commit, card]
"""
    tagged, card = client(hub, script, tmp_path / "read", token=None, home="another")
    assert tagged == commit
    assert card == (sample_release / "README.md").read_text(encoding="utf-8")
    read = {path: data for path, data in contents(tmp_path / "read").items() if not path.startswith(".")}
    assert read == contents(sample_release)
