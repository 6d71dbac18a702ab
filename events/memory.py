"""The memory of threads: whether a thread may be remembered, the jobs that make notes, the texts.

Jobs are structural events in one stream of the log. Each text, of one thread or made of all notes,
has a stream and so a key of its own: it can be forgotten alone.
"""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.events.base import Event, StreamState, event
from threadhost.events.empty import no_list
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.part import Part
from threadhost.events.thread import Thread, evolve
from threadhost.events.words import FAILURE_CODES, Id, OneOf

MemoryMode = Literal["enabled", "disabled"]
Why = Literal["deleted", "disabled", "reset", "replaced", "crowdedOut"]
"""Why a text was dropped."""
Skip = Literal["empty", "refused", "unreadable", "externalContext"]
"""Why a thread has no note, though nothing failed."""
LOST, LATE, STOPPED, NO_TEXT, BROKEN = "lost", "late", "stopped", "noText", "broken"
JOB_FAILURES = frozenset({LOST, LATE, STOPPED, NO_TEXT, BROKEN, *FAILURE_CODES})
"""Why a job failed: its host died, its lease ran out, its host was stopped, the model said nothing,
the host has a fault; or the call of the model failed."""
CONSOLIDATION = ""
"""In place of a thread's id: the job that makes one text of all notes."""


@event("thread.memory_mode_set.v1", since="0.1", stream="thread", cause="asked")
class MemoryModeSet(Event):
    """From here on notes of the thread are allowed, or forbidden."""

    mode: MemoryMode


@event("host.memory_reset.v1", since="0.1", stream="host", cause="asked")
class MemoryReset(Event):
    """All memories were dropped; the modes of threads stay."""


class _OfJob(Event):
    """An event of a thread's job, or of the consolidation, under the job's current token."""

    thread_id: Id = CONSOLIDATION
    token: Id


@event("memory.job_claimed.v1", since="0.1", stream="memory", cause="asked")
class JobClaimed(_OfJob):
    """The host of this epoch began a job with a lease; only it may end the job.

    `source_at_ms` is the time of the last change of the thread that the note is about; `sources`
    are the notes that a consolidation uses, `thread_ids` the threads of these notes.
    """

    attempt: int
    claimed_at_ms: int
    lease_ms: int
    epoch: int = 0
    source_at_ms: int = 0
    sources: list[Id] = Field(default_factory=no_list)
    thread_ids: list[Id] = Field(default_factory=no_list)


@event("memory.job_failed.v1", since="0.1", stream="memory", cause="asked")
class JobFailed(_OfJob):
    """A job failed; it is due again at `retry_at_ms`, or given up until its source changes."""

    reason: Annotated[str, OneOf(JOB_FAILURES)]
    retry_at_ms: int = 0
    gave_up: bool = False


@event("memory.job_skipped.v1", since="0.1", stream="memory", cause="asked")
class JobSkipped(_OfJob):
    """There was nothing to note, or noting is forbidden; an older note is no longer valid."""

    reason: Skip
    tokens: int = 0


@event("memory.note_taken.v1", since="0.1", stream="memory", cause="asked")
class NoteTaken(_OfJob):
    """A note of the thread is in the stream of `text_id`, and replaces an older one.

    The model used this many `tokens` in all, as its provider counts them.
    """

    text_id: Id
    tokens: int = 0


@event("memory.consolidated.v1", since="0.1", stream="memory", cause="asked")
class Consolidated(_OfJob):
    """The memory text for later threads, made of these threads' notes, is in `text_id`'s stream."""

    text_id: Id
    thread_ids: list[Id]
    at_ms: int
    tokens: int = 0


@event("memory.forgotten.v1", since="0.1", stream="memory", cause="asked")
class MemoriesForgotten(Event):
    """The memories of these threads, or at a `reset` of all threads, were dropped.

    Jobs for them that are running are void.
    """

    why: Why
    at_ms: int
    thread_ids: list[Id] = Field(default_factory=no_list)


@event("memory.keys_destroyed.v1", since="0.1", stream="memory", cause="asked")
class MemoryKeysDestroyed(Event):
    """The keys of dropped texts were destroyed."""

    text_ids: list[Id]


@event("memory.text_written.v1", since="0.1", stream="memory", cause="asked", sealed=True)
class TextWritten(Event):
    """A note of one thread, or the text made of all notes; the only text of its stream.

    `hidden` secrets were removed from it; `is_cut`: it was shortened.
    """

    text: str
    hidden: int = 0
    is_cut: bool = False


@event("memory.text_dropped.v1", since="0.1", stream="memory", cause="asked")
class TextDropped(Event):
    """The tombstone of a text, whose key is destroyed next."""

    moves_fences = closes = True
    moves_to = StreamState.CLOSED
    text_id: Id
    why: Why


class MemoryPart(NamedTuple):
    """Whether a thread may be remembered, and may be given memories."""

    mode: MemoryMode = "enabled"


MEMORY_PART = Part("memory", MemoryPart())


@evolve.register
def _mode_set(fact: MemoryModeSet, thread: Thread) -> Thread:
    return MEMORY_PART.put(thread, MemoryPart(fact.mode))
