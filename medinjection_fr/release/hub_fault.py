"""Why a request to the Hub failed, as its client tells it, and what a person can do about it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from medinjection_fr.errors import Problem

_TRANSIENT = (408, 429, 500, 502, 503, 504)
_LONGEST_PAUSE_S = 300
_LATER = "Run the command again later: it goes on from what is there"


@dataclass(frozen=True)
class Fault:
    """Why a request failed.

    Attributes:
        status: The Hub's answer; ``None`` if none came.
        said: Its words, or those of the connection.
        code: The Hub's own name of the fault, as ``RepoNotFound``.
        retry_after: Seconds that it asks us to wait.
    """

    status: int | None
    said: str
    code: str = ""
    retry_after: int | None = None

    @property
    def is_transient(self) -> bool:
        """Whether the same request may do better in a moment."""
        return (self.status is None or self.status in _TRANSIENT) and (
            self.retry_after is None or self.retry_after <= _LONGEST_PAUSE_S
        )

    @property
    def is_conflict(self) -> bool:
        """Whether something else stands where the request would have put its own."""
        return self.status in (409, 412)

    @classmethod
    def of(cls, error: BaseException) -> Fault | None:
        """Reads an error of the Hub's client; ``None`` if it is none (a bug, a full disk)."""
        from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, HTTPError):
            cause = cause.__cause__  # the client wraps what goes wrong with an upload
        if cause is None:
            is_no_answer = isinstance(error, json.JSONDecodeError)
            is_no_answer |= isinstance(error, ConnectionError) and not error.errno
            return cls(None, _first_line(error)) if is_no_answer else None
        response = getattr(cause, "response", None)
        if response is None:
            return cls(None, _first_line(cause))
        said = getattr(cause, "server_message", None) or response.reason_phrase
        code, wait = (response.headers.get(name, "") for name in ("X-Error-Code", "Retry-After"))
        return cls(response.status_code, _first_line(said), code, int(wait) if wait.isdigit() else None)

    def explain(self, repo: str, address: str, doing: str) -> Problem:
        """Says what failed, and what to do.

        Args:
            repo: The repository.
            address: Its page.
            doing: What the request was for.
        """
        if self.status is None:
            what = f"{doing} failed: no answer came ({self.said})"
            return Problem(repo, what, mend=f"Check the connection. {_LATER}")
        if self.code == "RepoNotFound":
            what = "there is no such dataset repository, or it is private and the token may not see it"
            return Problem(repo, what, mend="Check the name, and log in with `hf auth login`")
        what = f"{doing} failed: the Hub answered {self.status} ({self.said})"
        if self.status == 401:
            mend = "Log in with `hf auth login`, or set HF_TOKEN to a token that is valid"
        elif self.status == 403:
            mend = "Use a token that has the right to do this: `hf auth login`, or HF_TOKEN"
        elif self.status in _TRANSIENT:
            mend = _LATER
        else:
            mend = f"Look at {address}"
        return Problem(repo, what, mend=mend)


def _first_line(text: object) -> str:
    lines = str(text).strip().splitlines()
    return lines[0][:120] if lines else type(text).__name__
