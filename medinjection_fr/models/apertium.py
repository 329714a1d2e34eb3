"""Debian's Apertium as a model: English to Catalan to French by rules, with neither key nor GPU.

Faithful words in poor grammar: for first tries and tests, never for a public recipe. The same segment always gets the
same translation, alone or among others. That takes care, because the plain ``apertium`` command does not give it:

- segments that are lines of one text exchange words, so each goes through the pipeline by itself, ended by NUL;
- the Catalan tagger keeps what it has learned from earlier segments, so each segment gets a fresh one;
- markers such as ``(B)`` are translated too, so labels stay outside.

On some segments a stage crashes, and takes along what came after. So the segment that a broken pipeline was at gets
one of its own, and is refused if that one crashes too; what it has lost besides is sent again through a new one.
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
from contextlib import suppress
from pathlib import Path

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request

_MODES = Path("/usr/share/apertium/modes")
_PAIRS = ("eng-cat", "fra-cat")
_TAGGER = "apertium-tagger -z -g "
_PROCESSES_AT_ONCE = 4
_TRIES_ALONE = 2
_SILENCE_S = 3
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
        self._lines: dict[str, _Line] = {}
        self._places = asyncio.Semaphore(_PROCESSES_AT_ONCE)

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
            ModelError: The message is something else (``request-refused``), or Apertium crashes on it.
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
        lines, self._lines = self._lines, {}
        for line in lines.values():
            await line.close()

    async def _translate(self, segment: str) -> str:
        if not segment.strip():
            return segment
        if not self._lines:  # a semaphore belongs to the loop that it is first used in
            self._places = asyncio.Semaphore(_PROCESSES_AT_ONCE)
        analysed = await self._through(self._before, _to_stream(segment))
        tagged = await self._alone(self._tagger, analysed)
        return _from_stream(await self._through(self._after, tagged))

    async def _through(self, command: str, piece: bytes) -> bytes:
        """A piece through the open pipeline of a command, or by itself if the pipeline breaks on it."""
        came = None
        while came is None:
            line = self._lines.setdefault(command, _Line(command))
            came = await line.through(piece)
            if not came and self._lines.get(command) is line:
                del self._lines[command]
                await line.close()
        return came or await self._alone(command, piece)

    async def _alone(self, command: str, piece: bytes) -> bytes:
        for _ in range(_TRIES_ALONE):
            async with self._places:
                if came := await _run(command, piece):
                    return came
        raise ModelError("content-crashes", "Apertium crashes on a segment")


class _Line:
    """A pipeline that stays open: what is put in comes out in the same order, one piece for each."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._starting: asyncio.Future[asyncio.subprocess.Process] | None = None
        self._waiting: deque[asyncio.Future[bytes | None]] = deque()
        self._has_ended = False

    async def through(self, piece: bytes) -> bytes | None:
        """What comes of a piece; nothing if the pipeline broke on it, ``None`` if it broke before."""
        self._starting = self._starting or asyncio.ensure_future(self._start())
        process = await asyncio.shield(self._starting)
        assert process.stdin is not None
        if self._has_ended:
            return None
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        process.stdin.write(piece + b"\0")
        with suppress(ConnectionError):  # it has ended, which the future will tell
            await process.stdin.drain()
        while not (await asyncio.wait({future}, timeout=_SILENCE_S))[0]:
            if self._waiting[0] is future:
                # A stage that is about to crash keeps silent until something follows. The end of the
                # input makes it, and loses nothing if the pipeline was only slow.
                self._has_ended = True
                process.stdin.close()
        return await future

    async def close(self) -> None:
        if self._starting is None:
            return
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
        self._has_ended = True
        if self._waiting:
            self._settle(b"")
        while self._waiting:
            self._settle(None)

    def _settle(self, result: bytes | None) -> None:
        future = self._waiting.popleft()
        if not future.done():  # done: whoever waited was cancelled
            future.set_result(result)


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
