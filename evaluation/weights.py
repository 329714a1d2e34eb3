"""Which weights are asked, and how they are opened: told without loading them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.contamination import find_training
from medinjection_fr.models.causal_lm import open_config
from medinjection_fr.release.digests import digest_file, digest_json


@dataclass(frozen=True)
class Weights:
    """Weights on a disk of this machine or on the Hub.

    Attributes:
        name: A folder, or a model's name on the Hub.
        revision: Commit or tag on the Hub.
        adapter: Folder of a LoRA or DoRA adapter, merged into the weights when they are opened.
        dtype: ``bfloat16`` or ``float32``; the usual one of the device if ``None``.
        batch_tokens: Tokens of a batch at most, padding included; by the device if ``None``.
        deterministic: Every prompt in a batch of its own, and only kernels that repeat to the bit.
        device: ``cuda`` or ``cpu``; a card if this machine has one if ``None``.
    """

    name: str
    revision: str | None = None
    adapter: Path | None = None
    dtype: str | None = None
    batch_tokens: int | None = None
    deterministic: bool = False
    device: str | None = None

    @property
    def used_device(self) -> str:
        """The device that computes."""
        return self.device or ("cuda" if has_card() else "cpu")

    @property
    def used_dtype(self) -> str:
        """The type that is computed with."""
        return self.dtype or ("bfloat16" if self.used_device == "cuda" else "float32")

    def describe(self) -> dict[str, Any]:
        """What tells this model apart from others; JSON. Reads the files of weights for their digest.

        Raises:
            InputError: The model has no configuration that can be read, or its ``training.json`` cannot be.
        """
        training = find_training(self.name, self.adapter)
        return {
            "name": self.name,
            "revision": self.revision or getattr(open_config(self.name), "_commit_hash", None),
            "weights_digest": _digest_weights(Path(self.name)),
            "adapter_digest": _digest_weights(self.adapter) if self.adapter else None,
            "trained_on": training["data"] if training else None,
            "dtype": self.used_dtype,
            **({"deterministic": True} if self.deterministic else {}),
        }


def has_card() -> bool:
    """Whether torch finds a card on this machine."""
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())


def _digest_weights(folder: Path) -> str | None:
    """Of the safetensors of a folder, whatever they are called; ``None`` if it holds none."""
    weights = sorted(folder.glob("*.safetensors"))
    return digest_json([digest_file(path) for path in weights]) if weights else None
