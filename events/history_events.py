"""The types of events that make a thread's history, and those that say where it begins."""

from collections.abc import Iterable

from threadhost.events.agent import AgentContextGiven
from threadhost.events.base import Event, Gap
from threadhost.events.compaction import CompactionFailed, CompactionRequested, HistoryCompacted
from threadhost.events.goal import GoalContextGiven
from threadhost.events.host_tool import HostToolAnswered
from threadhost.events.imported import ThreadImported
from threadhost.events.injection import ItemsInjected
from threadhost.events.picture import PicturesRead
from threadhost.events.revert import ThreadReverted
from threadhost.events.tool import UserAnswered
from threadhost.events.turn import (
    ItemRecorded,
    ModelRequested,
    OutputRecorded,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
)

TYPES: tuple[type[Event], ...] = (
    AgentContextGiven,
    CompactionFailed,
    CompactionRequested,
    GoalContextGiven,
    HistoryCompacted,
    HostToolAnswered,
    ItemRecorded,
    ItemsInjected,
    ModelRequested,
    OutputRecorded,
    PicturesRead,
    ThreadImported,
    ThreadReverted,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
    UserAnswered,
)
"""The event types that change a history; a stream's others need not be read for it."""

_CHANGING: frozenset[type] = frozenset(TYPES)

LANDMARKS: tuple[type[Event], ...] = (CompactionRequested, HistoryCompacted, ThreadReverted)
"""The event types that say where in a stream its history begins."""


def is_changed_by(events: Iterable[Event | Gap]) -> bool:
    """Whether a history can be another one after these events."""
    return not _CHANGING.isdisjoint(map(type, events))
