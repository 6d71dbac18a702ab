"""Reading the view of turns and items: pages by position, one turn, and where its items are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, Table, bindparam, func, select
from sqlalchemy import text as sql

from threadhost.events.store.database import ReadableDatabase
from threadhost.projections.turns import items, turns

FIRST, LAST = 0, 2**63 - 1
"""Bounds of positions that let all pass."""


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

    @property
    def last_position(self) -> int:
        """No item of the turn lies behind this."""
        return LAST if self.end_position is None else self.end_position


class ItemRow(NamedTuple):
    """An item and where in the log it is."""

    position: int
    thread_id: str
    turn_id: str
    item_id: str
    type: str


class Span(NamedTuple):
    """Positions from `low` to `high`, both included."""

    low: int = FIRST
    high: int = LAST


EVERYTHING = Span()


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Up to `limit` rows of a thread within a span, from one end of it to the other."""

    thread_id: str
    limit: int
    descending: bool
    span: Span = EVERYTHING


_TURN = select(turns).where(
    turns.c.turn_id == bindparam("turn"), turns.c.thread_id == bindparam("thread")
)
_COUNTS = (
    select(func.count()).select_from(turns).where(turns.c.thread_id == bindparam("of")),
    select(func.count()).select_from(items).where(items.c.thread_id == bindparam("of")),
)
_RUNNING = select(turns.c.thread_id).where(sql("status = 'inProgress'"))


def turn_page(database: ReadableDatabase, query: PageQuery) -> list[TurnRow]:
    """A page of turns; one more than the limit where there are more."""
    return [TurnRow(*row) for row in _rows(database, turns, query)]


def item_page(database: ReadableDatabase, query: PageQuery) -> list[ItemRow]:
    """A page of items; one more than the limit where there are more."""
    return [ItemRow(*row) for row in _rows(database, items, query)]


def turns_of(database: ReadableDatabase, thread_id: str) -> list[TurnRow]:
    """All turns of a thread, oldest first."""
    return turn_page(database, PageQuery(thread_id, LAST - 1, descending=False))


def items_within(database: ReadableDatabase, thread_id: str, span: Span) -> list[ItemRow]:
    """All items of a thread in a span, oldest first."""
    return item_page(database, PageQuery(thread_id, LAST - 1, descending=False, span=span))


def turn_row(database: ReadableDatabase, thread_id: str, turn_id: str) -> TurnRow | None:
    """One turn, or None."""
    rows = database.rows(_TURN, {"thread": thread_id, "turn": turn_id})
    return TurnRow(*rows[0]) if rows else None


def counts(database: ReadableDatabase, thread_id: str) -> tuple[int, int]:
    """How many turns and items a thread has."""
    found = [database.rows(query, {"of": thread_id})[0][0] for query in _COUNTS]
    return found[0], found[1]


def threads_with_running_turns(database: ReadableDatabase) -> Sequence[str]:
    """Threads with a turn that has not ended, as far as the log says."""
    return [row[0] for row in database.rows(_RUNNING)]


def _rows(database: ReadableDatabase, table: Table, query: PageQuery) -> Sequence[Sequence[Any]]:
    values = {
        "of": query.thread_id,
        "low": query.span.low,
        "high": query.span.high,
        "most": query.limit + 1,
    }
    return database.rows(_page(table, descending=query.descending), values)


@cache
def _page(table: Table, *, descending: bool) -> Select[*tuple[Any, ...]]:
    position = table.c.position
    within = position.between(bindparam("low"), bindparam("high"))
    order = position.desc() if descending else position.asc()
    of_thread = table.c.thread_id == bindparam("of")
    return (
        select(table)
        .where(of_thread, within)
        .order_by(order)
        .limit(bindparam("most", type_=Integer))
    )
