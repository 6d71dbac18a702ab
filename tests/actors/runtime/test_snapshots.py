"""Long threads: their state is kept now and then, and what the model sees is read when needed."""

from pathlib import Path

import pytest

from tests.support.hosts import ORIGIN, PuppetModel, Rig, eventually, open_rig
from threadhost.actors.runtime import logs
from threadhost.actors.thread import RenameThread
from threadhost.events.base import Recorded
from threadhost.events.fold import fold_thread
from threadhost.events.history import TYPES, History
from threadhost.events.ids import thread_stream
from threadhost.events.store import schema
from threadhost.events.store.log import Log

ENOUGH = 20


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots come soon."""
    monkeypatch.setattr(logs, "SNAPSHOT_EVENTS", ENOUGH)


async def talk(rig: Rig, thread_id: str, turns: int) -> None:
    """Some turns, each waited for."""
    for n in range(turns):
        await rig.turn(thread_id, f"question {n}")
        await eventually(lambda: rig.host.status(thread_id) == "idle")


def all_of(rig: Rig, thread_id: str) -> list[Recorded]:
    return rig.logs.durable.read_stream(thread_stream(thread_id))


async def test_a_long_thread_is_taken_up_from_its_kept_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 8)
        await rig.host.unload([thread_id], "test", ORIGIN)
        read: list[int] = []
        real = Log.read_stream

        def noted(self: Log, stream: str, after: int = 0, *rest: object, **more: object) -> object:
            found = real(self, stream, after, *rest, **more)  # type: ignore[arg-type]
            read.append(len(found))
            return found

        monkeypatch.setattr(Log, "read_stream", noted)
        await rig.host.take_up(thread_id)
        assert len(read) == 1
        assert read[0] < 2 * ENOUGH < len(all_of(rig, thread_id))
        monkeypatch.undo()
        assert rig.host.state(thread_id) == fold_thread(all_of(rig, thread_id))


async def test_a_state_that_is_lost_is_folded_from_the_events(tmp_path: Path) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 8)
        await rig.host.unload([thread_id], "test", ORIGIN)
        kept = await rig.logs.stored(thread_id)
        stream = thread_stream(thread_id)
        await rig.logs.durable.transact(lambda c: c.execute(schema.DROP_SNAPSHOT, (stream,)))
        assert await rig.logs.stored(thread_id) == kept._replace(kept_version=0)
        await rig.host.take_up(thread_id)
        kept_again = rig.logs.durable.snapshot(stream)
        assert kept_again is not None
        assert kept_again.version == len(all_of(rig, thread_id))


async def test_after_it_was_taken_up_the_model_sees_all_it_saw_before(tmp_path: Path) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 8)
        await rig.host.unload([thread_id], "test", ORIGIN)
        await rig.host.amend(thread_id, RenameThread("a name"), ORIGIN)
        await talk(rig, thread_id, 1)
        asked = rig.model.calls[-1].request.history
        assert len(asked) == 17
        assert list(asked) == History(all_of(rig, thread_id)).request("puppet").lines[:-1]


async def test_what_no_history_needs_is_not_read_for_it(tmp_path: Path) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await talk(rig, thread_id, 3)
        everything = all_of(rig, thread_id)
        needed = rig.logs.durable.read_stream(thread_stream(thread_id), types=TYPES)
        assert len(needed) < len(everything)
        assert History(needed).lines == History(everything).lines


async def test_a_short_thread_keeps_no_state(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        await rig.host.unload([thread_id], "test", ORIGIN)
        assert rig.logs.durable.snapshot(thread_stream(thread_id)) is None
