"""Turns that wait in line: each begins once, in order, whatever ends the one before it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.hosts import ORIGIN, Rig, eventually, message, open_rig, settle
from tests.support.log_database import editable
from tests.support.operator_lines import logged_line
from tests.support.store import database_of, now
from tests.support.turns import first_turn_end, seen_by
from threadhost.actors.errors import Overloaded
from threadhost.actors.models import ModelFailed
from threadhost.actors.queue import AddSubmission, RemoveSubmission
from threadhost.actors.runtime import append_errors, queue_reactor
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.submissions import begin_due, next_in_line
from threadhost.actors.turn import InterruptTurn
from threadhost.events.queue import SubmissionAdded, SubmissionTaken
from threadhost.events.store.errors import OutOfResources, StoreOverloaded
from threadhost.events.thread import ThreadFailed
from threadhost.events.turn import TurnStarted
from threadhost.projections.queue import queue_page, threads_with_queues


async def queue(rig: Rig, thread_id: str, *texts: str) -> list[str]:
    """Queue turns that say this; their ids."""
    ids = [rig.ids.new() for _ in texts]
    for submission_id, text in zip(ids, texts, strict=True):
        content = [{"type": "text", "text": text}]
        command = AddSubmission(submission_id, rig.ids.new(), rig.ids.new(), "c", content)
        await rig.host.threads.ask(thread_id, command, ORIGIN)
    return ids


async def answer(rig: Rig, text: str = "yes") -> Sequence[str]:
    """Let the model answer its next request; what it had seen."""
    call = await rig.model.asked()
    call.say(*message(text)).end()
    return seen_by(call)


def begun(rig: Rig, thread_id: str) -> list[str]:
    """The submissions that turns began with, in order; each with the turn that was promised."""
    events = rig.events(thread_id)
    promised = {e.submission_id: e.turn_id for e in events if isinstance(e, SubmissionAdded)}
    taken = [e for e in events if isinstance(e, SubmissionTaken)]
    turns = [e.turn_id for e in events if isinstance(e, TurnStarted)]
    assert [e.turn_id for e in taken] == [t for t in turns if t in promised.values()]
    assert all(promised[e.submission_id] == e.turn_id for e in taken)
    return [e.submission_id for e in taken]


def waiting(rig: Rig, thread_id: str) -> list[str]:
    """What the view says waits."""
    rows = now(queue_page(rig.logs.of(thread_id).reads, thread_id, -1, 99))
    return [row.submission_id for row in rows]


@pytest.mark.few(1)
@pytest.mark.parametrize("ephemeral", [False, True])
async def test_queued_turns_run_one_after_the_other_in_order(rig: Rig, *, ephemeral: bool) -> None:
    thread_id = await rig.start(ephemeral=ephemeral)
    ids = await queue(rig, thread_id, "one", "two", "three")
    assert (await answer(rig))[-1] == "user: one"
    assert (await answer(rig))[-1] == "user: two"
    assert (await answer(rig))[-1] == "user: three"
    await eventually(lambda: rig.host.threads.status(thread_id) == "idle")
    assert begun(rig, thread_id) == ids
    assert waiting(rig, thread_id) == []


async def test_a_turn_that_is_queued_while_one_runs_waits_for_its_end(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "now")
    [later] = await queue(rig, thread_id, "later")
    call = await rig.model.asked()
    assert waiting(rig, thread_id) == [later]
    call.say(*message("done")).end()
    assert await answer(rig) == ["user: now", "assistant: done", "user: later"]
    await eventually(lambda: rig.host.threads.status(thread_id) == "idle")
    assert waiting(rig, thread_id) == []


async def test_an_interrupt_holds_the_queue_until_a_client_starts_a_turn(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "now")
    [later] = await queue(rig, thread_id, "later")
    await rig.model.asked()
    await rig.host.threads.ask(thread_id, InterruptTurn("", 1), ORIGIN)
    await settle()
    assert (rig.host.threads.status(thread_id), waiting(rig, thread_id)) == ("idle", [later])
    await rig.turn(thread_id, "go on")
    assert (await answer(rig))[-1] == "user: go on"
    assert (await answer(rig))[-1] == "user: later"


async def test_a_failed_turn_holds_the_queue_and_loses_no_submission(rig: Rig) -> None:
    thread_id = await rig.start()
    first, second = await queue(rig, thread_id, "one", "two")
    (await rig.model.asked()).fail(ModelFailed("no", "unauthorized", 401))
    await first_turn_end(rig, thread_id)
    assert begun(rig, thread_id) == [first]
    assert waiting(rig, thread_id) == [second]
    await queue(rig, thread_id, "three")
    assert (await answer(rig))[-1] == "user: two"


async def test_a_removed_submission_never_starts(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "now")
    [later] = await queue(rig, thread_id, "later")
    await rig.host.threads.ask(thread_id, RemoveSubmission(later), ORIGIN)
    assert await answer(rig) == ["user: now"]
    await eventually(lambda: rig.host.threads.status(thread_id) == "idle")
    assert later not in begun(rig, thread_id)


async def test_the_next_turn_waits_for_an_overloaded_store(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.005)
    thread_id = await rig.start()
    log, append, refusals = rig.logs.durable, rig.logs.durable.append, [StoreOverloaded()] * 2

    async def refusing(*appends: object, **named: object) -> object:
        kinds = [event.kind for one in appends for event in one.events]  # type: ignore[attr-defined]
        if "queue.submission_taken.v1" in kinds and refusals:
            raise refusals.pop()
        return await append(*appends, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(log, "append", refusing)
    await queue(rig, thread_id, "one")
    assert await answer(rig) == ["user: one"]
    assert refusals == []


async def test_a_queue_goes_on_in_another_process(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        ids = await queue(rig, thread_id, "one", "two", "three")
        await rig.model.asked()
    async with open_rig(tmp_path) as rig:
        due = await threads_with_queues(rig.logs.durable.reads)
        assert due == [thread_id]
        await begin_due(due, rig.logs, rig.host.threads.activate, lambda: False)
        assert (await answer(rig))[-1] == "user: two"
        assert (await answer(rig))[-1] == "user: three"
        await eventually(lambda: rig.host.threads.status(thread_id) == "idle")
        assert begun(rig, thread_id) == ids


async def test_an_unreadable_submission_is_skipped_and_stays_in_the_queue(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "now")
    lost, two, three = await queue(rig, thread_id, "one", "two", "three")
    [(position,)] = database_of(rig.logs.durable).rows(
        "SELECT min(position) FROM events WHERE type = ?", (SubmissionAdded.kind,)
    )
    break_at(rig, position)
    call = await rig.model.asked()
    call.say(*message("done")).end()
    assert (await answer(rig))[-1] == "user: two"
    assert (await answer(rig))[-1] == "user: three"
    await eventually(lambda: rig.host.threads.status(thread_id) == "idle")
    assert waiting(rig, thread_id) == [lost]
    line = logged_line(caplog, "thread.damaged")
    assert line["whose"] == f"thread {thread_id}"
    assert line["what"].startswith(f"a queued turn: position {position} (")
    [late] = await queue(rig, thread_id, "four")
    assert (await answer(rig))[-1] == "user: four"
    await rig.host.threads.ask(thread_id, RemoveSubmission(lost), ORIGIN)
    assert waiting(rig, thread_id) == []
    taken = [event.submission_id for event in rig.published_events(SubmissionTaken.kind)]
    assert taken == [two, three, late]


def break_at(rig: Rig, position: int) -> None:
    """Damage an event of a running host."""
    statement = "UPDATE events SET payload = x'00' WHERE position = ?"
    editable(database_of(rig.logs.durable).writer).execute(statement, (position,))


async def test_a_queue_that_is_held_does_not_wake_its_thread(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        await rig.turn(thread_id)
        await queue(rig, thread_id, "later")
        await rig.host.threads.ask(thread_id, InterruptTurn("", 1), ORIGIN)
    async with open_rig(tmp_path) as rig:
        due, activate = [thread_id, rig.ids.new()], rig.host.threads.activate
        await begin_due(due, rig.logs, activate, lambda: False)
        assert rig.host.threads.status(thread_id) == "notLoaded"


async def test_the_queue_of_a_deleted_thread_is_deleted(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    await queue(rig, thread_id, "one", "two")
    receipt = await rig.host.trees.delete(thread_id, ORIGIN)
    assert receipt.rows["thread_queue"] == 2
    assert await threads_with_queues(rig.logs.durable.reads) == []


async def test_the_next_turn_waits_while_its_words_cannot_be_read_for_want_of_files(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.005)
    failing(monkeypatch, OutOfResources("too many open files"), OutOfResources("the same"))
    thread_id = await rig.start()
    await queue(rig, thread_id, "one")
    assert await answer(rig) == ["user: one"]


async def test_a_turn_in_line_that_is_refused_is_logged_and_begins_with_the_next_message(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failing(monkeypatch, Overloaded("not now"))
    thread_id = await rig.start()
    await queue(rig, thread_id, "one")
    await eventually(lambda: f"the queue of thread {thread_id} cannot continue" in caplog.text)
    await queue(rig, thread_id, "two")
    assert (await answer(rig))[-1] == "user: one"
    line = logged_line(caplog, "work.left")
    assert (line["what"], line["fault"]) == (f"the queue of thread {thread_id}", "Overloaded")


async def test_a_queued_turn_whose_start_failed_starts_after_the_actor_restarted(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, KeyError("a fault of ours"))
    thread_id = await rig.start()
    await queue(rig, thread_id, "one")
    assert await answer(rig) == ["user: one"]
    assert [event.error for event in rig.published_events(ThreadFailed.kind)] == ["KeyError"]


def failing(monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> None:
    """Have the search for the next turn fail, so many times."""
    left = list(errors)

    async def search(owner: Journal) -> object:
        if left:
            raise left.pop()
        return await next_in_line(owner)

    monkeypatch.setattr(queue_reactor, "next_in_line", search)
