"""Rebuilds the views from the log, and lists their rows for comparison."""

from collections.abc import Sequence
from functools import partial

from threadhost.events.base import Recorded, StreamState
from threadhost.events.damage import Damage, DamageReport
from threadhost.events.gap_repair import repair_start, repair_tombstone, start_repair_positions
from threadhost.events.operator_log_store import LOG_DAMAGED, VIEWS_REMADE
from threadhost.events.store.log import Log
from threadhost.events.store.log_reader import LogReader
from threadhost.events.store.port import Reads, Tx
from threadhost.events.words import pluralize
from threadhost.projections.base import Views
from threadhost.projections.rules import are_current, write_down

PAGE_EVENTS = 1000
PAGE_BYTES = 16 * 1024 * 1024


async def rebuild(log: Log, views: Views) -> int:
    """Empty the views and apply the whole log, in one transaction; returns the events read.

    Readers see the old views until it commits. Events that are damaged, or do not fit into the
    views, are skipped and named in the log of the host.
    """
    return await log.transact(lambda tx: rebuild_within(tx, log, views))


def rebuild_within(tx: Tx, log: LogReader, views: Views) -> int:
    """Empty the views of a transaction and apply the whole log; returns the events read."""
    views.clear(tx)
    replay = ViewReplay(log, views)
    while replay.take_page(tx, tx):
        continue
    replay.log_skipped_events()
    write_down(tx, views.rules)
    return replay.count


class ViewReplay:
    """Applies a log to empty views, a page at a time, also from one database to another."""

    def __init__(self, log: LogReader, views: Views) -> None:
        self._log = log
        self._views = views
        self._damages = DamageReport()
        self.after = 0
        """The position up to which everything is applied."""
        self.count = 0

    def take_page(self, source: Tx, target: Tx) -> bool:
        """Apply the next events of `source`; returns whether there were any."""
        page = _page(source, self._log, self.after)
        if not page:
            return False

        def is_closed(stream: str) -> bool:
            head = source.heads((stream,)).get(stream)
            return head is not None and head.state is StreamState.CLOSED

        noted = (_with_damage_noted(fact, source, self._log) for fact in self._damages.noted(page))
        facts = [repair_tombstone(fact, is_closed) for fact in noted]
        _apply(target, self._views, facts, self._damages)
        self.after, self.count = page[-1].position, self.count + len(page)
        return True

    def log_skipped_events(self) -> None:
        """Name the skipped events in the log of the host."""
        if self._damages:
            without = pluralize(self._damages.count, "event")
            LOG_DAMAGED.emit(finding=f"the views are made without {without}: {self._damages}")


def _page(tx: Tx, log: LogReader, after: int) -> list[Recorded]:
    return log.opened(log.fitting(tx.rows(after, PAGE_EVENTS, PAGE_BYTES), PAGE_BYTES))


def _with_damage_noted(fact: Recorded, tx: Tx, log: LogReader) -> Recorded:
    """Return the fact; an unreadable start is rebuilt from the two events before it."""
    positions = start_repair_positions(fact)
    if not positions:
        return fact
    rows = tx.rows(min(positions) - 1, len(positions))
    return repair_start(fact, log.opened(row for row in rows if row.position in positions))


def _apply(tx: Tx, views: Views, facts: Sequence[Recorded], damages: DamageReport) -> None:
    if not isinstance(tx.attempt(lambda: views.apply(tx, facts)), Exception):
        return
    for fact in facts:
        error = tx.attempt(partial(views.apply, tx, [fact]))
        if isinstance(error, Exception):
            damages.add(Damage.of(fact, f"the views cannot show it: {type(error).__name__}"))


async def bring_up_to_date(log: Log, views: Views) -> None:
    """Rebuild the views if another version of this software made them."""
    if not await are_current(log.reads, views.rules):
        count = await rebuild(log, views)
        VIEWS_REMADE.emit(count=count)


async def dump(reads: Reads, views: Views) -> list[str]:
    """Return all rows of all views as lines, in an order that depends only on their content."""
    lines: list[str] = []
    for table in sorted(views.tables):
        rows = await reads.rows(f"SELECT * FROM {table}")  # noqa: S608  (names of ours)
        lines += sorted(f"{table} {row!r}" for row in rows)
    return lines
