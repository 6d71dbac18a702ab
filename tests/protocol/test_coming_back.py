"""Clients that come back read no events of threads that they do not follow, and miss nothing."""

from collections.abc import Sequence

import pytest

from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.server import Host
from threadhost.adapters.jsonrpc.notify_turns import FOR_FOLLOWERS
from threadhost.events.base import Recorded
from threadhost.events.store.rows import LogRow

STATUS, COMPLETED = "thread/status/changed", "turn/completed"


def heard(client: Client, method: str, thread_id: str) -> int:
    notices = (m["params"] for m in client.notices if m["method"] == method)
    return sum(params["threadId"] == thread_id for params in notices)


async def test_a_client_that_comes_back_opens_what_it_hears_and_is_told_all_of_that(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await host.client()
    others, own = await start(first), await start(first)
    for _ in range(3):
        await talk(first, others)
        await talk(first, own)
    client, log, opened = await host.client(), host.running.logs.durable, list[LogRow]()
    await client.ok("thread/resume", {"threadId": own})
    opens = log.opened

    def noting(rows: Sequence[LogRow]) -> list[Recorded]:
        opened.extend(rows)
        return opens(rows)

    monkeypatch.setattr(log, "opened", noting)
    await client.ok("host/events/subscribe", {"afterPosition": 0, "followedOnly": True})
    while heard(client, COMPLETED, own) < 3:
        await client.level()
    quiet = [row.stream for row in opened if row.kind in FOR_FOLLOWERS]
    assert quiet
    assert {own in stream for stream in quiet} == {True}
    assert heard(client, COMPLETED, others) == 0
    assert heard(client, STATUS, others) == heard(client, STATUS, own)
    ends = [m["params"]["turn"] for m in client.notices if m["method"] == COMPLETED]
    assert {end["itemsView"] for end in ends} == {"summary"}


async def test_what_goes_to_followers_alone_is_told_to_nobody_else(host: Host) -> None:
    client = await host.client()
    await talk(client, await start(client))
    notifier, told = host.running.notifier(), set()
    for fact in await host.running.logs.durable.read(0, 1000):
        notices = notifier.tell(fact)
        if fact.kind in FOR_FOLLOWERS:
            told.add(fact.kind)
            assert all(notice.thread_id is not None for notice in notices)
    assert told
