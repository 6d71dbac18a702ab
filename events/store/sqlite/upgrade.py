"""Upgrades the log of version 0.1 to this version's format, in one transaction.

No event changes: payloads, digests and the chain stay, and cursors remain valid.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection
from time import monotonic

from threadhost.events.failpoints import reach
from threadhost.events.operator_log_store import LOG_UPGRADED, LOG_UPGRADING
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database

ROWS_A_STATEMENT = 10_000
SAY_AFTER_S = 10.0
"""The time between two lines that say how far it is."""
COUNT = "SELECT count(*) FROM main.events"
ADD_NAMES = "INSERT OR IGNORE INTO main.names (name) SELECT DISTINCT {column} FROM main.events"
NAMED = ("stream", "type", "principal")
_NUMBER = "(SELECT id FROM main.names WHERE name = +e.{column})"
"""The plus keeps the index of the names usable."""
_HEX = "-".join("[0-9a-f]" * digits for digits in (8, 4, 4, 4, 12))
MOVE = (
    "INSERT INTO main.event_rows SELECT e.position, e.decision,"  # noqa: S608  (of ours)
    f" {_NUMBER.format(column='stream')}, e.version, {_NUMBER.format(column='type')},"
    f" e.recorded_at_ms, {_NUMBER.format(column='principal')},"
    " CASE WHEN typeof(e.correlation_id) = 'text'"
    f" AND e.correlation_id GLOB '{_HEX}'"
    " THEN bytes_of_uuid(e.correlation_id) ELSE e.correlation_id END,"
    " CASE WHEN e.causation_id = 'event:' || e.stream || '@'"
    " || CAST(substr(e.causation_id, length(e.stream) + 8) AS INTEGER)"
    " THEN CAST(substr(e.causation_id, length(e.stream) + 8) AS INTEGER)"
    " ELSE e.causation_id END,"
    " e.key_id, e.payload, e.blob, e.digest, e.chain FROM main.events AS e"
    " WHERE e.position > ? ORDER BY e.position LIMIT ?"
)
MOVED_TO = "SELECT max(position) FROM main.event_rows"
BELOW_ALL = -(2**63)


def upgrade(database: Database) -> None:
    """Write the rows of a log of version 0.1 in this version's format.

    The caller has checked that it is one. Raises StoreError; the log is then as it was.
    """
    began_s = monotonic()
    with database.transaction() as connection, _bytes_of_uuid(connection):
        (count,) = connection.execute(COUNT).fetchone()
        LOG_UPGRADING.emit(done=0, count=count)
        for statement in schema.STATEMENTS:
            connection.execute(statement)
        for column in NAMED:
            connection.execute(ADD_NAMES.format(column=column))
        said_s = began_s
        for done in _moved(connection):
            if monotonic() - said_s >= SAY_AFTER_S:
                said_s = monotonic()
                LOG_UPGRADING.emit(done=done, count=count)
        reach("upgrade.moved")
        connection.execute("DROP TABLE main.events")
        connection.execute(schema.NOTE_FORMAT, (schema.FORMAT,))
    reach("upgrade.committed")
    LOG_UPGRADED.emit(count=count, seconds=round(monotonic() - began_s))


def _moved(connection: Connection) -> Iterator[int]:
    """Move all rows, some thousand in each statement; yields how many are moved."""
    done, after = 0, BELOW_ALL
    while rows := connection.execute(MOVE, (after, ROWS_A_STATEMENT)).rowcount:
        done += rows
        (after,) = connection.execute(MOVED_TO).fetchone()
        yield done


@contextmanager
def _bytes_of_uuid(connection: Connection) -> Iterator[None]:
    connection.create_function("bytes_of_uuid", 1, _bytes_of, deterministic=True)
    try:
        yield
    finally:
        connection.create_function("bytes_of_uuid", 1, None)


def _bytes_of(uuid: str) -> bytes:
    return bytes.fromhex(uuid.replace("-", ""))
