"""Messages that would be larger than one may be: said in words, and nobody is lost by them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.protocol.talk import begin, end, script, start, talk
from tests.protocol.tool_talk import CALL, RESOLVED, offering, open_requests
from tests.support.client import Client
from tests.support.server import Host, Transport, limits
from threadhost.adapters.jsonrpc.large_answers import LARGE
from threadhost.adapters.jsonrpc.registry import registry

FRAME = 100_000
TEXT = "z" * 60_000


@pytest.fixture
async def small_host(home: Path, transport: Transport) -> AsyncIterator[Host]:
    """A host whose messages have at most 100,000 bytes."""
    host = Host(home, transport, settings={"limits": limits(frame_bytes_max=FRAME)})
    await host.start()
    yield host
    await host.stop()


async def full_thread(client: Client) -> str:
    """A thread whose whole history fits in no message."""
    thread_id = await start(client)
    for _ in range(2):
        await talk(client, thread_id, TEXT)
    return thread_id


async def test_an_answer_that_would_be_too_large_is_an_error_that_says_how_to_go_on(
    small_host: Host,
) -> None:
    client, bystander = await small_host.client(), await small_host.client()
    thread_id = await full_thread(client)
    requests = {"thread/read": {"includeTurns": True}, "thread/fork": {}, "thread/resume": {}}
    for method, params in requests.items():
        error = await client.refused(method, {"threadId": thread_id, **params})
        assert error["code"] == -32600
        assert f"{method} was carried out, but its answer has 12" in error["message"]
        assert error["message"].endswith(
            "bytes, and a message at most 100000: `thread/turns/list` and `thread/items/list` read"
            " a history in pages"
        )
    page = {"threadId": thread_id, "limit": 1, "itemsView": "full"}
    assert len((await client.ok("thread/turns/list", page))["data"]) == 1
    assert (
        "a smaller `limit`"
        in (await client.refused("thread/turns/list", {**page, "limit": 2}))["message"]
    )
    assert (await bystander.ok("thread/list"))["data"]
    assert max(len(str(m)) for m in client.received) < FRAME


async def test_a_notification_that_would_be_too_large_is_a_warning_in_its_place(
    small_host: Host,
) -> None:
    client, watcher = await small_host.client(), await small_host.client()
    thread_id = await start(client)
    await watcher.ok("host/events/subscribe", {"afterPosition": 0})
    await watcher.notice("thread/started")
    before = len(client.received), len(watcher.received)
    await talk(client, thread_id, "z" * (FRAME - 200))
    await watcher.notice("turn/completed", threadId=thread_id)
    for who, n in zip((client, watcher), before, strict=True):
        names = [name for name in who.methods(n) if name != "reply"]
        assert names[:4] == ["thread/status/changed", "turn/started", "warning", "warning"]
        for left_out in ("item/started", "item/completed"):
            warning = next(
                w for w in who.notices if w["params"].get("message", "").startswith(left_out)
            )
            said = (
                f"{left_out} of thread {thread_id} at position {warning['position']} was left out"
            )
            assert f"{said}: it has 100" in warning["params"]["message"]
            assert warning["params"]["threadId"] == thread_id


async def test_what_everybody_is_told_names_its_thread_though_it_is_left_out(
    small_host: Host,
) -> None:
    client, other = await small_host.client(), await small_host.client()
    thread_id = await start(client)
    for session in small_host.running._sessions:
        session.news._limits = limits(frame_bytes_max=300)
    await client.ok("thread/name/set", {"threadId": thread_id, "name": "n" * 1000})
    for who in (client, other):
        warning = await who.notice("warning", threadId=thread_id)
        assert warning["params"]["message"].startswith(f"thread/name/updated of thread {thread_id}")


async def test_a_request_that_would_be_too_large_is_not_sent_and_its_call_fails(
    small_host: Host,
) -> None:
    client = await small_host.client()
    thread_id = await offering(client)
    (session,) = small_host.running._sessions
    session.news._limits = limits(frame_bytes_max=50_000)
    call = {"name": "look", "args": {"q": TEXT}}
    turn_id = await begin(client, thread_id, script({"calls": [call]}, {"text": "{output}"}))
    ended = await end(client, turn_id)
    assert "the request has 60" in ended["items"][-1]["text"]
    assert open_requests(small_host) == 0
    assert {CALL, RESOLVED}.isdisjoint(client.methods())


def holds_a_history(model: type[BaseModel] | None) -> bool:
    """Whether answers of this model list what a client has stored."""
    return model is not None and ("data" in model.model_fields or "targets" in model.model_fields)


def test_every_answer_of_any_size_is_known_to_be_one() -> None:
    bounded = {
        "account/read",
        "model/list",
        "modelProvider/list",
        "permissionProfile/list",
        "skills/list",
        "hooks/list",
        "collaborationMode/list",
        "thread/backgroundTerminals/list",
    }
    lists = {m.name for m in registry if holds_a_history(m.result_model)}
    assert lists - bounded <= set(LARGE)
    assert set(LARGE) <= {m.name for m in registry}
