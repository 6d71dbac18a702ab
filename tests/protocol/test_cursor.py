"""Resuming from a position: nothing is missing, and no fact comes twice."""

import asyncio
import json
import random
from itertools import zip_longest
from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, deleted, end, live, script, start, talk, tree
from tests.support.client import Client, Message
from tests.support.server import Host

SUBSCRIBE = "host/events/subscribe"
Key = tuple[int, str, str]
STATUS_AHEAD_OF = {
    "turn/started": ("active",),
    "turn/completed": ("idle", "systemError", "notLoaded"),
}


def key(message: Message) -> Key:
    """What a notification says, without what a thread has become since."""
    params = message["params"]
    if message["method"] == "thread/started":
        params = {"id": params["thread"]["id"]}
    return message["position"], message["method"], json.dumps(params, sort_keys=True)


def of_the_log(messages: list[Message]) -> list[Message]:
    """The notifications that are not only of the moment."""
    return [m for m in messages if "method" in m and not live(m)]


def log_keys(messages: list[Message]) -> list[Key]:
    """The keys of the notifications of the log, in order."""
    return [key(m) for m in of_the_log(messages)]


def facts(messages: list[Message]) -> list[Key]:
    """Of those the ones that state a fact, not those that come ahead of it."""
    found = of_the_log(messages)
    return [key(m) for m, following in zip_longest(found, found[1:]) if not is_ahead(m, following)]


def is_ahead(message: Message, following: Message | None) -> bool:
    """Whether a notification belongs to the fact that follows it."""
    method, status = message["method"], message["params"].get("status", {}).get("type")
    if method == "item/started":
        return True
    return following is not None and status in STATUS_AHEAD_OF.get(following["method"], ())


async def follow(host: Host, after: int, last: int | None = None) -> Client:
    """A new connection that resumes after a position, and has come to the position `last`."""
    client = await host.client()
    answer = await client.ok(SUBSCRIBE, {"afterPosition": after})
    assert answer["complete"]
    if last is not None and last > after:
        await client.until(lambda m: m.get("position") == last)
    await client.level()
    return client


async def busy(client: Client) -> None:
    """A session with something of everything."""
    root, child, gone = await tree(client, 0, 0)
    await talk(client, root, "one")
    await client.ok("thread/name/set", {"threadId": root, "name": "a name"})
    await talk(client, child, script({"fail": {"message": "no"}}))
    turn_id = await begin(client, child, script(HANG))
    await client.ok("turn/interrupt", {"threadId": child, "turnId": turn_id})
    await end(client, turn_id)
    await talk(client, gone, "soon deleted")
    await client.ok("thread/delete", {"threadId": gone})
    await talk(client, child, "two words")
    await client.level()


def of_deleted(message: Message, dead: list[str]) -> bool:
    """Whether a notification is of a thread that is gone, other than its deletion."""
    params = message["params"]
    thread_id = params["thread"]["id"] if "thread" in params else params.get("threadId")
    return thread_id in dead and message["method"] != "thread/deleted"


@pytest.mark.slices
async def test_a_replay_from_any_position_has_no_gap_and_no_duplicate(host: Host) -> None:
    client = await host.client()
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    await busy(client)
    stream = client.notices
    dead = deleted(client)
    last = stream[-1]["position"]
    assert len(stream) > 40
    for cut in range(len(stream) + 1):
        after = stream[cut - 1]["position"] if cut else 0
        resumed = await follow(host, after, last)
        missed = [m for m in stream[cut:] if not of_deleted(m, dead)]
        got = log_keys(resumed.notices)
        assert set(log_keys(missed)) <= set(got), f"cut at {cut}"
        assert all(position > after for position, _, _ in facts(resumed.notices))
        assert len(got) == len(set(got)), f"cut at {cut}"
        assert got == sorted(got, key=lambda found: found[0])
        await resumed.close()
        host.clients.remove(resumed)


async def test_an_erased_thread_is_replayed_as_its_deletion_alone(each_host: Host) -> None:
    client = await each_host.client()
    ids = await tree(client, 0, 1)
    for thread_id in ids:
        await talk(client, thread_id)
    await client.ok("thread/delete", {"threadId": ids[0]})
    news = await client.notice("thread/deleted", threadId=ids[0])
    resumed = await follow(each_host, 0, news["position"])
    assert [m["method"] for m in resumed.notices] == ["thread/deleted"] * 3
    assert deleted(resumed) == ids[::-1]


async def test_a_position_ahead_of_the_log_is_answered_as_incomplete_with_the_reason(
    each_host: Host,
) -> None:
    client = await each_host.client()
    answer = await client.ok(SUBSCRIBE, {"afterPosition": 10**9})
    assert not answer["complete"]
    assert "ahead of this log" in answer["reason"]
    assert answer["position"] < 10**9
    assert answer["oldestPosition"] == 1


@pytest.mark.slices
async def test_subscribing_while_turns_run_leaves_no_gap_and_no_double(host: Host) -> None:
    chance = random.Random(7)
    client = await host.client()
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    ids = await tree(client, 0, 0, 0)
    joined: list[tuple[int, Client]] = []
    turns: list[str] = []
    for number in range(24):
        text = script({"text": "some words", "deltas": 5, "gap_ms": chance.randint(0, 3)})
        turns.append(await begin(client, ids[number % 4], text))
        if number % 2:
            after = chance.randint(0, client.received[-1].get("position", 0))
            late = await host.client()
            params = {"afterPosition": after}
            await late.send({"id": "subscribe", "method": SUBSCRIBE, "params": params})
            joined.append((after, late))
        if number % 4 == 3:
            await asyncio.gather(*(end(client, turn) for turn in turns))
    await client.level()
    everything = facts(client.notices)
    for after, late in joined:
        await late.notice("turn/completed", threadId=ids[3], after=0)
        await late.level()
        answer = next(n for n, m in enumerate(late.received) if m.get("id") == "subscribe")
        resumed = late.received[answer:]
        assert facts(resumed) == [fact for fact in everything if fact[0] > after]
        assert len(log_keys(resumed)) == len(set(log_keys(resumed)))


async def test_subscribing_again_begins_again(client: Client) -> None:
    await talk(client, await start(client))
    await client.level()
    once = facts(client.notices)
    for _ in range(2):
        before = len(client.received)
        await client.ok(SUBSCRIBE, {"afterPosition": 0})
        await client.until(lambda m: m.get("position") == once[-1][0], before)
        await client.level()
        assert facts(client.received[before:]) == once


async def test_unsubscribing_keeps_the_threads_that_were_followed_before(host: Host) -> None:
    client, other = await host.client(), await host.client()
    mine, theirs = await start(client), await start(other)
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    await talk(other, theirs)
    await client.notice("turn/completed", threadId=theirs)
    await client.ok("host/events/unsubscribe")
    before = await client.level()
    await talk(other, theirs)
    await talk(client, mine)
    completed = [m for m in client.received[before:] if m.get("method") == "turn/completed"]
    assert [m["params"]["threadId"] for m in completed] == [mine]


@pytest.mark.slices
async def test_notifications_of_a_thread_in_memory_are_sent_during_a_replay(host: Host) -> None:
    client = await host.client()
    for _ in range(20):
        await talk(client, await start(client))
    fleeting = await start(client, ephemeral=True)
    await client.begin(SUBSCRIBE, {"afterPosition": 0})
    turn_id = await begin(client, fleeting)
    assert (await end(client, turn_id))["status"] == "completed"


async def test_a_cursor_outlives_a_restart(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    seen = (await client.notice("thread/started"))["position"]
    turn = await talk(client, thread_id)
    await host.restart()
    resumed = await follow(host, seen)
    told_again = await resumed.notice("turn/completed", threadId=thread_id)
    assert told_again["params"]["turn"] == turn


async def test_a_replay_of_an_unreadable_log_sends_a_warning(host: Host, monkeypatch: Any) -> None:
    from threadhost.events.store.errors import StoreUnavailable

    client = await host.client()
    await start(client)
    log = host.running.logs.durable

    def gone(after: int, limit: int, bytes_max: int) -> Any:
        raise StoreUnavailable(f"nothing after {after}")

    monkeypatch.setattr(log, "stored", gone)
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    warning = await client.notice("warning")
    assert "the events after position 0 cannot be read" in warning["params"]["message"]
    await start(client)
