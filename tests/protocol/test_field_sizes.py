"""How much clients may say in one field, and what others see of what is longer in old homes."""

from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, script, start, talk
from tests.support.client import Client
from tests.support.server import UNBOUNDED, Host, limits

MIB = 1024 * 1024
SHOWN_CHARS_MAX = 4_096


async def assert_short_messages(client: Client, since: int) -> None:
    await client.level()
    assert max(len(str(message)) for message in client.received[since:]) < 100_000


@pytest.mark.slices
async def test_a_name_of_fifteen_mib_is_refused_with_the_limit_and_lists_go_on(host: Host) -> None:
    client, other = await host.client(), await host.client()
    for _ in range(2):
        thread_id = await start(client)
        await talk(client, thread_id)
        error = await client.refused(
            "thread/name/set", {"threadId": thread_id, "name": "n" * 15 * MIB}
        )
        assert error["code"] == -32600
        assert error["message"] == (
            "Invalid request: invalid length: 15728640 bytes, expected at most 4096 (at `name`)"
        )
        assert error["data"] == {
            "code": "too_large",
            "field": "name",
            "limit": "name_bytes_max",
            "max": 4096,
            "actual": 15 * MIB,
        }
    assert len((await other.ok("thread/list"))["data"]) == 2
    assert len((await other.ok("thread/list", {"limit": 1}))["data"]) == 1
    await assert_short_messages(other, 0)


FOLDER = "/" + "d" * 2 * MIB
TOOL = {"type": "function", "name": "look", "inputSchema": {}}
METADATA = "responsesapiClientMetadata"
TOO_MUCH: dict[str, tuple[str, dict[str, Any]]] = {
    "cwd": ("thread/start", {"cwd": FOLDER}),
    "model": ("thread/start", {"model": "m" * MIB}),
    "modelProvider": ("thread/start", {"modelProvider": "p" * MIB}),
    "config": ("thread/start", {"config": {"x": "c" * 2 * MIB}}),
    "baseInstructions": ("thread/start", {"baseInstructions": "i" * 2 * MIB}),
    "developerInstructions": ("thread/start", {"developerInstructions": "i" * 2 * MIB}),
    "serviceName": ("thread/start", {"serviceName": "s" * MIB}),
    "dynamicTools[0].description": (
        "thread/start",
        {"dynamicTools": [{**TOOL, "description": "d" * MIB}]},
    ),
    "runtimeWorkspaceRoots": ("thread/start", {"runtimeWorkspaceRoots": ["/x"] * 5_001}),
    "input": ("turn/start", {"input": [{"type": "text", "text": ""}] * 5_001}),
    "clientUserMessageId": ("turn/start", {"input": [], "clientUserMessageId": "c" * MIB}),
    "effort": ("turn/start", {"input": [], "effort": "e" * MIB}),
    "input[0].path": ("turn/start", {"input": [{"type": "localImage", "path": FOLDER}]}),
    "disabledPluginIds": (
        "thread/settings/update",
        {"disabledPluginIds": ["p" * 1000] * 2000},
    ),
    "sandboxPolicy.writableRoots[0]": (
        "thread/settings/update",
        {"sandboxPolicy": {"type": "workspaceWrite", "writableRoots": [FOLDER]}},
    ),
    f"{METADATA}.k": (
        "thread/queue/add",
        {"input": [], "clientUserMessageId": "c", METADATA: {"k": "v" * MIB}},
    ),
    "gitInfo.branch": ("thread/metadata/update", {"gitInfo": {"branch": "b" * MIB}}),
}


@pytest.mark.few(1)
@pytest.mark.parametrize("place", TOO_MUCH)
async def test_a_field_that_is_too_large_is_refused_by_its_place_and_sent_to_no_other_client(
    host: Host, place: str
) -> None:
    client, other = await host.client(), await host.client()
    thread_id = await start(client)
    await other.ok("thread/resume", {"threadId": thread_id})
    since = await other.level()
    method, params = TOO_MUCH[place]
    if method != "thread/start":
        params = {"threadId": thread_id, **params}
    error = await client.refused(method, params)
    assert error["message"].endswith(f"(at `{place}`)")
    assert error["data"]["actual"] > error["data"]["max"]
    assert (await talk(client, thread_id))["status"] == "completed"
    await assert_short_messages(other, since)


async def test_a_config_that_grows_with_every_resume_has_the_same_limit(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client, config={"a": "x" * 900_000})
    more = {"threadId": thread_id, "config": {"b": "x" * 900_000}}
    error = await client.refused("thread/resume", more)
    assert error["data"]["field"] == "config"
    await client.ok("thread/resume", {"threadId": thread_id, "config": {"a": "x"}})
    await client.ok("thread/resume", more)


@pytest.mark.slices
async def test_long_texts_in_an_old_home_are_sent_shortened(host: Host) -> None:
    await host.stop()
    host.settings["limits"] = limits(fields=UNBOUNDED)
    await host.start()
    client = await host.client()
    thread_id = await start(client, cwd=FOLDER, developerInstructions="i" * 3 * MIB)
    await talk(client, thread_id, "p" * MIB)
    await client.ok("thread/name/set", {"threadId": thread_id, "name": "n" * 2 * MIB})
    host.settings["limits"] = limits()
    await host.restart()
    client, other = await host.client(), await host.client()
    [listed] = (await client.ok("thread/list"))["data"]
    for member in ("name", "cwd", "preview"):
        assert len(listed[member]) <= SHOWN_CHARS_MAX
    resumed = await client.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    assert resumed["cwd"].endswith("…")
    await client.ok("thread/settings/update", {"threadId": thread_id, "effort": "low"})
    news = await client.notice("thread/settings/updated")
    shown = news["params"]["threadSettings"]
    assert len(shown["cwd"]) == SHOWN_CHARS_MAX
    assert shown["collaborationMode"]["settings"]["developer_instructions"] is None
    told = resumed["collaborationMode"]["settings"]["developer_instructions"]
    assert len(told) == MIB
    await other.ok("host/events/subscribe", {"afterPosition": 0})
    renamed = await other.notice("thread/name/updated")
    assert len(renamed["params"]["threadName"]) == SHOWN_CHARS_MAX
    begun = await begin(client, thread_id, script(HANG))
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": begun})
