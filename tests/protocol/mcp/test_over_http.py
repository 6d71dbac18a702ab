"""Servers that are reached over streamable HTTP: called, cancelled, and within bounds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.protocol.mcp.test_calls import DONE
from tests.protocol.talk import begin, end, script, start, talk
from tests.support.client import Client
from tests.support.mcp import STARTUP, calls
from tests.support.mcp_http import SESSION, HttpServer
from tests.support.server import Host


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    """A server."""
    async with HttpServer() as running:
        yield running


@pytest.fixture
async def host(
    home: Path, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Host]:
    """A host that knows it, and a token for it."""
    monkeypatch.setenv("FAR_TOKEN", "secret-token")
    text = f"""
[mcp_servers.far]
url = "{server.url}"
bearer_token_env_var = "FAR_TOKEN"
headers = {{ X-Team = "owls" }}
tool_timeout_sec = 5
"""
    (home / "config.toml").write_text(text)
    host = Host(home)
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
async def client(host: Host) -> Client:
    """An initialised connection to it."""
    return await host.client()


async def test_a_tool_is_called_with_token_headers_and_session(
    client: Client, server: HttpServer
) -> None:
    steps = calls("echo", server="far", text="hello")
    turn = await talk(client, await start(client), script(steps, DONE))
    assert turn["items"][-1]["text"].endswith("hello")
    [headers] = [h for _, h, m in server.requests if m and m.get("method") == "tools/call"]
    assert headers["authorization"] == "Bearer secret-token"
    assert headers["x-team"] == "owls"
    assert headers["mcp-session-id"] == SESSION
    assert headers["mcp-protocol-version"] == "2025-11-25"
    [far] = (await client.ok("mcpServerStatus/list"))["data"]
    assert far["authStatus"] == "bearerToken"
    assert server.url.startswith(far["httpOrigin"])
    assert "/mcp" not in far["httpOrigin"]


async def test_an_answer_may_come_as_events(client: Client) -> None:
    thread_id = await start(client)
    turn = await talk(client, thread_id, script(calls("events", server="far"), DONE))
    assert turn["items"][-1]["text"].endswith("by an event")
    told = await client.notice("item/mcpToolCall/progress", threadId=thread_id)
    assert told["params"]["message"] == "on its way"


async def test_an_interrupt_is_heard_by_the_server(client: Client, server: HttpServer) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(calls("hang", server="far"), DONE))
    await server.called.wait()
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"
    await server.cancelled.wait()


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("bomb", "the answer is compressed, which was not asked for"),
        ("broken", "Unexpected content type: text/html"),
        ("gone", "Session terminated"),
        ("endless", "the answer has more than 4194304 bytes"),
        ("endless_events", "SSE stream ended without a response"),
    ],
)
async def test_an_answer_that_is_none_fails_its_call_alone(
    client: Client, tool: str, words: str
) -> None:
    thread_id = await start(client)
    steps = calls(tool, server="far"), calls("echo", server="far", text="on"), DONE
    turn = await talk(client, thread_id, script(*steps))
    assert turn["status"] == "completed"
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    items = [one for one in read["thread"]["turns"][-1]["items"] if one["type"] == "mcpToolCall"]
    assert words in str(items[0]["error"])


async def test_a_server_that_is_not_there_is_told(home: Path) -> None:
    (home / "config.toml").write_text('[mcp_servers.far]\nurl = "http://127.0.0.1:9/mcp"\n')
    host = Host(home)
    await host.start()
    try:
        client = await host.client()
        await start(client)
        told = await client.notice(STARTUP, name="far", status="failed")
    finally:
        await host.stop()
    assert "it is tried again in 1 s" in told["params"]["error"]
    assert "ConnectError" in told["params"]["error"]
