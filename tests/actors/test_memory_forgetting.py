"""What is remembered is given to later threads, and forgotten wherever it was."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.hosts import (
    ORIGIN,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.memory import (
    AT_ONCE,
    OWLS,
    Scribe,
    again,
    finished_thread,
    forget,
    given,
    log_of,
    memory_of,
    readable,
    remembered,
    remembering,
)
from threadhost.actors.memory import SetMemoryMode
from threadhost.actors.runtime import erasure
from threadhost.events.base import Recorded
from threadhost.events.host import ErasureConfirmed
from threadhost.events.ids import memory_stream, thread_stream
from threadhost.events.memory import (
    Consolidated,
    JobClaimed,
    MemoriesForgotten,
    MemoryKeysDestroyed,
    NoteTaken,
)
from threadhost.events.turn import TurnCompleted


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Erasures are confirmed without a wait for more of them."""
    monkeypatch.setattr(erasure, "DELAY_S", 0.01)


# -- giving --


async def test_later_turns_get_the_summary_and_no_thread_event_contains_it(tmp_path: Path) -> None:
    async with remembered(tmp_path) as (rig, scribe, _):
        other = await finished_thread(rig)
        assert OWLS in given(scribe)
        assert await readable(rig, OWLS) == [memory_stream((await memory_of(rig)).summary.text_id)]
        assert thread_stream(other) not in await readable(rig, "owls")


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["ephemeral", "forbidden"])
async def test_ephemeral_and_forbidden_threads_get_no_memories(tmp_path: Path, kind: str) -> None:
    async with remembered(tmp_path) as (rig, scribe, _):
        thread_id = await finished_thread(rig, ephemeral=kind == "ephemeral")
        if kind == "forbidden":
            assert OWLS in given(scribe)
            await rig.host.threads.amend(thread_id, SetMemoryMode("disabled"), ORIGIN)
            await again(rig, thread_id)
        assert OWLS not in given(scribe)


async def test_a_host_with_memories_off_gives_none_to_turns(tmp_path: Path) -> None:
    scribe = Scribe("n", OWLS)
    async with open_rig(tmp_path, scribe) as rig:
        await finished_thread(rig)
        async with remembering(rig, AT_ONCE._replace(uses=False)):
            await rig.published(Consolidated.kind)
            await finished_thread(rig)
            assert OWLS not in given(scribe)


async def test_memories_are_given_to_turns_after_a_restart(tmp_path: Path) -> None:
    async with remembered(tmp_path):
        pass
    scribe = Scribe("n", "t")
    async with open_rig(tmp_path, scribe) as rig:
        thread_id = await rig.start()
        async with remembering(rig, AT_ONCE._replace(generates=False)):
            await settle(50)
            await rig.turn(thread_id)
            await rig.published(TurnCompleted.kind, thread_stream(thread_id))
            assert OWLS in given(scribe)


# -- forgetting --


async def test_the_deletion_of_a_thread_erases_its_note_and_the_summary_made_of_it(
    tmp_path: Path,
) -> None:
    async with remembered(tmp_path) as (rig, scribe, thread_id):
        other = await finished_thread(rig)
        assert OWLS in given(scribe)
        scribe.be_asked()
        receipt = await rig.host.trees.delete(thread_id, ORIGIN)
        assert receipt.memories == 2
        assert receipt.rows["memory_notes"] == 1
        await rig.published(ErasureConfirmed.kind)
        [dead] = [fact for fact in rig.seen if fact.kind == "thread.deleted.v1"]
        [forgotten] = [fact for fact in rig.seen if fact.kind == MemoriesForgotten.kind]
        assert forgotten.decision == dead.decision
        assert await readable(rig, "owls") == []
        await again(rig, other)
        assert OWLS not in given(scribe)


async def test_the_summary_is_made_again_from_the_notes_that_are_left(
    tmp_path: Path,
) -> None:
    scribe = Scribe("Likes owls.", OWLS)
    slow = AT_ONCE._replace(cooldown_ms=3_600_000)
    async with open_rig(tmp_path, scribe) as rig:
        first, second = await finished_thread(rig), await finished_thread(rig)
        async with remembering(rig, slow):
            await rig.published(Consolidated.kind)
            rig.seen.clear()
            scribe.be_asked()
            await rig.host.trees.delete(first, ORIGIN)
            (await scribe.job()).say(*message("What is left.")).end()
            consolidated = await rig.published(Consolidated.kind)
            assert consolidated.event.thread_ids == [second]  # type: ignore[union-attr]


@pytest.mark.parametrize("when", ["noting", "consolidating"])
async def test_a_deletion_that_overtakes_a_memory_job_leaves_no_text(
    tmp_path: Path, when: str
) -> None:
    scribe = Scribe(None if when == "noting" else "Likes owls.")
    async with open_rig(tmp_path, scribe) as rig:
        thread_id = await finished_thread(rig, "I like owls")
        async with remembering(rig):
            job = await scribe.job()
            if when == "consolidating":
                job = await scribe.job()
            await rig.host.trees.delete(thread_id, ORIGIN)
            job.say(*message(OWLS)).end()
            await within(job.closed.wait())
            await rig.published(ErasureConfirmed.kind)
            assert await readable(rig, "owls") == []
            memory = await memory_of(rig)
            assert (memory.notes, memory.dropped, memory.summary.text_id) == ({}, (), "")
            assert not memory.job(thread_id).token


async def test_a_reset_cancels_running_memory_jobs_and_older_turns_stay_forgotten(
    tmp_path: Path,
) -> None:
    scribe = Scribe()
    async with open_rig(tmp_path, scribe) as rig:
        thread_id = await finished_thread(rig, "I like owls")
        async with remembering(rig):
            job = await scribe.job()
            await log_of(rig).forget("reset", ORIGIN)
            job.say(*message(OWLS)).end()
            await within(job.closed.wait())
            await settle(50)
            assert not (await memory_of(rig)).notes
            assert len(rig.published_events(JobClaimed.kind)) == 1
            await again(rig, thread_id)
            (await scribe.job()).say(*message("Anew.")).end()
            await rig.published(NoteTaken.kind)


@pytest.mark.parametrize("how", ["reset", "disabled"])
async def test_a_reset_and_a_mode_erase_the_texts(tmp_path: Path, how: str) -> None:
    async with remembered(tmp_path) as (rig, scribe, thread_id):
        scribe.be_asked()
        if how == "reset":
            await log_of(rig).forget("reset", ORIGIN)
        else:
            await forget(rig, thread_id)
        assert await readable(rig, "Likes owls") == []
        assert await readable(rig, OWLS) == []
        rows = await rig.logs.durable.reads.rows("SELECT * FROM memory_notes")
        assert rows == []
        assert await rig.logs.durable.reads.rows("SELECT * FROM memory_erasures") == []


async def test_a_forgotten_text_is_given_to_no_turn_from_its_commit_on(tmp_path: Path) -> None:
    """Before anything is read again: whoever asks a model next asks without it."""
    async with remembered(tmp_path) as (rig, _, thread_id):
        other = await rig.start()
        state = rig.host.threads.loaded(other)
        assert state is not None
        recall = rig.host.live.recall
        assert recall is not None
        await eventually(lambda: OWLS in (recall(state) or ""))
        seen: list[str | None] = []

        def published(recorded: Sequence[Recorded]) -> None:
            if any(fact.kind == MemoriesForgotten.kind for fact in recorded):
                seen.append(recall(state))

        rig.logs.durable.feed.listen(published)
        await rig.host.trees.delete(thread_id, ORIGIN)
    assert seen == [None]


async def test_a_thread_that_forbids_memory_is_forgotten_by_the_next_start_at_the_latest(
    tmp_path: Path,
) -> None:
    """The host died once the mode was recorded, before anything was forgotten."""
    async with remembered(tmp_path) as (rig, scribe, thread_id):
        scribe.be_asked()
        await rig.host.threads.amend(thread_id, SetMemoryMode("disabled"), ORIGIN)
        assert thread_id in (await memory_of(rig)).notes
    async with open_rig(tmp_path, Scribe()) as rig, remembering(rig, epoch=2):
        forgotten = await rig.published(MemoriesForgotten.kind)
        await rig.published(MemoryKeysDestroyed.kind)
        assert forgotten.event.thread_ids == [thread_id]  # type: ignore[union-attr]
        assert await readable(rig, "Likes owls") == []
