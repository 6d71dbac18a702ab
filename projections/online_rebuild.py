"""Rebuilds the views of a running host beside the old ones, which are replaced in one transaction.

The log is applied to empty views in memory, in steps, while the host works. Then both are compared
at one moment. Rows that are equal stay equal, because the same handlers change them, so the last
transaction only has to replace the rows that differ, however long the log is.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Any

from threadhost.events.failpoints import reach
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.projections import rules
from threadhost.projections.base import Views
from threadhost.projections.rebuild import ViewReplay
from threadhost.projections.table import Table

ROWS_A_LOOK = 1_000
LEFT_EVENTS = 2_000
"""So few remaining events are applied in one go: a log that keeps growing has no end."""
REST = 1
"""The rest after a step, as a multiple of its duration: others use the processor, too."""
BROKEN = "\ufffd"
"""Stands in a text of the tables for bytes that are not text."""
Key = tuple[object, ...]
Tell = Callable[[int, int], None]
"""Is called with the number of applied events, and of all events."""


class RebuildResult(NamedTuple):
    """How many events the views were made from, and how many rows changed, by table."""

    events: int
    changed: Mapping[str, int]


class Differences(NamedTuple):
    """Keys of rows that are wrong, by table; None: any row may be."""

    keys: Mapping[str, set[Key] | None]
    are_made_otherwise: bool
    """Whether the tables themselves are defined differently."""


class OnlineRebuild:
    """One rebuild of the views of a durable log."""

    def __init__(self, log: Log, views: Views) -> None:
        self._log = log
        self._views = views
        self._replay = ViewReplay(log, views)
        self._fresh = log.scratch()
        self._tables = [table for table in views.described if table.of_events]
        self._is_over = False

    async def run(self, tell: Tell) -> RebuildResult:
        """Rebuild the views; readers see the old ones until it returns, and keep them if it fails.

        Raises LookupError for a log in memory, or StoreError.
        """
        try:
            with self._fresh.transaction() as fresh:
                self._views.create(fresh)
            while self._log.position - self._replay.after > LEFT_EVENTS:
                await self._rested(self._step)
                tell(self._replay.after, max(self._replay.after, self._log.position))
            differences = await asyncio.to_thread(self._compare)
            changed = await self._log.transact(lambda tx: self._replace(tx, differences))
        finally:
            self._is_over = True
            asyncio.get_running_loop().run_in_executor(None, self._fresh.close)  # a step may go on
        self._replay.log_skipped_events()
        tell(self._replay.after, self._replay.after)
        await self._log.checkpoint()
        return RebuildResult(self._replay.count, changed)

    async def _rested(self, step: Callable[[], object]) -> None:
        began_s = monotonic()
        await asyncio.to_thread(step)
        await asyncio.sleep(REST * (monotonic() - began_s))

    def _step(self) -> None:
        with self._fresh.transaction() as fresh, self._log.moment() as moment:
            self._replay.take_page(moment, fresh)
        reach("views.filled")

    def _compare(self) -> Differences:
        """Return where the views differ from the fresh ones, both at one moment."""
        with self._fresh.transaction() as fresh, self._log.moment() as moment:
            while self._replay.take_page(moment, fresh):
                continue
            differences = self._differences(moment, fresh)
        reach("views.compared")
        return differences

    def _differences(self, moment: Tx, fresh: Tx) -> Differences:
        statements = moment.made_of()
        if any(statements.get(name) != statement for name, statement in fresh.made_of().items()):
            return Differences({table.name: None for table in self._tables}, True)
        keys = {table.name: self._differing(table, moment, fresh) for table in self._tables}
        return Differences(keys, False)

    def _differing(self, table: Table, moment: Tx, fresh: Tx) -> set[Key] | None:
        """Return the keys of rows that only one side has. Raises CancelledError after the run."""
        keys: set[Key] = set()
        for due, stored in _pages(table, moment, fresh):
            reach("views.looked_at")
            if self._is_over:
                raise asyncio.CancelledError
            if due != stored:
                keys.update(_key_of(table, row) for row in set(due) ^ set(stored))
        return keys if all(map(_is_plain, keys)) else None

    def _replace(self, tx: Tx, differences: Differences) -> Mapping[str, int]:
        """Apply the newest events, then replace the rows that differ."""
        changed: Counter[str] = Counter()
        with self._fresh.transaction() as fresh:
            while self._replay.take_page(tx, fresh):
                continue
            if differences.are_made_otherwise:
                self._views.recreate(tx)
            for table in self._tables:
                changed[table.name] = _replace_rows(table, tx, fresh, differences.keys[table.name])
        if differences.are_made_otherwise or any(changed[table] for table in self._views.private):
            tx.must_erase()
        rules.write_down(tx, self._views.rules)
        reach("views.replaced")
        return {name: count for name, count in changed.items() if count}


def _pages(table: Table, moment: Tx, fresh: Tx) -> Iterator[tuple[list[Any], list[Any]]]:
    """Yield the same ranges of both tables in turn; the last one has all remaining rows."""
    key, columns = ", ".join(table.key), ", ".join(column.name for column in table.columns)
    marks = ", ".join("?" * len(table.key))
    rows = f"SELECT {columns} FROM {table.name}"  # noqa: S608  (names of ours)
    behind, up_to = f"({key}) > ({marks})", f"({key}) <= ({marks})"
    order = f" ORDER BY {key}"
    after: Key = ()
    while True:
        where = f" WHERE {behind}" if after else ""
        due = _listed(fresh.run(f"{rows}{where}{order} LIMIT {ROWS_A_LOOK}", after))
        if not due:
            yield due, _listed(moment.run(f"{rows}{where}{order}", after))
            return
        last = _key_of(table, due[-1])
        between = f" WHERE {behind} AND {up_to}" if after else f" WHERE {up_to}"
        yield due, _listed(moment.run(f"{rows}{between}{order}", (*after, *last)))
        after = last


def _replace_rows(table: Table, tx: Tx, fresh: Tx, keys: set[Key] | None) -> int:
    """Replace the rows of these keys, or all; returns the larger of the counts before and after."""
    columns = ", ".join(column.name for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    insert = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608  (names of ours)
    rows = f"SELECT {columns} FROM {table.name}"  # noqa: S608  (likewise)
    count = len(keys or ())
    if keys is None:
        ((count,),) = tx.run(f"SELECT count(*) FROM {table.name}")  # noqa: S608  (likewise)
        tx.run(f"DELETE FROM {table.name}")  # noqa: S608  (likewise)
        rows_now = fresh.run(rows)
    else:
        where = " AND ".join(f"{column} = ?" for column in table.key)
        for key in keys:
            tx.run(f"DELETE FROM {table.name} WHERE {where}", key)  # noqa: S608  (likewise)
        rows_now = [row for key in keys for row in fresh.run(f"{rows} WHERE {where}", key)]
    for row in rows_now:
        tx.run(insert, row)
    return max(count, len(rows_now))


def _key_of(table: Table, row: Sequence[Any]) -> Key:
    names = [column.name for column in table.columns]
    return tuple(row[names.index(name)] for name in table.key)


def _is_plain(key: Key) -> bool:
    """Whether a row can be found by this key: damage may have made that impossible."""
    return all(type(v) is int or (type(v) is str and BROKEN not in v) for v in key)


def _listed(rows: Sequence[Sequence[Any]]) -> list[Any]:
    return list(map(tuple, rows))
