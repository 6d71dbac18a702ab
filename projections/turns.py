"""The view of turns and items: where in the log they are, never what they say."""

from collections.abc import Iterable

from sqlalchemy import (
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    insert,
    update,
)
from sqlalchemy import text as sql

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
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
    Index("turns_by_id", "turn_id", "thread_id", unique=True),
    Index("turns_running", "thread_id", sqlite_where=sql("status = 'inProgress'")),
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
_TURN = and_(turns.c.turn_id == bindparam("of"), turns.c.thread_id == bindparam("in_thread"))
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
    place = {"of": event.turn_id, "in_thread": thread_of(fact.stream), "at": fact.position}
    yield FAIL, place


@projection.on(TurnCompleted)
def _(event: TurnCompleted, fact: Recorded) -> Iterable[Write]:
    yield (
        COMPLETE,
        {
            "of": event.turn_id,
            "in_thread": thread_of(fact.stream),
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
