"""What an endpoint's error means: its rule, whether to try again, and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size)|(length|window|size).{0,20}context|maximum (model|context)"
    r"|too many tokens|(prompt|input|request).{0,40}too (long|large)|token count.{0,40}exceed",
    re.IGNORECASE,
)
_UNKNOWN_MODEL = re.compile(
    r"model.{0,200}(not found|not exist|unknown|not supported|no such)|(unknown|no such|invalid) model|pinned to",
    re.IGNORECASE | re.DOTALL,
)
_FILTERED = {"content_filter", "content_policy_violation", "invalid_prompt"}
_WORDS = 300


@dataclass(frozen=True)
class Fault:
    """One failed try.

    Attributes:
        rule: A rule of ``ModelError``.
        message: What the endpoint said, shortened, or what broke.
        transient: Whether a later try may fare better.
        wait: Seconds that the endpoint asks to wait, if it does.
        status: HTTP status, if there was an answer.
    """

    rule: str
    message: str
    transient: bool = False
    wait: float | None = None
    status: int | None = None


def fault_of(error: Exception, has_key: bool) -> Fault:
    """Tells what an exception of the ``openai`` client means.

    Args:
        error: What it raised.
        has_key: Whether a key was sent.
    """
    import openai

    if isinstance(error, openai.APIStatusError):
        return _fault_of_status(error, has_key)
    cause = error.__cause__
    if cause is not None and type(cause).__name__ in ("ConnectError", "ConnectTimeout"):
        return Fault("endpoint-down", f"no connection ({cause or type(cause).__name__})", transient=True)
    if isinstance(error, (openai.APITimeoutError, TimeoutError)):
        return Fault("timeout", "no reply in time", transient=True)
    return Fault("reply-broken", f"the answer broke off ({type(cause or error).__name__})", transient=True)


def _fault_of_status(error: Any, has_key: bool) -> Fault:
    status, code, said = error.status_code, str(error.code or ""), _said(error.body)
    message = f"the endpoint answered {status}" + (f": {said}" if said else "")
    if status == 401:  # what it says may quote the key
        rule, what = ("key-refused", "refuses the key") if has_key else ("key-missing", "wants a key")
        return Fault(rule, f"the endpoint {what} ({status})", status=status)
    if status == 403:
        return Fault("key-refused", message, status=status)
    if status == 402 or (status == 429 and code == "insufficient_quota"):
        return Fault("quota-spent", message, status=status)
    if status == 429:
        return Fault("rate-limited", message, True, _wait(error.response.headers), status)
    if status >= 500 or status in (408, 409, 425):
        return Fault("server-error", message, True, _wait(error.response.headers), status)
    if (
        status == 413
        or code in ("context_length_exceeded", "exceed_context_size_error")
        or _TOO_LONG.search(said)
    ):
        return Fault("context-too-long", message, status=status)
    if code in _FILTERED:
        return Fault("content-filtered", message, status=status)
    if status == 404 or code == "model_not_found" or _UNKNOWN_MODEL.search(said):
        return Fault("model-unknown", message, status=status)
    return Fault("request-refused", message, status=status)


def _said(body: object) -> str:
    """The endpoint's own words, wherever its JSON has them."""
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body.get("error") or ""
    return " ".join(str(body or "").split())[:_WORDS]


def _wait(headers: Any) -> float | None:
    """Seconds of ``Retry-After``; a date is left to the usual pauses."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return None
