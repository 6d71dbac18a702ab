"""What clients do with MCP servers themselves: look at them, call them, read them, reload them."""

from pathlib import Path

import pytest

from tests.protocol.mcp.test_calls import DONE
from tests.protocol.talk import script, start, talk
from tests.support.client import Client
from tests.support.mcp import SERVER, STARTUP, Notes, calls, table
from tests.support.server import Host


async def test_the_servers_are_listed_with_their_tools_and_resources(client: Client) -> None:
    await talk(client, await start(client), script(DONE))
    listed = await client.ok("mcpServerStatus/list")
    [tiny] = listed["data"]
    assert listed["nextCursor"] is None
    assert (tiny["name"], tiny["runtimeStatus"], tiny["authStatus"]) == (
        "tiny",
        "connected",
        "unsupported",
    )
    assert tiny["serverInfo"]["version"] == "1"
    gauges = (await client.ok("server/diagnostics", {}))["gauges"]
    assert {"name": "mcp.connections.live", "value": 1} in gauges
    assert tiny["tools"]["change"]["annotations"] == {"destructiveHint": True}
    assert [one["uri"] for one in tiny["resources"]] == ["tiny://poem"]
    assert [one["uriTemplate"] for one in tiny["resourceTemplates"]] == ["tiny://{name}"]
    short = await client.ok("mcpServerStatus/list", {"detail": "toolsAndAuthOnly"})
    assert short["data"][0]["resources"] == []
    assert (await client.ok("mcpServerStatus/list", {"serverName": "other"}))["data"] == []


@pytest.mark.slices
async def test_a_client_calls_a_tool_itself(client: Client) -> None:
    thread_id = await start(client)
    params = {"threadId": thread_id, "server": "tiny", "tool": "echo", "arguments": {"text": "x"}}
    result = await client.ok("mcpServer/tool/call", params)
    assert result["content"] == [{"type": "text", "text": "x"}]
    assert result["isError"] is False
    failed = await client.ok("mcpServer/tool/call", {**params, "tool": "fail"})
    assert failed["isError"] is True
    asked = await client.ok("mcpServer/tool/call", {**params, "tool": "ask"})
    assert asked["content"][0]["text"] == '{"action": "cancel"}'


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("mcpServer/tool/call", {"server": "other", "tool": "x"}, "there is `tiny`"),
        ("mcpServer/resource/read", {"server": "other", "uri": "x"}, "there is `tiny`"),
        ("mcpServer/tool/call", {"server": "tiny", "tool": "die"}, "ended with exit code 3"),
    ],
)
async def test_a_request_that_a_server_cannot_answer_is_refused_with_the_reason(
    client: Client, method: str, params: dict[str, str], words: str
) -> None:
    thread_id = await start(client)
    error = await client.refused(method, {"threadId": thread_id, **params})
    assert words in error["message"]


async def test_a_call_for_an_unknown_thread_is_refused(client: Client) -> None:
    unknown = "01900000-0000-7000-8000-000000000000"
    params = {"threadId": unknown, "server": "tiny", "tool": "echo"}
    error = await client.refused("mcpServer/tool/call", params)
    assert error["message"] == f"thread not found: {unknown}"


@pytest.mark.slices
async def test_a_client_reads_a_resource(client: Client) -> None:
    read = await client.ok("mcpServer/resource/read", {"server": "tiny", "uri": "tiny://poem"})
    assert read["contents"] == [{"uri": "tiny://poem", "text": "roses are red"}]


@pytest.mark.slices
async def test_a_reload_starts_new_servers_ends_removed_ones_and_keeps_the_rest(
    client: Client, home: Path, notes: Notes
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, script(calls("echo", text="x"), DONE))
    text = (home / "config.toml").read_text()
    more = table("more", SERVER, str(notes.path))
    (home / "config.toml").write_text(text + more)
    await client.ok("config/mcpServer/reload")
    turn = await talk(client, thread_id, script(calls("echo", server="more", text="y"), DONE))
    assert turn["items"][-1]["text"].endswith("y")
    assert sum(line.startswith("started") for line in notes.lines) == 2
    (home / "config.toml").write_text(more)
    await client.ok("config/mcpServer/reload")
    await notes.wait_for("ended")
    turn = await talk(client, thread_id, script(calls("echo", text="z"), DONE))
    assert turn["items"][-1]["text"] == "unsupported call: mcp__tinyecho"
    assert sum(line.startswith("started") for line in notes.lines) == 2


@pytest.mark.slices
async def test_a_reload_of_an_invalid_file_changes_nothing(client: Client, home: Path) -> None:
    thread_id = await start(client)
    (home / "config.toml").write_text("[mcp_servers.tiny]\n")
    error = await client.refused("config/mcpServer/reload")
    assert "has neither `command` nor `url`; give one of them" in error["message"]
    turn = await talk(client, thread_id, script(calls("echo", text="x"), DONE))
    assert turn["items"][-1]["text"].endswith("x")


@pytest.mark.slices
async def test_no_thread_is_started_without_a_required_server(home: Path) -> None:
    text = table("needed", Path("/nowhere"), required=True)
    (home / "config.toml").write_text(text)
    async with Host(home) as host:
        client = await host.client()
        error = await client.refused("thread/start", {"cwd": "/"})
    assert error["message"].startswith("required MCP server `needed` failed: it ended with exit")


async def test_a_server_that_is_switched_off_is_listed_and_not_started(
    home: Path, notes: Notes
) -> None:
    (home / "config.toml").write_text(table("tiny", SERVER, str(notes.path), enabled=False))
    async with Host(home) as host:
        client = await host.client()
        turn = await talk(client, await start(client), script(calls("echo"), DONE))
        [tiny] = (await client.ok("mcpServerStatus/list"))["data"]
    assert turn["items"][-1]["text"] == "unsupported call: mcp__tinyecho"
    assert tiny["runtimeStatus"] == "disabled"
    assert not [m for m in client.notices if m["method"] == STARTUP]
    assert notes.lines == []


@pytest.mark.slices
async def test_only_tools_enabled_in_the_file_are_offered(home: Path) -> None:
    text = table(enabled_tools=["echo", "fail"], disabled_tools=["fail"])
    (home / "config.toml").write_text(text)
    async with Host(home) as host:
        client = await host.client()
        steps = (calls("echo", text="x"), calls("fail"), calls("rich"), DONE)
        await talk(client, await start(client), script(*steps))
        offered = [name for _, name in host.running.servers.offer.tools]
    assert offered == ["echo"]
