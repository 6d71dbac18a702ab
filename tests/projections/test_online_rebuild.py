"""Views made anew while a host works: read as they were, replaced at once, and it is said how."""

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.support.hosts import cancelled
from tests.support.store import database_of, now, opened
from threadhost.events import failpoints
from threadhost.events.base import Meta
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import (
    ThreadConfigured,
    ThreadDeleted,
    ThreadRenamed,
    ThreadSettings,
    ThreadStarted,
)
from threadhost.events.turn import TurnStarted
from threadhost.projections import all_views, online_rebuild, rebuild
from threadhost.projections.online_rebuild import OnlineRebuild

if TYPE_CHECKING:
    from threadhost.events.store.port import Engine

META = Meta("test", "c", "c", 1)
THREADS = 30


async def start(log: Log, thread_id: str) -> None:
    """A thread with a name and a turn."""
    settings = ThreadSettings(cwd="/", model="m", model_provider="p")
    events = [
        ThreadStarted(thread_id=thread_id, session_id=thread_id, source="test"),
        ThreadConfigured(settings=settings),
        ThreadRenamed(name=f"name of {thread_id}"),
        TurnStarted(turn_id=f"turn-{thread_id}", started_at_ms=1),
    ]
    await log.append(StreamAppend(thread_stream(thread_id), events), meta=META)


async def grown(log: Log) -> list[str]:
    for number in range(THREADS):
        await start(log, f"t{number:02}")
    return list(await rebuild.dump(log.reads, all_views()))


def edit(log: Log, *statements: str) -> None:
    """As somebody else, or a fault of ours, would."""
    with database_of(log).transaction() as connection:
        for statement in statements:
            connection.execute(statement)


async def renewed(
    log: Log, told: list[tuple[int, int]] | None = None
) -> online_rebuild.RebuildResult:
    heard = told if told is not None else []
    return await OnlineRebuild(log, all_views()).run(lambda *how: heard.append(how))


async def test_correct_views_are_unchanged_by_a_rebuild(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, all_views()) as log:
        monkeypatch.setattr(rebuild, "PAGE_EVENTS", 30)
        monkeypatch.setattr(online_rebuild, "LEFT_EVENTS", 0)
        before, told = await grown(log), list[tuple[int, int]]()
        done = await renewed(log, told)
        assert (done.events, done.changed) == (4 * THREADS, {})
        assert await rebuild.dump(log.reads, all_views()) == before
        assert told[-1] == (4 * THREADS, 4 * THREADS)
        assert len(told) > 4
        assert [done for done, _ in told] == sorted(done for done, _ in told)


ODD = (
    "UPDATE threads SET archived = TRUE WHERE id = 't05'",
    "DELETE FROM threads WHERE id = 't06'",
    "UPDATE thread_texts SET name = 'another' WHERE thread_id = 't07'",
    "DELETE FROM turns WHERE thread_id > 't20'",
    "UPDATE turns SET turn_id = 'turn-t09' WHERE thread_id = 't08'",
    "INSERT INTO spawn_edges (child_id, parent_id, depth, is_open) VALUES ('x', 'y', 1, TRUE)",
    "INSERT INTO thread_texts (thread_id) VALUES ('zz')",
)


async def test_rows_that_differ_are_replaced_and_counted_by_table(tmp_path: Path) -> None:
    async with opened(tmp_path, all_views()) as log:
        before = await grown(log)
        edit(log, *ODD)
        done = await renewed(log)
        assert done.changed == {"threads": 2, "thread_texts": 2, "turns": 10, "spawn_edges": 1}
        assert await rebuild.dump(log.reads, all_views()) == before
        assert (await renewed(log)).changed == {}


@pytest.mark.parametrize("rows", [1, 7])
async def test_a_rebuild_in_steps_of_any_size_gives_the_same_rows(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online_rebuild, "ROWS_A_LOOK", rows)
    async with opened(tmp_path, all_views()) as log:
        before = await grown(log)
        edit(log, *ODD)
        await renewed(log)
        assert await rebuild.dump(log.reads, all_views()) == before


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "edited",
    [
        ("DROP TABLE turns",),
        ("DROP INDEX threads_parent",),
        ("ALTER TABLE threads ADD COLUMN more TEXT",),
        ("INSERT INTO thread_texts (thread_id) VALUES (CAST(x'ff' AS TEXT))",),
    ],
)
async def test_changed_table_definitions_are_rebuilt(
    edited: tuple[str, ...], tmp_path: Path
) -> None:
    async with opened(tmp_path, all_views()) as log:
        before = await grown(log)
        edit(log, *edited)
        await renewed(log)
        assert await rebuild.dump(log.reads, all_views()) == before
        await start(log, "later")
        again = await rebuild.dump(log.reads, all_views())
        await rebuild.rebuild(log, all_views())
        assert await rebuild.dump(log.reads, all_views()) == again


async def test_rows_of_tables_that_should_be_empty_are_counted_and_erased(tmp_path: Path) -> None:
    async with opened(tmp_path, all_views()) as log:
        edit(log, "INSERT INTO thread_texts (thread_id, name) VALUES (x'ff', 'not to be')")
        engine = cast("Engine", log.reads)
        assert not engine.is_erasure_due
        erased = list[bool]()
        failpoints.arm("views.replaced", lambda: erased.append(engine.is_erasure_due))
        try:
            assert (await renewed(log)).changed == {"thread_texts": 1}
        finally:
            failpoints.disarm()
        assert erased == [True]


@pytest.mark.slices
async def test_appends_during_a_rebuild_are_in_the_new_views_and_do_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "PAGE_EVENTS", 50)
    monkeypatch.setattr(online_rebuild, "LEFT_EVENTS", 60)
    async with opened(tmp_path, all_views()) as log:
        await grown(log)
        edit(log, *ODD[:2])
        making = asyncio.create_task(renewed(log))
        count = 0
        while not making.done():
            await start(log, f"u{(count := count + 1):04}")
            gone = ThreadDeleted(thread_id="t10", deletion_id="d", root_id="t10")
            if count == 2:
                await log.append(StreamAppend(thread_stream("t10"), [gone]), meta=META)
        assert count > 2
        assert (await making).changed["threads"] == 2
        after = await rebuild.dump(log.reads, all_views())
        assert not any("t10" in line for line in after)
        await rebuild.rebuild(log, all_views())
        assert await rebuild.dump(log.reads, all_views()) == after


async def test_appends_between_comparison_and_replacement_are_in_the_new_views(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, all_views()) as log:
        await grown(log)
        edit(log, *ODD)
        loop = asyncio.get_running_loop()
        name = StreamAppend(thread_stream("t07"), [ThreadRenamed(name="the newest")])

        def append() -> None:
            for work in (start(log, "late"), log.append(name, meta=META)):
                asyncio.run_coroutine_threadsafe(work, loop).result(10)

        failpoints.arm("views.compared", append)
        try:
            await renewed(log)
        finally:
            failpoints.disarm()
        after = await rebuild.dump(log.reads, all_views())
        assert any("the newest" in line for line in after)
        await rebuild.rebuild(log, all_views())
        assert await rebuild.dump(log.reads, all_views()) == after


async def test_an_interrupted_rebuild_leaves_the_old_views(tmp_path: Path) -> None:
    async with opened(tmp_path, all_views()) as log:
        await grown(log)
        edit(log, *ODD)
        odd = await rebuild.dump(log.reads, all_views())

        def fail() -> None:
            assert now(rebuild.dump(log.reads, all_views())) == odd  # read while it is replaced
            raise ArithmeticError("at fault")

        failpoints.arm("views.replaced", fail)
        try:
            with pytest.raises(ArithmeticError, match="at fault"):
                await renewed(log)
        finally:
            failpoints.disarm()
        assert await rebuild.dump(log.reads, all_views()) == odd
        assert (await renewed(log)).changed


async def test_cancelling_a_rebuild_does_not_wait_for_its_running_step(tmp_path: Path) -> None:
    begun, let_go, waited = threading.Event(), threading.Event(), list[bool]()

    def hold() -> None:
        begun.set()
        waited.append(let_go.wait(5))

    async with opened(tmp_path, all_views()) as log:
        await grown(log)
        failpoints.arm("views.looked_at", hold)
        try:
            making = asyncio.create_task(renewed(log))
            assert await asyncio.to_thread(begun.wait, 5)
            await cancelled(making)
            let_go.set()
            while not waited:  # noqa: ASYNC110  (a thread tells)
                await asyncio.sleep(0.001)
        finally:
            failpoints.disarm()
        assert waited == [True]
        assert not (await renewed(log)).changed


async def test_the_views_of_a_log_in_memory_cannot_be_rebuilt() -> None:
    log = Log.in_memory(all_views())
    try:
        with pytest.raises(LookupError):
            await renewed(log)
    finally:
        await log.close()
