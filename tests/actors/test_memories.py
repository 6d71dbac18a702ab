"""Notes are made of threads that are over, and one text of all of them, whatever goes wrong."""

from pathlib import Path
from typing import Any

import pytest

from tests.actors.test_fork import forked
from tests.support.damage import BREAK, edit, positions
from tests.support.hosts import (
    ORIGIN,
    SETTINGS,
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
    log_of,
    memory_of,
    remembered,
    remembering,
)
from threadhost.actors.command import Command
from threadhost.actors.memory import SetMemoryMode
from threadhost.actors.memory_jobs import Claim, TakeNote, Text
from threadhost.actors.models import Message, ModelFailed, OutputDone, OutputStarted
from threadhost.adapters.clock import SystemClock
from threadhost.events.ids import thread_stream
from threadhost.events.memory import (
    LOST,
    Consolidated,
    JobClaimed,
    JobFailed,
    JobSkipped,
    MemoriesForgotten,
    MemoryKeysDestroyed,
    MemoryReset,
    NoteTaken,
)
from threadhost.events.store.committer import StreamAppend
from threadhost.events.turn import TurnCompleted

BEFORE_ANY = AT_ONCE._replace(idle_ms=3_600_000)
"""Only what is archived is over."""


# -- making notes --


async def test_a_note_is_made_of_each_idle_thread_and_a_summary_of_all_notes(
    tmp_path: Path,
) -> None:
    async with remembered(tmp_path) as (rig, _, thread_id):
        memory = await memory_of(rig)
        assert await log_of(rig).text(memory.notes[thread_id].text_id) == "Likes owls."
        assert await log_of(rig).text(memory.summary.text_id) == OWLS
        assert memory.summary.thread_ids == (thread_id,)
        assert [rig.published_events(end.kind)[0].tokens for end in (NoteTaken, Consolidated)] == [
            3,
            3,
        ]


async def test_the_model_gets_the_conversation_as_data_and_no_tools(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path, Scribe()) as rig:
        thread_id = await finished_thread(rig, "I like owls")
        async with remembering(rig):
            call = await rig.model.job()  # type: ignore[attr-defined]
    [line] = call.request.history
    assert b"user: I like owls" in line
    assert b"assistant: ok" in line
    assert call.request.thread_id == thread_id
    assert not call.request.tools
    assert call.request.settings.model == SETTINGS.model


@pytest.mark.slices
async def test_a_thread_gets_a_new_note_only_after_it_went_on(tmp_path: Path) -> None:
    async with remembered(tmp_path) as (rig, scribe, thread_id):
        first = (await memory_of(rig)).notes[thread_id]
        assert [fact.kind for fact in rig.seen].count(NoteTaken.kind) == 1
        scribe.note = "Likes owls and cats."
        await again(rig, thread_id)
        await rig.published(NoteTaken.kind)
        await rig.published(MemoryKeysDestroyed.kind)
        memory = await memory_of(rig)
        assert await log_of(rig).text(memory.notes[thread_id].text_id) == scribe.note
        assert await log_of(rig).text(first.text_id) is None


async def test_a_recently_used_thread_gets_no_note_until_it_is_archived(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path, Scribe("n", "t")) as rig:
        thread_id = await finished_thread(rig)
        async with remembering(rig, BEFORE_ANY):
            await settle()
            assert not rig.published_events(JobClaimed.kind)
            await rig.host.trees.archive(thread_id, ORIGIN)
            taken = await rig.published(NoteTaken.kind)
    assert taken.event.thread_id == thread_id  # type: ignore[union-attr]


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["ephemeral", "forbidden", "child", "without turns"])
async def test_ephemeral_forbidden_child_and_empty_threads_get_no_note(
    tmp_path: Path, kind: str
) -> None:
    async with open_rig(tmp_path, Scribe("n", "t")) as rig:
        parent_id = await rig.start()
        if kind == "child":
            await finished_thread(rig, parent_id=parent_id)
        elif kind != "without turns":
            thread_id = await finished_thread(rig, ephemeral=kind == "ephemeral")
            if kind == "forbidden":
                await rig.host.threads.amend(thread_id, SetMemoryMode("disabled"), ORIGIN)
        async with remembering(rig):
            noted = await finished_thread(rig)
            taken = await rig.published(NoteTaken.kind)
            await rig.published(Consolidated.kind)
    assert taken.event.thread_id == noted  # type: ignore[union-attr]
    assert [event.thread_id for event in rig.published_events(JobClaimed.kind)] == [noted, ""]


async def test_a_fork_gets_a_note_once_it_has_turns_of_its_own(tmp_path: Path) -> None:
    async with remembered(tmp_path) as (rig, _, _source):
        fork = await forked(rig, _source)
        await rig.host.trees.archive(fork, ORIGIN)
        skipped = await rig.published(JobSkipped.kind)
        assert (skipped.event.thread_id, skipped.event.reason) == (fork, "empty")  # type: ignore[union-attr]
        await rig.host.trees.unarchive(fork, ORIGIN)
        await again(rig, fork)
        taken = await rig.published(NoteTaken.kind)
        assert taken.event.thread_id == fork  # type: ignore[union-attr]
        await rig.host.trees.delete(_source, ORIGIN)
        assert set((await memory_of(rig)).notes) == {fork}


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("\x00\x1b[31m  \u200b", None),
        ("NOTHING.", None),
        ("key sk-abcdefghijklmnopqrstuvwx, really", "key [hidden], really"),
        ("w" * 50_000, "w" * 7_995 + "[...]"),
    ],
    ids=["garbage", "nothing", "secret", "too much"],
)
async def test_of_an_answer_no_more_is_kept_than_may_be(
    tmp_path: Path, said: str, kept: str | None
) -> None:
    async with open_rig(tmp_path, Scribe(said, "t")) as rig:
        thread_id = await finished_thread(rig)
        async with remembering(rig):
            await rig.published(JobSkipped.kind if kept is None else NoteTaken.kind)
            note = (await memory_of(rig)).notes.get(thread_id)
            assert (await log_of(rig).text(note.text_id) if note else None) == kept


async def test_a_model_that_refuses_is_not_asked_again(tmp_path: Path) -> None:
    async with open_rig(tmp_path, Scribe()) as rig:
        await finished_thread(rig)
        async with remembering(rig):
            job = await rig.model.job()  # type: ignore[attr-defined]
            refusal = Message("no", is_refusal=True)
            job.say(OutputStarted(0, "message"), OutputDone(0, refusal)).end()
            skipped = await rig.published(JobSkipped.kind)
    assert skipped.event.reason == "refused"  # type: ignore[union-attr]
    assert len(rig.published_events(JobClaimed.kind)) == 1


async def test_an_endless_answer_is_cut_off(tmp_path: Path) -> None:
    async with open_rig(tmp_path, Scribe()) as rig:
        await finished_thread(rig)
        async with remembering(rig):
            job = await rig.model.job()  # type: ignore[attr-defined]
            job.say(*message("w" * 60_000), *message("w" * 60_000, 1))
            await within(job.closed.wait())
            await rig.published(JobFailed.kind)


async def test_a_thread_with_unreadable_history_gets_no_note(tmp_path: Path) -> None:
    async with open_rig(tmp_path, Scribe("n", "t")) as rig:
        thread_id = await finished_thread(rig)
    for at in positions(tmp_path, thread_id, "turn.item_recorded%"):
        edit(tmp_path, BREAK, at)
    async with open_rig(tmp_path, Scribe("n", "t")) as rig, remembering(rig):
        skipped = await rig.published(JobSkipped.kind)
    assert skipped.event.reason == "unreadable"  # type: ignore[union-attr]


# -- failing --


async def test_a_memory_job_has_three_attempts_and_then_waits_until_the_thread_goes_on(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path, Scribe()) as rig:
        thread_id = await finished_thread(rig)
        async with remembering(rig):
            for _ in range(3):
                job = await rig.model.job()  # type: ignore[attr-defined]
                job.fail(ModelFailed("down", "serverOverloaded"))
            await eventually(lambda: len(rig.published_events(JobFailed.kind)) == 3)
            failures = rig.published_events(JobFailed.kind)
            assert [one.gave_up for one in failures] == [False, False, True]
            assert {one.reason for one in failures} == {"serverOverloaded"}
            assert [one.attempt for one in rig.published_events(JobClaimed.kind)] == [1, 2, 3]
            await again(rig, thread_id)
            (await rig.model.job()).say(*message("n")).end()  # type: ignore[attr-defined]
            await rig.published(NoteTaken.kind)
            assert rig.published_events(JobClaimed.kind)[0].attempt == 1


async def test_an_exception_of_a_model_client_fails_its_memory_job_and_no_other(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path, Scribe()) as rig:
        await finished_thread(rig)
        async with remembering(rig):
            (await rig.model.job()).fail(RuntimeError("a bug"))  # type: ignore[attr-defined]
            (await rig.model.job()).say(*message("n")).end()  # type: ignore[attr-defined]
            await rig.published(NoteTaken.kind)
    assert [one.reason for one in rig.published_events(JobFailed.kind)] == ["broken"]


async def test_a_memory_job_that_exceeds_its_lease_fails(tmp_path: Path) -> None:
    async with open_rig(tmp_path, Scribe()) as rig:
        await finished_thread(rig)
        async with remembering(rig, AT_ONCE._replace(lease_ms=1)):
            failed = await rig.published(JobFailed.kind)
    assert failed.event.reason == "late"  # type: ignore[union-attr]


async def test_the_lease_of_a_dead_host_passes_to_the_next_host(tmp_path: Path) -> None:
    async with open_rig(tmp_path, Scribe()) as rig:
        thread_id = await finished_thread(rig)
        now_ms = SystemClock().now_ms()
        claim = Claim(thread_id, "of-the-dead", now_ms, 3_600_000, epoch=1, source_at_ms=now_ms)
        await log_of(rig).change(claim, ORIGIN)
        async with remembering(rig, epoch=2):
            (await rig.model.job()).say(*message("n")).end()  # type: ignore[attr-defined]
            await rig.published(NoteTaken.kind)
        [failed] = rig.published_events(JobFailed.kind)
        assert (failed.token, failed.reason) == ("of-the-dead", LOST)
        assert [one.attempt for one in rig.published_events(JobClaimed.kind)][:2] == [1, 2]
        late = TakeNote(thread_id, "of-the-dead", "late", Text("late"), now_ms, 9)
        with pytest.raises(Exception, match="was cancelled, or another worker has it"):
            await log_of(rig).change(late, ORIGIN)
        assert await log_of(rig).text("late") is None


async def test_a_memory_job_stopped_by_the_end_of_a_host_costs_no_attempt(tmp_path: Path) -> None:
    async with open_rig(tmp_path, Scribe()) as rig:
        await finished_thread(rig)
        for _ in range(4):
            async with remembering(rig):
                await rig.model.job()  # type: ignore[attr-defined]
        assert [one.attempt for one in rig.published_events(JobClaimed.kind)] == [1, 1, 1, 1]
        assert {one.reason for one in rig.published_events(JobFailed.kind)} == {"stopped"}


async def test_the_oldest_note_beyond_the_limit_is_dropped_and_not_made_again(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path, Scribe("n", "t")) as rig:
        async with remembering(rig, AT_ONCE._replace(notes_max=1)):
            first = await finished_thread(rig)
            await rig.published(Consolidated.kind)
            rig.seen.clear()
            second = await finished_thread(rig)
            await rig.published(Consolidated.kind)
            memory = await memory_of(rig)
            assert list(memory.notes) == [second]
            assert memory.job(first).is_done
        [forgotten] = rig.published_events(MemoriesForgotten.kind)
        assert (forgotten.why, forgotten.thread_ids) == ("crowdedOut", [first])


async def test_a_claim_for_a_thread_that_went_on_is_made_again_from_its_new_state(
    tmp_path: Path,
) -> None:
    """A claim is made for what was read, and for nothing else."""
    async with open_rig(tmp_path, Scribe("n", "t")) as rig:
        thread_id = await finished_thread(rig)
        commands: list[Command] = []
        log = log_of(rig)
        change = log.change

        async def slowly(command: Command, *more: Any) -> Any:
            if isinstance(command, Claim) and command.thread_id and not commands:
                commands.append(command)
                await rig.turn(thread_id)
                await rig.published(TurnCompleted.kind, thread_stream(thread_id))
            return await change(command, *more)

        log.change = slowly  # type: ignore[assignment,method-assign]
        async with remembering(rig):
            taken = await rig.published(NoteTaken.kind)
        claimed = rig.published_events(JobClaimed.kind)[0]
        assert claimed.token != commands[0].token  # type: ignore[attr-defined]
        assert taken.event.thread_id == thread_id  # type: ignore[union-attr]
        assert MemoryReset.kind not in {fact.kind for fact in rig.seen}


async def test_of_threads_that_were_over_before_no_more_are_noted_than_may_be(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path, Scribe("n", "t")) as rig:
        older = [await finished_thread(rig) for _ in range(4)]
        async with remembering(rig, AT_ONCE._replace(backlog_max=2)):
            newer = await finished_thread(rig)
            await rig.published(Consolidated.kind)
            await eventually(
                lambda: newer in {one.thread_id for one in rig.published_events(NoteTaken.kind)}
            )
            noted = {one.thread_id for one in rig.published_events(NoteTaken.kind)}
    assert noted - {newer} == set(older[2:])


async def test_much_that_is_remembered_is_read_as_little_is(tmp_path: Path) -> None:
    async with open_rig(tmp_path, Scribe()) as rig:
        skipped = [JobSkipped(thread_id=f"t{n % 9}", token="k", reason="empty") for n in range(500)]
        append = StreamAppend(log_of(rig).stream, skipped)
        await rig.logs.durable.append(append, meta=ORIGIN.at(1))
        memory = await memory_of(rig)
        assert (memory.version, len(memory.jobs)) == (500, 9)
        await rig.logs.durable.append(append, meta=ORIGIN.at(1))
        assert (await memory_of(rig)).version == 1_000
