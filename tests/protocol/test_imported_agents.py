"""Agents that were imported: who follows the thread above hears them, whoever takes them up."""

from pathlib import Path

import pytest

from tests.protocol.talk import begin, end
from tests.support.codex_home import CodexHome, thread_id
from tests.support.server import Host

ROOT, AGENT = thread_id(1), thread_id(2)


@pytest.mark.parametrize("method", ["thread/resume", "turn/start"])
async def test_who_follows_a_thread_hears_its_imported_agent_that_another_takes_up(
    host: Host, tmp_path: Path, method: str
) -> None:
    codex = CodexHome(tmp_path / "codex")
    codex.add(1)
    codex.child(2, 1)
    codex.state(edges=[(1, 2, "open")])
    codex.close()
    above, other = await host.client(), await host.client()
    await above.ok("host/import/codex", {"path": str(tmp_path / "codex")})
    await above.ok("thread/resume", {"threadId": ROOT})
    if method == "thread/resume":
        await other.ok(method, {"threadId": AGENT})
    turn_id = await begin(other, AGENT)
    assert (await end(above, turn_id))["status"] == "completed"
