"""Threads that just began: they hold little, and their first turn reads nothing."""

import gc
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosts import ORIGIN, PuppetModel, Rig, eventually, open_rig
from threadhost.actors.runtime import journal
from threadhost.actors.thread import RenameThread

OBJECTS_MAX = 30
"""That the collector of garbage looks at, for each of them; it was 41 once."""
THREADS = 50


async def talk(rig: Rig, thread_id: str, text: str) -> None:
    await rig.turn(thread_id, text)
    await eventually(lambda: rig.host.threads.status(thread_id) == "idle")


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No history can be read from the log."""

    async def read(*_: Any) -> Any:
        raise AssertionError("a history was read")

    monkeypatch.setattr(journal, "history_of", read)


@pytest.mark.usefixtures("unreadable")
@pytest.mark.parametrize("is_renamed", [False, True])
async def test_the_history_of_a_new_thread_is_known_without_reading_the_log(
    tmp_path: Path, *, is_renamed: bool
) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        if is_renamed:
            await rig.host.threads.ask(thread_id, RenameThread("a name"), ORIGIN)
        for text in ("first", "second"):
            await talk(rig, thread_id, text)
        actor = rig.host.live.get(thread_id)
        assert actor is not None
        assert actor.history is not None
        said = b"".join(actor.history.request().lines)
        assert said.index(b"first") < said.index(b"second")


@pytest.mark.slices
async def test_a_live_thread_without_turns_holds_few_objects(tmp_path: Path) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        await rig.start()
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(THREADS):
            await rig.start()
        gc.collect()
        assert len(gc.get_objects()) - before < OBJECTS_MAX * THREADS
