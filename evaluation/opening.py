"""From a backend and a model's name to who is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from evaluation.endpoint_model import ENDPOINT_PROTOCOLS, EndpointModel
from evaluation.local_model import LocalModel
from evaluation.protocols import PROTOCOLS
from evaluation.questions import Question
from evaluation.served import JOURNAL, Served
from evaluation.spread import SpreadModel
from evaluation.weights import Weights
from medinjection_fr.engine import IN_THIS_PROCESS, Engine, Local
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.plan import read_limit, read_parameters, read_prices
from medinjection_fr.models.opening import open_model

BACKENDS = {"transformers": PROTOCOLS, "vllm": ENDPOINT_PROTOCOLS, "openai": ENDPOINT_PROTOCOLS}
"""With the protocols of multiple choice that each can answer."""
_GREEDY: dict[str, dict[str, Any]] = {
    "openai": {"temperature": 0},
    # vLLM takes what generation_config.json says unless it is told otherwise.
    "vllm": {"temperature": 0, "repetition_penalty": 1.0},
}
_LOCAL = ("revision", "adapter", "dtype", "batch_tokens", "deterministic")
_SERVED = ("window", "budget", "price_in", "price_out", "parameters")
_REMOTE = ("endpoint", "served_as", "key_from", "per_minute")


class Predictor(Protocol):
    """Who answers questions.

    Attributes:
        training: The ``training.json`` beside its weights or adapter; ``None`` if none is known.
    """

    training: dict[str, Any] | None

    @property
    def described(self) -> dict[str, Any]:
        """What tells this model apart from others; JSON."""
        ...

    def predict(self, questions: Sequence[Question], protocols: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Predicts questions, and yields predictions as they become ready."""
        ...


def open_predictor(
    backend: str,
    name: str,
    output: Path,
    at_once: int,
    options: Mapping[str, Any],
    engine: Engine = IN_THIS_PROCESS,
) -> Predictor:
    """Opens a model.

    Args:
        backend: One of ``BACKENDS``.
        name: A folder of weights, a model's name on the Hub, or what an endpoint calls it.
        output: Folder of the run, where an endpoint's replies are kept.
        at_once: Requests under way at most.
        options: Of the command line; ``None`` or empty where not given.
        engine: Where weights are opened: on this machine, or on the nodes of a cluster.

    Raises:
        InputError: Options that the backend does not have, or everything that is wrong with the model.
    """
    check_options(backend, options)
    if backend == "transformers":
        here = isinstance(engine, Local)
        return open_local(name, options) if here else _open_on_nodes(name, options, engine, output)
    return EndpointModel(open_served(backend, name, output / JOURNAL, at_once, options))


def open_local(name: str, options: Mapping[str, Any]) -> LocalModel:
    """Opens a model on this machine.

    Raises:
        InputError: Everything that is wrong with it.
    """
    return LocalModel(name, *(options[option] for option in _LOCAL))


def _open_on_nodes(name: str, options: Mapping[str, Any], engine: Engine, output: Path) -> SpreadModel:
    """A model on the cards of a cluster, or on its processors if no node has a card."""
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    device = "cuda" if resources.get("GPU") else "cpu"
    weights = Weights(name, device=device, **{option: options[option] for option in _LOCAL})
    return SpreadModel(weights, engine, output)


def open_served(backend: str, name: str, journal: Path, at_once: int, options: Mapping[str, Any]) -> Served:
    """Opens a model at an endpoint, or to be served by vLLM here. Nothing is asked yet.

    Args:
        backend: ``openai`` or ``vllm``.
        name: What an endpoint calls it, or a folder of weights.
        journal: Where its replies are kept.
        at_once: Requests under way at most.
        options: Of the command line.

    Raises:
        InputError: Everything that is wrong with it.
    """
    prices = read_prices(options["price_in"], options["price_out"])
    budget = read_limit(options["budget"], prices)
    parameters = {**_GREEDY[backend], **read_parameters(options["parameters"])}
    parameters = {key: value for key, value in parameters.items() if value is not None}
    model = open_model(
        f"vllm:{name}" if backend == "vllm" else name,
        options["endpoint"],
        served_as=options["served_as"],
        key_from=options["key_from"],
        window=options["window"],
        per_minute=options["per_minute"],
    )
    return Served(model, backend, parameters, journal, prices, budget, at_once)


def check_engine(engine: str, backend: str) -> None:
    """Looks whether a backend's questions can be spread over a cluster.

    Raises:
        InputError: They cannot.
    """
    if engine != "local" and backend != "transformers":
        what = f"does not go with --backend {backend}: a server answers many requests at once by itself"
        mend = "Put one server on each node behind one address, and give it with --backend openai --endpoint"
        raise InputError(Problem(f"--engine {engine}", what, "--engine local", mend))


def check_options(backend: str, options: Mapping[str, Any]) -> None:
    """Looks whether the backend has the options that were given.

    Raises:
        InputError: Those that it does not have.
    """
    foreign = {
        "transformers": {**dict.fromkeys(_SERVED, "vllm and openai"), **dict.fromkeys(_REMOTE, "openai")},
        "vllm": {**dict.fromkeys(_LOCAL, "transformers"), **dict.fromkeys(_REMOTE, "openai")},
        "openai": dict.fromkeys(_LOCAL, "transformers"),
    }[backend]
    problems = [
        Problem(
            f"--{option.rstrip('s') if option == 'parameters' else option.replace('_', '-')}",
            f"is no option of --backend {backend}",
            f"with --backend {owner} only",
        )
        for option, owner in foreign.items()
        if options[option] not in (None, (), False)
    ]
    if problems:
        raise InputError(problems)
