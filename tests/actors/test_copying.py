"""Copying a long thread: a slice is read while the one before it is written."""

import asyncio
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.actors.test_fork import forked
from tests.actors.test_long_forks import in_slices, lines_of, talked
from tests.support.hosts import open_rig
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.log import Log
from threadhost.projections.threads import unfinished_copies

__all__ = ("in_slices",)


async def test_a_slice_is_read_while_the_one_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, read_beside = [False], Event()
    append, lift = Log.append_copies, Log.lift

    async def append_beside(log: Log, request: Any) -> Any:
        writing[0] = True
        assert await asyncio.to_thread(read_beside.wait, 5)
        writing[0] = False
        return await append(log, request)

    def lifted(log: Log, *args: Any) -> Any:
        if writing[0]:
            read_beside.set()
        return lift(log, *args)

    async with open_rig(tmp_path) as rig:
        source = await talked(rig, 3)
        monkeypatch.setattr(Log, "append_copies", append_beside)
        monkeypatch.setattr(Log, "lift", lifted)
        fork = await forked(rig, source)
        assert await lines_of(rig, fork) == await lines_of(rig, source)


async def test_what_cannot_be_read_is_cleared_away_once_nothing_more_of_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_writing, appended_beside = Event(), list[bool]()
    append, append_copies, lift = Log.append, Log.append_copies, Log.lift

    async def append_late(log: Log, request: Any) -> Any:
        is_writing.set()
        await asyncio.sleep(0.1)
        is_writing.clear()
        return await append_copies(log, request)

    def lifted(log: Log, *args: Any) -> Any:
        if is_writing.is_set():
            raise StoreUnavailable("it cannot be read")
        return lift(log, *args)

    async def appended(log: Log, *args: Any, **named: Any) -> Any:
        appended_beside.append(is_writing.is_set())
        return await append(log, *args, **named)

    async with open_rig(tmp_path) as rig:
        source = await talked(rig, 3)
        patches = ("append_copies", append_late), ("lift", lifted), ("append", appended)
        for name, patched in patches:
            monkeypatch.setattr(Log, name, patched)
        with pytest.raises(StoreUnavailable):
            await forked(rig, source)
        assert len(appended_beside) > 1  # it was begun, and then cleared away
        assert not any(appended_beside)
        assert await unfinished_copies(rig.logs.durable.reads) == []
