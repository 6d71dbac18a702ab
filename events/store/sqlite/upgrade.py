"""Upgrades the log of version 0.1 to this version's format, in one transaction.

No event changes: payloads, digests and the chain stay, and cursors remain valid.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection
from time import monotonic

from threadhost.events.damage import printable
from threadhost.events.failpoints import reach
from threadhost.events.operator_log_store import LOG_UPGRADED, LOG_UPGRADING
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.faults import code_of, words_of

ROWS_A_STATEMENT = 2_000
SAY_AFTER_S = 10.0
"""The time between two lines that say how far it is."""
NEWEST = "SELECT coalesce(max(position), 0) FROM main.events"
BELOW_ALL = -1e19
"""Less than every position that a damaged row may have."""
_PAGE = "main.events AS e NOT INDEXED WHERE e.position > ? ORDER BY e.position LIMIT ?"
"""Not by an index: a damaged one may lack rows."""
ADD_NAMES = (
    "INSERT OR IGNORE INTO main.names (name) SELECT DISTINCT name"  # noqa: S608  (of ours)
    f" FROM (SELECT e.{{column}} AS name FROM {_PAGE})"
)
NAMED = ("stream", "type", "principal")
_NUMBER = "(SELECT id FROM main.names WHERE name = +e.{column})"
"""The plus keeps the index of the names usable."""
_UUID_CHARS = 36
_HEX = "-".join("[0-9a-f]" * digits for digits in (8, 4, 4, 4, 12))
_CORRELATION = (
    "CASE WHEN typeof(e.correlation_id) = 'text'"
    f" AND length(CAST(e.correlation_id AS BLOB)) = {_UUID_CHARS}"
    f" AND e.correlation_id GLOB '{_HEX}' THEN bytes_of_uuid(e.correlation_id)"
    " WHEN typeof(e.correlation_id) = 'blob' AND length(e.correlation_id) = 16"
    " THEN CAST(e.correlation_id || '?' AS BLOB) ELSE coalesce(e.correlation_id, x'') END"
)
_VERSION = "CAST(substr(e.causation_id, length(e.stream) + 8) AS INTEGER)"
_CAUSATION = (
    f"CASE WHEN e.causation_id = 'event:' || e.stream || '@' || {_VERSION} THEN {_VERSION}"
    " WHEN typeof(e.causation_id) = 'integer' THEN CAST(e.causation_id AS REAL)"
    " ELSE coalesce(e.causation_id, x'') END"
)
MOVE = (
    "INSERT INTO main.event_rows SELECT e.position, coalesce(e.decision, ''),"  # noqa: S608  (of ours)
    f" coalesce({_NUMBER.format(column='stream')}, 'of row ' || e.position),"
    " coalesce(e.version, 'of row ' || e.position),"
    f" coalesce({_NUMBER.format(column='type')}, 0), coalesce(e.recorded_at_ms, ''),"
    f" coalesce({_NUMBER.format(column='principal')}, 0), {_CORRELATION}, {_CAUSATION},"
    " e.key_id, e.payload, e.blob, coalesce(e.digest, ''), coalesce(e.chain, '')"
    f" FROM {_PAGE}"
)
"""No damaged value stops it, or looks like a sound one.

A NULL that the new table does not take becomes another value that no writer stores, and so do bytes
and integers which the new table would take for a correlation or a causation.
"""
DROP = ("DELETE FROM main.events", "DROP TABLE main.events")
"""To drop a full table, SQLite would keep a copy of all its pages in memory until it is done."""
MOVED_TO = "SELECT max(position) FROM main.event_rows"
NEXT = f"SELECT e.position, e.stream, e.version FROM {_PAGE}"  # noqa: S608  (of ours)
REFUSED = (
    "the log of an older version cannot be upgraded: {}; it is as it was: `threadhost log verify`"
    " lists all damage, and a backup can be restored"
)


def upgrade(database: Database) -> None:
    """Write the rows of a log of version 0.1 in this version's format.

    The caller has checked that it is one. Raises StoreError; the log is then as it was.
    """
    began_s = monotonic()
    with (
        database.transaction() as connection,
        _bytes_of_uuid(connection),
        _refused_if_damaged(),
    ):
        (newest,) = connection.execute(NEWEST).fetchone()
        LOG_UPGRADING.emit(done=0, count=newest)
        for statement in schema.TABLES:
            connection.execute(statement)
        said_s, done = began_s, 0
        for done in _moved(connection, BELOW_ALL, ROWS_A_STATEMENT):
            reach("upgrade.moving")
            if monotonic() - said_s >= SAY_AFTER_S:
                said_s = monotonic()
                LOG_UPGRADING.emit(done=done, count=newest)
        reach("upgrade.moved")
        for statement in (*DROP, *schema.FOR_OTHERS):
            connection.execute(statement)
        connection.execute(schema.NOTE_FORMAT, (schema.FORMAT,))
    reach("upgrade.committed")
    database.checkpoint()
    LOG_UPGRADED.emit(count=done, seconds=round(monotonic() - began_s))


def _moved(connection: Connection, after: float, limit: int) -> Iterator[int]:
    """Move all rows, some thousand in each statement; yields how many are moved."""
    done = 0
    while rows := _move(connection, after, limit):
        done += rows
        (after,) = connection.execute(MOVED_TO).fetchone()
        yield done


def _move(connection: Connection, after: float, limit: int) -> int:
    """Move some rows; returns how many. Raises StoreMismatch, and names the row that it refuses."""
    for column in NAMED:
        connection.execute(ADD_NAMES.format(column=column), (after, limit))
    try:
        return connection.execute(MOVE, (after, limit)).rowcount
    except sqlite3.IntegrityError:
        if limit > 1:
            for _ in _moved(connection, after, limit=1):
                continue
        position, stream, version = connection.execute(NEXT, (after, 1)).fetchone()
        again = f"position {position} has version {printable(version)} of {printable(stream)} again"
        raise StoreMismatch(REFUSED.format(again)) from None


@contextmanager
def _refused_if_damaged() -> Iterator[None]:
    """Refuse a log whose rows SQLite cannot read: they would be lost."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if code_of(error) != sqlite3.SQLITE_CORRUPT:
            raise
        raise StoreMismatch(REFUSED.format(printable(words_of(error)))) from error


@contextmanager
def _bytes_of_uuid(connection: Connection) -> Iterator[None]:
    connection.create_function("bytes_of_uuid", 1, _bytes_of, deterministic=True)
    try:
        yield
    finally:
        connection.create_function("bytes_of_uuid", 1, None)


def _bytes_of(uuid: str) -> bytes:
    return bytes.fromhex(uuid.replace("-", ""))
