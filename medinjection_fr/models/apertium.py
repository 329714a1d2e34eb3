"""Debian's Apertium as a model: English to Catalan to French by rules, with neither key nor GPU.

Faithful words in poor grammar: for first tries and tests, never for a public recipe. The same segment always gets the
same translation, alone or among others. That takes care, because the plain ``apertium`` command does not give it:

- segments that are lines of one text exchange words, so each goes through the pipeline by itself, ended by NUL;
- the Catalan tagger keeps what it has learned from earlier segments, so each segment gets a fresh one;
- markers such as ``(B)`` are translated too, so labels stay outside.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request

_MODES = Path("/usr/share/apertium/modes")
_PAIRS = ("eng-cat", "fra-cat")
_TAGGER = "apertium-tagger -z -g "
_TAGGERS_AT_ONCE = 4
_LONGEST_BYTES = 1 << 24
_END = ".[]"
"""A sentence end and an empty blank, as Apertium's own reader of plain text puts them."""

_RESERVED = re.compile(r"([\\\[\]{}^$/@<>])|(\s{2,}|[\n\t])")
_WRITTEN = re.compile(r"\\(.)|\[([^\]]*)\]", re.DOTALL)


class Apertium:
    """The translator as a model: answers JSON of labelled segments with JSON of the same labels.

    Raises:
        InputError: Apertium or one of its pairs is not installed.
    """

    window: int | None = None

    def __init__(self) -> None:
        versions = [_version(f"apertium-{pair}") for pair in _PAIRS]
        if not all(versions) or shutil.which("apertium-wblank-mode") is None:
            mend = "Install it: apt-get install apertium apertium-eng-cat apertium-fra-cat"
            raise InputError(Problem("model apertium", "Apertium is not installed", mend=mend))
        self.name = "apertium-" + "+".join(map("-".join, zip(_PAIRS, versions, strict=True)))
        stages = _stages("eng-cat") + _stages("cat-fra")
        tagger = next(place for place, stage in enumerate(stages) if stage.startswith(_TAGGER))
        self._tagger = stages[tagger]
        self._before, self._after = " | ".join(stages[:tagger]), " | ".join(stages[tagger + 1 :])
        self._lines: tuple[_Line, _Line] | None = None
        self._taggers = asyncio.Semaphore(_TAGGERS_AT_ONCE)

    def translate(self, segments: Sequence[str]) -> list[str]:
        """Translates English segments into French, each by itself."""

        async def all_of_them() -> list[str]:
            try:
                return await asyncio.gather(*map(self._translate, segments))
            finally:
                await self.close()

        return asyncio.run(all_of_them())

    async def ask(self, request: Request) -> Reply:
        """Translates the last message, a JSON object of segments by label.

        Raises:
            ModelError: The message is something else (``request-refused``), or the pipeline broke.
        """
        start = time.monotonic()
        try:
            segments = json.loads(request.messages[-1]["content"])
        except ValueError:
            segments = None
        if not isinstance(segments, dict) or not all(isinstance(text, str) for text in segments.values()):
            raise ModelError("request-refused", "Apertium takes a JSON object of segments by label")
        translations = await asyncio.gather(*map(self._translate, segments.values()))
        text = json.dumps(dict(zip(segments, translations, strict=True)), ensure_ascii=False)
        return Reply(text, "stop", 0, 0, time.monotonic() - start, served_by=self.name)

    async def close(self) -> None:
        """Ends the processes."""
        if self._lines is not None:
            lines, self._lines = self._lines, None
            for line in lines:
                await line.close()

    async def _translate(self, segment: str) -> str:
        if not segment.strip():
            return segment
        if self._lines is None:
            self._lines = (_Line(self._before), _Line(self._after))
            self._taggers = asyncio.Semaphore(_TAGGERS_AT_ONCE)
        before, after = self._lines
        analysed = await before.through(_to_stream(segment))
        async with self._taggers:
            tagged = await _run(self._tagger, analysed)
        return _from_stream(await after.through(tagged))


class _Line:
    """A pipeline that stays open: what is put in comes out in the same order, one piece for each."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._starting = asyncio.ensure_future(self._start())
        self._waiting: deque[asyncio.Future[bytes]] = deque()

    async def through(self, piece: bytes) -> bytes:
        process = await asyncio.shield(self._starting)
        assert process.stdin is not None
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        process.stdin.write(piece + b"\0")
        await process.stdin.drain()
        return await future

    async def close(self) -> None:
        process = await self._starting
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await self._reading

    async def _start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_shell(
            self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(),
            limit=_LONGEST_BYTES,
        )
        assert process.stdout is not None
        self._reading = asyncio.ensure_future(self._read(process.stdout))
        return process

    async def _read(self, output: asyncio.StreamReader) -> None:
        while True:
            try:
                piece = (await output.readuntil(b"\0"))[:-1]
            except asyncio.IncompleteReadError:
                break
            if piece:  # some stages say NUL twice
                self._settle(piece)
        while self._waiting:
            self._settle(ModelError("server-error", "a process of Apertium ended"))

    def _settle(self, result: bytes | ModelError) -> None:
        future = self._waiting.popleft()
        if future.done():  # whoever waited was cancelled
            return
        if isinstance(result, bytes):
            future.set_result(result)
        else:
            future.set_exception(result)


async def _run(command: str, piece: bytes) -> bytes:
    process = await asyncio.create_subprocess_shell(
        command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=_environment()
    )
    output, _ = await process.communicate(piece + b"\0")
    return output.strip(b"\0")


def _stages(mode: str) -> list[str]:
    """The commands of a pair's pipeline, each ending its output at NUL; unknown words are not marked."""
    command = ["apertium-wblank-mode", "-z", str(_MODES / f"{mode}.mode")]
    pipeline = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [
        stage.strip().replace(" $1 ", " -n ").replace(" $2 ", " ") for stage in pipeline.strip().split("|")
    ]


def _environment() -> dict[str, str]:
    return {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def _to_stream(segment: str) -> bytes:
    """Apertium's stream format: what it reserves is escaped, white space beyond one space set apart."""
    plain = segment.replace("\0", " ").strip()
    return (_RESERVED.sub(lambda m: f"\\{m[1]}" if m[1] else f"[{m[2]}]", plain) + _END).encode("utf-8")


def _from_stream(piece: bytes) -> str:
    text = piece.decode("utf-8", "replace")
    if not text.endswith(_END):
        raise ModelError("server-error", "Apertium lost the end of a segment")
    return _WRITTEN.sub(lambda match: match[1] or match[2] or "", text.removesuffix(_END))


def _version(package: str) -> str:
    """Upstream version of an installed Debian package; empty if it is not installed."""
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${source:Upstream-Version}", package]
    try:
        told = subprocess.run(command, capture_output=True, text=True).stdout.split()
    except FileNotFoundError:
        return ""
    return told[1] if told[:1] == ["installed"] else ""
