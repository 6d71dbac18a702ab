"""Reads the view of turns and items: pages by position, one turn, and the places of its items."""

from collections.abc import Sequence
from typing import Any, Literal

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads, Values

FIRST, LAST = 0, 2**63 - 1
"""Bounds that include all positions."""


class TurnRow(NamedTuple):
    """A turn and the range of positions of its items; `end_position` is None while it runs."""

    position: int
    thread_id: str
    turn_id: str
    status: str
    started_at_ms: int
    completed_at_ms: int | None
    end_position: int | None
    error_position: int | None
    root_turn_id: str | None = None
    """The turn of the tree's root that led to it, if that is another turn."""

    @property
    def last_position(self) -> int:
        """No item of the turn has a higher position."""
        return LAST if self.end_position is None else self.end_position


class ItemRow(NamedTuple):
    """An item and its position in the log."""

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


class PageQuery(NamedTuple):
    """Up to `limit` rows of a thread within a span, from one end of it to the other."""

    thread_id: str
    limit: int
    descending: bool
    span: Span = EVERYTHING


Paged = Literal["turns", "items"]
_COLUMNS: dict[Paged, str] = {
    "turns": ", ".join(TurnRow._fields),
    "items": ", ".join(ItemRow._fields),
}
_PLACES_OF_ITEMS = tuple(
    "SELECT position, turn_id AS tag FROM items"  # noqa: S608  (of ours)
    " WHERE thread_id = :of AND position BETWEEN :low AND :high"
    f" ORDER BY position {way} LIMIT :most"
    for way in ("ASC", "DESC")
)
_ENDS = (
    "SELECT turn_id, min(position) FILTER (WHERE type = 'userMessage'),"
    " max(position) FILTER (WHERE type = 'agentMessage') FROM items"
    " WHERE thread_id = :of AND position BETWEEN :low AND :high GROUP BY turn_id"
)
_TURN = (
    f"SELECT {_COLUMNS['turns']} FROM turns"  # noqa: S608  (of ours)
    " WHERE turn_id = :turn AND thread_id = :thread"
)
_COUNTS = (
    "SELECT count(*) FROM turns WHERE thread_id = :of",
    "SELECT count(*) FROM items WHERE thread_id = :of",
)


async def turn_page(reads: Reads, query: PageQuery) -> list[TurnRow]:
    """Return a page of turns; one more than the limit if there are more."""
    return list(map(TurnRow._make, await _rows(reads, "turns", query)))


async def item_page(reads: Reads, query: PageQuery) -> list[ItemRow]:
    """Return a page of items; one more than the limit if there are more."""
    return list(map(ItemRow._make, await _rows(reads, "items", query)))


async def items_within(reads: Reads, thread_id: str, span: Span) -> list[ItemRow]:
    """Return all items of a thread in a span, oldest first."""
    return await item_page(reads, PageQuery(thread_id, LAST - 1, descending=False, span=span))


def places_of_items(query: PageQuery) -> tuple[str, Values]:
    """Return a query for the positions of items and their turns: for `LogReader.bodies_of`."""
    return _PLACES_OF_ITEMS[query.descending], _values(query, query.limit)


async def turn_ends(reads: Reads, thread_id: str, span: Span) -> dict[int, str]:
    """Return each turn's first user and last agent message in a span: turns by position."""
    values = {"of": thread_id, "low": span.low, "high": span.high}
    ends_at = [(at, turn) for turn, *ends in await reads.rows(_ENDS, values) for at in ends if at]
    return dict(sorted(ends_at))


async def turn_row(reads: Reads, thread_id: str, turn_id: str) -> TurnRow | None:
    """Return one turn, or None."""
    rows = await reads.rows(_TURN, {"thread": thread_id, "turn": turn_id})
    return TurnRow(*rows[0]) if rows else None


async def counts(reads: Reads, thread_id: str) -> tuple[int, int]:
    """Return how many turns and items a thread has."""
    counted = [(await reads.rows(query, {"of": thread_id}))[0][0] for query in _COUNTS]
    return counted[0], counted[1]


async def _rows(reads: Reads, table: Paged, query: PageQuery) -> Sequence[Sequence[Any]]:
    statement = _page(table, descending=query.descending)
    return await reads.rows(statement, _values(query, query.limit + 1))


def _page(table: Paged, *, descending: bool) -> str:
    return (
        f"SELECT {_COLUMNS[table]} FROM {table}"  # noqa: S608  (of ours)
        " WHERE thread_id = :of AND position BETWEEN :low AND :high"
        f" ORDER BY position {_way(descending=descending)} LIMIT :most"
    )


def _values(query: PageQuery, limit: int) -> dict[str, object]:
    span = query.span
    return {"of": query.thread_id, "low": span.low, "high": span.high, "most": limit}


def _way(*, descending: bool) -> str:
    return "DESC" if descending else "ASC"
