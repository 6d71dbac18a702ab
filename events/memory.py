"""Whether memories are made of threads, and when all were thrown away: the events."""

from typing import Literal

from threadhost.events.base import Event, event

MemoryMode = Literal["enabled", "disabled"]


@event("thread.memory_mode_set.v1", since="0.1", stream="thread", cause="asked")
class MemoryModeSet(Event):
    """Memories may be made of the thread from here on, or may not."""

    mode: MemoryMode


@event("host.memory_reset.v1", since="0.1", stream="host", cause="asked")
class MemoryReset(Event):
    """All memories were thrown away; the modes of threads stay."""
