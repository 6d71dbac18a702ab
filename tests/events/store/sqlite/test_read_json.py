"""What events say as JSON: the same as the events, and named where they are damaged."""

from pathlib import Path

import pytest

from tests.support.databases import changed
from tests.support.store import META, message, now, opened, renamed, started
from threadhost.events import base
from threadhost.events.base import Damaged, Erased, Gap
from threadhost.events.store.codec import encode
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.home import DATABASE
from threadhost.events.store.log import Log

EVENTS = [started(), renamed("a name"), message("x" * 100_000)]


def said(log: Log, *positions: int) -> list[bytes | Gap]:
    return list(log.json_of(now(log.bodies_at(positions))))


async def test_json_bodies_equal_the_encoded_events(log: Log) -> None:
    await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    assert said(log, 1, 2, 3, 99) == encode(EVENTS)


async def test_an_erased_event_has_no_json_body(log: Log) -> None:
    await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    await log.destroy_keys(["thread-a"])
    erased = [Erased("thread.renamed.v1"), Erased("turn.item_recorded.v2")]
    assert said(log, 1, 2, 3) == [encode(EVENTS)[0], *erased]


async def test_old_versions_are_brought_to_the_newest(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    louder = base.Upcaster("thread.named.v1", lambda body: {"name": body["name"].upper()})
    monkeypatch.setitem(base.UPCASTERS, "thread.renamed.v1", louder)
    monkeypatch.setitem(base.KINDS, "thread.named.v1", type(EVENTS[1]))
    assert said(log, 2) == [b'{"name":"A NAME"}']


@pytest.mark.parametrize("position", [1, 2])
async def test_a_damaged_event_is_reported_in_its_place_among_the_json_bodies(
    home: Path, position: int
) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    with changed(home / DATABASE) as database:
        database.execute("UPDATE events SET payload = x'7b7d7b' WHERE position = ?", (position,))
    async with opened(home) as log:
        found = said(log, 1, 2, 3)
    assert isinstance(found.pop(position - 1), Damaged)
    assert [type(body) for body in found] == [bytes, bytes]


async def test_a_blob_is_not_opened_before_its_body_is_requested(log: Log, home: Path) -> None:
    await log.append(StreamAppend("thread-a", [message("x" * 100_000)] * 3, 0), meta=META)
    bodies = log.json_of(await log.bodies_at([1, 2, 3]))
    next(bodies)
    for blob in (home / "blobs" / "thread-a").iterdir():
        blob.unlink()
    assert all(isinstance(body, Damaged) for body in bodies)
