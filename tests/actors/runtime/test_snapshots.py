"""Long threads: their state is kept now and then, and what the model sees is read when needed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hosts import ORIGIN, PuppetModel, Rig, eventually, open_rig
from tests.support.log_database import editable
from tests.support.store import database_of, now
from threadhost.actors.runtime import logs
from threadhost.actors.thread import RenameThread
from threadhost.events.base import Recorded
from threadhost.events.fold import fold_thread
from threadhost.events.history import History
from threadhost.events.history_events import TYPES
from threadhost.events.ids import thread_stream
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadActivated

ENOUGH = 20


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots come soon."""
    monkeypatch.setattr(logs, "SNAPSHOT_EVENTS", ENOUGH)


async def talk(rig: Rig, thread_id: str, turns: int) -> None:
    """Some turns, each waited for."""
    for n in range(turns):
        await rig.turn(thread_id, f"question {n}")
        await eventually(lambda: rig.host.threads.status(thread_id) == "idle")


def all_of(rig: Rig, thread_id: str) -> list[Recorded]:
    return now(rig.logs.durable.read_stream(thread_stream(thread_id)))


async def test_a_long_thread_is_activated_from_its_kept_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 8)
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        read: list[int] = []
        real = Log.walk_stream

        async def noted(
            self: Log, stream: str, after: int, last: int
        ) -> AsyncIterator[list[Recorded]]:
            async for page in real(self, stream, after, last):
                read.extend(fact.version for fact in page)
                yield page

        monkeypatch.setattr(Log, "walk_stream", noted)
        await rig.host.threads.activate(thread_id, "test")
        assert 0 < len(read) < 2 * ENOUGH < len(all_of(rig, thread_id))
        monkeypatch.undo()
        assert rig.host.threads.loaded(thread_id) == fold_thread(all_of(rig, thread_id))


async def test_activating_a_thread_records_the_version_of_its_snapshot(tmp_path: Path) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 8)
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        kept = await rig.logs.durable.snapshot(thread_stream(thread_id))
        await rig.host.threads.activate(thread_id, "test")
        events = [fact.event for fact in all_of(rig, thread_id)]
        first, again = (event for event in events if isinstance(event, ThreadActivated))
        assert kept is not None
        assert (first.snapshot_version, again.snapshot_version) == (0, kept.version)


async def test_a_state_that_is_lost_is_folded_from_the_events(tmp_path: Path) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 8)
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        kept = await rig.logs.stored(thread_id)
        stream = thread_stream(thread_id)
        await rig.logs.durable.transact(lambda tx: tx.drop_snapshots([stream]))
        assert await rig.logs.stored(thread_id) == kept._replace(snapshot_version=0)
        await rig.host.threads.activate(thread_id, "test")
        kept_again = await rig.logs.durable.snapshot(stream)
        assert kept_again is not None
        assert kept_again.version == len(all_of(rig, thread_id))


async def test_a_state_with_gaps_is_not_stored_as_a_snapshot(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await rig.host.threads.amend(thread_id, RenameThread("a name"), ORIGIN)
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        database, name = (
            editable(database_of(rig.logs.durable).writer),
            "type = 'thread.renamed.v1'",
        )
        [(payload,)] = database.execute(f"SELECT payload FROM events WHERE {name}").fetchall()
        database.execute(f"UPDATE events SET payload = x'00' WHERE {name}")
        await talk(rig, thread_id, 8)
        state = rig.host.threads.loaded(thread_id)
        assert state is not None
        assert (state.name, state.gaps) == (None, 1)
        assert await rig.logs.durable.snapshot(thread_stream(thread_id)) is None
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        database.execute(f"UPDATE events SET payload = ? WHERE {name}", (payload,))
        mended = (await rig.logs.stored(thread_id)).state
        assert (mended.name, mended.gaps) == ("a name", 0)


async def test_a_thread_is_activated_though_rows_of_its_stream_are_missing(tmp_path: Path) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 1)
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        database, stream = editable(database_of(rig.logs.durable).writer), thread_stream(thread_id)
        for version, moved_to in ((1, 1_000), (4, 1_001), (9, 1_002)):
            place = (moved_to, stream, version)
            database.execute(
                "UPDATE events SET version = ? WHERE stream = ? AND version = ?", place
            )
        head = await rig.logs.durable.stream_head(stream)
        assert head is not None
        state = (await rig.logs.stored(thread_id)).state
        assert (state.id, state.version, state.gaps) == (thread_id, head.version, 3)
        assert state.incarnation == head.incarnation
        await talk(rig, thread_id, 1)


async def test_the_model_gets_the_same_history_after_an_activation(tmp_path: Path) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 8)
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        await rig.host.threads.amend(thread_id, RenameThread("a name"), ORIGIN)
        await talk(rig, thread_id, 1)
        asked = rig.model.calls[-1].request.history
        assert len(asked) == 17
        assert list(asked) == History(all_of(rig, thread_id)).request("puppet").lines[:-1]


async def test_events_without_history_are_not_read_for_a_history(tmp_path: Path) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 3)
        everything = all_of(rig, thread_id)
        needed = await rig.logs.durable.read_stream(thread_stream(thread_id), types=TYPES)
        assert len(needed) < len(everything)
        assert History(needed).lines == History(everything).lines


async def test_a_short_thread_keeps_no_state(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        assert await rig.logs.durable.snapshot(thread_stream(thread_id)) is None
