"""Weights on our own GPUs, served by vLLM on this machine: same requests, same journal, no key.

vLLM batches the requests under way by itself: give a high ``at_once`` (256 or more). It needs a GPU, so that this
module, unlike the server that it starts (``local_server.py``), is not run by the project's tests.
"""

from __future__ import annotations

import hashlib
import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.endpoint import Endpoint
from medinjection_fr.models.local_server import LocalServer
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.release.digests import digest_file


class Vllm:
    """A folder of weights as a model; its name ends with the digest of the weights.

    Args:
        path: The folder, with ``config.json`` and safetensors.
        window: Context window in tokens, where it should be smaller than the model's.
        tell: Called with what the user should know.

    Raises:
        InputError: vLLM is not installed, or the folder holds no model.
    """

    def __init__(self, path: str, window: int | None, tell: Callable[[str], None]) -> None:
        folder = Path(path)
        weights = sorted(folder.glob("*.safetensors"))
        if not weights or not (folder / "config.json").is_file():
            raise InputError(Problem(f"model vllm:{path}", "is no folder of config.json and safetensors"))
        if importlib.util.find_spec("vllm") is None:
            mend = 'Install it on a machine with a GPU: pip install "medinjection-fr[generate,vllm]"'
            raise InputError(Problem(f"model vllm:{path}", "needs vLLM", mend=mend))
        files = "".join(digest_file(file) for file in [folder / "config.json", *weights])
        self.name = f"{folder.resolve().name}@{hashlib.sha256(files.encode()).hexdigest()[:12]}"
        self.window = window
        serve = ["vllm", "serve", path, "--served-model-name", self.name, "--host", "127.0.0.1"]
        if window:
            serve += ["--max-model-len", str(window)]
        log = Path(tempfile.mkdtemp(prefix="medinjection-fr-")) / "vllm.log"
        self._server = LocalServer(lambda port: [*serve, "--port", str(port)], log)
        self._endpoint = Endpoint(self.name, "", window=window, tell=tell)

    async def ask(self, request: Request) -> Reply:
        """Asks; see ``Model.ask``. The first request starts the server."""
        self._endpoint.url = await self._server.start()
        return await self._endpoint.ask(request)

    async def close(self) -> None:
        """Closes the connections; the server goes on until this process ends."""
        await self._endpoint.close()
