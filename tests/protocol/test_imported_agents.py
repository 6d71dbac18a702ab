"""Agents that were imported: who follows the thread above hears them, whoever takes them up."""

from pathlib import Path

import pytest
from pydantic_core import from_json

from tests.protocol.agent_talk import answers
from tests.protocol.talk import begin, end, script, talk
from tests.support.agent_scripts import call, calls
from tests.support.client import Client
from tests.support.codex_home import CodexHome, thread_id
from tests.support.server import Host

SAYS = {"text": "{output}"}
ROOT, AGENT = thread_id(1), thread_id(2)


async def following(host: Host, tmp_path: Path) -> Client:
    """A client that follows a root which was imported with its agent."""
    codex = CodexHome(tmp_path / "codex")
    codex.add(1)
    codex.child(2, 1)
    codex.state(edges=[(1, 2, "open")])
    codex.close()
    client = await host.client()
    await client.ok("host/import/codex", {"path": str(codex.folder)})
    await client.ok("thread/resume", {"threadId": ROOT})
    return client


@pytest.mark.parametrize("method", ["thread/resume", "turn/start"])
async def test_a_follower_of_a_thread_gets_turns_of_its_imported_agent_resumed_by_another(
    host: Host, tmp_path: Path, method: str
) -> None:
    above, other = await following(host, tmp_path), await host.client()
    if method == "thread/resume":
        await other.ok(method, {"threadId": AGENT})
    turn_id = await begin(other, AGENT)
    assert (await end(above, turn_id))["status"] == "completed"


async def test_a_follower_of_a_thread_gets_turns_of_its_imported_agent_reopened_by_a_model(
    host: Host, tmp_path: Path
) -> None:
    client = await following(host, tmp_path)
    resumes = calls(call("resume_agent", id=AGENT))
    tells = calls(call("send_input", target=AGENT, message="hello"))
    await begin(client, ROOT, script(resumes, tells, {"text": "told"}))
    await client.notice("turn/completed", threadId=AGENT)


@pytest.mark.parametrize("is_told", [False, True], ids=["at_rest", "told"])
async def test_wait_agent_ends_once_an_imported_agent_is_idle(
    host: Host, tmp_path: Path, *, is_told: bool
) -> None:
    client = await following(host, tmp_path)
    tells = [calls(call("send_input", target=AGENT, message="hello"))] if is_told else []
    waits = calls(call("wait_agent", targets=[AGENT], timeout_ms=60_000))
    await talk(client, ROOT, script(*tells, waits, SAYS))
    answer = {"status": {AGENT: {"completed": None}}, "timed_out": False}
    assert from_json(answers(client, ROOT)[-1]) == answer
