"""Compaction on the wire: what is told of it, what is shown of it, what it refuses."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from tests.protocol.talk import HANG, begin, end, script, shown, start, talk
from tests.support.client import Client
from tests.support.server import Host
from threadhost.actors.models import ModelEvent, ModelRequest, ResponseDone
from threadhost.actors.runtime.logs import history_of
from threadhost.events.history import History, begins_after
from threadhost.events.history_events import LANDMARKS
from threadhost.events.ids import thread_stream


async def compacted(client: Client, thread_id: str) -> str:
    """Compact the thread; the turn that did it."""
    before = len(client.received)
    assert await client.ok("thread/compact/start", {"threadId": thread_id}) == {}
    began = await client.notice("turn/started", after=before)
    turn_id: str = began["params"]["turn"]["id"]
    await end(client, turn_id)
    return turn_id


async def test_a_compaction_is_a_turn_with_an_item_of_its_own(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    await talk(client, thread_id, "hello")
    before = await client.level()
    turn_id = await compacted(client, thread_id)
    assert client.methods(before) == [
        "reply",
        "thread/status/changed",
        "turn/started",
        "item/started",
        "thread/tokenUsage/updated",
        "item/completed",
        "thread/compacted",
        "thread/status/changed",
        "turn/completed",
    ]
    told = [m["params"] for m in client.received[before:] if "item" in m.get("params", {})]
    assert [params["item"]["type"] for params in told] == ["contextCompaction"] * 2
    assert told[0]["item"]["id"] == told[1]["item"]["id"]
    assert (await client.notice("thread/compacted"))["params"] == {
        "threadId": thread_id,
        "turnId": turn_id,
    }


async def test_a_compacted_thread_still_shows_all_its_turns(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    first = await talk(client, thread_id, "hello")
    turn_id = await compacted(client, thread_id)
    await talk(client, thread_id, "and on")
    for _ in range(2):
        params = {"threadId": thread_id, "includeTurns": True}
        read = (await client.ok("thread/read", params))["thread"]
        assert [turn["id"] for turn in read["turns"]][:2] == [first["id"], turn_id]
        kinds = [[item["type"] for item in turn["items"]] for turn in read["turns"]]
        said = ["userMessage", "agentMessage"]
        assert kinds == [said, ["contextCompaction"], said]
        assert read["preview"] == "hello"
        await host.restart()
        client = await host.client()


async def test_a_stored_thread_is_activated_for_its_compaction_and_followed(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await host.restart()
    client = await host.client()
    await compacted(client, thread_id)
    assert (await client.ok("thread/loaded/list"))["data"] == [thread_id]


async def hanging(request: ModelRequest) -> AsyncIterator[ModelEvent]:
    """A model that never answers."""
    await asyncio.get_running_loop().create_future()
    yield ResponseDone(request.turn_id, None)


async def test_input_for_a_compaction_is_refused_with_its_kind(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    monkeypatch.setattr(host.running.model, "stream", hanging)
    before = len(client.received)
    await client.ok("thread/compact/start", {"threadId": thread_id})
    began = await client.notice("turn/started", after=before)
    words = "cannot steer a compact turn"
    info = {"activeTurnNotSteerable": {"turnKind": "compact"}}
    said = {"threadId": thread_id, "input": [{"type": "text", "text": "now"}]}
    for method, params in (
        ("turn/start", said),
        ("thread/compact/start", {"threadId": thread_id}),
    ):
        error = await client.refused(method, params)
        assert error == {
            "code": -32600,
            "message": words,
            "data": {"message": words, "codexErrorInfo": info, "additionalDetails": None},
        }
    turn_id = began["params"]["turn"]["id"]
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"


async def test_a_thread_without_turns_is_compacted_like_any(client: Client) -> None:
    thread_id = await start(client)
    turn_id = await compacted(client, thread_id)
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    assert [turn["id"] for turn in read["thread"]["turns"]] == [turn_id]


async def test_a_compaction_ends_the_turn_that_runs_as_interrupted(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(HANG, {"text": "a summary"}))
    before = await client.level()
    compaction = await compacted(client, thread_id)
    ended = await end(client, turn_id)
    assert (ended["status"], compaction != turn_id) == ("interrupted", True)
    assert client.methods(before) == [
        "reply",
        "thread/status/changed",
        "turn/completed",
        "thread/status/changed",
        "turn/started",
        "item/started",
        "thread/tokenUsage/updated",
        "item/completed",
        "thread/compacted",
        "thread/status/changed",
        "turn/completed",
    ]


async def test_a_full_history_is_compacted_by_itself_ahead_of_the_input(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client, config={"model_auto_compact_token_limit": 20_000})
    usage = {"input": 30_000, "output": 20, "total": 30_020}
    await talk(client, thread_id, script({"text": "big", "usage": usage}))
    before = await client.level()
    turn = await talk(client, thread_id, "next")
    assert turn["status"] == "completed"
    assert [shown(m) for m in client.received[before:]] == [
        "reply",
        "thread/status/changed active",
        "turn/started",
        "item/started contextCompaction",
        "thread/tokenUsage/updated",
        "item/completed contextCompaction",
        "thread/compacted",
        "item/started userMessage",
        "item/completed userMessage",
        "item/started agentMessage",
        "item/agentMessage/delta",
        "item/completed agentMessage",
        "thread/tokenUsage/updated",
        "thread/status/changed idle",
        "turn/completed",
    ]
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    kinds = [[item["type"] for item in turn["items"]] for turn in read["thread"]["turns"]]
    assert kinds[1] == ["contextCompaction", "userMessage", "agentMessage"]


async def test_a_compaction_repeated_with_its_key_is_one_compaction(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    params = {"threadId": thread_id, "idempotencyKey": "k"}
    assert await client.ok("thread/compact/start", params) == {}
    assert await client.ok("thread/compact/start", params) == {}
    await client.notice("thread/compacted")
    assert await client.ok("thread/compact/start", params) == {}
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    assert len(read["thread"]["turns"]) == 2


@pytest.mark.slices
async def test_the_history_read_from_the_newest_compaction_on_equals_the_whole_history(
    host: Host,
) -> None:
    """Turns, compactions, injections and reverts in any order, behind and before one another."""
    random, client = Random(7), await host.client()
    thread_id = await start(client)
    stream, logs = thread_stream(thread_id), host.running.logs.durable
    turns: list[str] = [(await talk(client, thread_id, "first"))["id"]]
    skipped = 0
    for number in range(60):
        what = random.choice(("turn", "turn", "compact", "inject", "revert"))
        if what == "turn":
            turns.append((await talk(client, thread_id, f"turn {number}"))["id"])
        elif what == "compact" and turns:
            turns.append(await compacted(client, thread_id))
        elif what == "inject":
            text = [{"type": "input_text", "text": f"injected {number}"}]
            items = [{"type": "message", "role": "user", "content": text}]
            await client.ok("thread/inject_items", {"threadId": thread_id, "items": items})
        elif what == "revert" and turns:
            kept = max(0, len(turns) - random.randrange(1, 4))
            params = {"threadId": thread_id, "beforeTurnId": turns[kept]}
            await client.ok("thread/revert", params)
            del turns[kept:]
        everything = await logs.read_stream(stream)
        after = begins_after(await logs.read_stream(stream, types=LANDMARKS))
        assert History(await logs.read_stream(stream, after)).lines == History(everything).lines, (
            number
        )
        assert (await history_of(logs, thread_id)).lines == History(everything).lines
        skipped = max(skipped, after)
    assert skipped > 50
