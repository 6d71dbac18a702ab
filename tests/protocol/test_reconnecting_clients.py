"""Clients that come back read no events of threads that they do not follow, and miss nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from tests.protocol.talk import begin, end, script, start, talk
from tests.protocol.tool_talk import DONE, QUESTIONS, USER_INPUT, named, offering
from tests.support.client import Client, Message
from tests.support.server import Host
from threadhost.adapters.jsonrpc import log_pages
from threadhost.adapters.jsonrpc.notify_turns import FOR_FOLLOWERS
from threadhost.events.base import Recorded
from threadhost.events.store.rows import LogRow
from threadhost.events.thread import ThreadDeleted

SUBSCRIBE = "host/events/subscribe"
ALL: dict[str, Any] = {"afterPosition": 0, "followedOnly": True}
STATUS, COMPLETED = "thread/status/changed", "turn/completed"


def count_notifications(client: Client, method: str, thread_id: str) -> int:
    notices = (m["params"] for m in client.notices if m["method"] == method)
    return sum(params["threadId"] == thread_id for params in notices)


def noting_opened(host: Host, monkeypatch: pytest.MonkeyPatch) -> list[LogRow]:
    """What is opened of the log from now on."""
    log, opened = host.running.logs.durable, list[LogRow]()
    opens = log.opened

    def noting(rows: Sequence[LogRow]) -> list[Recorded]:
        opened.extend(rows)
        return opens(rows)

    monkeypatch.setattr(log, "opened", noting)
    return opened


async def test_a_client_that_reconnects_reads_only_events_of_the_threads_it_follows(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await host.client()
    others, own = await start(first), await start(first)
    for _ in range(3):
        await talk(first, others)
        await talk(first, own)
    client = await host.client()
    await client.ok("thread/resume", {"threadId": own})
    opened = noting_opened(host, monkeypatch)
    await client.ok(SUBSCRIBE, ALL)
    while count_notifications(client, COMPLETED, own) < 3:
        await client.level()
    quiet = [row.stream for row in opened if row.kind in FOR_FOLLOWERS]
    assert quiet
    assert {own in stream for stream in quiet} == {True}
    assert count_notifications(client, COMPLETED, others) == 0
    assert count_notifications(client, STATUS, others) == count_notifications(client, STATUS, own)
    ends = [m["params"]["turn"] for m in client.notices if m["method"] == COMPLETED]
    assert {end["itemsView"] for end in ends} == {"summary"}


async def test_of_many_clients_that_replay_the_same_events_only_one_reads_them(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await host.client()
    thread_id = await start(first)
    await talk(first, thread_id)
    crowd, opened = [await host.client() for _ in range(5)], noting_opened(host, monkeypatch)
    monkeypatch.setattr(log_pages, "PAGE_EVENTS", 3)
    with host.running.log_pages.used():
        for client in crowd:
            await client.ok(SUBSCRIBE, ALL)
        for client in crowd:
            while count_notifications(client, STATUS, thread_id) < 2:
                await client.level()
    assert {*Counter(row.position for row in opened).values()} == {1}


async def test_a_reconnected_client_gets_the_notifications_that_a_connected_one_got(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_pages, "PAGE_EVENTS", 2)
    witness, worker = await host.client(), await named(host, "asked")
    thread_id = await offering(worker)
    asks = {"calls": [{**QUESTIONS["calls"][0], "id": name} for name in ("c1", "c2")]}
    turn_id = await begin(worker, thread_id, script(asks, DONE))
    first = await worker.request(USER_INPUT)
    answer = {"answers": {"colour": {"answers": ["red"]}}}
    await worker.reply(first, answer)
    second = await worker.until(lambda m: m.get("method") == USER_INPUT and m["id"] != first["id"])
    await worker.reply(second, answer)
    await end(worker, turn_id)
    await worker.ok("thread/name/set", {"threadId": thread_id, "name": "a name"})
    await worker.ok("thread/archive", {"threadId": await start(worker)})
    await witness.level()
    client = await host.client()
    await client.ok(SUBSCRIBE, ALL)
    while len(client.notices) < len(witness.notices):
        await client.level()
    assert [all_but_row(m) for m in client.notices] == [all_but_row(m) for m in witness.notices]
    assert len(client.notices) > 8


def all_but_row(message: Message) -> Message:
    """A notification without what a thread is like by now."""
    thread = message["params"].get("thread")
    return message if thread is None else {**message, "params": thread["id"]}


async def test_a_later_client_gets_only_the_end_of_a_thread_deleted_during_a_replay(
    host: Host,
) -> None:
    first = await host.client()
    thread_id = await start(first)
    await talk(first, thread_id)
    early, late = await host.client(), await host.client()
    with host.running.log_pages.used():
        await early.ok(SUBSCRIBE, ALL)
        while count_notifications(early, STATUS, thread_id) < 2:
            await early.level()
        await first.ok("thread/delete", {"threadId": thread_id})
        before = len(late.notices)
        await late.ok(SUBSCRIBE, ALL)
        await late.notice("thread/deleted", after=before, threadId=thread_id)
        await late.level()
        page = await host.running.log_pages.at(0)
        own = [entry for entry in page.entries if entry.thread_id == thread_id]
        kept = [entry.kind for entry in own if entry.position in page.notices]
    assert [m["method"] for m in late.notices[before:]] == ["thread/deleted"]
    assert kept == [ThreadDeleted.kind]


@pytest.mark.slices
async def test_a_second_replay_of_large_events_opens_as_few_at_once_as_the_first(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await host.client()
    thread_id = await start(first)
    for _ in range(3):
        await talk(first, thread_id, "x" * (log_pages.PAGE_BYTES // 2))
    log, at_once = host.running.logs.durable, list[int]()
    opens = log.opened

    def noting(rows: Sequence[LogRow]) -> list[Recorded]:
        at_once.append(sum(bool(row.blob) for row in rows))
        return opens(rows)

    monkeypatch.setattr(log, "opened", noting)
    with host.running.log_pages.used():
        for client in [await host.client() for _ in range(2)]:
            await client.ok(SUBSCRIBE, {"afterPosition": 0})
            while count_notifications(client, COMPLETED, thread_id) < 3:
                await client.level()
    assert max(at_once) <= 2


async def test_notifications_for_followers_go_to_no_other_client(host: Host) -> None:
    client = await host.client()
    await talk(client, await start(client))
    notifier, told = host.running.notifier(), set()
    for fact in await host.running.logs.durable.read(0, 1000):
        notices = notifier.tell(fact)
        if fact.kind in FOR_FOLLOWERS:
            told.add(fact.kind)
            assert all(notice.thread_id is not None for notice in notices)
    assert told
