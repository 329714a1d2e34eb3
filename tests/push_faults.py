"""What can go wrong with a push: each fault, what must come of it, and what the message must say.

``python tests/push_faults.py`` prints what comes of each: the table that ``release/test_push_faults.py`` checks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from click.testing import Result
from hub.server import serve_hub
from publishing import FIRST, REPO, SECOND, THIRD, VERSIONS, Stage, build_version, connected
from releases import contents

AGAIN = "Run the command again"
LOGIN = "hf auth login"


@dataclass(frozen=True)
class Scenario:
    """A push of the second version over the first, and what goes wrong.

    Attributes:
        name: What goes wrong.
        arrange: Makes it go wrong.
        says: Words of the message; the push succeeds all the same if there are none.
        options: Of the push.
        token: Of the push.
        is_first: There is no repository yet.
        passes: The same push succeeds when nothing goes wrong any more.
    """

    name: str
    arrange: Callable[[Stage], object] = lambda stage: None
    says: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    token: str | None = "write"
    is_first: bool = False
    passes: bool = True

    @property
    def version(self) -> str:
        return FIRST if self.is_first else SECOND

    def run(self, stage: Stage) -> Result:
        """Arranges everything and pushes."""
        if not self.is_first:
            stage.publish(FIRST)
        self.arrange(stage)
        return stage.push(self.version, *self.options, token=self.token)


@dataclass(frozen=True)
class Step:
    """A request of a push.

    Attributes:
        method, path: As ``Fault`` has them.
        follows_commit: It is the first such request after the commit.
    """

    method: str
    path: str
    follows_commit: bool = False

    def strike(self, stage: Stage, **what: Any) -> None:
        """Lets something happen at the step; see ``Fault``."""

        def arm() -> None:
            stage.hub.fault(self.method, self.path, **what)

        if self.follows_commit:
            stage.hub.fault("POST", "/commit/", after=arm, times=1)
        else:
            arm()


MAKING = {"making the repository": Step("POST", "/repos/create$")}
STEPS = {
    "looking at main": Step("GET", "/revision/main$"),
    "listing tags": Step("GET", "/refs$"),
    "looking at the earlier release": Step("GET", "/revision/[0-9a-f]{40}$"),
    "reading the earlier release": Step("GET", "/resolve/"),
    "reading a shard of the earlier release": Step("GET", "/storage/"),
    "planning the upload": Step("POST", "/preupload/"),
    "asking where shards go": Step("POST", "/objects/batch$"),
    "sending a shard": Step("PUT", "/storage/"),
    "confirming a shard": Step("POST", "/lfs/verify$"),
    "checking the card": Step("POST", "/validate-yaml$"),
    "committing": Step("POST", "/commit/"),
    "looking at the commit": Step("GET", "/revision/[0-9a-f]{40}$", follows_commit=True),
    "reading back": Step("GET", "/resolve/", follows_commit=True),
    "reading back a shard": Step("GET", "/storage/", follows_commit=True),
    "listing tags again": Step("GET", "/refs$", follows_commit=True),
    "tagging": Step("POST", "/tag/"),
}
"""The requests of a push over an earlier one, in their order."""

TRANSIENT: dict[str, dict[str, Any]] = {
    "503 once": {"status": 503, "times": 1},
    "429 with Retry-After": {"status": 429, "headers": {"Retry-After": "7"}, "times": 1},
    "connection lost on the way there": {"lost": "request", "times": 1},
    "connection lost on the way back": {"lost": "answer", "times": 1},
}
LASTING: dict[str, dict[str, Any]] = {
    "503 for ever": {"status": 503},
    "no answer for ever": {"lost": "request"},
}


def _at_each_step() -> list[Scenario]:
    return [
        Scenario(
            f"{name}: {fault}",
            partial(step.strike, **what),
            (REPO, AGAIN) if fault in LASTING else (),
            is_first=name in MAKING,
        )
        for name, step in {**MAKING, **STEPS}.items()
        for fault, what in {**TRANSIENT, **LASTING}.items()
    ]


def _tag_by_hand(stage: Stage) -> None:
    stage.repository.refs[f"refs/tags/v{SECOND}"] = stage.repository.find("main").id
    stage.remember()


def _make_private(stage: Stage) -> None:
    stage.repository.private = True


def _add_stranger(stage: Stage) -> None:
    stage.repository.change({"notes.txt": b"Ours"})
    stage.remember()


def _move_main(stage: Stage) -> None:
    """Somebody commits to main while the files are sent."""

    def move() -> None:
        stage.repository.change({"README.md": b"---\nlicense: mit\n---\n"})
        stage.remember()

    stage.hub.fault("POST", "/commit/", before=move, times=1)


def _push_meanwhile(stage: Stage, version: str, step: str) -> None:
    """Somebody else pushes a version, from end to end, just before a step of ours."""
    from medinjection_fr.release.push import push

    def push_it() -> None:
        push(stage.releases[version], REPO, f"v{version}")

    STEPS[step].strike(stage, before=push_it, times=1)


def _go_down(stage: Stage, step: str) -> None:
    """The Hub answers nothing from a step on."""
    STEPS[step].strike(stage, before=lambda: stage.hub.fault(status=503), status=503, times=1)


def _serve_other_bytes(stage: Stage, step: Step) -> None:
    step.strike(stage, alter=lambda body: body[:-1] + bytes([body[-1] ^ 1]))


SCENARIOS = [
    Scenario("nothing goes wrong"),
    Scenario("nothing goes wrong, in a repository to be made", is_first=True),
    Scenario("no token", says=("no token", LOGIN), token=None),
    Scenario("a token that the Hub does not know", says=("401", LOGIN), token="unknown"),
    Scenario("a token for reading only", says=("403", "the right to do this"), token="read"),
    Scenario("a token for reading only, and no repository yet", says=("403",), token="read", is_first=True),
    Scenario(
        "the tag exists, for other content", _tag_by_hand, ("exists already", "higher version"), passes=False
    ),
    Scenario("the repository is private", _make_private, ("is private", "--private"), passes=False),
    Scenario("a public repository, with --private", says=("is public",), options=("--private",)),
    Scenario("main holds a file of no release", _add_stranger, ("notes.txt", "another --repo"), passes=False),
    Scenario("main is moved before our commit", _move_main, ("changed by somebody else", AGAIN)),
    Scenario(
        "somebody else pushes the same release before our commit",
        partial(_push_meanwhile, version=SECOND, step="committing"),
    ),
    Scenario(
        "somebody else pushes the same release before our tag",
        partial(_push_meanwhile, version=SECOND, step="tagging"),
    ),
    Scenario(
        "somebody else pushes another release before our commit",
        partial(_push_meanwhile, version=THIRD, step="committing"),
        ("changed by somebody else", AGAIN),
        passes=False,
    ),
    Scenario(
        "somebody else pushes another release before we read back",
        partial(_push_meanwhile, version=THIRD, step="looking at the commit"),
        (f"v{THIRD} was released by somebody else", AGAIN),
        passes=False,
    ),
    Scenario("an upload is cut once", partial(STEPS["sending a shard"].strike, cut_upload=9, times=1)),
    Scenario(
        "uploads are cut for ever",
        partial(STEPS["sending a shard"].strike, cut_upload=9),
        (REPO, AGAIN),
    ),
    Scenario(
        "a download is cut once",
        partial(STEPS["reading back a shard"].strike, cut_download=9, times=1),
    ),
    Scenario(
        "downloads are cut for ever",
        partial(STEPS["reading back a shard"].strike, cut_download=0),
        (REPO, AGAIN),
    ),
    Scenario(
        "other bytes of a shard come back",
        partial(_serve_other_bytes, step=STEPS["reading back a shard"]),
        (f"was not tagged v{SECOND}", AGAIN),
    ),
    Scenario(
        "other bytes of the card come back",
        partial(_serve_other_bytes, step=Step("GET", "/resolve/.*README.md", follows_commit=True)),
        (f"was not tagged v{SECOND}", "README.md"),
    ),
    Scenario(
        "the Hub does not take the card", partial(STEPS["checking the card"].strike, status=400), ("400",)
    ),
    Scenario(
        "the Hub is down after the commit",
        partial(_go_down, step="looking at the commit"),
        ("answered 503", AGAIN),
    ),
    Scenario("the Hub is down before the tag", partial(_go_down, step="tagging"), ("answered 503", AGAIN)),
    *_at_each_step(),
]


def come_of(scenario: Scenario, stage: Stage) -> tuple[str, ...]:
    """Runs a scenario; what came of it, in words."""
    done = scenario.run(stage)
    stage.check()
    outcome = "published" if done.exit_code == 0 else f"refused ({done.exit_code})"
    there = stage.hub.repositories.get(REPO)
    held = {path: file.data for path, file in there.find("main").files.items()} if there else {}
    held.pop(".gitattributes", None)
    names = {version: contents(folder) for version, folder in stage.releases.items()}
    main = next((version for version, files in names.items() if files == held), "as it was")
    stage.hub.mend()
    again = stage.push(scenario.version)
    stage.check()
    repeated = "published" if again.exit_code == 0 else "refused"
    message = " ".join(done.stderr.removeprefix("error: ").split())
    return scenario.name, outcome, main, repeated, message


def main() -> None:
    """Prints the table."""
    print("| what goes wrong | push | main | repeated without it | message |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        releases = {version: build_version(Path(place), version) for version in VERSIONS}
        for number, scenario in enumerate(SCENARIOS):
            with serve_hub(Path(place) / str(number)) as hub, connected(hub):
                print("|", " | ".join(come_of(scenario, Stage(hub, releases))), "|", flush=True)


if __name__ == "__main__":
    main()
