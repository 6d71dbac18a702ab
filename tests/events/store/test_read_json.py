"""What events say as JSON: the same as the events, and refused where they are damaged."""

import sqlite3
from pathlib import Path

import pytest

from tests.support.store import META, message, opened, renamed, started
from threadhost.events import base
from threadhost.events.store.codec import encode
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.home import DATABASE
from threadhost.events.store.log import Log

EVENTS = [started(), renamed("a name"), message("x" * 100_000)]


async def test_json_says_what_the_events_say(log: Log) -> None:
    await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    assert log.read_json([1, 2, 3, 99]) == dict(enumerate(encode(EVENTS), 1))


async def test_what_is_erased_is_left_out(log: Log) -> None:
    await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    await log.destroy_keys(["thread-a"])
    assert list(log.read_json([1, 2, 3])) == [1]


async def test_old_versions_are_brought_to_the_newest(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    louder = base.Upcaster("thread.named.v1", lambda body: {"name": body["name"].upper()})
    monkeypatch.setitem(base.UPCASTERS, "thread.renamed.v1", louder)
    monkeypatch.setitem(base.KINDS, "thread.named.v1", type(EVENTS[1]))
    assert log.read_json([2]) == {2: b'{"name":"A NAME"}'}


@pytest.mark.parametrize("position", [1, 2])
async def test_what_is_damaged_is_refused(home: Path, position: int) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    with sqlite3.connect(home / DATABASE) as database:
        database.execute("UPDATE events SET payload = x'7b7d7b' WHERE position = ?", (position,))
    async with opened(home) as log:
        with pytest.raises(CorruptEvent):
            log.read_json([position])
