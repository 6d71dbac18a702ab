"""Events to notifications, each told by its noun, in the order that clients know."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from threadhost.actors.runtime.passivation import IDLE
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.event_handlers import HANDLERS, Found, tells, told_status
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
from threadhost.adapters.jsonrpc.showing import why
from threadhost.events.base import Damaged, Recorded
from threadhost.events.damage import Damage
from threadhost.events.fork import is_inherited
from threadhost.events.ids import thread_of
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
from threadhost.events.turn import ErrorRecorded

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.notify_turns import TurnNarrator

FIRST_CONFIGURED = 2
"""The version at which a thread is given its first settings: they are part of its start."""


def no_objective(thread_id: str, version: int) -> str:
    """For who knows of no goals. Raises LookupError."""
    raise LookupError(f"no objective of {thread_id} at {version}")


class Narrator:
    """Tells of events as notifications; those of turns are another's business.

    `thread` finds a thread to show, or None; `final_item` the last message and `error` the failure
    of a turn whose events were not all told here; `objective` what a goal is, by where that stands.
    """

    def __init__(
        self,
        thread: Callable[[str], Thread | None],
        final_item: Callable[[str, str], dict[str, Any] | None] = lambda _thread, _turn: None,
        error: Callable[[str, str], ErrorRecorded | None] = lambda _thread, _turn: None,
        objective: Callable[[str, int], str] = no_objective,
    ) -> None:
        self.objective = objective
        self._thread = thread
        self._final_item = final_item
        self._error_of = error

    def tell(self, fact: Recorded, cursor: int | None = None) -> list[Notice]:
        """The notifications of an event, the one that states it last.

        What cannot be read, or not be told, is a warning in its place. `cursor` replaces the
        event's own position for a thread that is not in the durable log. Raises OutOfResources,
        and nothing else: then the same event can be told later.
        """
        thread_id, meta = thread_of(fact.stream), fact.meta
        found, damage = self._told(thread_id, fact)
        if damage is not None:
            found.append((_warning(thread_id, damage), thread_id is None))
        last = len(found) - 1
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
            for n, (params, everyone) in enumerate(found)
        ]
        if damage is not None:
            notices[-1].damage = damage
        return notices

    def _told(
        self, thread_id: str | None, fact: Recorded
    ) -> tuple[list[tuple[Notification, bool]], Damage | None]:
        """Notifications as handlers find them, and what kept one from finding all."""
        event = fact.event
        found: list[tuple[Notification, bool]] = []
        if isinstance(event, Damaged):
            return found, Damage.of(fact, event.reason)
        try:
            handler = HANDLERS[type(event)]
            if handler is None or thread_id is None or is_inherited(fact):
                return found, None
            # One by one: what comes before a fault is told.
            for one in handler(self, thread_id, fact):
                found += (one,)
        except Exception as error:
            if (scarce := shortage(error)) is not None:
                raise scarce from error
            return found, Damage.of(fact, why(error))
        return found, None

    def thread(self, thread_id: str) -> Thread | None:
        """A thread to show, or None."""
        return self._thread(thread_id)

    @cached_property
    def turns(self) -> "TurnNarrator":
        """What it keeps of running turns."""
        from threadhost.adapters.jsonrpc.notify_turns import TurnNarrator

        return TurnNarrator(self._final_item, self._error_of)


@tells(ThreadActivated)
def _activated(narrator: Narrator, thread_id: str, fact: Recorded) -> Found:
    event: ThreadActivated = fact.event  # type: ignore[assignment]
    if event.incarnation > 1:
        yield told_status(thread_id, "idle")
    elif (started := narrator.thread(thread_id)) is not None:
        yield ThreadStartedNotification(thread=started), True


@tells(ThreadRenamed)
def _renamed(narrator: Narrator, thread_id: str, fact: Recorded) -> Found:
    del narrator
    event: ThreadRenamed = fact.event  # type: ignore[assignment]
    name = render.beginning(event.name)
    yield ThreadNameUpdatedNotification(thread_id=thread_id, thread_name=name), True


@tells(ThreadConfigured)
def _configured(narrator: Narrator, thread_id: str, fact: Recorded) -> Found:
    del narrator
    event: ThreadConfigured = fact.event  # type: ignore[assignment]
    if fact.version > FIRST_CONFIGURED:
        yield settings_updated(thread_id, event.settings), False


@tells(ThreadStopped, ThreadShutdownTimedOut)
def _stopped(narrator: Narrator, thread_id: str, fact: Recorded) -> Found:
    del narrator
    yield told_status(thread_id, "notLoaded")
    if isinstance(fact.event, ThreadStopped) and fact.event.reason == IDLE:
        yield ThreadClosedNotification(thread_id=thread_id), True


@tells(ThreadArchived)
def _archived(narrator: Narrator, thread_id: str, fact: Recorded) -> Found:
    del narrator, fact
    yield ThreadArchivedNotification(thread_id=thread_id), True


@tells(ThreadUnarchived)
def _unarchived(narrator: Narrator, thread_id: str, fact: Recorded) -> Found:
    del narrator, fact
    yield ThreadUnarchivedNotification(thread_id=thread_id), True


@tells(ThreadFailed)
def _failed(narrator: Narrator, thread_id: str, fact: Recorded) -> Found:
    del narrator, fact
    yield told_status(thread_id, "systemError")


@tells(ThreadDeleted)
def _deleted(narrator: Narrator, thread_id: str, fact: Recorded) -> Found:
    del narrator, fact
    yield ThreadDeletedNotification(thread_id=thread_id), True


def _warning(thread_id: str | None, damage: Damage) -> Notification:
    from threadhost.adapters.jsonrpc.models.notices import WarningNotification

    words = f"this cannot be read or told: {damage}"
    return WarningNotification(thread_id=thread_id, message=words)
