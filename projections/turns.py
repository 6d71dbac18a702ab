"""The view of turns and items: where in the log they are, never what they say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.store.database import ReadableDatabase
from threadhost.events.thread import ThreadDeleted
from threadhost.events.turn import ErrorRecorded, ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections.base import Projection, Write, metadata

IN_PROGRESS = "inProgress"

turns = Table(
    "turns",
    metadata,
    Column("position", Integer, nullable=False),
    Column("thread_id", Text, nullable=False),
    Column("turn_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at_ms", Integer, nullable=False),
    Column("completed_at_ms", Integer),
    Column("end_position", Integer),
    Column("error_position", Integer),
    PrimaryKeyConstraint("thread_id", "position"),
    Index("turns_by_id", "turn_id", unique=True),
    Index("turns_running", "thread_id", sqlite_where=text("status = 'inProgress'")),
    sqlite_with_rowid=False,
)

items = Table(
    "items",
    metadata,
    Column("position", Integer, nullable=False),
    Column("thread_id", Text, nullable=False),
    Column("turn_id", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    PrimaryKeyConstraint("thread_id", "position"),
    sqlite_with_rowid=False,
)

projection = Projection(turns, items)

INSERT = insert(turns)
INSERT_ITEM = insert(items)
_TURN = turns.c.turn_id == bindparam("of")
FAIL = update(turns).where(_TURN).values(error_position=bindparam("at"))
COMPLETE = (
    update(turns)
    .where(_TURN)
    .values(
        status=bindparam("outcome"),
        completed_at_ms=bindparam("at_ms"),
        end_position=bindparam("at"),
    )
)
DELETE = delete(turns).where(turns.c.thread_id == bindparam("of"))
DELETE_ITEMS = delete(items).where(items.c.thread_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A turn and the positions between which its items lie; `end_position` None while it runs."""

    position: int
    thread_id: str
    turn_id: str
    status: str
    started_at_ms: int
    completed_at_ms: int | None
    end_position: int | None
    error_position: int | None


@projection.on(TurnStarted)
def _(event: TurnStarted, fact: Recorded) -> Iterable[Write]:
    yield (
        INSERT,
        {
            "position": fact.position,
            "thread_id": thread_of(fact.stream),
            "turn_id": event.turn_id,
            "status": IN_PROGRESS,
            "started_at_ms": event.started_at_ms,
        },
    )


@projection.on(ItemRecorded)
def _(event: ItemRecorded, fact: Recorded) -> Iterable[Write]:
    place = {
        "position": fact.position,
        "thread_id": thread_of(fact.stream),
        "turn_id": event.turn_id,
        "item_id": event.item_id,
        "type": event.type,
    }
    return ((INSERT_ITEM, place),)


@projection.on(ErrorRecorded)
def _(event: ErrorRecorded, fact: Recorded) -> Iterable[Write]:
    yield FAIL, {"of": event.turn_id, "at": fact.position}


@projection.on(TurnCompleted)
def _(event: TurnCompleted, fact: Recorded) -> Iterable[Write]:
    yield (
        COMPLETE,
        {
            "of": event.turn_id,
            "outcome": event.outcome,
            "at_ms": event.completed_at_ms,
            "at": fact.position,
        },
    )


@projection.on(ThreadDeleted)
def _(event: ThreadDeleted, fact: Recorded) -> Iterable[Write]:
    del fact
    yield DELETE, {"of": event.thread_id}
    yield DELETE_ITEMS, {"of": event.thread_id}


_OF_THREAD = select(turns).where(turns.c.thread_id == bindparam("of")).order_by(turns.c.position)
_ITEM_POSITIONS = (
    select(items.c.position).where(items.c.thread_id == bindparam("of")).order_by(items.c.position)
)
_COUNTS = (
    select(func.count()).select_from(turns).where(turns.c.thread_id == bindparam("of")),
    select(func.count()).select_from(items).where(items.c.thread_id == bindparam("of")),
)
_RUNNING = select(turns.c.thread_id).where(text("status = 'inProgress'"))


def turns_of(database: ReadableDatabase, thread_id: str) -> Sequence[TurnRow]:
    """The turns of a thread, oldest first."""
    return [TurnRow(*row) for row in database.rows(_OF_THREAD, {"of": thread_id})]


def item_positions(database: ReadableDatabase, thread_id: str) -> Sequence[int]:
    """Where in the log the items of a thread are, oldest first."""
    return [row[0] for row in database.rows(_ITEM_POSITIONS, {"of": thread_id})]


def counts(database: ReadableDatabase, thread_id: str) -> tuple[int, int]:
    """How many turns and items a thread has."""
    found = [database.rows(query, {"of": thread_id})[0][0] for query in _COUNTS]
    return found[0], found[1]


def threads_with_running_turns(database: ReadableDatabase) -> Sequence[str]:
    """Threads with a turn that has not ended, as far as the log says."""
    return [row[0] for row in database.rows(_RUNNING)]
