"""Weights and tokenizers opened by transformers, with the checks that must not be forgotten.

No code of a model's repository is run. What is found wrong here would show as a bad model only after
long work: a template that is absent, a pad token that ends turns, a lost ``rope_theta``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from medinjection_fr.errors import InputError, Problem

_QUESTION, _ANSWER = "Question-7c1", "Answer-9e4"
_REMOTE_CODE = "needs code of its own repository, which is not run"


@dataclass(frozen=True)
class Frame:
    """What a chat template puts around an answer.

    Attributes:
        scaffold: Text between the prompt and the answer, as an empty ``<think>`` block; usually none.
        end_of_turn: The special token that ends the answer.
        tail: Text after it, as a line feed; usually no model learns it.
    """

    scaffold: str
    end_of_turn: str
    tail: str


def open_tokenizer(
    name: str, revision: str | None = None, pad_token: str | None = None, pads: bool = True
) -> Any:
    """Opens the tokenizer of a chat model and checks it.

    Args:
        name: A folder, or a model's name on the Hub.
        revision: Commit, tag or branch on the Hub.
        pad_token: A token of its vocabulary to pad with; its own if ``None``.
        pads: Whether padding could be taken for text, as in training; who masks it may say no.

    Returns:
        A fast tokenizer with a chat template, whose pad token ends no turn.

    Raises:
        InputError: Everything that is wrong with it.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise InputError(_not_opened(name, "tokenizer", error)) from None
    problems = []
    if not tokenizer.chat_template:
        what = "its tokenizer has no chat template"
        problems.append(Problem(name, what, mend="Take the instruct model, or add chat_template.jinja"))
    if not tokenizer.is_fast:
        problems.append(Problem(name, "its tokenizer has no tokenizer.json", mend="Convert it first"))
    if pad_token is not None and pad_token not in tokenizer.get_vocab():
        problems.append(Problem(name, f"has no token {pad_token!r} to pad with", "a token of its vocabulary"))
    if problems:
        raise InputError(problems)
    if pad_token is not None:
        tokenizer.pad_token = pad_token
    end = frame_of(tokenizer, name).end_of_turn
    if not pads:
        return tokenizer
    others = [token for token in tokenizer.all_special_tokens if token != end]
    mend = f"Name another that it has: {', '.join(others)}" if others else "Take another model"
    if tokenizer.pad_token is None:
        raise InputError(Problem(name, "has no pad token", mend=mend))
    if tokenizer.pad_token == end:
        what = f"pads with {end}, which ends its turns: what is cut off with the padding is never learnt"
        raise InputError(Problem(name, what, "another pad token", mend))
    return tokenizer


def frame_of(tokenizer: Any, name: str = "tokenizer") -> Frame:
    """Reads off a chat template what it puts around an answer.

    Raises:
        InputError: The answer does not stand whole at the end, or no special token ends it.
    """
    user, assistant = {"role": "user", "content": _QUESTION}, {"role": "assistant", "content": _ANSWER}
    try:
        prompt = tokenizer.apply_chat_template([user], tokenize=False, add_generation_prompt=True)
        whole = tokenizer.apply_chat_template([user, assistant], tokenize=False)
    except Exception as error:  # whatever a template raises
        what = f"its chat template fails on a question and an answer ({str(error).splitlines()[0][:80]})"
        raise InputError(Problem(name, what)) from None
    scaffold, found, ending = whole.removeprefix(prompt).partition(_ANSWER)
    ends = [token for token in tokenizer.all_special_tokens if ending.startswith(token)]
    if not whole.startswith(prompt) or not found or _QUESTION not in prompt:
        what = "its chat template writes the prompt of a question otherwise when the answer is there"
        raise InputError(Problem(name, what, "the prompt, then the answer"))
    if not ends:
        what = "its chat template ends an answer with no special token"
        raise InputError(Problem(name, what, "a token such as <|im_end|>"))
    end = max(ends, key=len)
    return Frame(scaffold, end, ending.removeprefix(end))


def open_config(name: str, revision: str | None = None) -> Any:
    """Opens the configuration of a model.

    Args:
        name: A folder, or a model's name on the Hub.
        revision: Commit, tag or branch on the Hub.

    Raises:
        InputError: There is none that transformers knows.
    """
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise InputError(_not_opened(name, "config", error)) from None


def open_causal_lm(
    name: str,
    revision: str | None = None,
    *,
    dtype: str = "bfloat16",
    attention: str = "sdpa",
    kernels: bool = False,
    tokenizer: Any = None,
) -> Any:
    """Opens the weights of a causal language model on the CPU and checks them.

    Args:
        name: A folder, or a model's name on the Hub.
        revision: Commit, tag or branch on the Hub.
        dtype: ``bfloat16`` or ``float32``.
        attention: Implementation, as transformers calls it.
        kernels: Take the Hub's kernels for single layers.
        tokenizer: Its tokenizer, to see that each token has an embedding.

    Raises:
        InputError: Everything that is wrong with it.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    common: dict[str, Any] = {"revision": revision, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(name, **common)
        model = AutoModelForCausalLM.from_pretrained(
            name,
            dtype=getattr(torch, dtype),
            attn_implementation=attention,
            use_kernels=kernels,
            **common,
        )
    except (OSError, ValueError, ImportError) as error:
        raise InputError(_not_opened(name, "weights", error)) from None
    problems = []
    said, used = (
        _rope_theta(name, revision),
        (getattr(config, "rope_parameters", None) or {}).get("rope_theta"),
    )
    if said is not None and used is not None and float(said) != float(used):
        what = f"its config says rope_theta {said}, but {used} would be used"
        problems.append(Problem(name, what, mend="Open it with the transformers that wrote it"))
    rows = model.get_input_embeddings().weight.shape[0]
    if tokenizer is not None and len(tokenizer) > rows:
        what = f"its tokenizer has {len(tokenizer)} tokens for {rows} embeddings"
        problems.append(Problem(name, what, mend="Take the tokenizer that belongs to the weights"))
    if problems:
        raise InputError(problems)
    return model


def _rope_theta(name: str, revision: str | None) -> float | None:
    """What the file says, of whatever version of transformers it is."""
    from transformers import PreTrainedConfig

    raw, _ = PreTrainedConfig.get_config_dict(name, revision=revision)
    value = raw.get("rope_theta", (raw.get("rope_parameters") or {}).get("rope_theta"))
    return None if value is None else float(value)


def _not_opened(name: str, what: str, error: Exception) -> Problem:
    said = " ".join(str(error).split())
    if "trust_remote_code" in said:
        return Problem(name, _REMOTE_CODE, mend="Take a model that transformers knows itself")
    if "flash" in said.lower():
        mend = "Install it, or take model.attention=sdpa"
        return Problem(name, f"its {what} cannot be opened so ({said[:160]})", mend=mend)
    mend = "Give a folder that holds config.json, tokenizer.json and safetensors, or a name on the Hub"
    return Problem(name, f"its {what} cannot be opened ({said[:160]})", mend=mend)
