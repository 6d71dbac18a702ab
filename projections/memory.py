"""The view of memory: the modes of threads, the state of their notes, and dropped texts."""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.memory import (
    JobClaimed,
    JobFailed,
    JobSkipped,
    MemoriesForgotten,
    MemoryKeysDestroyed,
    MemoryModeSet,
    NoteTaken,
    TextDropped,
)
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.projections.base import Projection, Write
from threadhost.projections.listing import IS_LISTED
from threadhost.projections.table import Column, Index, Table
from threadhost.projections.threads import THREADS

NOTES = Table(
    "memory_notes",
    (
        Column("thread_id", "key"),
        Column("state"),
        Column("source_at_ms", "long"),
        Column("attempt", "integer"),
        Column("retry_at_ms", "long"),
        Column("at_ms", "long"),
    ),
    key=("thread_id",),
    indices=(Index("memory_notes_by_retry", ("state", "retry_at_ms")),),
    goes_with=("thread_id",),
)
"""`state`: claimed, retrying, exhausted, skipped or noted."""
ERASURES = Table("memory_erasures", (Column("text_id", "key"),), key=("text_id",))
"""Dropped texts whose keys are to be destroyed."""

projection = Projection(NOTES, ERASURES)

SET_MODE = THREADS.update("memory_mode")
CLAIM = NOTES.insert()
END = NOTES.update("state", "retry_at_ms", "at_ms")
FORGET = NOTES.delete()
FORGET_ALL = NOTES.delete("at_ms <=")
DROP = ERASURES.insert()
ERASED = ERASURES.delete()


@projection.on(MemoryModeSet)
def _memory_mode_set(event: MemoryModeSet, fact: Recorded) -> Iterable[Write]:
    yield SET_MODE, {"id": thread_of(fact.stream), "memory_mode": event.mode}


@projection.on(JobClaimed)
def _job_claimed(event: JobClaimed, fact: Recorded) -> Iterable[Write]:
    if not event.thread_id:
        return
    yield FORGET, {"thread_id": event.thread_id}
    yield (
        CLAIM,
        {
            "thread_id": event.thread_id,
            "state": "claimed",
            "source_at_ms": event.source_at_ms,
            "attempt": event.attempt,
            "retry_at_ms": 0,
            "at_ms": fact.meta.recorded_at_ms,
        },
    )


@projection.on(JobFailed)
def _job_failed(event: JobFailed, fact: Recorded) -> Iterable[Write]:
    yield _ended(event, fact, "exhausted" if event.gave_up else "retrying", event.retry_at_ms)


@projection.on(JobSkipped)
def _job_skipped(event: JobSkipped, fact: Recorded) -> Iterable[Write]:
    yield _ended(event, fact, "skipped")


@projection.on(NoteTaken)
def _note_taken(event: NoteTaken, fact: Recorded) -> Iterable[Write]:
    yield _ended(event, fact, "noted")


def _ended(
    event: JobFailed | JobSkipped | NoteTaken, fact: Recorded, state: str, retry_at_ms: int = 0
) -> Write:
    at_ms = fact.meta.recorded_at_ms
    values = {"state": state, "retry_at_ms": retry_at_ms, "at_ms": at_ms}
    return END, {"thread_id": event.thread_id, **values}


@projection.on(MemoriesForgotten)
def _memories_forgotten(event: MemoriesForgotten, fact: Recorded) -> Iterable[Write]:
    """A note that was crowded out stays noted, so that it is not made again."""
    if event.why == "reset":
        yield FORGET_ALL, {"at_ms": fact.meta.recorded_at_ms}
    elif event.why != "crowdedOut":
        for thread_id in event.thread_ids:
            yield FORGET, {"thread_id": thread_id}


@projection.on(TextDropped)
def _text_dropped(event: TextDropped, fact: Recorded) -> Iterable[Write]:
    yield DROP, {"text_id": event.text_id}


@projection.on(MemoryKeysDestroyed)
def _keys_destroyed(event: MemoryKeysDestroyed, fact: Recorded) -> Iterable[Write]:
    for text_id in event.text_ids:
        yield ERASED, {"text_id": text_id}


_NEWEST = (
    "SELECT id, updated_at_ms, parent_id, memory_mode FROM threads"  # noqa: S608  (of ours)
    f" WHERE archived = :archived AND {IS_LISTED}"
    " AND updated_at_ms > :since AND updated_at_ms <= :until"
    " ORDER BY updated_at_ms DESC, id DESC LIMIT :scan"
)
_ROOTS = (
    f"SELECT id, updated_at_ms FROM ({_NEWEST}) newest WHERE parent_id IS NULL"  # noqa: S608  (ours)
    " AND (memory_mode IS NULL OR memory_mode = 'enabled')"
    " ORDER BY updated_at_ms DESC, id DESC LIMIT :most"
)
_DUE = (
    f"SELECT t.id, t.updated_at_ms FROM ({_ROOTS}) t"  # noqa: S608  (as above)
    " LEFT JOIN memory_notes n ON n.thread_id = t.id"
    " WHERE n.thread_id IS NULL OR n.state = 'claimed' OR n.source_at_ms < t.updated_at_ms"
    " OR (n.state = 'retrying' AND n.retry_at_ms <= :now)"
    " ORDER BY t.updated_at_ms DESC, t.id DESC"
)
SCAN_MAX = 4_096
"""The most threads that are searched, including agents, however many there are."""
_NEXT_RETRY = (
    "SELECT retry_at_ms FROM memory_notes WHERE state = 'retrying' AND retry_at_ms > :now"
    " ORDER BY retry_at_ms LIMIT 1"
)
_FORBIDDEN = (
    "SELECT n.thread_id FROM memory_notes n JOIN threads t ON t.id = n.thread_id"
    " WHERE t.memory_mode = 'disabled' ORDER BY n.thread_id"
)
_STATES = "SELECT state, count(*) FROM memory_notes GROUP BY state ORDER BY state"
_ERASURES = "SELECT text_id FROM memory_erasures LIMIT 1"


class DueNote(NamedTuple):
    """A root that may be due for a note, and when it last changed."""

    thread_id: str
    changed_at_ms: int


async def due_notes(
    reads: Reads, now_ms: int, since_ms: int, idle_ms: int, limit: int
) -> Sequence[DueNote]:
    """Return roots that changed after `since_ms` and are archived or idle for `idle_ms`.

    The newest come first; at most `limit` are examined. Those that were noted, given up or skipped
    since are left out.
    """
    notes: list[DueNote] = []
    for archived, until_ms in ((True, now_ms), (False, now_ms - idle_ms)):
        places = {"archived": archived, "since": since_ms, "until": until_ms, "now": now_ms}
        rows = await reads.rows(_DUE, {**places, "most": limit, "scan": SCAN_MAX})
        notes += [DueNote(*row) for row in rows]
    return sorted(notes, key=lambda note: -note.changed_at_ms)[:limit]


async def next_retry_ms(reads: Reads, now_ms: int) -> int | None:
    """Return when the next failed job of a thread is due again."""
    rows = await reads.rows(_NEXT_RETRY, {"now": now_ms})
    return rows[0][0] if rows else None


async def forbidden_notes(reads: Reads) -> Sequence[str]:
    """Return threads that have a note, or may soon have one, though their mode forbids it."""
    return [row[0] for row in await reads.rows(_FORBIDDEN)]


async def note_states(reads: Reads) -> dict[str, int]:
    """Return the number of threads by the state of their note."""
    return {row[0]: row[1] for row in await reads.rows(_STATES)}


async def has_dropped_texts(reads: Reads) -> bool:
    """Whether keys of dropped texts may still exist."""
    return bool(await reads.rows(_ERASURES))
