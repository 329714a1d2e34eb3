"""Adapter and base → one model that plain transformers loads, if it answers as the adapter does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.loading import load
from medinjection_fr.models.causal_lm import frame_of, open_causal_lm, open_tokenizer
from medinjection_fr.progress import progress_bar, tell
from medinjection_fr.prompts import to_messages
from medinjection_fr.release.cache import open_release
from training.report import REPORT, read_report, write_json
from training.run import ADAPTER, MERGED


def merge(
    output: Path, data: str | None = None, dtype: str | None = None, tell: Callable[[str], None] = tell
) -> dict[str, Any]:
    """Merges the adapter of a finished run into its base, in ``merged/``.

    Greedy outputs of both are compared on prompts of the configuration; ``merged/`` appears only if
    they are the same, token for token.

    Args:
        output: Folder of the run.
        data: The release, if it is no longer where it was trained from.
        dtype: ``bfloat16`` or ``float32``; as the recipe says if ``None``.
        tell: Called with what the user should know.

    Returns:
        What was compared.

    Raises:
        InputError: The run is not finished, its base is another, or the outputs differ.
    """
    import peft
    import torch

    from training.trainer import quieten

    quieten()
    report = read_report(output)
    recipe, facts = report["recipe"], report["recipe"]["model"]
    dtype = dtype or recipe["merge"]["dtype"] or facts["dtype"]
    tokenizer = open_tokenizer(str(output / ADAPTER), pad_token=facts["pad_token"])
    base = open_causal_lm(facts["path"], facts["revision"], dtype=facts["dtype"], attention="sdpa")
    _check_base(report, base, facts)
    prompts = _prompts(report, recipe["merge"]["prompts"], data)
    new_tokens, device = recipe["merge"]["new_tokens"], _device()

    def outputs(model: Any, what: str) -> list[list[int]]:
        return _greedy(model.to(device).eval(), tokenizer, prompts, new_tokens, what)

    adapted = peft.PeftModel.from_pretrained(base, str(output / ADAPTER))
    wanted = outputs(adapted, "Answers of the adapter")
    # The sum is made in float32, whatever the weights are kept in: rounding twice would be seen.
    whole = adapted.to("cpu", torch.float32).merge_and_unload().to(getattr(torch, dtype))
    unfinished = output / f"{MERGED}.part"
    shutil.rmtree(unfinished, ignore_errors=True)
    _save(whole, tokenizer, unfinished)
    del adapted, base, whole
    merged = open_causal_lm(str(unfinished), dtype=dtype, tokenizer=tokenizer)
    given = outputs(merged, "Answers of the merged model")
    differing = sum(a != b for a, b in zip(wanted, given, strict=True))
    if differing:
        shutil.rmtree(unfinished)
        what = f"{differing} of {len(prompts)} greedy outputs are other than the adapter's"
        mend = "Merge with --dtype float32, which rounds less" if dtype != "float32" else "Use the adapter"
        raise InputError(Problem(str(output / MERGED), what, mend=mend))
    compared = {"prompts": len(prompts), "new_tokens": new_tokens, "same": len(prompts), "dtype": dtype}
    write_json(unfinished / REPORT, {**report, "merged": compared})
    shutil.rmtree(output / MERGED, ignore_errors=True)
    unfinished.replace(output / MERGED)
    tell(f"Wrote {output / MERGED}: {len(prompts)} greedy outputs are the adapter's, token for token.")
    return compared


def _check_base(report: dict[str, Any], base: Any, facts: dict[str, Any]) -> None:
    from medinjection_fr.release.digests import digest_file, digest_json

    weights = sorted(Path(facts["path"]).glob("*.safetensors"))
    trained_on = report["model"]["weights_digest"]
    if weights and trained_on and digest_json([digest_file(path) for path in weights]) != trained_on:
        what = "holds other weights than those that the adapter was trained on"
        raise InputError(Problem(facts["path"], what, mend="Put the old ones back, or train again"))


def _prompts(report: dict[str, Any], number: int, data: str | None) -> list[list[dict[str, str]]]:
    """Questions of the configuration, always the same: of validation, and of train if those are too few."""
    facts = report["data"]
    reference = data or report["data"]["reference"]
    release = open_release(reference)
    if release.manifest["digest"] != facts["release_digest"]:
        what = f"is not the release of the run, version {facts['version']}"
        raise InputError(Problem(reference, what, mend="Give that release with --data"))
    splits = release.manifest["configs"][facts["config"]]["splits"]
    prompts: list[list[dict[str, str]]] = []
    for split in ("validation", "train"):
        if split in splits and (wanted := number - len(prompts)):
            rows = load(facts["config"], split=split, path=release.folder).shuffle(seed=0)
            prompts += [
                to_messages(row)["messages"][:1] for row in rows.select(range(min(wanted, len(rows))))
            ]
    return prompts


def _greedy(
    model: Any, tokenizer: Any, prompts: Sequence[list[dict[str, str]]], new_tokens: int, what: str
) -> list[list[int]]:
    """Greedy outputs, one prompt at a time: padding would change the sums a little."""
    import torch

    end = tokenizer.convert_tokens_to_ids(frame_of(tokenizer).end_of_turn)
    outputs = []
    for messages in progress_bar(prompts, what, len(prompts)):
        asked = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(model.device)
        with torch.inference_mode():
            tokens = model.generate(
                **asked,
                max_new_tokens=new_tokens,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                eos_token_id=end,
                pad_token_id=tokenizer.pad_token_id,
            )
        outputs.append(tokens[0, asked["input_ids"].shape[1] :].tolist())
    return outputs


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Saves a model so that transformers 4 reads the same ``rope_theta`` as 5."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    theta = (config.get("rope_parameters") or {}).get("rope_theta")
    if theta is not None:  # transformers 5 writes it there only, and 4 then takes 10000 without a word
        config["rope_theta"] = theta
        path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
