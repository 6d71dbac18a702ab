"""A host that is killed: its servers' programs end, and no call of theirs is made again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tests.protocol.mcp.test_approvals import approving
from tests.protocol.mcp.test_calls import DONE, mcp_items
from tests.protocol.mcp.test_hostile import HIT, HOSTILE
from tests.protocol.talk import begin, script, start, talk
from tests.support.mcp import ELICITATION, SERVER, Notes, calls, table
from tests.support.server import Program
from tests.support.watching import until

pytestmark = pytest.mark.slices


@pytest.fixture
async def program(home: Path, notes: Notes) -> AsyncIterator[Program]:
    """A program with both servers that is not started yet."""
    hostile = table("hostile", HOSTILE, "forks", str(notes.path))
    (home / "config.toml").write_text(hostile + table("tiny", SERVER, str(notes.path)))
    program = Program(home)
    yield program
    await program.kill()


async def test_server_programs_and_their_processes_end_with_a_killed_host(
    program: Program, notes: Notes
) -> None:
    client = await program.start()
    turn = await talk(client, await start(client), HIT)
    assert turn["items"][-1]["text"].endswith("forked")
    await notes.wait_for("started", times=2)
    numbers = [int(line.split()[1]) for line in notes.lines if line.startswith("started")]
    guards = [guard for n in numbers if (guard := psutil.Process(n).parent()) is not None]
    left = [one for guard in guards for one in (guard, *guard.children(recursive=True))]
    assert len(left) >= 2 + 2 + 5
    await program.kill()
    await asyncio.to_thread(until, lambda: not any(one.is_running() for one in left))


async def test_a_call_that_was_open_when_the_host_was_killed_has_failed_and_is_not_made_again(
    program: Program, notes: Notes
) -> None:
    client = await program.start()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(calls("slow"), DONE))
    await client.notice("item/mcpToolCall/progress", turnId=turn_id)
    await program.kill()
    client = await program.start()
    [item] = await mcp_items(client, thread_id)
    assert item["status"] == "failed"
    assert item["error"] == {"message": "aborted: the turn ended before the call was answered"}
    await client.ok("thread/resume", {"threadId": thread_id})
    turn = await talk(client, thread_id, script(calls("echo", text="on"), DONE))
    assert turn["items"][-1]["text"].endswith("on")
    assert [line for line in notes.lines if line.startswith("called")] == [
        "called slow",
        "called echo",
    ]


async def test_a_question_that_was_open_when_the_host_was_killed_is_abandoned(
    program: Program, notes: Notes
) -> None:
    client = await program.start()
    thread_id = await approving(client)
    await begin(client, thread_id, script(calls("change"), DONE))
    await client.request(ELICITATION)
    await program.kill()
    client = await program.start()
    [item] = await mcp_items(client, thread_id)
    assert item["status"] == "failed"
    resumed = await client.ok("thread/resume", {"threadId": thread_id})
    assert resumed["thread"]["status"] == {"type": "idle"}
    assert "called change" not in notes.lines
