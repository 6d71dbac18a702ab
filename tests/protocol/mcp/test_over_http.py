"""Servers that are reached over streamable HTTP: called, cancelled, and within bounds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.protocol.mcp.test_calls import DONE
from tests.protocol.talk import begin, end, script, start, talk
from tests.support.client import Client
from tests.support.mcp import STARTUP, calls
from tests.support.mcp_http import LATER_S, SESSION, HttpServer, no
from tests.support.operator_lines import logged_line
from tests.support.proxies import http_proxy
from tests.support.server import Host
from threadhost.adapters.mcp import http
from threadhost.adapters.mcp import server as server_module
from threadhost.adapters.mcp.http import REJECTED_CALLER, SESSION_OVER, UNKNOWN_CALLER
from threadhost.adapters.mcp.http_heads import TOO_MUCH
from threadhost.adapters.mcp.lines import NO_ANSWER

pytestmark = pytest.mark.slices


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
    async with Host(home) as host:
        yield host


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


async def test_an_answer_may_arrive_as_an_event_stream(client: Client) -> None:
    thread_id = await start(client)
    turn = await talk(client, thread_id, script(calls("events", server="far"), DONE))
    assert turn["items"][-1]["text"].endswith("by an event")
    progress = await client.notice("item/mcpToolCall/progress", threadId=thread_id)
    assert progress["params"]["message"] == "on its way"


@pytest.mark.parametrize("tool", ["half", "half_event"])
async def test_an_unpaired_surrogate_is_shown_as_a_replacement_character(
    client: Client, tool: str
) -> None:
    turn = await talk(client, await start(client), script(calls(tool, server="far"), DONE))
    assert turn["items"][-1]["text"].endswith("half \ufffd")


async def test_an_interrupt_cancels_the_call_at_the_server(
    client: Client, server: HttpServer
) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(calls("hang", server="far"), DONE))
    await server.called.wait()
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"
    await server.cancelled.wait()


@pytest.mark.parametrize("tool", ["told_on", "written_on", "resumable"])
async def test_the_stream_of_a_cancelled_call_is_not_read_on(
    client: Client, server: HttpServer, tool: str
) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(calls(tool, server="far"), DONE))
    await (server.resumed if tool == "resumable" else server.called).wait()
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    await server.left.wait()
    [number] = [m["id"] for _, _, m in server.requests if m and m.get("method") == "tools/call"]
    assert server.taken_back == [number]
    assert (await end(client, turn_id))["status"] == "interrupted"


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("bomb", "the answer is compressed, which was not asked for"),
        ("broken", "it answered with text/html: neither application/json nor text/event-stream"),
        ("accepted", "it answered with HTTP status 202 Ok"),
        ("gone", "MCP server `far` failed: the server does not know the session any more"),
        ("endless", "the answer has more than 4194304 bytes"),
        ("endless_events", "answer cannot be used: the answer has more than 4194304 bytes"),
        ("html_event", "the MCP server's answer cannot be used: it is not a JSON-RPC message"),
        ("cut", "the MCP server's answer cannot be used: RemoteProtocolError: peer closed"),
        ("unanswered", "RemoteProtocolError: Server disconnected without sending a response."),
        ("of_nobody", "the MCP server's answer cannot be used: it is not a JSON-RPC message"),
        ("notified", "the MCP server's answer cannot be used: it is not a JSON-RPC message"),
        ("numerous", "the MCP server's answer cannot be used: a number has more than 400 digits"),
        ("impatient", "the MCP server broke off its answer, and did not continue it"),
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


async def test_a_server_or_a_proxy_that_announces_answers_without_end_is_hung_up_on(
    client: Client, server: HttpServer
) -> None:
    turn = await talk(
        client, await start(client), script(calls("endless_heads", server="far"), DONE)
    )
    assert TOO_MUCH in turn["items"][-1]["text"]
    await server.left.wait()


async def test_response_heads_that_arrive_too_slowly_fail_the_call(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "READ_S", -4.0)  # of the 5 s of a call, 1 is left
    turn = await talk(client, await start(client), script(calls("slow_heads", server="far"), DONE))
    assert turn["items"][-1]["text"].endswith(NO_ANSWER.format(http.LATE))


@pytest.mark.parametrize("tool", ["cut", "unanswered", "impatient"])
async def test_a_broken_answer_fails_no_other_call(client: Client, tool: str) -> None:
    other = await begin(client, await start(client), script(calls("later", server="far"), DONE))
    turn = await talk(client, await start(client), script(calls(tool, server="far"), DONE))
    assert "MCP server `far` failed" not in turn["items"][-1]["text"]
    assert (await end(client, other))["items"][-1]["text"].endswith("at last")


async def test_an_answer_belongs_to_its_http_request_whatever_id_it_has(client: Client) -> None:
    steps = calls("of_another", server="far"), DONE
    turn = await talk(client, await start(client), script(*steps))
    assert turn["items"][-1]["text"].endswith("to whoever asked")


async def test_an_answer_may_take_as_long_as_its_call(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "READ_S", LATER_S / 10)
    turn = await talk(client, await start(client), script(calls("later", server="far"), DONE))
    assert turn["items"][-1]["text"].endswith("at last")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_server_on_this_machine_is_reached_without_a_proxy(
    home: Path, server: HttpServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with http_proxy() as seen:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{seen.port}")
        url = server.url.replace("127.0.0.1", name)
        (home / "config.toml").write_text(f'[mcp_servers.far]\nurl = "{url}"\n')
        async with Host(home) as host:
            client = await host.client()
            turn = await talk(client, await start(client), ECHO)
    assert turn["items"][-1]["text"].endswith("hello")
    assert not seen.asked


@pytest.mark.parametrize(("scheme", "why"), [("http", "HTTP status 407 Who"), ("https", "407 Who")])
async def test_a_proxy_that_requires_authentication_is_named_in_the_error(
    home: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, why: str
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with http_proxy(("someone", "pass:word")) as seen:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://else:secret@127.0.0.1:{seen.port}")
        (home / "config.toml").write_text(f'[mcp_servers.far]\nurl = "{scheme}://far.example/"\n')
        async with Host(home) as host:
            client = await host.client()
            await start(client)
            status = await client.notice(STARTUP, name="far", status="failed")
    assert seen.is_refused
    assert f"{why} (through the proxy http://127.0.0.1:{seen.port})" in status["params"]["error"]


async def test_a_server_that_cannot_be_reached_is_reported(home: Path) -> None:
    (home / "config.toml").write_text('[mcp_servers.far]\nurl = "http://127.0.0.1:9/mcp"\n')
    async with Host(home) as host:
        client = await host.client()
        await start(client)
        status = await client.notice(STARTUP, name="far", status="failed")
    assert "the host tries again in 1 s" in status["params"]["error"]
    assert "ConnectError" in status["params"]["error"]


ASKS_WHO = 'www-authenticate: Bearer resource_metadata="https://far.example/x"\r\n'
ECHO = script(calls("echo", server="far", text="hello"), DONE)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server is tried again at once."""
    monkeypatch.setattr(server_module, "WAIT_MIN_S", 0.01)


@pytest.mark.usefixtures("soon")
async def test_a_server_that_requires_authentication_is_reported_until_it_accepts(
    home: Path, server: HttpServer
) -> None:
    server.refusal = no(401, ASKS_WHO)
    (home / "config.toml").write_text(f'[mcp_servers.far]\nurl = "{server.url}"\n')
    async with Host(home) as host:
        client = await host.client()
        await start(client)
        params = (await client.notice(STARTUP, name="far", status="failed"))["params"]
        assert params["error"].startswith(UNKNOWN_CALLER)
        assert "bearer_token_env_var" in UNKNOWN_CALLER
        assert params["failureReason"] == "reauthenticationRequired"
        server.refusal = None
        await client.notice(STARTUP, name="far", status="ready")
        [far] = (await client.ok("mcpServerStatus/list"))["data"]
        assert (far["runtimeStatus"], far["authStatus"]) == ("connected", "unknown")


async def test_a_token_that_is_no_longer_accepted_is_reported_and_shown(
    client: Client, server: HttpServer
) -> None:
    await talk(client, await start(client), ECHO)
    server.refusal = no(401, ASKS_WHO)
    turn = await talk(client, await start(client), ECHO)
    assert turn["items"][-1]["text"].endswith(REJECTED_CALLER)
    [far] = (await client.ok("mcpServerStatus/list"))["data"]
    assert (far["runtimeStatus"], far["authStatus"]) == ("authenticationRequired", "notLoggedIn")


@pytest.mark.usefixtures("soon")
async def test_a_session_that_the_server_dropped_is_started_again(
    client: Client, server: HttpServer
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, ECHO)
    server.known = "session-2"
    turn = await talk(client, thread_id, ECHO)
    assert turn["items"][-1]["text"].endswith(SESSION_OVER)
    await client.notice(STARTUP, name="far", status="ready", threadId=None)
    turn = await talk(client, thread_id, ECHO)
    assert turn["items"][-1]["text"].endswith("hello")


@pytest.mark.usefixtures("soon")
async def test_a_server_that_closed_during_a_cancel_is_reported_as_failed(
    client: Client, server: HttpServer
) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(calls("hang", server="far"), DONE))
    await server.called.wait()
    server.close()
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    await client.notice(STARTUP, name="far", status="failed", threadId=None)
    server.cancelled.set()


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (no(503), "it answered with HTTP status 503 No"),
        (no(500, "content-type: text/html\r\n", b"<html>"), "it answered with HTTP status 500 No"),
        (no(400, "", b'{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"why"}}'), "why"),
        (no(400, "", b'{"error":{"code":1}}'), "it answered with HTTP status 400 No"),
        (no(403, "", b"x" * 1_000_000), "it answered with HTTP status 403 No"),
    ],
)
async def test_a_refusal_of_a_server_is_reported_with_its_message_or_status(
    client: Client, server: HttpServer, refusal: bytes, words: str
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, ECHO)
    server.refusal = refusal
    turn = await talk(client, thread_id, ECHO)
    assert turn["items"][-1]["text"].endswith(words)
    server.refusal = None
    assert (await talk(client, thread_id, ECHO))["items"][-1]["text"].endswith("hello")


async def test_a_token_repeated_in_an_error_of_a_server_is_hidden(
    client: Client, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, ECHO)
    said = b'{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"bad Bearer secret-token"}}'
    server.refusal = no(400, "", said)
    turn = await talk(client, thread_id, ECHO)
    assert turn["items"][-1]["text"].endswith("bad [hidden]")
    server.known, server.refusal = "session-2", None
    await talk(client, thread_id, ECHO)
    server.refusal = no(400, "", said)
    await client.notice(STARTUP, name="far", status="failed", threadId=None)
    assert "secret-token" not in str(client.received)
    assert "secret-token" not in caplog.text
    assert logged_line(caplog, "mcp.server_lost")["server"] == "far"
