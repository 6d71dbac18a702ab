"""What must be true of a host's log and views at any moment, looked at from beside it."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from difflib import unified_diff
from pathlib import Path

from tests.support.log_database import connected
from tests.support.store import database_of, now
from threadhost.events.base import Recorded
from threadhost.events.store.home import KEYS
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite.database import Database, Transaction
from threadhost.events.store.sqlite.tx import SqliteTx
from threadhost.projections import all_views

PAGE_EVENTS = 1000
SHOWN_LINES = 12


_VIEWS = all_views()
_TABLES = sorted(_VIEWS.tables)
_SELECTS = [(table, f"SELECT * FROM {table}") for table in _TABLES]
_KEPT = [
    (table.name, f"SELECT * FROM {table.name}") for table in _VIEWS.described if not table.of_events
]
"""What no event fills, and goes with its thread all the same."""
_CLEARS = [f"DELETE FROM {table}" for table in _TABLES]


class FreshViews:
    """Views of their own, folded from the log anew whenever they are asked for."""

    def __init__(self) -> None:
        self._database = Database(None)
        self._views = all_views()
        with Transaction(self._database, SqliteTx(self._database.writer)) as tx:
            self._views.create(tx)

    def folded(self, log: Log) -> list[str]:
        """All rows that the events of the log make, as lines."""
        with Transaction(self._database, SqliteTx(self._database.writer)) as tx:
            for clear in _CLEARS:
                tx.run(clear)
            for page in pages(log):
                self._views.apply(tx, page)
        return _rows(self._database)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def stored(log: Log) -> list[str]:
    """All rows of the log's own views, as lines."""
    with database_of(log).lock:
        return _rows(database_of(log))


def kept(log: Log) -> list[str]:
    """All rows of the tables that no event fills, as lines."""
    with database_of(log).lock:
        return _rows(database_of(log), _KEPT)


def _rows(database: Database, selects: Sequence[tuple[str, str]] = _SELECTS) -> list[str]:
    connection = database.reader
    return [
        f"{name} {row!r}"
        for name, select in selects
        for row in sorted(connection.execute(select), key=repr)
    ]


def parity_fault(log: Log, fresh: FreshViews) -> str:
    """P1: how the views differ from a fresh fold of the log; empty if they do not."""
    with database_of(log).lock:
        return difference(stored(log), fresh.folded(log))


def difference(found: Sequence[str], expected: Sequence[str]) -> str:
    """The first lines that differ; empty if none does."""
    if found == expected:
        return ""
    lines = list(unified_diff(expected, found, "fold of the log", "views", n=0, lineterm=""))
    return "views differ from a fresh fold:\n" + "\n".join(lines[:SHOWN_LINES])


def sequence_faults(log: Log) -> list[str]:
    """A3: holes and doubles in positions and versions, counted on the plain table."""
    with database_of(log).lock:
        return holes(database_of(log).reader)


def holes_of(home: Path) -> list[str]:
    """A3: the same of a home that nobody has to hold."""
    with closing(connected(home / "threadhost.db")) as connection:
        return holes(connection)


def holes(connection: sqlite3.Connection) -> list[str]:
    """Positions and versions that are not 1, 2, 3 and so on."""
    faults: list[str] = []
    versions: dict[str, int] = {}
    rows = connection.execute("SELECT position, stream, version FROM events ORDER BY position")
    for number, (position, stream, version) in enumerate(rows, 1):
        if position != number:
            faults.append(f"position {position} where {number} is due")
            break
        if version != versions.get(stream, 0) + 1:
            faults.append(f"{stream} has version {version} after {versions.get(stream, 0)}")
        versions[stream] = version
    return faults


def _keys(database: Path | None) -> Sequence[tuple[int]]:
    """The numbers of the keys beside a log; none of one in memory."""
    if database is None:
        return ()
    with closing(sqlite3.connect(database.with_name(KEYS))) as keys:
        return keys.execute("SELECT id FROM keys").fetchall()


def traces(log: Log, thread_ids: Iterable[str]) -> list[str]:
    """D1: what is left of threads that are gone: rows of views, open streams, keys."""
    gone = list(thread_ids)
    rows = [*stored(log), *kept(log)]
    found = [f"{row[:100]} is left of {t}" for t in gone for row in rows if t in row]
    keys = set(_keys(database_of(log).path))
    for thread_id in gone:
        head = now(log.stream_head(f"thread-{thread_id}"))
        if head is None:
            continue
        if head.state.value != "closed":
            found.append(f"thread {thread_id} is {head.state.value}")
        if (head.key_id,) in keys:
            found.append(f"the key of {thread_id} is still there")
    return found


def pages(log: Log) -> Iterable[Sequence[Recorded]]:
    """The whole log."""
    after = 0
    while page := now(log.read(after, PAGE_EVENTS)):
        yield page
        after = page[-1].position
