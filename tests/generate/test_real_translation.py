"""Translation through a real server with a real, small and bad, model: killed, taken up, and every verdict told."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from generate.jobs import command, exported, figures, lines
from generate.translator import rows, write_source
from models.proxy import Proxy, forward_to, running_proxy
from real_model import NAME, RealModel

from medinjection_fr.generate.rules import RULES
from medinjection_fr.models.journal import Journal

pytestmark = pytest.mark.slow

QUESTIONS = 4
AT_ONCE = 2
TEMPLATE = {
    "name": "brief",
    "version": "1",
    "fields": ["source"],
    "messages": [
        {
            "role": "system",
            "content": "Translate every value of this JSON into French. Reply with JSON only.",
        },
        {"role": "user", "content": "{{ source }}"},
    ],
    "retry": "Wrong:{% for fault in faults %} {{ fault.demand }} ({{ fault.rule }}){% endfor %}.",
    "output": "like-source",
    "parameters": {"temperature": 0, "max_tokens": 2048},
}


@pytest.fixture
def proxy(real_model: RealModel) -> Iterator[Proxy]:
    with running_proxy(forward_to(real_model.url)) as proxy:
        yield proxy


def test_killed_run_goes_on_and_nothing_is_paid_twice(
    proxy: Proxy, real_model: RealModel, tmp_path: Path
) -> None:
    folder = write_source(tmp_path / "data", rows())
    template = tmp_path / "brief.yaml"
    template.write_text(yaml.safe_dump(TEMPLATE), encoding="utf-8")
    options = ("--template", template, "--served-as", real_model.served_as, "--window", real_model.window)
    asking = command(proxy, folder, *options, "--limit", QUESTIONS, "--at-once", AT_ONCE, model=NAME)
    with subprocess.Popen(asking) as process:
        proxy.wait_for(lambda: sum(proxy.paid_so_far.values()) >= 3 or process.poll() is not None)
        process.send_signal(signal.SIGKILL)
    proxy.wait_for(lambda: proxy.under_way == 0)
    with Journal(folder.parent / "journal.sqlite", read_only=True) as journal:
        kept = journal.totals(NAME).answers
    assert 0 < kept <= sum(proxy.paid.values()) <= kept + AT_ONCE
    proxy.forget()
    done = subprocess.run(asking, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = figures(exported(folder))
    assert sum(proxy.paid.values()) == told["requests"] - kept
    assert told["units"]["unfinished"] == 0
    assert told["units"]["accepted"] + told["units"]["rejected"] == QUESTIONS
    rejected = lines(exported(folder) / "rejected.jsonl")
    assert len(rejected) == told["units"]["rejected"]
    assert {finding["rule"] for row in rejected for finding in row["findings"]} <= RULES.keys()
    assert told["output_tokens"] > 0 and told["requests_with_estimated_tokens"] == 0
