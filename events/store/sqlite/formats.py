"""The formats of logs that this version reads: its own, and the one of version 0.1."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from threadhost.events.store.sqlite.schema import FORMAT, STATEMENTS, TABLES, fingerprint

_ROWS_OF_0_1 = (
    """CREATE TABLE IF NOT EXISTS events (
        position INTEGER PRIMARY KEY,
        decision INTEGER NOT NULL,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        type TEXT NOT NULL,
        recorded_at_ms INTEGER NOT NULL,
        principal TEXT NOT NULL,
        correlation_id TEXT NOT NULL,
        causation_id TEXT NOT NULL,
        key_id INTEGER,
        payload BLOB,
        blob TEXT,
        digest BLOB NOT NULL,
        chain BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS events_stream ON events (stream, version)",
    "CREATE INDEX IF NOT EXISTS events_blob ON events (stream, blob) WHERE blob IS NOT NULL",
)
_OWN = ("event_rows", "names")
"""The tables that version 0.1 did not have."""
OF_0_1 = (
    *_ROWS_OF_0_1,
    *(statement for statement in TABLES if not any(name in statement for name in _OWN)),
)
"""The tables of version 0.1: each row of `events` has the names themselves."""
FORMAT_OF_0_1 = fingerprint(OF_0_1)
READABLE: Mapping[str, Sequence[str]] = MappingProxyType(
    {FORMAT: STATEMENTS, FORMAT_OF_0_1: OF_0_1}
)
"""What creates the tables of each format that this version reads."""


def statements_of(log_format: object) -> Sequence[str]:
    """Return what creates the tables of a format; those of this version for an unknown one."""
    return READABLE.get(str(log_format), STATEMENTS)
