"""Notifications about a turn and its items, in the order in which a turn sends them."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.item import ThreadItem
from threadhost.adapters.jsonrpc.models.scalars import I64, U64
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.usage import ThreadTokenUsage
from threadhost.events.bounds import LARGE_CHARS, is_large


class _ItemNotification(Notification):
    """A notification with an item of any size."""

    repeats_event: ClassVar[bool] = True
    item: ThreadItem
    """The item as it is now."""

    @property
    def is_large(self) -> bool:
        """Whether writing it takes so long that it must not block the loop."""
        return is_large(vars(self.item).values())


class _DeltaNotification(Notification):
    """A notification with a piece of a text, of any size."""

    thread_id: str
    turn_id: str
    item_id: str
    delta: str
    """The piece, which follows the earlier ones."""

    @property
    def is_large(self) -> bool:
        """Whether writing it takes so long that it must not block the loop."""
        return len(self.delta) > LARGE_CHARS


class TurnStartedNotification(Notification):
    """A turn runs."""

    method: ClassVar[str] = "turn/started"
    thread_id: str
    turn: Turn
    """The turn, in progress and still empty."""


class ItemStartedNotification(_ItemNotification):
    """An item began; it is not complete."""

    method: ClassVar[str] = "item/started"
    thread_id: str
    turn_id: str
    started_at_ms: I64


class AgentMessageDeltaNotification(_DeltaNotification):
    """A piece of a message that the model is writing."""

    method: ClassVar[str] = "item/agentMessage/delta"


class ReasoningSummaryPartAddedNotification(Notification):
    """A further part of the summary of the model's reasoning begins."""

    method: ClassVar[str] = "item/reasoning/summaryPartAdded"
    thread_id: str
    turn_id: str
    item_id: str
    summary_index: I64
    """The number of the part, counted from 0."""


class ReasoningSummaryTextDeltaNotification(_DeltaNotification):
    """A piece of the summary of the model's reasoning."""

    method: ClassVar[str] = "item/reasoning/summaryTextDelta"
    summary_index: I64
    """The number of the part that it belongs to, counted from 0."""


class ReasoningTextDeltaNotification(_DeltaNotification):
    """A piece of the model's reasoning, if the provider shows it."""

    method: ClassVar[str] = "item/reasoning/textDelta"
    content_index: I64
    """The number of the part that it belongs to, counted from 0."""


class ItemCompletedNotification(_ItemNotification):
    """An item is complete; its contents replace those of the deltas."""

    method: ClassVar[str] = "item/completed"
    thread_id: str
    turn_id: str
    content_token_count: U64 | None = None
    """The number of tokens of its content; null if that is not known."""
    completed_at_ms: I64


class ContextCompactedNotification(Notification):
    """The history was compacted; newer clients read the item that says so."""

    method: ClassVar[str] = "thread/compacted"
    thread_id: str
    turn_id: str


class TurnCompletedNotification(Notification):
    """A turn ended: completed, interrupted or failed."""

    method: ClassVar[str] = "turn/completed"
    thread_id: str
    turn: Turn
    """The turn as it ended."""

    @property
    def is_large(self) -> bool:
        """Whether writing it takes so long that it must not block the loop."""
        return bool(self.turn.items) and is_large(self.turn.items)


class ThreadTokenUsageUpdatedNotification(Notification):
    """The tokens of a response were counted."""

    method: ClassVar[str] = "thread/tokenUsage/updated"
    thread_id: str
    turn_id: str
    token_usage: ThreadTokenUsage
    """The tokens that the thread has used."""
