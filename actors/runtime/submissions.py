"""Queued turns: which one is next, and which stored threads have one due."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from threadhost.actors.errors import Overloaded, Refusal
from threadhost.actors.origin import Origin, policy
from threadhost.actors.queue import TakeSubmission
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.append_errors import TRANSIENT
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.logs import Logs
from threadhost.events.base import Damaged
from threadhost.events.bounds import fault_in
from threadhost.events.causes import by_event
from threadhost.events.damage import Damage
from threadhost.events.goal import goal_of, is_goal_turn_next
from threadhost.events.ids import thread_stream
from threadhost.events.operator_log import WORK_LEFT
from threadhost.events.operator_log_store import STREAM_DAMAGED
from threadhost.events.queue import SubmissionAdded, SubmissionChanged
from threadhost.events.store.errors import StoreError
from threadhost.events.thread import Queued, Thread


async def next_in_line(journal: Journal) -> tuple[TakeSubmission, Origin] | None:
    """The command that begins the next queued turn; its origin keeps the request's correlation.

    The state holds only places; the content is read from the log. An unreadable submission is
    skipped and stays, until a client removes it or a backup restores its text. None if there is no
    other.
    """
    log, stream = journal.services.log, thread_stream(journal.state.id)
    for waiting in journal.state.queue:
        for fact in await log.read_stream(stream, waiting.version - 1, 1):
            event = fact.event
            if isinstance(event, (SubmissionAdded, SubmissionChanged)) and not fault_in(event):
                return _taking(event, waiting, fact.meta.correlation_id, journal)
            reason = event.reason if isinstance(event, Damaged) else fault_in(event)
            damage = Damage.of(fact, reason or "the event is missing")
            STREAM_DAMAGED.emit(whose=f"thread {journal.state.id}", what=f"a queued turn: {damage}")
    return None


def _taking(
    submission: SubmissionAdded | SubmissionChanged,
    waiting: Queued,
    correlation_id: str,
    journal: Journal,
) -> tuple[TakeSubmission, Origin]:
    command = TakeSubmission(
        turn_id=submission.turn_id,
        item_id=submission.item_id,
        content=submission.content,
        at_ms=journal.now_ms(),
        client_id=submission.client_id,
        submission_id=waiting.id,
    )
    cause = by_event(thread_stream(journal.state.id), _due_at(journal.state, waiting))
    return command, policy("queue", correlation_id, cause)


def _due_at(state: Thread, waiting: Queued) -> int:
    """The version of the event that made a queued turn due: its submission, or a turn's end."""
    return max(waiting.version, state.turn_ended_at_version)


def _due_since(state: Thread) -> int:
    """The version of the event that made the thread's next turn due."""
    goal = goal_of(state)
    if state.takes_next or goal is None:
        return _due_at(state, state.queue[0])
    return goal.due_version


async def begin_due(
    thread_ids: Sequence[str],
    logs: Logs,
    activate: Callable[[str, str], Awaitable[None]],
    is_closing: Callable[[], bool],
) -> None:
    """Activate those of the stored threads that have a queued turn or a goal's turn due.

    A closing host activates no more.
    """

    async def activate_if_due(thread_id: str) -> None:
        state = (await logs.stored(thread_id)).state
        if state.takes_next or is_goal_turn_next(state):
            await activate(thread_id, by_event(thread_stream(thread_id), _due_since(state)))

    await one_by_one(thread_ids, activate_if_due, is_closing)


async def one_by_one(
    thread_ids: Sequence[str],
    activate: Callable[[str], Awaitable[None]],
    is_closing: Callable[[], bool],
) -> None:
    """Activate threads one after the other, so that clients are served in between.

    A thread that there is no room for is retried until there is.
    """
    waiting = deque(thread_ids)
    while waiting and not is_closing():
        try:
            await activate(waiting[0])
        except (*TRANSIENT, Overloaded):
            await asyncio.sleep(append_errors.RETRY_S)
            continue
        except (Refusal, StoreError) as refused:
            # One damaged or deleted thread must not block the others.
            WORK_LEFT.emit(what=f"thread {waiting[0]}", fault=refused)
        waiting.popleft()
