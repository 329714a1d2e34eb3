"""A finished run → a model repository on the Hub, in one commit, with its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import jinja2
import yaml

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import canonical_json, digest_file, git_blob_id
from medinjection_fr.release.hub_fault import Fault
from training.report import REPORT, read_report
from training.run import ADAPTER, MERGED
from training.tables import figures_of

Answer = TypeVar("Answer")
CARD = "README.md"


@dataclass(frozen=True)
class Pushed:
    """What was sent, or would be.

    Attributes:
        repo: ``organisation/name``.
        files: Size in bytes by name.
        card: The text of the card.
        commit: Where it stands now; ``None`` for a dry run.
    """

    repo: str
    files: Mapping[str, int]
    card: str
    commit: str | None


def push(
    output: Path, repo: str, adapter: bool = False, private: bool = False, dry_run: bool = False
) -> Pushed:
    """Publishes the merged model of a run, or its adapter.

    Args:
        output: Folder of the run.
        repo: ``organisation/name``.
        adapter: The adapter instead of the merged model.
        private: Make the repository private, if it is not there yet.
        dry_run: Send nothing.

    Raises:
        InputError: The run is not finished, or the Hub refuses or fails.
    """
    folder = output / (ADAPTER if adapter else MERGED)
    report = read_report(output)
    if not folder.is_dir():
        raise InputError(Problem(str(folder), "is not there", mend=f"python -m training merge {output}"))
    if not adapter:
        report = read_report(folder)
    card = render_card(report, repo, adapter)
    contents: dict[str, Path | bytes] = {
        path.name: path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in (CARD, REPORT)
    }
    # Where the data lay on this machine is nobody's business.
    public = {
        **report,
        "data": {name: value for name, value in report["data"].items() if name != "reference"},
    }
    contents |= {CARD: card.encode(), REPORT: canonical_json(public)}
    sizes = {
        name: len(content) if isinstance(content, bytes) else content.stat().st_size
        for name, content in contents.items()
    }
    commit = (
        None if dry_run else _commit(repo, contents, private, f"MedInjection-FR {report['data']['config']}")
    )
    return Pushed(repo, sizes, card, commit)


def render_card(report: Mapping[str, Any], repo: str, adapter: bool) -> str:
    """The card of a model, from its report."""
    template = Path(__file__).with_name("card.md.j2").read_text(encoding="utf-8")
    base = report["model"]["base"]
    is_folder = Path(base).exists()
    metadata = {
        "library_name": "peft" if adapter else "transformers",
        "pipeline_tag": "text-generation",
        "language": ["fr"],
        **({} if is_folder else {"base_model": base}),
        "tags": ["medinjection-fr", "biomedical", report["recipe"]["adapter"]["method"]],
    }
    environment = jinja2.Environment(keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    values = {
        **report,
        "metadata": yaml.safe_dump(metadata, sort_keys=False),
        "title": repo.rpartition("/")[2],
        "repo": repo,
        "adapter": adapter,
        "base": Path(base).name if is_folder else base,
        "model": {**report["model"], "base": Path(base).name if is_folder else base},
        "figures": {
            name: value for name, value in figures_of(report).items() if name not in ("records", "data")
        },
        "merged": report.get("merged"),
    }
    return environment.from_string(template).render(values)


def _commit(repo: str, contents: Mapping[str, Path | bytes], private: bool, title: str) -> str:
    """Sends what is not there yet, and replaces all that the repository held, in one commit."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api = HfApi(library_name="medinjection-fr")

    def ask(doing: str, request: Callable[[], Answer]) -> Answer:
        try:
            return request()
        except Exception as error:
            fault = Fault.of(error)
            if fault is None:
                raise
            address = f"{api.endpoint}/{repo}"
            raise InputError(fault.explain(repo, address, doing)) from None

    ask("Making the repository", lambda: api.create_repo(repo, private=private, exist_ok=True))
    held = ask("Listing files", lambda: api.model_info(repo))
    there = {file.rfilename for file in held.siblings or ()}
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        CommitOperationAdd(name, content if isinstance(content, bytes) else str(content))
        for name, content in contents.items()
    ]
    operations += [
        CommitOperationDelete(name) for name in sorted(there - contents.keys() - {".gitattributes"})
    ]
    made = ask(
        "Committing",
        lambda: api.create_commit(repo, operations, commit_message=title, parent_commit=held.sha),
    )
    listed = ask("Reading back", lambda: list(api.list_repo_tree(repo, revision=made.oid)))
    stands = {entry.path: entry.lfs.sha256 if entry.lfs else entry.blob_id for entry in listed}  # type: ignore[union-attr]
    damaged = [name for name, content in contents.items() if stands.get(name) not in _digests(content)]
    if damaged:
        what = f"holds other bytes than were sent: {', '.join(damaged)}"
        raise InputError(Problem(repo, what, mend="Push again"))
    return str(made.oid)


def _digests(content: Path | bytes) -> set[str]:
    """By which the Hub may know a file: as one of its storage, or as one of git."""
    import hashlib

    if isinstance(content, bytes):
        return {hashlib.sha256(content).hexdigest(), git_blob_id(content)}
    return {digest_file(content), git_blob_id(content.read_bytes())}
