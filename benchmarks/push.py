"""Publishing a release of full size on a Hub on loopback, against the bare ``create_commit`` of its files.

    python benchmarks/push.py [--rows N] [--work DIR]

The Hub is that of the tests, in this process; each push is a process of its own, without the time of
its imports. *Bare* makes the repository and commits the same files with huggingface_hub alone: it hashes
and uploads them. A push besides verifies the release first, asks the Hub what is there, reads every byte
back and compares it, and tags.

*The second push* publishes a version in which every thousandth row is another (0.1 % removed, 0.1 %
added): once all over the data, and once in the rows of one provenance only. *Sent* are the bytes of all
requests. With Xet, it is what the real Xet client adds to its storage, and those of the other requests.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import measure
from build import standing_release
from published_rows import add_options, published

from medinjection_fr.recipe import find_recipe
from medinjection_fr.release.manifest import MANIFEST, read_release

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from hub.server import serve_hub
from hub.state import Hub

REPO = "our-laboratory/medinjection-fr"
EVERY = 1000
TIMES = 3


def bare(release: str) -> dict[str, float]:
    """Reference: huggingface_hub alone."""
    from huggingface_hub import CommitOperationAdd, HfApi

    folder = Path(release)
    with measure.Piece() as found:
        api = HfApi()
        api.create_repo(REPO, repo_type="dataset", private=True)
        files = [path for path in folder.rglob("*") if path.is_file()]
        operations = [CommitOperationAdd(path.relative_to(folder).as_posix(), path) for path in files]
        api.create_commit(REPO, operations, commit_message="bare", repo_type="dataset")
    return found


def ours(release: str, tag: str) -> dict[str, float]:
    from huggingface_hub import CommitOperationAdd, HfApi  # noqa: F401

    from medinjection_fr.release import push

    with measure.Piece() as found:
        pushed = push.push(Path(release), REPO, tag, private=True)
    assert pushed.tagged
    return found


def with_other_rows(work: Path, rows: int, origins: tuple[str, ...]) -> Path:
    """The release in which every thousandth row of some provenances is another, as version 2.0.0."""
    name = f"{'-'.join(origins)}-{rows}"
    data, output = work / f"published-other-{name}", work / f"release-other-{name}"
    if (output / MANIFEST).exists():
        return output
    shutil.rmtree(data, ignore_errors=True)
    root = published(work, rows)
    for path in sorted(root.rglob("*.json")):
        target = data / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.parent != root and path.stem.split("_")[0] in origins:
            _copy_with_other_rows(path, target)
        else:
            shutil.copyfile(path, target)
    recipe = work / "recipe-2.yaml"
    shipped = find_recipe("published")[0].read_text(encoding="utf-8")
    recipe.write_text(shipped.replace('version: "1.0.0"', 'version: "2.0.0"'), encoding="utf-8")
    measure.run([measure.COMMAND, "build", str(recipe), "--data", str(data), "--output", str(output)])
    shutil.rmtree(data)
    return output


def _copy_with_other_rows(path: Path, target: Path) -> None:
    """One JSON array with a row a line."""
    with path.open(encoding="utf-8") as source, target.open("w", encoding="utf-8", newline="\n") as copy:
        for number, line in enumerate(source):
            if number % EVERY == 1:
                row = json.loads(line.rstrip(",\n"))
                row["instruction"] = f"Autrement : {row['instruction']}"
                line = json.dumps(row, ensure_ascii=False) + ("," if line.endswith(",\n") else "") + "\n"
            copy.write(line)


@contextmanager
def phases(hub: Hub) -> Iterator[dict[str, float]]:
    """Seconds from the plan's end to the commit, and from there to the tag, as the Hub sees them."""
    at: dict[str, float] = {}

    def note(name: str) -> Callable[[], None]:
        return lambda: at.__setitem__(name, time.perf_counter())

    hub.mend()
    hub.fault("POST", "/preupload/", before=note("upload"), times=1)
    hub.fault("POST", "/commit/", after=note("commit"), times=1)
    hub.fault("POST", "/tag/", before=note("tag"), times=1)
    found: dict[str, float] = {}
    yield found
    found.update(upload=at["commit"] - at["upload"])
    if "tag" in at:
        found.update(read_back=at["tag"] - at["commit"])


def empty(hub: Hub, work: Path) -> None:
    hub.repositories.clear()
    hub.large_files.clear()
    hub.mend()
    shutil.rmtree(work / "hub", ignore_errors=True)
    shutil.rmtree(work / "cas", ignore_errors=True)
    if hub.cas:
        hub.cas.mkdir()


def run(hub: Hub, *piece: object) -> tuple[float, measure.Measured, dict[str, float]]:
    """Wall seconds, everything measured, and the phases."""
    with phases(hub) as found:
        measured = measure.run_piece(__file__, *piece, **hub.environment())
    return measured.result["wall"], measured, found


def stored(hub: Hub) -> int:
    """Bytes in the storage of Xet."""
    files = hub.cas.rglob("*") if hub.cas else []
    return sum(path.stat().st_size for path in files if path.is_file())


def compare(hub: Hub, work: Path, release: Path, size: int) -> list[tuple[str, ...]]:
    """Bare and push, in turn, each on an empty Hub; the best of each."""
    best: dict[str, Any] = {}
    for _ in range(TIMES):
        for name, piece in (("bare", ("bare", release)), ("push", ("ours", release, "v1.0.0"))):
            empty(hub, work)
            measure.warm([release])
            result = run(hub, *piece)
            best[name] = min(best.get(name, result), result, key=lambda r: r[0])
    (bare_wall, bare_run, bare_phases), (wall, push_run, push_phases) = best["bare"], best["push"]
    before = wall - push_phases["upload"] - push_phases["read_back"]
    way = "Xet" if hub.cas else "LFS"
    return [
        (f"reference: bare `create_commit`, {way}", *_speed(bare_wall, size, bare_wall), *_costs(bare_run)),
        ("… its upload and commit", *_speed(bare_phases["upload"], size, bare_phases["upload"]), "", ""),
        (f"push, {way}", *_speed(wall, size, bare_wall), *_costs(push_run)),
        ("… verify and plan", f"{before:.1f} s", "", "", "", ""),
        ("… upload and commit", *_speed(push_phases["upload"], size, bare_phases["upload"]), "", ""),
        ("… read back and compare", *_speed(push_phases["read_back"], size, None), "", ""),
    ]


def _speed(wall: float, size: int, reference: float | None) -> tuple[str, str, str]:
    ratio = f"{100 * reference / wall:.0f} %" if reference else ""
    return f"{wall:.1f} s", f"{size / wall / 1e6:,.0f} MB/s", ratio


def _costs(measured: measure.Measured) -> tuple[str, str]:
    return f"{measured.result['cpu']:.1f} s", f"{measured.rss:,.0f} MB"


def second(hub: Hub, work: Path, what: str, old: Path, new: Path) -> tuple[str, ...]:
    """A push of a new version over the old one: what is sent of it."""
    empty(hub, work)
    run(hub, "ours", old, "v1.0.0")
    there, before = {file["sha256"] for file in read_release(old).files.values()}, stored(hub)
    wall, _, _ = run(hub, "ours", new, "v2.0.0")
    sent = sum(len(request.body) for request in hub.log) + stored(hub) - before
    puts = {request.path.split("/")[-1] for request in hub.requests("PUT")}
    assert not puts & there, "an unchanged file was sent"
    files = read_release(new).files
    changed = [file for file in files.values() if file["sha256"] not in there]
    size = sum(file["bytes"] for file in files.values())
    return (
        f"{what}, {'Xet' if hub.cas else 'LFS'}",
        f"{len(changed)} of {len(files)}",
        f"{sum(file['bytes'] for file in changed) / 1e6:,.0f} MB",
        f"{sent / 1e6:,.1f} MB",
        f"{100 * sent / size:.1f} %",
        f"{wall:.1f} s",
    )


def bench(arguments: argparse.Namespace) -> None:
    work, rows = arguments.work, arguments.rows
    release = standing_release(work, rows)
    others = {
        "0.1 % of all rows": with_other_rows(work, rows, ("native", "synthetic", "translated")),
        "0.1 % of the native rows": with_other_rows(work, rows, ("native",)),
    }
    size = sum(path.stat().st_size for path in release.rglob("*") if path.is_file())
    speeds: list[tuple[str, ...]] = []
    shares: list[tuple[str, ...]] = []
    with serve_hub(work / "hub") as hub:
        for cas in (None, work / "cas"):
            hub.cas = cas
            speeds += compare(hub, work, release, size)
            shares += [second(hub, work, what, release, other) for what, other in others.items()]
        hub.cas = None
        empty(hub, work)
    measure.print_table(
        f"Pushing {rows:,} rows, {size / 1e6:,.0f} MB",
        ("", "wall", "throughput", "of the reference's", "CPU of the client", "peak RSS"),
        speeds,
    )
    measure.print_table(
        "Second push: other rows",
        ("", "files changed", "their size", "sent", "of the release", "wall"),
        shares,
    )


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {"bare": bare, "ours": ours}, add_options)
