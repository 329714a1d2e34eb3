"""From a name to a model: ``apertium``, ``vllm:PATH``, or the name of a model at an endpoint."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from urllib.parse import urlsplit

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.apertium import Apertium
from medinjection_fr.models.endpoint import Endpoint, Patience
from medinjection_fr.models.model import Model
from medinjection_fr.models.vllm import Vllm
from medinjection_fr.progress import tell

OPENAI = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"


def open_model(
    name: str,
    endpoint: str | None = None,
    *,
    served_as: str | None = None,
    key_from: str | None = None,
    window: int | None = None,
    per_minute: float | None = None,
    patience: Patience | None = None,
    tell: Callable[[str], None] = tell,
) -> Model:
    """Opens a model. Nothing is sent before the first request.

    Args:
        name: ``apertium``, ``vllm:`` with the folder of the weights, or else the model's identity at an
            endpoint, with its revision where the endpoint tells revisions apart: it goes into records.
        endpoint: Base address; OpenAI's own if not given.
        served_as: What the endpoint calls the model, if that is another name.
        key_from: Environment variable with the key. If not given, ``OPENAI_API_KEY`` for an https
            endpoint, and no key for an http one: nobody's key travels in the clear unasked.
        window: Context window in tokens, if known.
        per_minute: Requests in a minute at most.
        patience: With faults that pass.
        tell: Called with what the user should know, each thing once.

    Raises:
        InputError: The name, the address, the key or what must be installed is missing or wrong.
    """
    if name == "apertium":
        return Apertium()
    if name.startswith("vllm:"):
        return Vllm(name.removeprefix("vllm:"), window=window, tell=tell)
    if not name:
        raise InputError(Problem("--model", "is empty", "apertium, vllm:PATH, or a model's name"))
    if importlib.util.find_spec("openai") is None:
        mend = 'Install it: pip install "medinjection-fr[generate]"'
        raise InputError(Problem(f"model {name}", "needs the openai library", mend=mend))
    url = _base_url(endpoint or OPENAI)
    return Endpoint(
        name,
        url,
        served_as=served_as,
        key=_key(url, key_from),
        window=window,
        per_minute=per_minute,
        patience=patience,
        tell=tell,
    )


def _base_url(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        what = "is no address of an endpoint"
        expected = "http(s)://HOST[:PORT][/v1], without user or password"
        raise InputError(Problem("--endpoint", what, expected))
    return endpoint.rstrip("/") + ("" if parts.path.strip("/") else "/v1")


def _key(url: str, key_from: str | None) -> str | None:
    variable = key_from or (KEY if url.startswith("https:") else "")
    if not variable:
        return None
    if not (key := os.environ.get(variable, "").strip()):
        mend = "Put the key there, or any word if the endpoint wants none"
        raise InputError(Problem(url, f"the environment has no key in {variable}", mend=mend))
    return key
