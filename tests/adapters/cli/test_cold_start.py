"""What a host does not import before its first thread has started."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import END_S, INITIALIZE, environment, serving
from threadhost.adapters.jsonrpc.methods import DEFERRED

pytestmark = pytest.mark.slices

HEAVY = {
    "argparse",
    "cryptography.hazmat.primitives.kdf.hkdf",
    "eventsourcing",
    "httptools",
    "httpx",
    "importlib.metadata",
    "jwt",
    "rich",
    "threadhost.actors.memory_jobs",
    "threadhost.actors.runtime.memories",
    "threadhost.actors.runtime.memory_log",
    "threadhost.actors.runtime.model_request",
    "threadhost.actors.runtime.deletion",
    "threadhost.actors.runtime.model_run",
    "threadhost.actors.runtime.turn_work",
    "threadhost.adapters.cli.commands",
    "threadhost.adapters.client",
    "threadhost.adapters.configuration.loading",
    "threadhost.adapters.configuration.thread_keys",
    "threadhost.adapters.jsonrpc.schema",
    "threadhost.adapters.memory",
    "threadhost.adapters.models.http_client",
    "threadhost.adapters.models.key_command",
    "threadhost.adapters.models.transports",
    "threadhost.events.memory_state",
    "threadhost.events.store.findings",
    "sqlalchemy",
    "tomllib",
    "unicodedata",
    "websockets",
}
MARK = "import time:"
COUNT = """
import atexit, json, sys
from threadhost.adapters.cli import main

def below(made):
    return [one for child in made.__subclasses__() for one in (child, *below(child))]

def count():
    from pydantic import BaseModel
    from threadhost.events.lazy_model import unfinished
    from threadhost.events.named_tuple import NamedTuple

    ours = [made for made in below(BaseModel) if made.__module__.startswith("threadhost.")]
    counts = {
        "modules": sum(name.split(".")[0] == "threadhost" for name in sys.modules),
        "models": len(ours),
        "finished models": len({*ours} - unfinished()),
        "named tuples": len(below(NamedTuple)),
    }
    print(json.dumps(counts), file=sys.stderr)

atexit.register(count)
main.main()
"""
"""The program, which says at its end what was made; its input ends before it is quiet."""
MAX = {"modules": 289, "models": 194, "finished models": 46, "named tuples": 166}
"""What a start, a first thread and a drain may take: a module costs 0.1 ms, whatever is in it."""


def test_the_first_thread_starts_without_what_other_commands_need(tmp_path: Path) -> None:
    with serving(tmp_path / "h", PYTHONPROFILEIMPORTTIME="1") as host:
        host.initialize()
        assert "result" in host.ask("thread/start", cwd="/tmp")
        assert host.end_input()[0] == 0
    lines = [line for line in host.errors if line.startswith(MARK)]
    names = {line.rpartition("|")[2].strip() for line in lines}
    assert "threadhost.adapters.serve" in names
    assert names & HEAVY == set()
    assert not [n for n in names if n.rpartition(".")[2] in DEFERRED and ".methods." in n]


def test_a_first_thread_loads_no_more_modules_and_classes_than_the_recorded_maximum(
    tmp_path: Path,
) -> None:
    asked = (
        {"id": 1, "method": "initialize", "params": INITIALIZE},
        {"id": 2, "method": "thread/start", "params": {"cwd": "/"}},
    )
    ran = subprocess.run(
        [sys.executable, "-c", COUNT, "serve", "--home", str(tmp_path), "--listen", "stdio://"],
        input="".join(f"{json.dumps(message)}\n" for message in asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=END_S,
        env=environment(),
    )
    assert '"id":2,"result"' in ran.stdout
    counts = json.loads(ran.stderr.splitlines()[-1])
    assert {what: n for what, n in counts.items() if not 0 < n <= MAX[what]} == {}
