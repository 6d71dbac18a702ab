"""Joining a thread whose agents are at work: none of it is missed, and none told twice."""

import asyncio
import random
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.protocol.talk import HANG, begin, live, script, shown, start, talk
from tests.protocol.test_joining import DELTA, STARTED, joined, texts
from tests.protocol.test_joining import live as told
from tests.support.agent_crash import is_busy
from tests.support.agent_scripts import call, calls, spawn, task
from tests.support.client import Client
from tests.support.quiet import quiet
from tests.support.server import Host
from threadhost.adapters.jsonrpc import log_pages

HALF: dict[str, object] = {"text": "half a sentence", "deltas": 3, **HANG}
RESUME, SUBSCRIBE = "thread/resume", "host/events/subscribe"
MESSAGE_BEGUN = f"{STARTED} agentMessage"
DONE = "item/completed"
CONFIG = "[agents]\nmax_depth = 2\nmax_concurrent_threads_per_session = 100\n"
FACTS = ("turn/started", "turn/completed", STARTED, DONE)
Fact = tuple[int, str, str, str]


async def hanging_agent(client: Client, root: str) -> tuple[str, str]:
    """An agent of an idle thread whose model hangs in the middle of its answer; agent and turn."""
    await talk(client, root, script(calls(spawn(HALF)), {"text": "."}))
    delta = (await client.notice(DELTA, delta="half "))["params"]
    while joined(client, delta["turnId"]) != "half a sentence":
        await client.notice(DELTA, len(client.received))
    await client.notice("turn/completed", threadId=root)
    return delta["threadId"], delta["turnId"]


async def test_resuming_a_thread_sends_the_running_items_of_its_agents_after_the_answer(
    host: Host,
) -> None:
    first, second = await host.client(), await host.client()
    root = await start(first)
    _, turn_id = await hanging_agent(first, root)
    before = len(second.received)
    await second.ok(RESUME, {"threadId": root})
    await second.level()
    in_order = ["reply", MESSAGE_BEGUN, DELTA]
    assert [one for one in told(second, before) if one in in_order] == [*in_order, "reply"]
    assert texts(second, turn_id) == ["half a sentence"]


@pytest.mark.parametrize("hears", ["root", "agent", "all"])
async def test_a_client_that_follows_an_agent_already_gets_none_of_its_items_twice(
    host: Host, hears: str
) -> None:
    first, second = await host.client(), await host.client()
    root = await start(first)
    agent_id, _ = await hanging_agent(first, root)
    if hears == "all":
        await second.ok(SUBSCRIBE, {"afterPosition": 0})
    else:
        await second.ok(RESUME, {"threadId": root if hears == "root" else agent_id})
    await second.notice(DELTA, threadId=agent_id)
    before = await second.level()
    for thread_id in (agent_id, root):
        await second.ok(RESUME, {"threadId": thread_id})
    await second.level()
    assert not {MESSAGE_BEGUN, DELTA} & set(told(second, before))


async def test_a_client_that_loads_a_thread_gets_the_running_items_of_its_agents(
    host: Host,
) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(spawn({"text": "one"})), {"text": "."}))
    agent_id = next(
        m["params"]["threadId"]
        for m in client.notices
        if m["method"] == "turn/started" and m["params"]["threadId"] != root
    )
    await host.restart()
    first, second = await host.client(), await host.client()
    await first.ok(RESUME, {"threadId": agent_id})
    turn_id = await begin(first, agent_id, script(HALF))
    while joined(first, turn_id) != "half a sentence":
        await first.notice(DELTA, len(first.received))
    await begin(second, root)
    await second.notice(DELTA, threadId=agent_id)
    assert texts(second, turn_id) == ["half a sentence"]
    assert told(second).index(MESSAGE_BEGUN) < told(second).index(DELTA)


SAYS: dict[str, object] = {"text": "one two three four five six", "deltas": 6, "gap_ms": 8}
WAIT = calls(call("wait_agent", targets=["$A1", "$A2"]))
TEAM = task(calls(spawn(calls(spawn(SAYS), spawn(SAYS)), WAIT, SAYS), spawn(SAYS)), SAYS, WAIT)


def facts(client: Client, after: int = 0) -> list[Fact]:
    """What a client was told of turns and items that is in the log."""
    found = list[Fact]()
    for m in client.received[after:]:
        if m.get("method") in FACTS and not live(m):
            what = m["params"].get("item") or m["params"]["turn"]
            found.append((m["position"], m["method"], m["params"]["threadId"], what["id"]))
    return found


def wrong_messages(client: Client, after: int = 0) -> list[tuple[int, str, str]]:
    """Messages that were told as they grew, and otherwise than begun once and then whole."""
    begun, grown, found = defaultdict[str, int](int), defaultdict[str, str](str), []
    for m in client.received[after:]:
        params: dict[str, Any] = m.get("params", {})
        if shown(m) == MESSAGE_BEGUN:
            begun[params["item"]["id"]] += 1
        elif m.get("method") == DELTA:
            grown[params["itemId"]] += params["delta"]
        elif shown(m) == f"{DONE} agentMessage":
            item = params["item"]
            times, text = begun[item["id"]], grown[item["id"]]
            if (times, text) not in ((0, ""), (1, item["text"])):
                found.append((times, text, item["text"]))
    return found


class Joined(NamedTuple):
    """A client that joined: from which of its messages on, and what of the log it was to hear."""

    client: Client
    after: int
    position: int | None
    """Past which it asked for all; None for none of what was."""
    read: set[str]
    """The items that it read."""


async def join(host: Host, root: str, position: int, way: str) -> Joined:
    """Join the threads of a root that are at work."""
    client, after, read = await host.client(), 0, set[str]()
    if way != "subscribe":
        turns = (await client.ok(RESUME, {"threadId": root}))["thread"]["turns"]
        read = {item["id"] for turn in turns for item in turn["items"]}
    if way != "resume":
        params = {"afterPosition": position, "followedOnly": way == "go on"}
        number = await client.begin(SUBSCRIBE, params)
        after = client.received.index(await client.answer(number)) + 1
    return Joined(client, after, None if way == "resume" else position, read)


async def join_sometime(
    host: Host, witness: Client, root: str, way: str, rng: random.Random
) -> Joined:
    """Join at some time, from some place on, and a little later follow what is heard already."""
    await asyncio.sleep(rng.random())
    position = rng.choice([m["position"] for m in witness.notices])
    found = await join(host, root, position, way)
    for thread_id in {thread_id for _, _, thread_id, _ in facts(witness)}:
        await asyncio.sleep(rng.random() / 20)
        await found.client.ok(RESUME, {"threadId": thread_id, "excludeTurns": True})
    return found


def assert_all_told_once(found: Joined, root: str, facts_there: list[Fact]) -> None:
    """Of the log all from where it joined, in order; of what models wrote all or nothing."""
    heard = facts(found.client, found.after)
    if found.position is None:
        assert heard == facts_there[len(facts_there) - len(heard) :]
        of_root = {what for _, method, of, what in facts_there if (method, of) == (DONE, root)}
        assert of_root <= found.read | {what for _, _, _, what in heard}
    else:
        # What comes ahead of a fact may come again, under the position before it.
        beyond = [fact for fact in heard if fact[0] > found.position]
        assert beyond == [fact for fact in facts_there if fact[0] > found.position]
    assert wrong_messages(found.client, found.after) == []


async def cut_off(host: Host, client: Client, root: str, rng: random.Random) -> Client:
    """End a host in the middle of what a tree does; the first client of the next, which joined."""
    await begin(client, root, TEAM)
    await asyncio.sleep(rng.random() / 2)
    await host.restart()
    client = await host.client()
    await client.ok(RESUME, {"threadId": root})
    return client


@pytest.mark.slices
@pytest.mark.parametrize("begins", ["new", "after a restart"])
@pytest.mark.parametrize("seed", range(2))
async def test_a_client_that_joins_a_working_tree_misses_no_notification_and_gets_none_twice(
    home: Path, begins: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_pages, "PAGE_EVENTS", 5)
    (home / "config.toml").write_text(CONFIG)
    rng = random.Random(seed)
    async with Host(home) as host:
        client = await host.client()
        root = await start(client)
        if begins == "after a restart":
            client = await cut_off(host, client, root, rng)
        witness = await host.client()
        await witness.ok(SUBSCRIBE, {"afterPosition": 0})
        await witness.notice("thread/started")
        joining = [
            asyncio.create_task(join_sometime(host, witness, root, way, rng))
            for way in ("resume", "go on", "subscribe") * 4
        ]
        for _ in range(2):
            await talk(client, root, TEAM)
        joined = await asyncio.gather(*joining)
        await quiet(host.running.logs.durable, lambda: is_busy(host.running))
        await witness.level()
        for one in joined:
            await one.client.level()
            assert_all_told_once(one, root, facts(witness))
