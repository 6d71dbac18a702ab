"""Snapshots: kept with an append or not at all, sealed, gone with their stream, never relied on."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import changed
from tests.support.store import META, NoViews, deleted, opened, renamed, started
from threadhost.events.store import committer
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.home import DATABASE
from threadhost.events.store.log import Log
from threadhost.events.store.snapshots import Snapshot

STREAM = "thread-a"
FIRST = StreamAppend(STREAM, [started(), renamed()], 0, snapshot=b"a secret state")


def rows(home: Path) -> list[tuple[Any, ...]]:
    """What the table holds."""
    with changed(home / DATABASE) as database:
        return database.execute("SELECT stream, version, payload FROM snapshots").fetchall()


def bytes_in(home: Path) -> bytes:
    """All bytes of all files."""
    return b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())


async def test_a_snapshot_is_stored_with_the_events_it_covers(home: Path) -> None:
    async with opened(home) as log:
        await log.append(FIRST, meta=META)
        assert await log.snapshot(STREAM) == Snapshot(2, b"a secret state")
        await log.append(StreamAppend(STREAM, [renamed("b")], 2), meta=META)
        assert await log.snapshot(STREAM) == Snapshot(2, b"a secret state")
        again = StreamAppend(STREAM, [renamed("c")], 3, snapshot=b"newer")
        await log.append(again, meta=META)
    async with opened(home) as log:
        assert await log.snapshot(STREAM) == Snapshot(4, b"newer")
        assert await log.snapshot("thread-b") is None


async def test_an_append_that_is_refused_keeps_no_state(log: Log) -> None:
    await log.append(FIRST, meta=META)
    with pytest.raises(WrongExpectedVersion):
        await log.append(StreamAppend(STREAM, [renamed()], 7, snapshot=b"wrong"), meta=META)
    assert await log.snapshot(STREAM) == Snapshot(2, b"a secret state")


async def test_no_byte_of_a_kept_state_can_be_read_without_its_key(home: Path, log: Log) -> None:
    await log.append(FIRST, meta=META)
    assert b"secret" not in bytes_in(home)
    await log.destroy_keys([STREAM])
    assert await log.snapshot(STREAM) is None


async def test_a_deleted_streams_state_is_gone_in_the_same_transaction(
    home: Path, log: Log
) -> None:
    await log.append(FIRST, meta=META)
    last = StreamAppend(STREAM, [deleted()], snapshot=b"too late")
    await log.append(last, meta=META)
    assert (await log.snapshot(STREAM), rows(home)) == (None, [])


async def test_a_state_without_a_key_is_not_kept(log: Log) -> None:
    await log.append(StreamAppend("tree-a", [started()], 0, snapshot=b"open"), meta=META)
    assert await log.snapshot("tree-a") is None


@pytest.mark.few(2)
@pytest.mark.parametrize("damage", ["payload = x'00'", "version = 1", "stream = 'thread-b'"])
async def test_a_damaged_snapshot_is_ignored(home: Path, damage: str) -> None:
    async with opened(home) as log:
        await log.append(FIRST, meta=META)
    with changed(home / DATABASE) as database:
        database.execute(f"UPDATE snapshots SET {damage}")
    async with opened(home) as log:
        assert await log.snapshot(STREAM) is None
        assert await log.snapshot("thread-b") is None
        assert len(await log.read_stream(STREAM)) == 2


async def test_the_size_of_a_state_counts_in_the_queue(log: Log) -> None:
    small = committer.AppendRequest.encode([FIRST._replace(snapshot=None)], META, None)
    large = committer.AppendRequest.encode([FIRST._replace(snapshot=b"x" * 1000)], META, None)
    assert large.size_bytes - small.size_bytes == 1000


async def test_a_stream_in_memory_that_is_forgotten_leaves_no_state() -> None:
    log = Log.in_memory(NoViews())
    await log.append(FIRST, meta=META)
    assert await log.snapshot(STREAM) == Snapshot(2, b"a secret state")
    await log.forget(STREAM)
    assert await log.snapshot(STREAM) is None
    await log.close()
