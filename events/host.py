"""A host's life: starts, stops, and what it confirms about erasure."""

from pydantic import Field

from threadhost.events.base import Event, event
from threadhost.events.empty import no_list
from threadhost.events.words import HostStopReason, Id


@event("host.started.v1")
class HostStarted(Event):
    """A process took the home."""

    version: Id
    pid: int


@event("host.stopped.v1")
class HostStopped(Event):
    """The process gave the home back, everything flushed."""

    reason: HostStopReason


@event("host.erasure_confirmed.v1")
class ErasureConfirmed(Event):
    """No byte of these deletions is left in the database files: they were checkpointed."""

    deletion_ids: list[Id] = Field(default_factory=no_list)
    up_to_position: int


@event("host.loop_stalled.v1")
class LoopStalled(Event):
    """The watchdog saw the event loop not turn for this long."""

    stalled_ms: int
