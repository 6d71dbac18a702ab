"""Forks of long threads, which are copied in slices: as whole as others, and in nobody's way."""

import asyncio
from collections import Counter
from itertools import groupby
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest

from tests.actors.test_fork import forked
from tests.support.hosts import ORIGIN, POLICY, Rig, message, open_rig
from tests.support.store import META, now
from threadhost.actors.errors import ThreadBeingDeleted, ThreadNotFound, TurnNotFound
from threadhost.actors.lifecycle import Unfinished
from threadhost.actors.revert import RevertThread
from threadhost.actors.runtime import copying, forking
from threadhost.actors.runtime.logs import history_of
from threadhost.actors.thread import RenameThread
from threadhost.events import failpoints
from threadhost.events.base import Erased, Recorded
from threadhost.events.fork import ThreadCopied, ThreadCopyBegun, is_inherited
from threadhost.events.ids import thread_stream
from threadhost.events.revert import ThreadReverted
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadRenamed
from threadhost.events.turn import (
    TurnCompleted,
)
from threadhost.projections import all_views
from threadhost.projections.listing import thread_row, thread_rows
from threadhost.projections.rebuild import dump, rebuild
from threadhost.projections.threads import unfinished_copies

TURNS = 6


@pytest.fixture(autouse=True)
def in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fork goes in slices, each of a few events."""
    monkeypatch.setattr(forking, "AT_ONCE_EVENTS_MAX", 0)
    monkeypatch.setattr(copying, "SLICE_BYTES", 500)


async def talked(rig: Rig, turns: int = TURNS) -> str:
    """A thread with some turns, in the first of which a user says nothing."""
    thread_id = await rig.start()
    for number in range(turns):
        await rig.turn(thread_id, f"question {number}" if number else " ")
        (await rig.model.asked()).say(*message(f"answer {number}")).end()
        rig.seen.clear()
        await rig.published(TurnCompleted.kind, thread_stream(thread_id))
    return thread_id


async def lines_of(rig: Rig, thread_id: str) -> list[bytes]:
    """What a model sees of a thread."""
    history = await history_of(rig.logs.of(thread_id), thread_id)
    return [line.json for line in history.lines]


def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "AT_ONCE_EVENTS_MAX", 10_000)


def timeless(row: Any) -> dict[str, Any]:
    """A row of a view, without what differs between any two threads."""
    times = dict.fromkeys(("created_at_ms", "updated_at_ms", "recency_at_ms"), 0)
    return {**row._asdict(), **times, "id": "", "session_id": ""}


@pytest.mark.parametrize("ephemeral", [False, True])
@pytest.mark.parametrize("home", [True, False])
async def test_a_fork_in_slices_equals_a_fork_in_one_append(
    *, ephemeral: bool, home: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path if home else None) as rig:
        source = await talked(rig)
        long = await forked(rig, source, ephemeral=ephemeral)
        at_once(monkeypatch)
        short = await forked(rig, source, ephemeral=ephemeral)
        states = [rig.host.threads.loaded(fork) for fork in (long, short)]
        assert states[0] is not None
        assert states[1] is not None
        shift = states[0].version - states[1].version
        assert shift > 1  # it says that it is begun, and turns that come in parts stay whole
        expected = states[1]._replace(
            id=long,
            session_id=long,
            version=states[0].version,
            turn_ended_at_version=states[1].turn_ended_at_version + shift,
        )
        assert states[0] == expected
        assert await lines_of(rig, long) == await lines_of(rig, short) != []
        reads = rig.logs.of(long).reads
        rows = [await thread_row(reads, fork) for fork in (long, short)]
        assert timeless(rows[0]) == timeless(rows[1])
        assert timeless(rows[0])["preview"] == "question 1"
        folded = (await rig.logs.stored(long)).state
        assert folded == states[0]


async def test_a_fork_in_slices_has_the_turns_of_its_source_and_goes_on_alone(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        fork = await forked(rig, source)
        await rig.turn(fork, "only here")
        asked = await rig.model.asked()
        assert len(asked.request.history) == 2 * TURNS + 1
        rig.seen.clear()  # the newest copy is told of, too
        asked.say(*message("yes")).end()
        await rig.published(TurnCompleted.kind, thread_stream(fork))
        views = all_views()
        live = list(await dump(rig.logs.durable.reads, views))
        await rebuild(rig.logs.durable, views)
        assert list(await dump(rig.logs.durable.reads, views)) == live


async def test_a_fork_in_slices_omits_reverted_turns_and_may_end_at_an_earlier_turn(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        started = [e.turn_id for e in rig.events(source) if e.kind == "turn.started.v1"]
        await rig.host.threads.ask(source, RevertThread(before_turn_id=started[4]), ORIGIN)
        lines = await lines_of(rig, source)
        assert await lines_of(rig, await forked(rig, source)) == lines
        assert len(lines) == 2 * 4
        for named, kept in (("last_turn_id", 2), ("before_turn_id", 1)):
            taken = await rig.host.threads.inheritance(source, **{named: started[1]})
            fork = await forked(rig, source, taken=taken)
            assert await lines_of(rig, fork) == lines[: 2 * kept]
        with pytest.raises(TurnNotFound):
            await rig.host.threads.inheritance(source, started[5])


@pytest.mark.slices
async def test_all_of_its_source_is_looked_through_apart_from_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking: list[int] = []
    read_stream = Log.read_stream

    async def look(log: Log, *args: Any, **named: Any) -> list[Recorded]:
        if ThreadReverted in named.get("types", ()):
            looking.append(get_ident())
        return await read_stream(log, *args, **named)

    async with open_rig(tmp_path) as rig:
        source = await talked(rig, 2)
        monkeypatch.setattr(Log, "read_stream", look)
        await forked(rig, source)
    assert looking
    assert get_ident() not in looking


async def test_a_fork_in_slices_is_hidden_until_it_is_complete(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        seen: list[bool] = []

        def look() -> None:
            (begun,) = rig.published_events(ThreadCopyBegun.kind)
            reads = rig.logs.durable.reads
            rows = now(thread_rows(reads, [source, begun.thread_id]))
            assert [row.id for row in rows] == [source]
            assert now(unfinished_copies(reads)) == [begun.thread_id]
            with pytest.raises(ThreadNotFound):
                now(rig.logs.stored(begun.thread_id))
            seen.append(True)

        failpoints.arm("fork.slice_copied", look)
        fork = await forked(rig, source)
        assert len(seen) > TURNS
        assert await unfinished_copies(rig.logs.durable.reads) == []
        row = await thread_row(rig.logs.durable.reads, fork)
        assert row is not None
        assert row.listed


async def test_other_threads_append_between_slices_and_no_slice_is_long(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        source, other = await talked(rig), await rig.start()
        forking_it = asyncio.create_task(forked(rig, source))
        await rig.published(ThreadCopyBegun.kind)
        count = 0
        while not forking_it.done():
            await rig.host.threads.ask(other, RenameThread(f"name {(count := count + 1)}"), ORIGIN)
        copied = thread_stream(await forking_it)
        log = await rig.logs.durable.read(0, 100_000)
        appends = [
            (stream, len([*facts]))
            for (stream, _), facts in groupby(log, lambda f: (f.stream, f.decision))
        ]
        begun = next(n for n, (stream, _) in enumerate(appends) if stream == copied)
        row = [stream for stream, _ in appends[begun:]]
        lone = [stream for stream, again in groupby(row) for _ in [len([*again])] if _ > 2]
        assert copied not in lone
        assert max(size for stream, size in appends if stream == copied) <= copying.SLICE_EVENTS
        assert Counter(row)[copied] > TURNS
        assert Counter(row)[thread_stream(other)] >= TURNS


async def test_slices_grow_without_other_appends_and_stay_short_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("SLICE_BYTES", 2**20), ("BESIDE_EVENTS_MIN", 2), ("SLICE_EVENTS", 16)):
        monkeypatch.setattr(copying, name, value)
    async with open_rig(tmp_path) as rig:
        source, other = await talked(rig), await rig.start()
        alone = await slices_of(rig, await forked(rig, source))
        assert alone[0] <= 2
        assert 4 < max(alone) <= 16

        def append() -> None:
            log = rig.logs.durable
            renamed = StreamAppend(thread_stream(other), [ThreadRenamed(name="again")])
            appending.append(asyncio.ensure_future(log.append(renamed, meta=META)))

        appending: list[asyncio.Future[Any]] = []
        failpoints.arm("fork.slice_copied", append)
        beside = await slices_of(rig, await forked(rig, source))
        await asyncio.gather(*appending)
        assert max(beside) < max(alone)
        assert max(beside[len(beside) // 2 :]) <= 2


async def slices_of(rig: Rig, fork: str) -> list[int]:
    """How many events each append of a fork took over."""
    facts = await rig.logs.durable.read_stream(thread_stream(fork))
    copied = (fact for fact in facts if is_inherited(fact))
    return [len([*some]) for _, some in groupby(copied, lambda fact: fact.decision)]


class Held:
    """Copying stands still ahead of writing each slice, until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = asyncio.Event()
        self.slices = 0
        self._stands = asyncio.Event()
        append = Log.append_copies

        async def held(log: Log, request: Any) -> Any:
            self._stands.set()
            await self.go.wait()
            appended = await append(log, request)
            self.slices += 1
            return appended

        monkeypatch.setattr(Log, "append_copies", held)

    async def forking(
        self, rig: Rig, source: str, *, ephemeral: bool = False
    ) -> "asyncio.Task[str]":
        """A fork that was begun, and stands still."""
        task = asyncio.create_task(forked(rig, source, ephemeral=ephemeral))
        await self._stands.wait()
        return task


@pytest.mark.slices
@pytest.mark.parametrize("ephemeral", [False, True])
async def test_the_deletion_of_a_source_waits_for_its_fork_in_slices_and_leaves_no_row(
    *, ephemeral: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path) as rig:
        source, held = await talked(rig), Held(monkeypatch)
        forking_it = await held.forking(rig, source, ephemeral=ephemeral)
        deleting = asyncio.create_task(rig.host.trees.delete(source, ORIGIN))
        await rig.published("tree.deletion_planned.v2")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(deleting), 0.3)
        assert "thread.deleted" not in rig.kinds(source)
        held.go.set()
        with pytest.raises((ThreadBeingDeleted, ThreadNotFound)):
            await forking_it
        receipt = await deleting
        assert (receipt.threads, receipt.surviving_forks) == (1, [])
        assert held.slices <= 2  # the one that stood still, and what was read meanwhile
        for log in (rig.logs.durable, rig.logs.ephemeral):
            for table in ("threads", "thread_texts", "turns", "items"):
                assert await log.reads.rows(f"SELECT * FROM {table}") == []
        facts = await rig.logs.durable.read(0, 100_000)
        assert not [f for f in facts if f.kind == "turn.item_recorded.v2" and not is_gone(f)]
        assert not rig.published_events(ThreadCopied.kind)


async def test_a_fork_in_slices_is_completed_though_its_client_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path) as rig:
        source, held = await talked(rig), Held(monkeypatch)
        forking_it = await held.forking(rig, source)
        forking_it.cancel()
        held.go.set()
        with pytest.raises(asyncio.CancelledError):
            await forking_it
        (fork,) = (event.thread_id for event in rig.published_events(ThreadCopied.kind))
        assert await lines_of(rig, fork) == await lines_of(rig, source)


async def test_a_source_deleted_before_the_copy_began_is_not_copied(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        taken = await rig.host.threads.inheritance(source)
        await rig.host.trees.delete(source, ORIGIN)
        with pytest.raises(ThreadNotFound):
            await forked(rig, source, taken=taken)
        assert not rig.published_events(ThreadCopyBegun.kind)


def is_gone(fact: Recorded) -> bool:
    return isinstance(fact.event, Erased)


@pytest.mark.parametrize("goes", ["source", "fork"])
async def test_the_deletion_of_a_source_or_its_fork_leaves_the_other_whole(
    goes: str, tmp_path: Path
) -> None:
    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        sides = {"source": source, "fork": await forked(rig, source)}
        stays = sides[{"source": "fork", "fork": "source"}[goes]]
        lines = await lines_of(rig, stays)
        receipt = await rig.host.trees.delete(sides[goes], ORIGIN)
        assert receipt.surviving_forks == ([stays] if goes == "source" else [])
        log = rig.logs.durable
        gone = await log.read_stream(thread_stream(sides[goes]))
        sealed = [fact for fact in gone if fact.kind == "turn.item_recorded.v2"]
        assert len(sealed) == 2 * TURNS
        assert all(map(is_gone, sealed))
        left = await log.read_stream(thread_stream(stays))
        assert not any(map(is_gone, left))
        assert await lines_of(rig, stays) == lines
        keys = [await log.stream_head(thread_stream(one)) for one in sides.values()]
        assert len({head.key_id for head in keys if head}) == 2
        rows = await log.reads.rows("SELECT DISTINCT thread_id FROM items")
        assert [row[0] for row in rows] == [stays]


async def test_a_copy_that_fails_in_the_middle_leaves_no_row_and_can_be_repeated(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        fail_at(3, RuntimeError("at fault"))
        with pytest.raises(RuntimeError, match="at fault"):
            await forked(rig, source)
        failpoints.disarm()
        assert await unfinished_copies(rig.logs.durable.reads) == []
        fork = await forked(rig, source)
        assert await lines_of(rig, fork) == await lines_of(rig, source)
        rows = await rig.logs.durable.reads.rows("SELECT id FROM threads")
        assert {row[0] for row in rows} == {source, fork}


def fail_at(times: int, error: Exception) -> None:
    left = times

    def fail() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise error

    failpoints.arm("fork.slice_copied", fail)


@pytest.mark.slices
async def test_a_start_deletes_an_unfinished_copy_of_a_host_that_died(tmp_path: Path) -> None:
    at_once = POLICY._replace(shutdown_deadline_ms=1)  # nothing can be recorded any more
    async with open_rig(tmp_path, behaviour=at_once) as rig:
        source = await talked(rig)
        forking_it = asyncio.create_task(forked(rig, source))
        await rig.published(ThreadCopyBegun.kind)
        await asyncio.sleep(0)
        await rig.close_logs()
        await asyncio.gather(forking_it, return_exceptions=True)
    async with open_rig(tmp_path) as rig:
        reads = rig.logs.durable.reads
        (left,) = await unfinished_copies(reads)
        await rig.host.life.resume(Unfinished(copies=[left]), "test")
        assert await unfinished_copies(reads) == []
        gone = await rig.logs.durable.read_stream(thread_stream(left))
        assert all(is_gone(fact) for fact in gone if fact.kind == "thread.configured.v1")
        assert (await rig.host.trees.delete(source, ORIGIN)).surviving_forks == []
