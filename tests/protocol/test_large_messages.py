"""Messages that would be larger than one may be: said in words, and nobody is lost by them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.protocol.talk import begin, end, script, start, talk
from tests.protocol.tool_talk import CALL, RESOLVED, offering, open_requests
from tests.support.client import Client
from tests.support.server import Host, Transport, limits
from threadhost.adapters.jsonrpc.registry import registry

FRAME = 100_000
TEXT = "z" * 60_000
CUT = " bytes left out]"


@pytest.fixture
async def small_host(home: Path, transport: Transport) -> AsyncIterator[Host]:
    """A host whose messages have at most 100,000 bytes."""
    async with Host(home, transport, settings={"limits": limits(frame_bytes_max=FRAME)}) as host:
        yield host


async def full_thread(client: Client) -> str:
    """A thread whose whole history fits in no message."""
    thread_id = await start(client)
    for _ in range(2):
        await talk(client, thread_id, TEXT)
    return thread_id


async def test_the_longest_texts_of_an_answer_over_the_size_limit_are_cut_with_a_mark(
    small_host: Host,
) -> None:
    client = await small_host.client()
    thread_id = await full_thread(client)
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    for turn in read["thread"]["turns"]:
        said, answer = turn["items"]
        assert said["content"][0]["text"].endswith(CUT)
        assert answer["text"] == "ok"
    page = {"threadId": thread_id, "limit": 1, "itemsView": "full"}
    [whole] = (await client.ok("thread/turns/list", page))["data"]
    assert whole["items"][0]["content"][0]["text"] == TEXT
    assert max(len(str(m)) for m in client.received) < FRAME


@pytest.mark.slices
async def test_an_answer_that_cannot_be_cut_to_size_is_an_error_with_advice(
    small_host: Host,
) -> None:
    thread_id = await start(await small_host.client())
    for _ in range(20):
        await talk(small_host.clients[0], thread_id, "a few words")
    small_host.settings["limits"] = limits(frame_bytes_max=10_000)
    await small_host.restart()
    client, bystander = await small_host.client(), await small_host.client()
    requests = {"thread/read": {"includeTurns": True}, "thread/fork": {}, "thread/resume": {}}
    for method, params in requests.items():
        error = await client.refused(method, {"threadId": thread_id, **params})
        assert error["code"] == -32600
        assert f"{method} was carried out, but its answer has " in error["message"]
        assert error["message"].endswith(
            "bytes, and a message at most 10000: `thread/turns/list` and `thread/items/list`"
            " read a history in pages"
        )
    page = {"threadId": thread_id, "limit": 20, "itemsView": "full"}
    error = await client.refused("thread/turns/list", page)
    assert "a smaller `limit` makes smaller pages" in error["message"]
    assert (await client.ok("thread/turns/list", {**page, "limit": 2}))["data"]
    assert (await bystander.ok("thread/list"))["data"]


async def test_a_notification_that_would_be_too_large_is_cut_and_the_log_has_the_whole(
    small_host: Host,
) -> None:
    client, watcher = await small_host.client(), await small_host.client()
    thread_id = await start(client)
    await watcher.ok("host/events/subscribe", {"afterPosition": 0})
    await watcher.notice("thread/started")
    text = "z" * (FRAME - 200)
    turn = await talk(client, thread_id, text)
    await watcher.notice("turn/completed", threadId=thread_id)
    for who in (client, watcher):
        for method in ("item/started", "item/completed"):
            told = await who.notice(method, threadId=thread_id, turnId=turn["id"])
            assert told["params"]["item"]["content"][0]["text"].endswith(CUT)
    read = await client.ok("thread/items/list", {"threadId": thread_id, "limit": 1})
    assert CUT in str(read)


async def test_a_notification_that_cannot_be_cut_is_a_warning_in_its_place(
    small_host: Host,
) -> None:
    client, other = await small_host.client(), await small_host.client()
    thread_id = await start(client)
    for session in small_host.running.sessions:
        session.delivery.limits = limits(frame_bytes_max=400)
    await client.ok("thread/name/set", {"threadId": thread_id, "name": "n" * 1000})
    for who in (client, other):
        told = await who.notice("thread/name/updated", threadId=thread_id)
        assert told["params"]["threadName"].endswith(CUT)
    for session in small_host.running.sessions:
        session.delivery.limits = limits(frame_bytes_max=200)
    await client.ok("thread/name/set", {"threadId": thread_id, "name": "m" * 1000})
    for who in (client, other):
        warning = await who.notice("warning", threadId=thread_id)
        assert warning["params"]["message"].startswith(
            f"thread/name/updated of thread {thread_id} at position {warning['position']} was left"
        )


async def test_a_request_that_would_be_too_large_is_not_sent_and_its_call_fails(
    small_host: Host,
) -> None:
    client = await small_host.client()
    thread_id = await offering(client)
    (session,) = small_host.running.sessions
    session.delivery.limits = limits(frame_bytes_max=50_000)
    call = {"name": "look", "args": {"q": TEXT}}
    turn_id = await begin(client, thread_id, script({"calls": [call]}, {"text": "{output}"}))
    ended = await end(client, turn_id)
    assert "the request has 60" in ended["items"][-1]["text"]
    assert open_requests(small_host) == 0
    assert {CALL, RESOLVED}.isdisjoint(client.methods())


def holds_a_history(model: type[BaseModel] | None) -> bool:
    """Whether answers of this model list what a client has stored."""
    return model is not None and ("data" in model.model_fields or "targets" in model.model_fields)


def test_every_method_with_an_unbounded_answer_is_declared_as_large() -> None:
    bounded = {
        "account/read",
        "model/list",
        "modelProvider/list",
        "permissionProfile/list",
        "skills/list",
        "hooks/list",
        "collaborationMode/list",
        "thread/backgroundTerminals/list",
        "host/retention/run",
    }
    lists = {m.name for m in registry if holds_a_history(m.result_model)}
    assert lists - bounded <= {m.name for m in registry if m.large}
