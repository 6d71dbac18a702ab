"""What a host does not import before its first thread has started."""

from pathlib import Path

import pytest

from tests.support.program import serving
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
OURS_MAX = 235
"""Modules of ours that the first replies need: each costs 0.1 ms and more, whatever is in it."""


def test_the_first_thread_starts_without_what_other_commands_need(tmp_path: Path) -> None:
    with serving(tmp_path / "h", PYTHONPROFILEIMPORTTIME="1") as host:
        host.initialize()
        assert "result" in host.ask("thread/start", cwd="/tmp")
        assert host.end_input()[0] == 0
    lines = [line for line in host.errors if line.startswith(MARK)]
    names = {line.rpartition("|")[2].strip() for line in lines}
    assert "threadhost.adapters.serve" in names
    assert names & HEAVY == set()
    assert len({name for name in names if name.split(".")[0] == "threadhost"}) <= OURS_MAX
    assert not [n for n in names if n.rpartition(".")[2] in DEFERRED and ".methods." in n]
