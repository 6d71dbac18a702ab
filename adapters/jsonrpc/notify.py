"""Events to notifications: one table, in the order that clients know."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from threadhost.actors.runtime.passivation import IDLE
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.item import ThreadItem
from threadhost.adapters.jsonrpc.models.notices import ErrorNotification
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.adapters.jsonrpc.models.thread_notifications import (
    ThreadClosedNotification,
    ThreadDeletedNotification,
    ThreadNameUpdatedNotification,
    ThreadStartedNotification,
    ThreadStatusChangedNotification,
    ThreadTokenUsageUpdatedNotification,
)
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_error import TurnError
from threadhost.adapters.jsonrpc.models.turn_notifications import (
    AgentMessageDeltaNotification,
    ItemCompletedNotification,
    ItemStartedNotification,
    TurnCompletedNotification,
    TurnStartedNotification,
)
from threadhost.adapters.jsonrpc.models.usage import ThreadTokenUsage, TokenUsageBreakdown
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.thread import (
    ThreadActivated,
    ThreadDeleted,
    ThreadFailed,
    ThreadRenamed,
    ThreadShutdownTimedOut,
    ThreadStopped,
)
from threadhost.events.turn import (
    ErrorRecorded,
    ItemRecorded,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import Usage

Found = Iterable[tuple[Notification, bool]]
"""Notifications in order, and for each whether it goes to every connection."""


class Narrator:
    """Tells of events as notifications; keeps of a running turn what its end will repeat.

    `thread` finds a thread to show, or None; `final_item` the last message and `error` the failure
    of a turn whose events were not all told here.
    """

    def __init__(
        self,
        thread: Callable[[str], Thread | None],
        final_item: Callable[[str, str], dict[str, Any] | None] = lambda _thread, _turn: None,
        error: Callable[[str, str], ErrorRecorded | None] = lambda _thread, _turn: None,
    ) -> None:
        self._thread = thread
        self._final_item = final_item
        self._error_of = error
        self._finals: dict[str, dict[str, Any] | None] = {}
        self._errors: dict[str, TurnError] = {}

    def tell(self, fact: Recorded, cursor: int | None = None) -> list[Notice]:
        """The notifications of an event, the one that states it last.

        `cursor` replaces the event's own position for a thread that is not in the durable log.
        """
        handler = self.HANDLERS.get(type(fact.event))
        thread_id = thread_of(fact.stream)
        if handler is None or thread_id is None:
            return []
        found = list(handler(self, thread_id, fact))
        last, meta = len(found) - 1, fact.meta
        return [
            Notice(
                params,
                meta.recorded_at_ms,
                cursor if cursor is not None else fact.position - (n < last),
                None if everyone else thread_id,
                fact.kind,
                meta.correlation_id,
                is_fleeting=cursor is not None,
            )
            for n, (params, everyone) in enumerate(found)
        ]

    def _activated(self, thread_id: str, fact: Recorded) -> Found:
        event: ThreadActivated = fact.event  # type: ignore[assignment]
        if event.incarnation > 1:
            yield _status(thread_id, "idle")
        elif (started := self._thread(thread_id)) is not None:
            yield ThreadStartedNotification(thread=started), True

    def _renamed(self, thread_id: str, fact: Recorded) -> Found:
        event: ThreadRenamed = fact.event  # type: ignore[assignment]
        yield ThreadNameUpdatedNotification(thread_id=thread_id, thread_name=event.name), True

    def _stopped(self, thread_id: str, fact: Recorded) -> Found:
        yield _status(thread_id, "notLoaded")
        if isinstance(fact.event, ThreadStopped) and fact.event.reason == IDLE:
            yield ThreadClosedNotification(thread_id=thread_id), True

    def _failed(self, thread_id: str, fact: Recorded) -> Found:
        del fact
        yield _status(thread_id, "systemError")

    def _deleted(self, thread_id: str, fact: Recorded) -> Found:
        del fact
        yield ThreadDeletedNotification(thread_id=thread_id), True

    def _turn_started(self, thread_id: str, fact: Recorded) -> Found:
        event: TurnStarted = fact.event  # type: ignore[assignment]
        self._finals[event.turn_id] = None
        turn = Turn(
            id=event.turn_id,
            root_turn_id=event.turn_id,
            items_view="notLoaded",
            status="inProgress",
            started_at=event.started_at_ms // 1000,
        )
        yield _status(thread_id, "active")
        yield TurnStartedNotification(thread_id=thread_id, turn=turn), False

    def _item(self, thread_id: str, fact: Recorded) -> Found:
        event: ItemRecorded = fact.event  # type: ignore[assignment]
        turn_id, stored = event.turn_id, event.item
        started_at_ms = stored.get("startedAtMs") or fact.meta.recorded_at_ms
        completed_at_ms = stored.get("completedAtMs") or fact.meta.recorded_at_ms
        if event.type == "userMessage":
            began = render.item({**stored, "completedAtMs": None})
            yield _started(thread_id, turn_id, began, started_at_ms), False
        elif event.type == "agentMessage" and turn_id in self._finals:
            self._finals[turn_id] = stored
        completed = ItemCompletedNotification(
            item=render.item(stored),
            thread_id=thread_id,
            turn_id=turn_id,
            completed_at_ms=completed_at_ms,
        )
        yield completed, False

    def _usage(self, thread_id: str, fact: Recorded) -> Found:
        event: UsageRecorded = fact.event  # type: ignore[assignment]
        usage = ThreadTokenUsage(total=_tokens(event.total), last=_tokens(event.last))
        yield (
            ThreadTokenUsageUpdatedNotification(
                thread_id=thread_id, turn_id=event.turn_id, token_usage=usage
            ),
            False,
        )

    def _error(self, thread_id: str, fact: Recorded) -> Found:
        event: ErrorRecorded = fact.event  # type: ignore[assignment]
        error = self._errors[event.turn_id] = _turn_error(event)
        yield (
            ErrorNotification(
                error=error, will_retry=False, thread_id=thread_id, turn_id=event.turn_id
            ),
            False,
        )

    def _turn_completed(self, thread_id: str, fact: Recorded) -> Found:
        event: TurnCompleted = fact.event  # type: ignore[assignment]
        final = self._final(thread_id, event)
        turn = Turn(
            id=event.turn_id,
            root_turn_id=event.turn_id,
            items=[render.item(final)] if final else [],
            items_view="summary" if final else "notLoaded",
            status=event.outcome,
            error=self._failure(thread_id, event),
            **render.turn_ends(event.started_at_ms, event.completed_at_ms),
        )
        yield _status(thread_id, "systemError" if event.outcome == "failed" else "idle")
        yield TurnCompletedNotification(thread_id=thread_id, turn=turn), False

    def _final(self, thread_id: str, event: TurnCompleted) -> dict[str, Any] | None:
        if event.turn_id in self._finals:
            final = self._finals.pop(event.turn_id)
        else:
            final = self._final_item(thread_id, event.turn_id)
        return final if event.outcome == "completed" else None

    def _failure(self, thread_id: str, event: TurnCompleted) -> TurnError | None:
        told = self._errors.pop(event.turn_id, None)
        if told is not None or event.outcome != "failed":
            return told
        recorded = self._error_of(thread_id, event.turn_id)
        return _turn_error(recorded) if recorded else None

    HANDLERS: ClassVar[dict[type, Callable[["Narrator", str, Recorded], Found]]] = {
        ThreadActivated: _activated,
        ThreadRenamed: _renamed,
        ThreadStopped: _stopped,
        ThreadShutdownTimedOut: _stopped,
        ThreadFailed: _failed,
        ThreadDeleted: _deleted,
        TurnStarted: _turn_started,
        ItemRecorded: _item,
        UsageRecorded: _usage,
        ErrorRecorded: _error,
        TurnCompleted: _turn_completed,
    }


def item_started(thread_id: str, turn_id: str, stored: dict[str, Any]) -> Notification:
    """A streamed item began."""
    return _started(thread_id, turn_id, render.item(stored), stored["startedAtMs"])


def text_delta(thread_id: str, turn_id: str, item_id: str, text: str) -> Notification:
    """A streamed item grew."""
    return AgentMessageDeltaNotification(
        thread_id=thread_id, turn_id=turn_id, item_id=item_id, delta=text
    )


def _started(thread_id: str, turn_id: str, item: ThreadItem, started_at_ms: int) -> Notification:
    return ItemStartedNotification(
        item=item, thread_id=thread_id, turn_id=turn_id, started_at_ms=started_at_ms
    )


def _status(thread_id: str, name: str) -> tuple[Notification, bool]:
    return ThreadStatusChangedNotification(thread_id=thread_id, status=render.status(name)), True


def _turn_error(event: ErrorRecorded) -> TurnError:
    return render.turn_error(event.message, event.code, event.http_status)


def _tokens(usage: Usage) -> TokenUsageBreakdown:
    return TokenUsageBreakdown(
        total_tokens=usage.total,
        input_tokens=usage.input,
        cached_input_tokens=usage.cached_input,
        output_tokens=usage.output,
        reasoning_output_tokens=usage.reasoning_output,
    )
