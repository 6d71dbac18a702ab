"""What events say as plain objects: the same as the events, and refused where they are damaged."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.support.store import META, message, opened, renamed, started
from threadhost.events import base
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.home import DATABASE
from threadhost.events.store.log import Log

EVENTS = [started(), renamed("a name"), message("x" * 100_000)]


async def test_plain_objects_say_what_the_events_say(log: Log) -> None:
    await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    said = log.read_fields([1, 2, 3, 99])
    assert said == {n: json.loads(event.model_dump_json()) for n, event in enumerate(EVENTS, 1)}


async def test_what_is_erased_is_left_out(log: Log) -> None:
    await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    await log.destroy_keys(["thread-a"])
    assert list(log.read_fields([1, 2, 3])) == [1]


async def test_old_versions_are_brought_to_the_newest(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "thread.renamed.v2", {"name": body["name"].upper()}

    await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    monkeypatch.setitem(base.UPCASTERS, "thread.renamed.v1", step)
    assert log.read_fields([2]) == {2: {"name": "A NAME"}}


@pytest.mark.parametrize("position", [1, 2])
async def test_what_is_damaged_is_refused(home: Path, position: int) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend("thread-a", EVENTS, 0), meta=META)
    with sqlite3.connect(home / DATABASE) as database:
        database.execute("UPDATE events SET payload = x'7b7d7b' WHERE position = ?", (position,))
    async with opened(home) as log:
        with pytest.raises(CorruptEvent):
            log.read_fields([position])
