"""What a push would do to a repository, and why it may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.cache import bring_to_cache
from medinjection_fr.release.diff import diff_releases
from medinjection_fr.release.digests import digest_file
from medinjection_fr.release.hub import LocalFile, Repository, Snapshot, version_of
from medinjection_fr.release.licences import LicensedRows, public_faults
from medinjection_fr.release.manifest import MANIFEST, Release, parse_manifest
from medinjection_fr.release.receive import receive_manifest
from medinjection_fr.release.shards import open_shard

_STRANGERS_NAMED = 5


@dataclass(frozen=True)
class Changes:
    """What becomes of each file: path → bytes."""

    added: Mapping[str, int] = field(default_factory=dict)
    replaced: Mapping[str, int] = field(default_factory=dict)
    deleted: Mapping[str, int] = field(default_factory=dict)
    unchanged: Mapping[str, int] = field(default_factory=dict)

    @property
    def sent(self) -> dict[str, int]:
        """Files whose content is sent; the Hub may have some of it already."""
        return {**self.added, **self.replaced}


@dataclass(frozen=True)
class Plan:
    """What a push would do.

    Attributes:
        repo, tag: Where to, and under which tag.
        private: Whether the repository is private.
        main: What main holds, which the changes are made for; ``None`` if the repository is to be made.
        base: Tag of the newest release, which the step of the version is measured against.
        bump: The least step that is honest; ``None`` for a first release.
        changes: What becomes of each file.
        published: Commit at which the tag stands already, with exactly this content.
    """

    repo: str
    tag: str
    private: bool
    main: Snapshot | None
    base: str | None
    bump: str | None
    changes: Changes
    published: str | None


def release_files(release: Release) -> dict[str, LocalFile]:
    """Every file of a release, the manifest too, with the digests that have been verified."""
    files = {
        name: LocalFile(release.folder / name, file["bytes"], file["sha256"])
        for name, file in release.files.items()
    }
    manifest = release.folder / MANIFEST
    return {**files, MANIFEST: LocalFile(manifest, manifest.stat().st_size, digest_file(manifest))}


def compare(files: Mapping[str, LocalFile], snapshot: Snapshot | None) -> Changes:
    """Compares a release with what a commit holds."""
    there = snapshot.files if snapshot else {}
    changes = Changes({}, {}, {name: there[name].bytes for name in sorted(there.keys() - files.keys())}, {})
    for name, file in files.items():
        part: Any = changes.added
        if name in there:
            part = changes.unchanged if there[name].is_same(file) else changes.replaced
        part[name] = file.bytes
    return changes


def make_plan(release: Release, repository: Repository, tag: str, private: bool) -> Plan:
    """Looks at a repository and says what a push would do.

    Args:
        release: A release that ``verify`` found sound.
        repository: Where to.
        tag: The release's tag.
        private: Whether the repository is to be private.

    Raises:
        InputError: Everything that stands in the way.
    """
    files = release_files(release)
    problems = list(_tag_problems(release, tag))
    if not private:
        problems += _public_problems(release)
    snapshot = repository.snapshot()
    tags = repository.tags() if snapshot else {}
    published = None
    if snapshot:
        problems += _visibility_problems(repository, snapshot, private)
        problems += _stranger_problems(repository, snapshot, files)
        standing = repository.snapshot(tags[tag]) if tag in tags else None
        if standing and standing.is_exactly(files):
            published = standing.commit
        elif standing:
            what = f"{tag} exists already, for other content (commit {standing.commit[:12]})"
            mend = (
                "A tag never moves: give the release a higher version, build it and push it under its own tag"
            )
            problems.append(Problem(repository.name, what, mend=mend))
    if problems:
        raise InputError(problems)
    base = next((other for other in reversed(tags) if other != tag), None)
    bump = None
    if base and not published:
        bump = _checked_bump(release, repository, base, tags[base])
    changes = compare(files, snapshot)
    return Plan(repository.name, tag, private, snapshot, base, bump, changes, published)


def _tag_problems(release: Release, tag: str) -> Iterator[Problem]:
    expected = f"v{release.version}, as {release.folder / MANIFEST} says"
    if version_of(tag) is None:
        yield Problem("tag", f'"{tag}" is no release', expected)
    elif tag != f"v{release.version}":
        mend = "Give that tag, or set `version:` in the recipe and build again"
        yield Problem("tag", f"{tag} is not the release's version", expected, mend)


def _public_problems(release: Release) -> list[Problem]:
    """Why a release is not for everybody."""
    recipe = release.manifest["recipe"]
    problems = public_faults(_licensed_rows(release), recipe.get("allow_non_commercial", False))
    if recipe.get("audience") != "public":
        mend = "Set `audience: public` and build again, or push it with --private"
        what = "is for internal use: its recipe does not say `audience: public`"
        problems.append(Problem(str(release.folder), what, "a public release for a public repository", mend))
    return problems


def _licensed_rows(release: Release) -> list[LicensedRows]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for shard in release.shards:
        with open_shard(release.folder / shard.path) as (_, batches):
            columns = pa.Table.from_batches(batch.select(["source", "license"]) for batch in batches)
            grouped = columns.group_by(["source", "license"]).aggregate([([], "count_all")])
            for row in grouped.to_pylist():
                counts[row["source"], row["license"], shard.cell.origin] += row["count_all"]
    sources = release.manifest["sources"]
    return [
        LicensedRows(source, license, origin, rows, sources[source]["facts"]["redistributable"])
        for (source, license, origin), rows in sorted(counts.items())
    ]


def _visibility_problems(repository: Repository, snapshot: Snapshot, private: bool) -> Iterator[Problem]:
    if snapshot.private and not private:
        mend = f"Give --private to publish for those who may see it, or change it in {repository.address}/settings"
        yield Problem(repository.name, "is private", "a public repository", mend)
    if private and not snapshot.private:
        mend = "Give another --repo; what was public once cannot be taken back"
        yield Problem(repository.name, "is public", "a private repository, as --private says", mend)


def _stranger_problems(
    repository: Repository, snapshot: Snapshot, files: Mapping[str, LocalFile]
) -> Iterator[Problem]:
    """Files of main that no release put there: a push would delete them."""
    strangers = snapshot.files.keys() - files.keys()
    if strangers and MANIFEST in snapshot.files:
        manifest = parse_manifest(receive_manifest(repository, snapshot), MANIFEST)
        strangers -= {file["path"] for file in manifest["files"]}
    if strangers:
        names = sorted(strangers)
        more = f" and {len(names) - _STRANGERS_NAMED} more" if len(names) > _STRANGERS_NAMED else ""
        what = f"main holds files of no release: {', '.join(names[:_STRANGERS_NAMED])}{more}"
        mend = "Give another --repo, or move them elsewhere: a repository of releases holds nothing else"
        yield Problem(repository.name, what, mend=mend)


def _checked_bump(release: Release, repository: Repository, base: str, commit: str) -> str:
    """The least step from the newest release that is honest, if the version takes it."""
    difference = diff_releases(bring_to_cache(repository, base, commit, [release]), release)
    if not difference.allows(release.version):
        kinds = ", ".join(f"{kind} {rows:,}" for kind, rows in difference.counts.items() if rows)
        what = f"{release.version} is too small a step from {base}: the change is {difference.bump}"
        mend = (
            f"Set `version:` in the recipe and build again; `medinjection-fr diff {repository.name}@{base} "
            f"{release.folder}` shows the change"
        )
        expected = f"{difference.smallest_version()} or higher"
        where = str(release.folder / MANIFEST)
        raise InputError(Problem(where, f"{what} ({kinds})" if kinds else what, expected, mend))
    return difference.bump
