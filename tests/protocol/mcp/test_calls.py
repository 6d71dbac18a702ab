"""Tools of MCP servers, called by a model: offered, called, answered, told to clients."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import begin, end, script, start, talk
from tests.protocol.tool_talk import items
from tests.support.client import Client
from tests.support.mcp import STARTUP, Notes, calls, table
from tests.support.server import Host
from threadhost.adapters.configuration.mcp_servers import HANDED_ON

DONE: dict[str, object] = {"text": "{output}"}


async def test_a_model_calls_a_tool_of_a_server_and_gets_its_answer(client: Client) -> None:
    thread_id = await start(client)
    turn = await talk(client, thread_id, script(calls("echo", text="hello"), DONE))
    said = turn["items"][-1]["text"]
    assert said.startswith("Wall time: ")
    assert said.endswith(" seconds\nOutput:\nhello")


@pytest.mark.slices
async def test_a_thread_gets_the_startup_status_of_its_servers(client: Client) -> None:
    thread_id = await start(client)
    for status in ("starting", "ready"):
        told = await client.notice(STARTUP, threadId=thread_id, status=status)
        assert told["params"] == {
            "threadId": thread_id,
            "name": "tiny",
            "environmentId": None,
            "status": status,
            "error": None,
            "failureReason": None,
        }


@pytest.mark.slices
async def test_a_call_is_an_item_from_its_begin_to_its_end(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, script(calls("rich"), {"text": "done"}))
    begun, ended = [
        m["params"]["item"]
        for m in client.notices
        if m["method"] in ("item/started", "item/completed")
        and m["params"]["item"]["type"] == "mcpToolCall"
    ]
    assert begun["status"] == "inProgress"
    assert begun["result"] is None
    assert ended["status"] == "completed"
    assert [block["type"] for block in ended["result"]["content"]] == [
        "text",
        "image",
        "resource_link",
    ]
    assert (ended["server"], ended["tool"], ended["readOnlyHint"]) == ("tiny", "rich", True)
    assert ended["durationMs"] >= 0
    [kept] = await mcp_items(client, thread_id)
    assert kept == ended


async def test_a_failing_tool_is_shown_as_failed_and_the_turn_goes_on(client: Client) -> None:
    thread_id = await start(client)
    turn = await talk(client, thread_id, script(calls("fail"), DONE))
    assert turn["status"] == "completed"
    assert turn["items"][-1]["text"].endswith("it went wrong")
    [item] = await mcp_items(client, thread_id)
    assert (item["status"], item["error"]) == ("failed", None)
    assert item["result"]["content"] == [{"type": "text", "text": "it went wrong"}]


@pytest.mark.slices
async def test_an_interrupt_cancels_the_call_at_the_server(client: Client, notes: Notes) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(calls("slow"), DONE))
    told = await client.notice("item/mcpToolCall/progress", threadId=thread_id, turnId=turn_id)
    assert told["params"]["message"] == "half of it"
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"
    await notes.wait_for("cancelled")
    [item] = await mcp_items(client, thread_id)
    assert item["status"] == "failed"
    assert item["error"] == {"message": "aborted: the turn ended before the call was answered"}


@pytest.mark.slices
async def test_a_server_program_gets_only_the_configured_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("WANTED", "w")
    text = table(env={"GIVEN": "g"}, env_vars=["WANTED"])
    (home / "config.toml").write_text(text)
    async with Host(home) as host:
        client = await host.client()
        thread_id = await start(client)
        await talk(client, thread_id, script(calls("env"), DONE))
        [item] = await mcp_items(client, thread_id)
    found = json.loads(item["result"]["content"][0]["text"])
    assert (found["GIVEN"], found["WANTED"]) == ("g", "w")
    assert "PATH" in found
    assert "OPENAI_API_KEY" not in found
    assert found.keys() <= {"GIVEN", "WANTED", "LC_CTYPE", *HANDED_ON}


@pytest.mark.slices
async def test_a_server_that_dies_fails_its_call_and_is_restarted(
    client: Client, notes: Notes
) -> None:
    thread_id = await start(client)
    turn = await talk(client, thread_id, script(calls("die"), DONE))
    assert turn["status"] == "completed"
    assert "it ended with exit code 3" in turn["items"][-1]["text"]
    failed = await client.notice(STARTUP, status="failed", name="tiny")
    assert failed["params"]["error"] == "it ended with exit code 3; the host tries again in 1 s"
    turn = await talk(client, thread_id, script(calls("echo", text="now"), DONE))
    assert "MCP server `tiny` is not connected: it ended with" in turn["items"][-1]["text"]
    await notes.wait_for("started", times=2)
    await client.notice(STARTUP, client.received.index(failed), status="ready", threadId=None)
    turn = await talk(client, thread_id, script(calls("echo", text="again"), DONE))
    assert turn["items"][-1]["text"].endswith("again")


@pytest.mark.slices
async def test_one_program_serves_all_threads_and_ends_with_the_host(
    host: Host, client: Client, notes: Notes
) -> None:
    for _ in range(3):
        turn = await talk(client, await start(client), script(calls("echo", text="x"), DONE))
        assert turn["items"][-1]["text"].endswith("x")
    await host.stop()
    assert [line.split()[0] for line in await notes.wait_for("ended")] == [
        "started",
        *["called"] * 3,
        "ended",
    ]


async def mcp_items(client: Client, thread_id: str) -> list[dict[str, Any]]:
    """The calls of servers' tools of the last turn, as they are kept."""
    return [one for one in await items(client, thread_id) if one["type"] == "mcpToolCall"]


@pytest.mark.slices
async def test_a_call_and_its_answer_are_in_the_log_of_the_thread(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, script(calls("echo", text="canary"), calls("fail"), DONE))
    page = await client.ok("host/thread/logs", {"threadId": thread_id})
    lines = [line for line in page["data"] if line["event"] == "toolAnswered"]
    assert [line["details"]["success"] for line in lines] == [True, False]
    assert "canary" not in json.dumps(page)
