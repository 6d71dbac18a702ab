"""Turns events into notifications, by the noun of each, in the order that clients expect."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from threadhost.actors.runtime.passivation import IDLE
from threadhost.adapters.jsonrpc.event_handlers import (
    HANDLERS,
    Addressed,
    Source,
    Window,
    handles,
    status_changed,
)
from threadhost.adapters.jsonrpc.item_rendering import fault_of
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.adapters.jsonrpc.models.thread_notifications import (
    ThreadArchivedNotification,
    ThreadClosedNotification,
    ThreadDeletedNotification,
    ThreadNameUpdatedNotification,
    ThreadStartedNotification,
    ThreadUnarchivedNotification,
)
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.render_settings import settings_updated
from threadhost.events.agent import AgentStarted
from threadhost.events.base import Damaged, Event, Recorded
from threadhost.events.damage import Damage
from threadhost.events.goal import GoalCharged, GoalScheduled, GoalSet, GoalTreeCharged, GoalUpdated
from threadhost.events.ids import job_of, thread_of
from threadhost.events.imported import is_past
from threadhost.events.job import JobWorkerStarted
from threadhost.events.store.faults import shortage
from threadhost.events.thread import (
    ThreadActivated,
    ThreadArchived,
    ThreadConfigured,
    ThreadDeleted,
    ThreadFailed,
    ThreadRenamed,
    ThreadShutdownTimedOut,
    ThreadStopped,
    ThreadUnarchived,
)
from threadhost.events.turn import TurnCompleted, TurnStarted
from threadhost.events.words import truncate
from threadhost.projections.listing import TEXT_CHARS_MAX, ThreadRow

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.notify_turns import TurnNotifier

SHOWN = frozenset(
    (ThreadActivated, TurnCompleted, GoalSet, GoalCharged, GoalTreeCharged, GoalScheduled)
)
"""Events whose notifications need more than the event holds."""
UNANNOUNCED: frozenset[type[Event]] = frozenset((AgentStarted, JobWorkerStarted))
"""Events that come with the activation of a new thread whose start is not notified."""
OBJECTIVES_MAX = 1_024
"""The objectives that are kept, in addition to those of the prepared events."""
FIRST_CONFIGURED, FORK_NAMED = 2, 3
"""The versions of a thread's first settings, and of the name that a fork has from its source: both
are part of the start."""


class Notifier:
    """Turns events into notifications; TurnNotifier does so for the events of turns.

    `prepare` reads ahead what this needs. `show` turns the row of a thread into its wire form, and
    `window` gives the context window of a live thread's model.
    """

    def __init__(self, source: Source, show: Callable[[ThreadRow], Thread], window: Window) -> None:
        self._source = source
        self._show = show
        self._window = window
        self._rows: dict[str, ThreadRow] = {}
        self.unannounced: set[str] = set()
        """Agents and workers of jobs that began, until their activation is notified."""
        self._objectives: dict[tuple[str, int], str] = {}
        """The objectives of goals, by thread and version."""
        self._unread: dict[tuple[str, int], str] = {}
        """The faults of failed reads, by the stream and version of the event that needed them."""

    def ready(self, recorded: Sequence[Recorded]) -> bool:
        """Get ready to notify of new events; returns whether nothing has to be read."""
        self._rows.update(self._source.begun(recorded))
        return not any(self._needs(fact) for fact in recorded if type(fact.event) in SHOWN)

    def _needs(self, fact: Recorded) -> bool:
        event = fact.event
        if isinstance(event, TurnCompleted):
            return not self._tells(event.turn_id)
        if isinstance(event, GoalUpdated):
            return (thread_of(fact.stream), event.objective_version) not in self._objectives
        return self._begins(fact)

    def _begins(self, fact: Recorded) -> bool:
        """Whether this event begins a thread whose row has to be read."""
        event = fact.event
        is_first = isinstance(event, ThreadActivated) and event.incarnation == 1
        return is_first and thread_of(fact.stream) not in self._rows

    async def prepare(self, recorded: Sequence[Recorded]) -> None:
        """Read what the notifications of these events need; `tell` gets them next, in order.

        Raises OutOfResources; then they can be prepared and notified later.
        """
        while len(self._objectives) > OBJECTIVES_MAX:
            del self._objectives[next(iter(self._objectives))]
        started: list[Recorded] = []
        for fact in recorded:
            event = fact.event
            if self._begins(fact):
                started.append(fact)
            elif isinstance(event, TurnCompleted) and not (
                is_past(fact) or self._tells(event.turn_id, recorded)
            ):
                await self._read([fact], partial(self._read_end, fact, event))
            elif isinstance(event, GoalUpdated):
                await self._read([fact], partial(self._read_objective, fact, event))
        if started:
            quiet = {fact.stream for fact in recorded if type(fact.event) in UNANNOUNCED}
            started = [fact for fact in started if fact.stream not in quiet]
        if started:
            await self._read(started, partial(self._read_rows, started, recorded[-1].position))

    def _tells(self, turn_id: str, recorded: Sequence[Recorded] = ()) -> bool:
        """Whether this notifier had the start of this turn, or has it in these events."""
        turns: TurnNotifier | None = vars(self).get("turns")  # `self.turns` would import it
        return (turns is not None and turns.tells(turn_id)) or any(
            isinstance(fact.event, TurnStarted) and fact.event.turn_id == turn_id
            for fact in recorded
        )

    async def _read_end(self, fact: Recorded, event: TurnCompleted) -> None:
        await self.turns.read(fact, event, self._source)

    def objective(self, thread_id: str, version: int) -> str:
        """The objective of a thread's goal, by its version. Raises LookupError if unreadable."""
        objective = self._objectives.get((thread_id, version))
        if objective is None:
            raise LookupError("the objective of the goal cannot be read")
        return objective

    async def _read_objective(self, fact: Recorded, event: GoalUpdated) -> None:
        thread_id, version = thread_of(fact.stream) or "", event.objective_version
        if (thread_id, version) not in self._objectives:
            self._objectives[thread_id, version] = await self._source.objective(thread_id, version)

    async def _read_rows(self, started: Sequence[Recorded], at: int) -> None:
        thread_ids = [thread_id for fact in started if (thread_id := thread_of(fact.stream))]
        self._rows.update(await self._source.rows(thread_ids, at))

    async def _read(self, facts: Sequence[Recorded], read: Callable[[], Awaitable[None]]) -> None:
        """Read something for these events; if it fails, each gets a warning in its place."""
        try:
            await read()
        except Exception as error:
            if (scarce := shortage(error)) is not None:
                raise scarce from error
            self._unread.update({(fact.stream, fact.version): fault_of(error) for fact in facts})

    def tell(self, fact: Recorded, cursor: int | None = None) -> list[Notice]:
        """The notifications of an event; the last one has the event's own position.

        A warning replaces what cannot be read or shown. `cursor` replaces the event's own position
        for a thread that is not in the durable log. Raises only OutOfResources; then the same event
        can be notified later.
        """
        thread_id, meta = thread_of(fact.stream), fact.meta
        notifications, damage = self._notifications_of(thread_id, fact)
        if not notifications and damage is None:
            return []  # the case of half of a turn's events
        if damage is not None:
            notifications.append((_warning(thread_id, damage), thread_id is None))
        last = len(notifications) - 1
        notices = [
            Notice(
                params,
                meta.recorded_at_ms,
                cursor if cursor is not None else fact.position - (n < last),
                None if everyone else thread_id,
                fact.kind,
                meta.correlation_id,
                is_fleeting=cursor is not None,
                states=cursor is None and n == last,
            )
            for n, (params, everyone) in enumerate(notifications)
        ]
        if fact.is_small:
            for notice in notices:
                notice.is_of_small_event()
        if damage is not None:
            notices[-1].damage = damage
        return notices

    def _notifications_of(
        self, thread_id: str | None, fact: Recorded
    ) -> tuple[list[tuple[Notification, bool]], Damage | None]:
        """The handler's notifications, and the damage that ended them early, if any."""
        event = fact.event
        notifications: list[tuple[Notification, bool]] = []
        if isinstance(event, Damaged):
            return notifications, Damage.of(fact, event.reason)
        try:
            handler = HANDLERS[type(event)]
            if handler is None:
                return notifications, None
            subject_id = thread_id if thread_id is not None else job_of(fact.stream)
            if subject_id is None or is_past(fact):
                return notifications, None
            if self._unread and (fault := self._unread.pop((fact.stream, fact.version), None)):
                return notifications, Damage.of(fact, fault)
            # One by one, to keep those before a fault.
            for notification in handler(self, subject_id, fact):
                notifications += (notification,)
        except Exception as error:
            if (scarce := shortage(error)) is not None:
                raise scarce from error
            return notifications, Damage.of(fact, fault_of(error))
        return notifications, None

    def started(self, thread_id: str) -> Thread | None:
        """The wire form of a thread that began, from the row read ahead; None without a row."""
        row = self._rows.pop(thread_id, None)
        return None if row is None else self._show(row)

    @cached_property
    def turns(self) -> "TurnNotifier":
        """The notifier of turns, with the state of running turns."""
        from threadhost.adapters.jsonrpc.notify_turns import TurnNotifier

        return TurnNotifier(self._window)


@handles(ThreadActivated)
def _activated(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    event: ThreadActivated = fact.event  # type: ignore[assignment]
    if event.incarnation > 1 or thread_id in notifier.unannounced:
        notifier.unannounced.discard(thread_id)
        yield status_changed(thread_id, "idle")
    elif (started := notifier.started(thread_id)) is not None:
        yield ThreadStartedNotification(thread=started), True


@handles(ThreadRenamed)
def _renamed(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    event: ThreadRenamed = fact.event  # type: ignore[assignment]
    name = truncate(event.name, TEXT_CHARS_MAX)
    if fact.version != FORK_NAMED:
        yield ThreadNameUpdatedNotification(thread_id=thread_id, thread_name=name), True


@handles(ThreadConfigured)
def _configured(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    event: ThreadConfigured = fact.event  # type: ignore[assignment]
    if fact.version > FIRST_CONFIGURED:
        yield settings_updated(thread_id, event.settings), False


@handles(ThreadStopped, ThreadShutdownTimedOut)
def _stopped(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    yield status_changed(thread_id, "notLoaded")
    if isinstance(fact.event, ThreadStopped) and fact.event.reason == IDLE:
        yield ThreadClosedNotification(thread_id=thread_id), True


@handles(ThreadArchived)
def _archived(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    yield ThreadArchivedNotification(thread_id=thread_id), True


@handles(ThreadUnarchived)
def _unarchived(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    yield ThreadUnarchivedNotification(thread_id=thread_id), True


@handles(ThreadFailed)
def _failed(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    yield status_changed(thread_id, "systemError")


@handles(ThreadDeleted)
def _deleted(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    yield ThreadDeletedNotification(thread_id=thread_id), True


def _warning(thread_id: str | None, damage: Damage) -> Notification:
    from threadhost.adapters.jsonrpc.models.notices import WarningNotification

    words = f"an event cannot be read or shown: {damage}"
    return WarningNotification(thread_id=thread_id, message=words)
