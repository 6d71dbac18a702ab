"""Notifications about a turn and its items, in the order a turn sends them."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.item import ThreadItem
from threadhost.adapters.jsonrpc.models.scalars import I64, U64
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.usage import ThreadTokenUsage


class TurnStartedNotification(Notification):
    """A turn runs."""

    method: ClassVar[str] = "turn/started"
    thread_id: str
    turn: Turn


class ItemStartedNotification(Notification):
    """An item began; it is still incomplete."""

    method: ClassVar[str] = "item/started"
    item: ThreadItem
    thread_id: str
    turn_id: str
    started_at_ms: I64


class AgentMessageDeltaNotification(Notification):
    """A piece of a message that the model is writing."""

    method: ClassVar[str] = "item/agentMessage/delta"
    thread_id: str
    turn_id: str
    item_id: str
    delta: str


class ReasoningSummaryPartAddedNotification(Notification):
    """A further part of the summary of what a model thinks begins."""

    method: ClassVar[str] = "item/reasoning/summaryPartAdded"
    thread_id: str
    turn_id: str
    item_id: str
    summary_index: I64


class ReasoningSummaryTextDeltaNotification(Notification):
    """A piece of the summary of what a model thinks."""

    method: ClassVar[str] = "item/reasoning/summaryTextDelta"
    thread_id: str
    turn_id: str
    item_id: str
    delta: str
    summary_index: I64


class ReasoningTextDeltaNotification(Notification):
    """A piece of what a model thinks, where its provider shows that."""

    method: ClassVar[str] = "item/reasoning/textDelta"
    thread_id: str
    turn_id: str
    item_id: str
    delta: str
    content_index: I64


class ItemCompletedNotification(Notification):
    """An item is whole; what it says now counts, whatever the deltas were."""

    method: ClassVar[str] = "item/completed"
    item: ThreadItem
    thread_id: str
    turn_id: str
    content_token_count: U64 | None = None
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


class ThreadTokenUsageUpdatedNotification(Notification):
    """A response was counted."""

    method: ClassVar[str] = "thread/tokenUsage/updated"
    thread_id: str
    turn_id: str
    token_usage: ThreadTokenUsage
