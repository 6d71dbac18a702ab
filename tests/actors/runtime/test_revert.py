"""Taking turns back, live and stored: what the model sees afterwards, also after a restart."""

import gc
from pathlib import Path
from typing import Any

import pytest

from tests.actors.runtime.test_compaction import compacting, idle
from tests.support.hosts import ORIGIN, Rig, message, open_rig
from tests.support.turns import seen_by
from threadhost.actors.errors import TurnNotFound, TurnRunning
from threadhost.actors.revert import RevertThread
from threadhost.actors.runtime import logs
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.thread_actor import ThreadActor
from threadhost.events.history import History
from threadhost.events.store.committer import Appended
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.turn import TurnStarted


async def talk(rig: Rig, thread_id: str, text: str) -> str:
    """A whole turn; its id."""
    appended = await rig.turn(thread_id, text)
    (await rig.model.asked()).say(*message(f"{text}!")).end()
    await idle(rig, thread_id)
    return next(f.event.turn_id for f in appended.recorded if isinstance(f.event, TurnStarted))


async def next_model_input(rig: Rig, thread_id: str) -> list[str]:
    """What the model gets when the user says "next"."""
    await rig.turn(thread_id, "next")
    call = await rig.model.asked()
    call.say(*message("fine")).end()
    await idle(rig, thread_id)
    return seen_by(call)


async def revert(rig: Rig, thread_id: str, turn_id: str) -> None:
    """Take a turn and all later ones back."""
    await rig.host.threads.amend(thread_id, RevertThread(turn_id), ORIGIN)


def held_histories(actor: ThreadActor) -> int:
    """Of this thread, by whatever name."""
    gc.collect()
    (journal,) = (one for one in vars(actor).values() if isinstance(one, Journal))
    return sum(isinstance(one, History) for one in gc.get_referents(journal))


ONE, TWO = (["user: one", "assistant: one!"], ["user: two", "assistant: two!"])


async def test_a_refused_revert_keeps_no_copy_and_one_in_flight_counts_as_memory(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await rig.start()
    await talk(rig, thread_id, "one" * 1000)
    second = await talk(rig, thread_id, "two")
    actor, log = rig.host.live.get(thread_id), rig.logs.durable
    assert actor is not None
    before, under_way = rig.host.stats().memory.used_bytes, list[int]()

    async def refused(*_: Any, **__: Any) -> Appended:
        under_way.append(rig.host.stats().memory.used_bytes)
        raise StoreUnavailable("not now")

    with monkeypatch.context() as patched:
        patched.setattr(log, "append", refused)
        with pytest.raises(StoreUnavailable):
            await revert(rig, thread_id, second)
    with pytest.raises(TurnNotFound):
        await revert(rig, thread_id, "unknown")
    assert under_way[0] > before + 2000
    assert rig.host.stats().memory.used_bytes == actor.size_bytes == before
    assert held_histories(actor) == 1


@pytest.mark.few(2)
@pytest.mark.parametrize("ephemeral", [False, True])
async def test_the_model_gets_the_history_before_the_reverted_turn(
    rig: Rig, *, ephemeral: bool
) -> None:
    thread_id = await rig.start(ephemeral=ephemeral)
    for text in ("one", "two"):
        await talk(rig, thread_id, text)
    third = await talk(rig, thread_id, "three")
    await revert(rig, thread_id, third)
    state = rig.host.threads.loaded(thread_id)
    assert state is not None
    assert state.turns == 2
    assert await next_model_input(rig, thread_id) == [*ONE, *TWO, "user: next"]


@pytest.mark.few(1)
@pytest.mark.parametrize("events_max", [0, 200])
async def test_a_revert_is_the_same_live_stored_and_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events_max: int
) -> None:
    monkeypatch.setattr(logs, "INLINE_EVENTS_MAX", events_max)
    async with open_rig(tmp_path) as rig:
        live, stored = [await rig.start() for _ in range(2)]
        seconds = {}
        for thread_id in (live, stored):
            await talk(rig, thread_id, "one")
            seconds[thread_id] = await talk(rig, thread_id, "two")
            await talk(rig, thread_id, "three")
        await revert(rig, live, seconds[live])
    async with open_rig(tmp_path) as rig:
        await revert(rig, stored, seconds[stored])
        assert rig.host.threads.status(stored) == "notLoaded"
        for thread_id in (live, stored):
            assert await next_model_input(rig, thread_id) == [*ONE, "user: next"]


async def test_a_compaction_can_be_reverted(rig: Rig) -> None:
    thread_id = await rig.start()
    await talk(rig, thread_id, "one")
    (await compacting(rig, thread_id)).say(*message("in short")).end()
    await idle(rig, thread_id)
    turns = [e.turn_id for e in rig.events(thread_id) if isinstance(e, TurnStarted)]
    await revert(rig, thread_id, turns[1])
    assert await next_model_input(rig, thread_id) == [*ONE, "user: next"]


async def test_a_turn_cannot_be_reverted_twice_nor_while_another_runs(rig: Rig) -> None:
    thread_id = await rig.start()
    first, second = [await talk(rig, thread_id, text) for text in ("one", "two")]
    await revert(rig, thread_id, second)
    with pytest.raises(TurnNotFound):
        await revert(rig, thread_id, second)
    await rig.turn(thread_id, "now")
    with pytest.raises(TurnRunning):
        await revert(rig, thread_id, first)
    call = await rig.model.asked()
    assert seen_by(call) == [*ONE, "user: now"]
    call.say(*message("yes")).end()
    await idle(rig, thread_id)
    assert await next_model_input(rig, thread_id) == [
        *ONE,
        "user: now",
        "assistant: yes",
        "user: next",
    ]
