"""Servers that mean harm: they hurt nobody else, and not the host."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import psutil
import pytest

from tests.protocol.mcp.test_calls import DONE, mcp_items
from tests.protocol.talk import script, start, talk
from tests.support import hostile_mcp
from tests.support.client import Client
from tests.support.mcp import STARTUP, Notes, calls, table
from tests.support.server import Host
from tests.support.watching import until
from threadhost.adapters.mcp import session, watched

pytestmark = pytest.mark.slices

HOSTILE = Path(hostile_mcp.__file__ or "")
HIT = script(calls("hit", server="hostile"), DONE)
MIB = 1024 * 1024
TICK_S = 0.002
STILL_MAX_MS = 150
"""How long the loop may not come round, by processor time of this process."""


@asynccontextmanager
async def hosting(home: Path, mode: str, **more: Any) -> AsyncIterator[Host]:
    """A host with a server of this mode, and one that means well."""
    hostile = table(
        "hostile", HOSTILE, mode, **{"startup_timeout_sec": 1.5, "tool_timeout_sec": 2.5, **more}
    )
    (home / "config.toml").write_text(hostile + table("tiny"))
    async with Host(home) as host:
        yield host


class Stillness:
    """Measures the longest that the loop did not come round while this process was at work."""

    def __init__(self) -> None:
        self.worst_ms = 0.0

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            wall, cpu = perf_counter(), process_time()
            await asyncio.sleep(TICK_S)
            still_s = min(perf_counter() - wall - TICK_S, process_time() - cpu)
            self.worst_ms = max(self.worst_ms, still_s * 1000)


async def is_well(client: Client) -> None:
    """The other server answers, and so does the host."""
    turn = await talk(client, await start(client), script(calls("echo", text="well"), DONE))
    assert turn["items"][-1]["text"].endswith("well")


FAILED = {
    "a_bit_nested": "it is nested more than 64 deep",
    "no_content": "its content is not a list of blocks",
    "endless": "it sent a message of more than 8388608 bytes",
    "gigabyte": "it sent a message of more than 8388608 bytes",
    "silent": "timed out awaiting tools/call after 2.5s",
    "brackets": "the MCP server's answer cannot be used: ",
    "nested": "the MCP server's answer cannot be used: message is nested deeper than 64 levels",
    "long_number": "the MCP server's answer cannot be used: a number has more than 400 digits",
    "two_in_a_line": "the MCP server's answer cannot be used: not valid JSON: trailing characters",
    "reads_nothing": "what was that?",
    "odd_numbers": "it holds a number that JSON does not have",
    "blocks": "it has 20000 blocks, and 1000 are the most",
    "no_result": "the MCP server's answer cannot be used: it is not a JSON-RPC message",
    "odd_error": "the MCP server's answer cannot be used: it is not a JSON-RPC message",
    "half_an_error": "no \ufffd",
    "long_error": " [...]",
    "closes_output": "MCP server `hostile` failed: it closed its output",
    "wrong_json": "it sent 1000 lines in a row that are not messages, or answer no request",
    "flood": "timed out awaiting tools/call after 2.5s",
    "asks_all_the_time": "timed out awaiting tools/call after 2.5s",
}


@pytest.mark.parametrize("mode", FAILED)
async def test_a_hostile_answer_fails_its_own_call_alone(home: Path, mode: str) -> None:
    async with hosting(home, mode) as host:
        client = await host.client()
        await is_well(client)
        gc.freeze()  # as a host does that is a program: what there is is no garbage
        thread_id, stillness = await start(client), Stillness()
        before = psutil.Process().memory_info().rss
        watching = asyncio.create_task(stillness.watch())
        turn, _ = await asyncio.gather(talk(client, thread_id, HIT), is_well(client))
        watching.cancel()
        gc.unfreeze()
        assert turn["status"] == "completed"
        assert FAILED[mode] in turn["items"][-1]["text"]
        [item] = await mcp_items(client, thread_id)
        assert item["status"] == "failed"
        assert stillness.worst_ms < STILL_MAX_MS
        assert psutil.Process().memory_info().rss - before < 150 * MIB


STARTS = {
    "dies": "it ended with exit code 7",
    "dies_in_the_handshake": "it ended with exit code 9",
    "never_starts": "it did not start within 1.5 s (startup_timeout_sec)",
    "needs_no_handshake": "it does not know `initialize`; the host supports protocol versions",
    "of_the_future": "Unsupported protocol version from the server: 2126-07-28; the host",
    "odd_capabilities": "its answer to `initialize` cannot be used: capabilities.tools: ",
    "speaks_no_json": "it sent a message of more than 8388608 bytes",
}


@pytest.mark.parametrize("mode", STARTS)
async def test_a_server_that_does_not_start_is_reported_and_started_again(
    home: Path, mode: str
) -> None:
    async with hosting(home, mode) as host:
        client = await host.client()
        thread_id = await start(client)
        told = await client.notice(STARTUP, name="hostile", threadId=thread_id, status="failed")
        assert told["params"]["error"].startswith(STARTS[mode])
        assert "the host tries again in" in told["params"]["error"]
        turn = await talk(client, thread_id, HIT)
        assert turn["items"][-1]["text"] == "unsupported call: mcp__hostilehit"
        await is_well(client)


async def test_a_failed_start_is_reported_before_its_program_has_ended(
    home: Path, notes: Notes
) -> None:
    args = "will_not_end", str(notes.path)
    text = table("hostile", HOSTILE, *args, startup_timeout_sec=1.5)
    (home / "config.toml").write_text(text)
    async with Host(home) as host:
        client = await host.client()
        await start(client)
        server = psutil.Process(int((await notes.wait_for("deaf"))[0].split()[1]))
        told = await client.notice(STARTUP, name="hostile", status="failed")
        assert server.is_running()
        assert told["params"]["error"].startswith("it did not start within 1.5 s")
        await notes.wait_for("started", times=2)
        assert not server.is_running()
    assert not any(map(psutil.pid_exists, pids_in(notes)))


def pids_in(notes: Notes) -> list[int]:
    """The processes that noted their start."""
    return [int(line.split()[1]) for line in notes.lines if line.startswith("started")]


@pytest.mark.parametrize(
    ("mode", "offered", "why"),
    [
        ("schema_bombs", 1, "its schema has more than 65536 bytes"),
        ("names", 8, "it has no name"),
        ("many_tools", 256, "more than 256 tools"),
    ],
)
async def test_tools_that_cannot_be_offered_are_omitted_with_the_reason(
    home: Path, mode: str, offered: int, why: str
) -> None:
    async with hosting(home, mode, startup_timeout_sec=10) as host:
        client = await host.client()
        turn = await talk(client, await start(client), HIT)
        assert turn["items"][-1]["text"].endswith("hit")
        tools = host.running.servers.offer.tools
        of_hostile = [name for (space, name), _ in tools.items() if space == "mcp__hostile"]
        assert len(of_hostile) == offered
        [status] = (await client.ok("mcpServerStatus/list", {"serverName": "hostile"}))["data"]
        assert why in status["toolsError"]


async def test_an_unpaired_surrogate_from_a_server_is_replaced_wherever_it_occurs(
    home: Path,
) -> None:
    async with hosting(home, "half_letters") as host:
        client = await host.client()
        thread_id = await start(client, approvalPolicy="on-request")
        turn = await talk(client, thread_id, HIT)
        assert turn["status"] == "completed"
        assert turn["items"][-1]["text"].endswith("half \ufffd")
        await client.notice("item/mcpToolCall/progress", message="half \ufffd")
        [status] = (await client.ok("mcpServerStatus/list", {"serverName": "hostile"}))["data"]
        assert status["serverInfo"]["name"] == "\ufffd"
        assert set(status["tools"]) == {"hit", "a", "b", "c", "name\ufffd"}
        assert status["toolsError"] is None


async def test_output_after_the_end_of_a_call_is_dropped(home: Path) -> None:
    async with hosting(home, "says_more") as host:
        client = await host.client()
        thread_id = await start(client)
        hit = calls("hit", server="hostile")
        turn = await talk(client, thread_id, script(hit, hit, DONE))
        first, second = await mcp_items(client, thread_id)
        said = [item["result"]["content"][0]["text"] for item in (first, second)]
        assert said[0] != said[1]
        assert turn["items"][-1]["text"].endswith(said[1])
        assert "too late" not in str((first, second))


async def test_a_server_that_asks_and_does_not_read_answers_is_disconnected(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "ANSWERS_WAITING_MAX", 4)
    async with hosting(home, "deaf", tool_timeout_sec=20) as host:
        client = await host.client()
        turn = await talk(client, await start(client), HIT)
        assert turn["items"][-1]["text"].endswith(watched.NOT_TAKEN)


async def test_changed_lists_of_a_server_are_announced_only_when_they_differ(
    home: Path, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CHANGED_S", 0.01)
    (home / "config.toml").write_text(table("hostile", HOSTILE, "changes", str(notes.path)))
    async with Host(home) as host:
        client = await host.client()
        await start(client)
        await client.notice(STARTUP, name="hostile", status="ready")
        before = len([m for m in client.received if m.get("method") == STARTUP])
        await notes.wait_for("listed", times=10)
        await client.ok("mcpServerStatus/list")
        assert len([m for m in client.received if m.get("method") == STARTUP]) == before


@pytest.mark.parametrize("mode", hostile_mcp.LISTED_ONCE)
async def test_a_list_that_a_server_does_not_answer_costs_no_connection_and_is_requested_again(
    home: Path, notes: Notes, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(session, "CHANGED_S", 0.01)
    monkeypatch.setattr(session, "LIST_TIMEOUT_S", 0.1)
    (home / "config.toml").write_text(table("hostile", HOSTILE, mode, str(notes.path)))
    async with Host(home) as host:
        client = await host.client()
        thread_id = await start(client)
        await client.notice(STARTUP, name="hostile", status="ready")
        await notes.wait_for("listed", times=4)
        turn = await talk(client, thread_id, HIT)
        assert turn["items"][-1]["text"].endswith("hit")
        assert sum(line.startswith("started") for line in notes.lines) == 1


async def test_an_elicitation_that_no_client_could_read_is_refused_and_the_call_goes_on(
    home: Path,
) -> None:
    async with hosting(home, "asks_oddly") as host:
        client = await host.client()
        turn = await talk(client, await start(client, approvalPolicy="on-request"), HIT)
        assert turn["items"][-1]["text"].endswith("asked")


async def test_processes_started_by_a_server_end_with_it(home: Path, notes: Notes) -> None:
    text = table("hostile", HOSTILE, "forks", str(notes.path))
    (home / "config.toml").write_text(text)
    async with Host(home) as host:
        client = await host.client()
        turn = await talk(client, await start(client), HIT)
        assert turn["items"][-1]["text"].endswith("forked")
        server = psutil.Process(int((await notes.wait_for("started"))[0].split()[1]))
        guard = server.parent()
        assert guard is not None

        def left_behind() -> list[psutil.Process]:
            found = guard.children(recursive=True)
            return [one for one in found if one.status() != psutil.STATUS_ZOMBIE]

        await asyncio.to_thread(until, lambda: len(left_behind()) == 6)
        left = left_behind()
    await asyncio.to_thread(until, lambda: not any(one.is_running() for one in (guard, *left)))
