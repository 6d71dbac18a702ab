"""Notifications of turns and items, in the order that clients expect; imported at first use."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from threadhost.actors.runtime.threads import WAITING
from threadhost.adapters.jsonrpc import item_rendering, render
from threadhost.adapters.jsonrpc.event_handlers import (
    Addressed,
    Source,
    Window,
    handles,
    status_changed,
)
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.item import ThreadItem
from threadhost.adapters.jsonrpc.models.notices import ErrorNotification, WarningNotification
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_error import TurnError
from threadhost.adapters.jsonrpc.models.turn_notifications import (
    AgentMessageDeltaNotification,
    ContextCompactedNotification,
    ItemCompletedNotification,
    ItemStartedNotification,
    ReasoningSummaryPartAddedNotification,
    ReasoningSummaryTextDeltaNotification,
    ReasoningTextDeltaNotification,
    ThreadTokenUsageUpdatedNotification,
    TurnCompletedNotification,
    TurnStartedNotification,
)
from threadhost.adapters.jsonrpc.models.usage import ThreadTokenUsage, TokenUsageBreakdown
from threadhost.adapters.live_items import LiveItem, Part
from threadhost.events.base import Event, Recorded
from threadhost.events.compaction import HistoryCompacted
from threadhost.events.elicitation import ElicitationAnswered, ElicitationAsked
from threadhost.events.host_tool import HostToolCalled
from threadhost.events.ids import thread_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.retry import RetryScheduled
from threadhost.events.tool import ToolCalled, UserAnswered, UserAsked
from threadhost.events.turn import (
    ErrorRecorded,
    ItemRecorded,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import Usage
from threadhost.events.warning import TurnWarned
from threadhost.events.words import HOST_RESTARTED

TOLD_WHOLE = ("userMessage", "subAgentActivity")
"""Types of items whose start is notified together with their end."""


class _Read(NamedTuple):
    """What was read from the log of a turn whose start this notifier did not have."""

    item: dict[str, Any] | None = None
    error: ErrorRecorded | None = None


NOTHING = _Read()


class _Waiting(NamedTuple):
    """What a turn waits for: the calls that asked the user, and elicitations by their id."""

    for_input: set[str]
    for_approval: set[str]

    @property
    def status(self) -> str:
        return WAITING[bool(self.for_approval), bool(self.for_input)]


class TurnNotifier:
    """Turns events of turns into notifications; keeps what the end of a running turn repeats."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._finals: dict[str, ThreadItem | None] = {}
        self._errors: dict[str, TurnError] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._read: dict[str, _Read] = {}

    def tells(self, turn_id: str) -> bool:
        """Whether this notifier had the start of this turn, and not its end."""
        return turn_id in self._finals

    async def read(self, fact: Recorded, event: TurnCompleted, source: Source) -> None:
        """Read what the end of a turn repeats, if this notifier did not have the turn's start."""
        thread_id, item, error = thread_of(fact.stream) or "", None, None
        if event.outcome == "completed":
            item = await source.final_item(thread_id, event.turn_id)
        elif event.outcome == "failed":
            error = await source.error(thread_id, event.turn_id)
        self._read[event.turn_id] = _Read(item, error)

    def _turn_started(self, thread_id: str, fact: Recorded) -> Addressed:
        event: TurnStarted = fact.event  # type: ignore[assignment]
        self._finals[event.turn_id] = None
        turn = Turn(
            id=event.turn_id,
            root_turn_id=event.root_turn_id or event.turn_id,
            items_view="notLoaded",
            status="inProgress",
            started_at=render.seconds(event.started_at_ms),
        )
        yield status_changed(thread_id, "active")
        yield TurnStartedNotification(thread_id=thread_id, turn=turn), False

    def _item(self, thread_id: str, fact: Recorded) -> Addressed:
        event: ItemRecorded = fact.event  # type: ignore[assignment]
        turn_id, item, at_ms = (
            event.turn_id,
            item_rendering.item(event.item),
            fact.meta.recorded_at_ms,
        )
        if event.type in TOLD_WHOLE:
            began = item.model_copy(update={"completed_at_ms": None})
            yield _started(thread_id, turn_id, began, item.started_at_ms or at_ms), False
        elif event.type == "agentMessage" and turn_id in self._finals:
            self._finals[turn_id] = item
        completed = ItemCompletedNotification(
            item=item,
            thread_id=thread_id,
            turn_id=turn_id,
            completed_at_ms=item.completed_at_ms or at_ms,
        )
        yield completed, False

    def _tool_called(self, thread_id: str, fact: Recorded) -> Addressed:
        event: ToolCalled = fact.event  # type: ignore[assignment]
        item, called_at_ms = item_rendering.item(event.item), render.count(event.called_at_ms)
        yield _started(thread_id, event.turn_id, item, called_at_ms), False

    def _host_tool_called(self, thread_id: str, fact: Recorded) -> Addressed:
        event: HostToolCalled = fact.event  # type: ignore[assignment]
        if event.item is not None:
            item, called_at_ms = item_rendering.item(event.item), render.count(event.called_at_ms)
            yield _started(thread_id, event.turn_id, item, called_at_ms), False

    def _user_asked(self, thread_id: str, fact: Recorded) -> Addressed:
        event: UserAsked = fact.event  # type: ignore[assignment]
        waiting = self._waiting.setdefault(event.turn_id, _Waiting(set(), set()))
        waiting.for_input.add(event.call_id)
        if len(waiting.for_input) == 1:
            yield status_changed(thread_id, waiting.status)

    def _user_answered(self, thread_id: str, fact: Recorded) -> Addressed:
        event: UserAnswered = fact.event  # type: ignore[assignment]
        waiting = self._waiting.get(event.turn_id, _Waiting(set(), set()))
        waiting.for_input.discard(event.call_id)
        if not waiting.for_input and not event.abandoned:
            yield status_changed(thread_id, waiting.status)

    def _elicitation_asked(self, thread_id: str, fact: Recorded) -> Addressed:
        event: ElicitationAsked = fact.event  # type: ignore[assignment]
        waiting = self._waiting.setdefault(event.turn_id, _Waiting(set(), set()))
        waiting.for_approval.add(event.elicitation_id)
        if len(waiting.for_approval) == 1:
            yield status_changed(thread_id, waiting.status)

    def _elicitation_answered(self, thread_id: str, fact: Recorded) -> Addressed:
        event: ElicitationAnswered = fact.event  # type: ignore[assignment]
        if event.request is not None:
            return  # the user was not asked
        waiting = self._waiting.get(event.turn_id, _Waiting(set(), set()))
        waiting.for_approval.discard(event.elicitation_id)
        if not waiting.for_approval and event.outcome != "abandoned":
            yield status_changed(thread_id, waiting.status)

    def _compacted(self, thread_id: str, fact: Recorded) -> Addressed:
        event: HistoryCompacted = fact.event  # type: ignore[assignment]
        yield ContextCompactedNotification(thread_id=thread_id, turn_id=event.turn_id), False

    def _usage(self, thread_id: str, fact: Recorded) -> Addressed:
        event: UsageRecorded = fact.event  # type: ignore[assignment]
        window = self._window(thread_id)
        yield token_usage(thread_id, event.turn_id, event.last, event.total, window), False

    def _error(self, thread_id: str, fact: Recorded) -> Addressed:
        event: ErrorRecorded = fact.event  # type: ignore[assignment]
        error = self._errors[event.turn_id] = _turn_error(event)
        yield _failed(thread_id, event.turn_id, error, will_retry=False), False

    def _retry_scheduled(self, thread_id: str, fact: Recorded) -> Addressed:
        event: RetryScheduled = fact.event  # type: ignore[assignment]
        yield _failed(thread_id, event.turn_id, _turn_error(event), will_retry=True), False

    def _warned(self, thread_id: str, fact: Recorded) -> Addressed:
        event: TurnWarned = fact.event  # type: ignore[assignment]
        yield WarningNotification(thread_id=thread_id, message=event.message), False

    def _turn_completed(self, thread_id: str, fact: Recorded) -> Addressed:
        event: TurnCompleted = fact.event  # type: ignore[assignment]
        self._waiting.pop(event.turn_id, None)
        read = self._read.pop(event.turn_id, NOTHING)
        final = self._final(event, read)
        turn = Turn(
            id=event.turn_id,
            root_turn_id=event.root_turn_id or event.turn_id,
            items=[final] if final else [],
            items_view="summary" if final else "notLoaded",
            status=event.outcome,
            error=self._failure(event, read),
            **render.turn_ends(event.started_at_ms, event.completed_at_ms),
        )
        yield status_changed(thread_id, _status_after(event))
        yield TurnCompletedNotification(thread_id=thread_id, turn=turn), False

    def _final(self, event: TurnCompleted, read: "_Read") -> ThreadItem | None:
        """The last message of the turn; None if there is none, or it cannot be shown."""
        if event.turn_id in self._finals:
            final = self._finals.pop(event.turn_id)
            return final if event.outcome == "completed" else None
        if read.item is None:
            return None
        try:
            return item_rendering.item(read.item)
        except item_rendering.Unrenderable:
            return None

    def _failure(self, event: TurnCompleted, read: "_Read") -> TurnError | None:
        error = self._errors.pop(event.turn_id, None)
        if error is not None or event.outcome != "failed":
            return error
        return _turn_error(read.error) if read.error else None

    HANDLERS: ClassVar[dict[type[Event], Callable[["TurnNotifier", str, Recorded], Addressed]]] = {
        TurnStarted: _turn_started,
        ItemRecorded: _item,
        ToolCalled: _tool_called,
        HostToolCalled: _host_tool_called,
        UserAsked: _user_asked,
        UserAnswered: _user_answered,
        ElicitationAsked: _elicitation_asked,
        ElicitationAnswered: _elicitation_answered,
        HistoryCompacted: _compacted,
        UsageRecorded: _usage,
        ErrorRecorded: _error,
        RetryScheduled: _retry_scheduled,
        TurnWarned: _warned,
        TurnCompleted: _turn_completed,
    }


WAITS = (UserAsked, UserAnswered, ElicitationAsked, ElicitationAnswered)
"""Events whose notification of the thread's status depends on earlier events."""
FOR_FOLLOWERS = frozenset(
    event_type.kind
    for event_type in (
        *(ItemRecorded, ToolCalled, HostToolCalled),
        *(HistoryCompacted, UsageRecorded, RetryScheduled, TurnWarned),
    )
)
"""Types notified to the thread's followers alone; no notification for everyone needs them."""


def _declare(
    type_: type[Event], handler: Callable[[TurnNotifier, str, Recorded], Addressed]
) -> None:
    handles(type_)(lambda notifier, thread_id, fact: handler(notifier.turns, thread_id, fact))


for _type, _handler in TurnNotifier.HANDLERS.items():
    _declare(_type, _handler)


def token_usage(
    thread_id: str, turn_id: str, last: Usage, total: Usage, window: int | None
) -> Notification:
    """The tokens of a thread's newest response and of all responses, with the context window."""
    usage = ThreadTokenUsage(total=_tokens(total), last=_tokens(last), model_context_window=window)
    return ThreadTokenUsageUpdatedNotification(
        thread_id=thread_id, turn_id=turn_id, token_usage=usage
    )


def item_started(thread_id: str, turn_id: str, stored: dict[str, Any]) -> Notification:
    """The start of a streamed item."""
    return _started(thread_id, turn_id, item_rendering.item(stored), stored["startedAtMs"])


def text_delta(thread_id: str, turn_id: str, item_id: str, text: str) -> Notification:
    """New text of a streamed item."""
    return AgentMessageDeltaNotification(
        thread_id=thread_id, turn_id=turn_id, item_id=item_id, delta=text
    )


def reasoning_delta(
    thread_id: str, turn_id: str, item_id: str, part: Part, text: str
) -> Notification:
    """New text of a streamed thought or its summary."""
    of_summary, number = part
    fields = {"thread_id": thread_id, "turn_id": turn_id, "item_id": item_id, "delta": text}
    if of_summary:
        return ReasoningSummaryTextDeltaNotification(**fields, summary_index=number)
    return ReasoningTextDeltaNotification(**fields, content_index=number)


def summary_part(thread_id: str, turn_id: str, item_id: str, number: int) -> Notification:
    """The start of a further part of a thought's summary."""
    return ReasoningSummaryPartAddedNotification(
        thread_id=thread_id, turn_id=turn_id, item_id=item_id, summary_index=number
    )


def item_completed(thread_id: str, turn_id: str, stored: dict[str, Any]) -> Notification:
    """The end of an item."""
    return ItemCompletedNotification(
        item=item_rendering.item(stored),
        thread_id=thread_id,
        turn_id=turn_id,
        completed_at_ms=stored["completedAtMs"],
    )


def so_far(live: LiveItem) -> Iterator[Notification]:
    """The start and the text so far of a live item, for a client that joins."""
    ids = live.thread_id, live.turn_id
    yield item_started(*ids, live.item)
    for part, text in live.deltas():
        if live.item["type"] == "agentMessage":
            yield text_delta(*ids, live.item["id"], text)
            continue
        if part[0]:
            yield summary_part(*ids, live.item["id"], part[1])
        yield reasoning_delta(*ids, live.item["id"], part, text)


def _status_after(event: TurnCompleted) -> str:
    """The thread's status after a turn; after a restart of the host it is not loaded yet."""
    if event.reason == HOST_RESTARTED:
        return "notLoaded"
    return "systemError" if event.outcome == "failed" else "idle"


def _started(thread_id: str, turn_id: str, item: ThreadItem, started_at_ms: int) -> Notification:
    return ItemStartedNotification(
        item=item, thread_id=thread_id, turn_id=turn_id, started_at_ms=started_at_ms
    )


def _failed(thread_id: str, turn_id: str, error: TurnError, *, will_retry: bool) -> Notification:
    return ErrorNotification(
        error=error, will_retry=will_retry, thread_id=thread_id, turn_id=turn_id
    )


def _turn_error(event: ErrorRecorded | RetryScheduled) -> TurnError:
    return render.turn_error(event.message, event.code, event.http_status, event.details)


def _tokens(usage: Usage) -> TokenUsageBreakdown:
    return TokenUsageBreakdown(
        total_tokens=render.count(usage.total),
        input_tokens=render.count(usage.input),
        cached_input_tokens=render.count(usage.cached_input),
        output_tokens=render.count(usage.output),
        reasoning_output_tokens=render.count(usage.reasoning_output),
    )
