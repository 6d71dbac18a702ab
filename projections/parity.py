"""Compares views with the log: a fresh fold of its events beside the stored tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from threadhost.events.base import Damaged, Recorded
from threadhost.events.damage import printable
from threadhost.events.ids import thread_of
from threadhost.events.store.errors import StoreUnreadable
from threadhost.events.store.findings import About, Finding
from threadhost.events.store.sqlite.database import Database, Transaction
from threadhost.events.store.sqlite.faults import translate_unreadable
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.events.store.sqlite.tables import made_by
from threadhost.events.store.sqlite.tx import SqliteTx
from threadhost.events.words import pluralize
from threadhost.projections import rules
from threadhost.projections.base import Views

PAGE_EVENTS = 1000
Made = Mapping[tuple[str, str], str | None]


def are_of_this_version(rows: RawRows, views: Views) -> bool:
    """Whether the views of a database were made by the rules of this version."""
    try:
        with translate_unreadable():
            return rows.all(rules.MADE_BY) == [(views.rules,)]
    except StoreUnreadable:
        return False


def made_otherwise(stored: Made, views: Views) -> Iterator[Finding]:
    """Find tables of views that are defined differently, and anything foreign in the database."""
    expected = made_by((rules.TABLE, *views.statements))
    for kind, name in sorted(stored.keys() | expected.keys()):
        if (kind, name) not in expected:
            reason = f"there is a {kind} {name}, which no host makes"
        elif (kind, name) not in stored:
            reason = f"the {kind} {name} is missing"
        elif stored[kind, name] != expected[kind, name]:
            reason = f"the {kind} {name} is not as it was made"
        else:
            continue
        yield Finding(None, None, About.VIEW, reason)


class Parity:
    """The views of a log folded anew, for comparison with those in its database."""

    def __init__(self, log: ReadOnlyLog, views: Views) -> None:
        self._log = log
        self._views = views
        self._fresh = Database(None)
        self._unread: set[str] = set()
        """Threads with an unreadable event: their correct rows are unknown."""

    def findings(self) -> list[Finding]:
        """Return the views that differ from the log, with the number of differing rows.

        Raises StoreUnreadable.
        """
        rows = RawRows(self._log.database)
        try:
            fresh_tx = SqliteTx(self._fresh.writer)
            with Transaction(self._fresh, fresh_tx) as tx, translate_unreadable():
                self._views.create(tx)
                after = self._fold(tx, 0)
                with rows.at_once():
                    self._fold(tx, after)
                    return [f for table in self._views.tables for f in self._compare(rows, table)]
        finally:
            self._fresh.close()

    def _fold(self, tx: SqliteTx, after: int) -> int:
        """Apply all events after a position to the fresh views; returns the newest position."""
        kinds = self._views.kinds
        while page := self._log.rows.of_log(after, PAGE_EVENTS, kinds=kinds):
            self._views.apply(tx, list(self._readable(page)))
            after = page[-1].position
        return after

    def _readable(self, page: Sequence[Any]) -> Iterator[Recorded]:
        for row in page:
            [fact] = self._log.opened([row])
            if isinstance(fact.event, Damaged):
                self._unread.add(thread_of(str(row.stream)) or "")
            else:
                yield fact

    def _compare(self, rows: RawRows, table: str) -> Iterator[Finding]:
        columns = [row[1] for row in self._fresh.rows(f"PRAGMA table_info({table})")]
        query = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608  (names of ours)
        try:
            with translate_unreadable():
                stored = set(filter(self._is_known, rows.all(query)))
        except StoreUnreadable as error:
            yield Finding(None, None, About.VIEW, f"{table} cannot be read: {printable(error)}")
            return
        due = set(filter(self._is_known, map(tuple, self._fresh.rows(query))))
        if differing := stored ^ due:
            keys = {row[0] for row in differing}
            first = min(map(printable, keys))
            rows_said = pluralize(len(keys), "row")
            reason = f"{table} differs from the log in {rows_said}: {first}"
            yield Finding(None, None, About.VIEW, reason)

    def _is_known(self, row: tuple[Any, ...]) -> bool:
        return not (self._unread and self._unread.intersection(map(str, row)))
