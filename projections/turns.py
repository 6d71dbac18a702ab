"""The view of turns and items: their places in the log, never their contents."""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Damaged, Recorded, names_of
from threadhost.events.ids import thread_of
from threadhost.events.revert import ThreadReverted
from threadhost.events.store.port import Reads
from threadhost.events.turn import ErrorRecorded, ItemHead, ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections.base import Projection, Write
from threadhost.projections.table import Column, Index, Table

IN_PROGRESS = "inProgress"
_RUNNING = "SELECT thread_id FROM turns WHERE status = 'inProgress'"

TURNS = Table(
    "turns",
    (
        Column("position", "long"),
        Column("version", "long"),
        Column("thread_id", "key"),
        Column("turn_id", "key"),
        Column("status"),
        Column("started_at_ms", "long"),
        Column("completed_at_ms", "long", may_be_null=True),
        Column("end_position", "long", may_be_null=True),
        Column("error_position", "long", may_be_null=True),
        Column("root_turn_id", may_be_null=True),
    ),
    key=("thread_id", "position"),
    indices=(
        Index("turns_by_id", ("turn_id", "thread_id"), is_unique=True),
        Index("turns_running", ("thread_id",), where="status = 'inProgress'"),
    ),
    goes_with=("thread_id",),
)

ITEMS = Table(
    "items",
    (
        Column("position", "long"),
        Column("version", "long"),
        Column("thread_id", "key"),
        Column("turn_id"),
        Column("item_id"),
        Column("type"),
    ),
    key=("thread_id", "position"),
    goes_with=("thread_id",),
)

projection = Projection(TURNS, ITEMS)

NOT_ENDED = dict.fromkeys(("completed_at_ms", "end_position", "error_position"))
"""The columns that a turn's end and error set; the insertion names them, so that an end or an error
in the same append can be merged into it."""
INSERT = TURNS.insert()
INSERT_ITEM = ITEMS.insert()
"""The row of an unreadable item has only its place; readers report it there."""
FAIL = TURNS.update("error_position", of=("turn_id", "thread_id"))
ENDED = ("status", "completed_at_ms", "end_position")
COMPLETE = TURNS.update(*ENDED, of=("turn_id", "thread_id"))
CUT_OFF = TURNS.update(*ENDED, of=("thread_id",), where="status = 'inProgress'")
"""Of a turn whose end cannot be read only the fact that it ended is known."""
REVERT = TURNS.delete("thread_id", "version >=")
REVERT_ITEMS = ITEMS.delete("thread_id", "version >=")
REVERT_ONE = TURNS.delete("thread_id", "turn_id")
REVERT_ITEMS_OF_ONE = ITEMS.delete("thread_id", "turn_id")
"""The first version of the event named no version: only the turn that was reverted is known."""


@projection.on(TurnStarted)
def _turn_started(event: TurnStarted, fact: Recorded) -> Iterable[Write]:
    yield (
        INSERT,
        {
            "position": fact.position,
            "version": fact.version,
            "thread_id": thread_of(fact.stream),
            "turn_id": event.turn_id,
            "status": IN_PROGRESS,
            "started_at_ms": event.started_at_ms,
            "root_turn_id": event.root_turn_id,
            **NOT_ENDED,
        },
    )


def _item(event: ItemRecorded | ItemHead, fact: Recorded) -> Iterable[Write]:
    place = {
        "position": fact.position,
        "version": fact.version,
        "thread_id": thread_of(fact.stream),
        "turn_id": event.turn_id,
        "item_id": event.item_id,
        "type": event.type,
    }
    return ((INSERT_ITEM, place),)


projection.on(ItemRecorded)(_item)
projection.on(ItemHead)(_item)


@projection.on(ErrorRecorded)
def _error_recorded(event: ErrorRecorded, fact: Recorded) -> Iterable[Write]:
    turn = {"turn_id": event.turn_id, "thread_id": thread_of(fact.stream)}
    yield FAIL, {**turn, "error_position": fact.position}


@projection.on(TurnCompleted)
def _turn_completed(event: TurnCompleted, fact: Recorded) -> Iterable[Write]:
    yield (
        COMPLETE,
        {
            "turn_id": event.turn_id,
            "thread_id": thread_of(fact.stream),
            "status": event.outcome,
            "completed_at_ms": event.completed_at_ms,
            "end_position": fact.position,
        },
    )


@projection.on(Damaged)
def _damaged(event: Damaged, fact: Recorded) -> Iterable[Write]:
    thread_id = thread_of(fact.stream)
    if thread_id is None:
        return
    if event.kind in names_of([TurnCompleted]):
        end = {"completed_at_ms": fact.meta.recorded_at_ms, "end_position": fact.position}
        yield CUT_OFF, {"thread_id": thread_id, "status": "interrupted", **end}
    elif event.kind in names_of([ItemRecorded]):
        place = {"position": fact.position, "version": fact.version, "thread_id": thread_id}
        yield INSERT_ITEM, {**place, "turn_id": "", "item_id": "", "type": ""}


@projection.on(ThreadReverted)
def _thread_reverted(event: ThreadReverted, fact: Recorded) -> Iterable[Write]:
    thread_id = thread_of(fact.stream)
    if not event.from_version:
        yield REVERT_ONE, {"thread_id": thread_id, "turn_id": event.turn_id}
        yield REVERT_ITEMS_OF_ONE, {"thread_id": thread_id, "turn_id": event.turn_id}
        return
    yield REVERT, {"thread_id": thread_id, "version": event.from_version}
    yield REVERT_ITEMS, {"thread_id": thread_id, "version": event.from_version}


async def threads_with_running_turns(reads: Reads) -> Sequence[str]:
    """Return threads with a turn that has not ended, according to the log."""
    return [row[0] for row in await reads.rows(_RUNNING)]
