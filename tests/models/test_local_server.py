from __future__ import annotations

import asyncio
import sys
import urllib.request
from pathlib import Path
from subprocess import PIPE, Popen

import psutil
import pytest

from medinjection_fr.models.local_server import LocalServer
from medinjection_fr.models.model import ModelError

SERVER = """
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())

if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

OWNER = f"""
import asyncio, sys
from pathlib import Path
from medinjection_fr.models.local_server import LocalServer

command = [sys.executable, "-c", {SERVER!r}]
server = LocalServer(lambda port: [*command, str(port), *sys.argv[2:]], Path(sys.argv[1]), grace=1)
print(asyncio.run(server.start()), flush=True)
sys.stdin.read()
"""


def process_at(url: str) -> psutil.Process:
    with urllib.request.urlopen(url) as answer:
        return psutil.Process(int(answer.read()))


def test_a_server_runs_until_it_is_stopped(tmp_path: Path):
    server = LocalServer(lambda port: [sys.executable, "-c", SERVER, str(port)], tmp_path / "log")

    async def start_twice() -> list[str]:
        return await asyncio.gather(server.start(), server.start())

    url, same = asyncio.run(start_twice())
    assert url == same == asyncio.run(server.start())
    process = process_at(url)
    server.stop()
    assert psutil.wait_procs([process], timeout=60)[0] == [process]


@pytest.mark.parametrize("options", [[], ["stubborn"]])
def test_a_server_ends_with_its_owner_killed(tmp_path: Path, options: list[str]):
    command = [sys.executable, "-c", OWNER, str(tmp_path / "log"), *options]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as owner:
        assert owner.stdout is not None
        process = process_at(owner.stdout.readline().strip())
        owner.kill()
    assert psutil.wait_procs([process], timeout=60)[0] == [process]


def test_a_server_that_does_not_end_when_asked_to_is_killed(tmp_path: Path):
    command = [sys.executable, "-c", SERVER]
    server = LocalServer(lambda port: [*command, str(port), "stubborn"], tmp_path / "log", grace=0.1)
    process = process_at(asyncio.run(server.start()))
    server.stop()
    assert psutil.wait_procs([process], timeout=60)[0] == [process]


def test_a_server_that_does_not_start_tells_why(tmp_path: Path):
    command = [sys.executable, "-c", "import sys; sys.exit('no GPU was found')"]
    server = LocalServer(lambda port: command, tmp_path / "log")
    with pytest.raises(ModelError, match=r"endpoint-down: the server did not start.*no GPU was found"):
        asyncio.run(server.start())
