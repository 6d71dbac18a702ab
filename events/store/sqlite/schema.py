"""The tables of the log."""

from collections.abc import Iterable
from hashlib import sha256

from threadhost.events.store.rules import AT_MS_MAX, COLUMNS

FORMAT_CHARS = 12
TABLES = (
    """CREATE TABLE IF NOT EXISTS event_rows (
        position INTEGER PRIMARY KEY,
        decision INTEGER NOT NULL,
        stream INTEGER NOT NULL,
        version INTEGER NOT NULL,
        type INTEGER NOT NULL,
        recorded_at_ms INTEGER NOT NULL,
        principal INTEGER NOT NULL,
        correlation_id NOT NULL,
        causation_id NOT NULL,
        key_id INTEGER,
        payload BLOB,
        blob TEXT,
        digest BLOB NOT NULL,
        chain BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS event_rows_stream ON event_rows (stream, version)",
    """CREATE INDEX IF NOT EXISTS event_rows_blob ON event_rows (stream, blob)
        WHERE blob IS NOT NULL""",
    "CREATE TABLE IF NOT EXISTS names (id INTEGER PRIMARY KEY, name NOT NULL UNIQUE)",
    """CREATE TABLE IF NOT EXISTS stream_state (
        stream TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        incarnation INTEGER NOT NULL,
        state TEXT NOT NULL,
        key_id INTEGER) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS stream_state_key ON stream_state (key_id, state)
        WHERE key_id IS NOT NULL""",
    """CREATE TABLE IF NOT EXISTS idempotency (
        key TEXT PRIMARY KEY,
        digest BLOB NOT NULL,
        first_position INTEGER NOT NULL,
        last_position INTEGER NOT NULL,
        recorded_at_ms INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS idempotency_age ON idempotency (recorded_at_ms)",
    """CREATE TABLE IF NOT EXISTS snapshots (
        stream TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        key_id INTEGER NOT NULL,
        payload BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS store (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS sealed_end (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        position INTEGER NOT NULL,
        chain BLOB NOT NULL,
        seal BLOB NOT NULL)""",
)
"""`sealed_end` is the end of the log at its last commit, with its seal under the host key.

`event_rows` has numbers of `names` as streams, types and principals. A correlation is the 16 bytes
of its UUID, or its text. A causation is its text, or the version of the event of its own stream
that was the cause. The view `EVENTS_VIEW` shows all of them as text.
"""
_UUID = " || '-' || ".join(
    f"substr(lower(hex(e.correlation_id)), {at}, {size})"
    for at, size in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
)
_NAMED_ROWS = (
    "SELECT e.position, e.decision, s.name AS stream, e.version,"  # noqa: S608  (of ours)
    " t.name AS type, e.recorded_at_ms, p.name AS principal,"
    " CASE WHEN typeof(e.correlation_id) = 'blob' AND length(e.correlation_id) = 16"
    f" THEN {_UUID} ELSE e.correlation_id END AS correlation_id,"
    " CASE typeof(e.causation_id) WHEN 'integer'"
    " THEN 'event:' || s.name || '@' || e.causation_id ELSE e.causation_id END AS causation_id,"
    " e.key_id, e.payload, e.blob, e.digest, e.chain"
    " FROM {0}event_rows AS e LEFT JOIN {0}names AS s ON s.id = e.stream"
    " LEFT JOIN {0}names AS t ON t.id = e.type LEFT JOIN {0}names AS p ON p.id = e.principal"
)
EVENTS_VIEW = f"CREATE TEMP VIEW events AS {_NAMED_ROWS.format('main.')}"
"""Each connection has this view, whatever the file has.

SQLite finds the rows of a stream by the stream's number, and leaves out the names that a query does
not ask for.
"""
DROP_EVENTS_VIEW = "DROP VIEW temp.events"
_STORED = {
    name: f"(SELECT id FROM names WHERE name IS NEW.{name})"  # noqa: S608  (of ours)
    if name in ("stream", "type", "principal")
    else f"NEW.{name}"
    for name in COLUMNS
}
_ADD_NAMES = "INSERT OR IGNORE INTO names (name) VALUES (NEW.stream), (NEW.type), (NEW.principal);"
EDITS = {
    "INSERT": f"{_ADD_NAMES} INSERT INTO event_rows VALUES ({', '.join(_STORED.values())});",  # noqa: S608
    "UPDATE": f"{_ADD_NAMES} UPDATE event_rows SET "  # noqa: S608
    + ", ".join(f"{name} = {value}" for name, value in _STORED.items())
    + " WHERE position = OLD.position;",
    "DELETE": "DELETE FROM event_rows WHERE position = OLD.position;",
}
"""What each edit of the view changes in the tables."""
FOR_OTHERS = (
    f"CREATE VIEW IF NOT EXISTS main.events AS {_NAMED_ROWS.format('')}",
    *(
        f"CREATE TRIGGER IF NOT EXISTS main.events_{edit.lower()} INSTEAD OF {edit} ON events"
        f" BEGIN {changes} END"
        for edit, changes in EDITS.items()
    ),
)
"""The same view in the file, for programs that read a log with SQLite alone.

It takes edits like the table of version 0.1, so that anybody can try what `log verify` finds. The
host reads and writes without it.
"""
STATEMENTS = (*TABLES, *FOR_OTHERS)
PROGRAMS_OF_OURS = frozenset(
    statement.replace(" IF NOT EXISTS main.", " ") for statement in FOR_OTHERS
)
"""The views and triggers that a log has, as SQLite stores them."""


def fingerprint(statements: Iterable[str]) -> str:
    """Return a digest of tables that does not depend on the layout of their statements.

    Indices do not count: a missing one is created, and a version that does not know one works
    without.
    """
    tables = (
        " ".join(statement.split())
        for statement in statements
        if statement.startswith("CREATE TABLE")
    )
    return sha256("\n".join(sorted(tables)).encode()).hexdigest()[:FORMAT_CHARS]


RELEASES = ("0.1",)
"""The releases whose types of events a log may have."""
RELEASE = RELEASES[-1]
"""The newest release whose types of events this version knows, and so may write."""
EPOCH = "epoch"
"""The row of `store` with the epoch of the log's starts and cursors; a restore raises it."""
FORMAT = fingerprint(TABLES)
"""The format of logs that this version writes; it also reads those of `formats`."""

SELECT_EVENTS = (
    "SELECT position, decision, stream, version, type, recorded_at_ms, principal, correlation_id,"
    " causation_id, key_id, CAST(payload AS BLOB), blob, CAST(digest AS BLOB), CAST(chain AS BLOB)"
    " FROM events"
)
"""Bytes are read as bytes, even if damage changed a value's type."""
PAYLOAD = "CAST(events.payload AS BLOB)"
BODY_COLUMNS = (
    "events.position, events.stream, events.version, events.type, events.key_id,"
    f" {PAYLOAD}, events.blob, CAST(events.digest AS BLOB)"
)
SELECT_BODIES = f"SELECT {BODY_COLUMNS} FROM events"  # noqa: S608  (of ours)
ODD_BESIDE_BODY = {
    "decision": "typeof(decision) <> 'integer'",
    "recorded_at_ms": "typeof(recorded_at_ms) <> 'integer'"
    f" OR recorded_at_ms NOT BETWEEN 0 AND {AT_MS_MAX - 1}",
    "principal": "typeof(principal) <> 'text'",
    "correlation_id": "typeof(correlation_id) <> 'text'",
    "causation_id": "typeof(causation_id) <> 'text'",
}
"""Conditions for values that no writer stores, in columns that opening a body does not need."""
_CASES = " ".join(f"WHEN {odd} THEN '{name}'" for name, odd in ODD_BESIDE_BODY.items())
BODIES_OF_STREAM = (
    SELECT_BODIES.replace(PAYLOAD, f"CASE {_CASES} ELSE {PAYLOAD} END")
    + " WHERE stream = ? AND version > ? AND version <= ? AND +position > 0"
    " ORDER BY version LIMIT ?"
)
"""In place of a payload: the name of a column that makes its event unreadable."""
BODIES_OF = (
    f"SELECT {BODY_COLUMNS}, chosen.tag FROM ({{}}) AS chosen"  # noqa: S608  (of ours)
    " JOIN events ON events.position = chosen.position"
)
IN_THE_LOG = "position > 0"
"""Positions begin at 1: no host wrote a row below, and none is ever read."""
HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
IS_A_LOG = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'store'"
PROGRAMS = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')"
MADE_OF = "SELECT type, name, sql FROM sqlite_master"
MADE_FOR = "SELECT type, name, tbl_name FROM sqlite_master"
BELOW_THE_LOG = (
    "SELECT position, decision, stream, version, type, recorded_at_ms, principal, correlation_id,"
    " causation_id, key_id, payload, blob, digest, chain"
    " FROM events WHERE position < 1 ORDER BY position LIMIT 1001"
)
FORGET_HEADS = "DELETE FROM stream_state"
NEWEST = (
    f"SELECT max(position) FROM (SELECT position FROM events WHERE {IN_THE_LOG}"  # noqa: S608  (of ours)
    " ORDER BY position DESC LIMIT 1)"
)
NEWEST_EVENT = (
    f"SELECT position, recorded_at_ms FROM events WHERE {IN_THE_LOG}"  # noqa: S608  (of ours)
    " ORDER BY position DESC LIMIT 1"
)
PAGES_ASKED = ("page_count", "freelist_count", "page_size")
POSITIONS = f"SELECT position FROM events WHERE {IN_THE_LOG}"  # noqa: S608  (of ours)
LAST_LINK = (
    f"SELECT position, CAST(chain AS BLOB) FROM events WHERE {IN_THE_LOG}"  # noqa: S608  (of ours)
    " ORDER BY position DESC LIMIT 1"
)
LAST_TIME = (
    f"SELECT recorded_at_ms FROM events WHERE {IN_THE_LOG}"  # noqa: S608  (of ours)
    " ORDER BY position DESC LIMIT 1"
)
LINK_AT = "SELECT CAST(chain AS BLOB) FROM events WHERE position = ?"
SELECT_PAGE = f"{SELECT_EVENTS} WHERE position > ? AND {IN_THE_LOG} ORDER BY position LIMIT ?"
INSERT_EVENT = (
    "INSERT INTO event_rows (position, decision, stream, version, type, recorded_at_ms, principal,"
    " correlation_id, causation_id, key_id, payload, blob, digest, chain)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
GROW_STREAM = (
    "INSERT INTO stream_state (stream, version, incarnation, state, key_id) VALUES (?,?,?,?,?)"
    " ON CONFLICT (stream) DO UPDATE SET version=excluded.version, incarnation=excluded.incarnation"
    " WHERE state IS excluded.state AND key_id IS excluded.key_id"
)
"""Rewrites no index; `PUT_STREAM` does so even if the indexed values did not change."""
PUT_STREAM = (
    "INSERT INTO stream_state (stream, version, incarnation, state, key_id) VALUES (?,?,?,?,?)"
    " ON CONFLICT (stream) DO UPDATE SET version=excluded.version,"
    " incarnation=excluded.incarnation, state=excluded.state, key_id=excluded.key_id"
)
GET_STREAM = "SELECT version, incarnation, state, key_id FROM stream_state WHERE stream = ?"
HEADS = "SELECT stream, version, incarnation, state, key_id FROM stream_state"
GET_STREAMS = "SELECT stream, version, incarnation, state, key_id FROM stream_state WHERE stream IN"
KEYS_USED = "SELECT key_id FROM stream_state WHERE key_id IS NOT NULL"
NEWEST_KEY = "SELECT max(key_id) FROM stream_state WHERE key_id < ? AND typeof(key_id) = 'integer'"
NEWEST_KEY_OF_EVENTS = (
    "SELECT max(key_id) FROM events WHERE key_id < ? AND typeof(key_id) = 'integer'"
)
ODD_KEYS = (
    "SELECT key_id, state = 'closed' FROM stream_state"
    " LEFT JOIN ring.keys ON keys.id = key_id LEFT JOIN ring.destroyed ON destroyed.id = key_id"
    " WHERE key_id IS NOT NULL AND ((state = 'closed') = (keys.id IS NOT NULL)"
    " OR (state = 'closed' AND destroyed.id IS NULL))"
)
STREAM_OF_KEY = "SELECT stream FROM stream_state WHERE key_id = ?"
TOMBSTONE_OF_KEY = (
    "SELECT 1 FROM stream_state JOIN events ON events.stream = stream_state.stream"
    " WHERE stream_state.key_id = ? AND events.position > 0 AND events.type IN"
)
"""To be completed with the placeholders of some types in parentheses."""
SEAL_END = (
    "INSERT INTO sealed_end VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET"
    " position = excluded.position, chain = excluded.chain, seal = excluded.seal"
)
NEWEST_SEALED = "SELECT max(position) FROM sealed_end WHERE typeof(position) = 'integer'"
NUMBERS_OF_NAMES = "SELECT name, id FROM names WHERE name IN"
NUMBER_MAX = 2**40
NEWEST_NAME = (
    "SELECT max((SELECT coalesce(max(id), 0) FROM names),"  # noqa: S608  (of ours)
    f" (SELECT coalesce(max(stream), 0) FROM event_rows WHERE stream < {NUMBER_MAX})),"
    " (SELECT data_version FROM pragma_data_version)"
)
"""With a number that changes with each commit of another connection.

Where damage took a stream's name, a new name with its number would mix two streams.
"""
LONGEST_NAME = "SELECT max(length(CAST(name AS BLOB))) FROM names"
UNUSED_NAMES = (
    "SELECT count(*) FROM names WHERE id NOT IN (SELECT stream FROM event_rows"
    " UNION SELECT type FROM event_rows UNION SELECT principal FROM event_rows)"
)
ADD_NAME = "INSERT INTO names VALUES (?,?)"
SEALED_END = "SELECT position, CAST(chain AS BLOB), CAST(seal AS BLOB) FROM sealed_end"
KNOWN_REQUESTS = (
    "SELECT key, digest, first_position, last_position, recorded_at_ms FROM idempotency"
    " WHERE key IN"
)
REQUESTS = (
    "SELECT key, digest, first_position, last_position, recorded_at_ms,"
    " (SELECT max(decision) FROM events WHERE position = first_position),"
    " (SELECT max(decision) FROM events WHERE position = last_position) FROM idempotency"
)
FORGET_REQUESTS = "DELETE FROM idempotency WHERE recorded_at_ms < ?"
KNOW_REQUEST = "INSERT INTO idempotency VALUES (?,?,?,?,?)"
BLOB_NAMES = "SELECT blob FROM events WHERE blob IS NOT NULL"
BLOBS_OF_LIVING = (
    "SELECT DISTINCT stream, blob FROM events WHERE blob IS NOT NULL AND stream NOT IN"
    " (SELECT stream FROM stream_state WHERE state = 'closed') ORDER BY stream, blob"
)
KEYS_OF_STREAMS = "SELECT stream, key_id, state FROM stream_state"
KEYS_OF_CLOSED = (
    "SELECT key_id, stream FROM stream_state WHERE state = 'closed' AND key_id IS NOT NULL"
    " AND EXISTS (SELECT 1 FROM events WHERE events.stream = stream_state.stream"
    " AND events.position > 0 AND events.type IN"
)
"""To be completed with the placeholders of tombstones' types in parentheses, and one more `)`."""
LAST_BODY = (
    "SELECT CAST(payload AS BLOB) FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1"
)
LIVING_STREAMS = "SELECT stream, key_id, state FROM stream_state WHERE state <> 'closed'"
IS_CLOSED = "SELECT 1 FROM stream_state WHERE stream = ? AND state = 'closed'"
HAS_BLOBS = "SELECT 1 FROM events WHERE stream = ? AND blob IS NOT NULL LIMIT 1"
OF_KINDS = (
    "SELECT stream, version, type, CAST(payload AS BLOB), CAST(digest AS BLOB)"  # noqa: S608  (of ours)
    f" FROM events WHERE type IN (?, ?) AND {IN_THE_LOG} ORDER BY position"
)
EXTENT = (
    "SELECT count(*), coalesce(max(version), 0) FROM events WHERE stream = ? AND version > ?"  # noqa: S608  (of ours)
    f" AND version <= ? AND version = CAST(version AS INTEGER) AND +{IN_THE_LOG}"
)
SIZES = "SELECT stream, count(*), coalesce(sum(length(payload)), 0) FROM events"
PURGED_TO = "SELECT value FROM store WHERE name = 'purged'"
NOTE_PURGED_TO = "INSERT OR REPLACE INTO store VALUES ('purged', ?)"
TOMBSTONES_BETWEEN = (
    "SELECT position, stream FROM events WHERE position > ? AND position <= ? AND type IN"
)
"""To be completed with the placeholders of some types in parentheses."""
KEY_OF_CLOSED = "SELECT key_id FROM stream_state WHERE stream = ? AND state = 'closed'"
PAYLOADS_OF = (
    "SELECT position, length(payload) FROM events WHERE stream = ? AND key_id IS NOT NULL"
    " AND blob IS NULL AND payload IS NOT NULL ORDER BY version LIMIT ?"
)
PURGED_OF = (
    "SELECT position FROM events WHERE stream = ? AND key_id IS NOT NULL"
    " AND blob IS NULL AND payload IS NULL"
)
PURGE = "UPDATE event_rows SET payload = NULL WHERE position = ?"
_BETWEEN = "position >= ? AND position < ?"
BYTES_BETWEEN = f"SELECT sum(length(payload)) FROM events WHERE {_BETWEEN}"  # noqa: S608  (of ours)
COMPACT = (
    f"CREATE TEMP TABLE compacted AS SELECT * FROM event_rows WHERE {_BETWEEN}",  # noqa: S608  (likewise)
    f"DELETE FROM event_rows WHERE {_BETWEEN}",  # noqa: S608  (likewise)
    "INSERT INTO event_rows SELECT * FROM temp.compacted ORDER BY position",
    "DROP TABLE temp.compacted",
)
KEEP_SNAPSHOT = "INSERT OR REPLACE INTO snapshots VALUES (?,?,?,?)"
GET_SNAPSHOT = "SELECT version, key_id, CAST(payload AS BLOB) FROM snapshots WHERE stream = ?"
DROP_SNAPSHOT = "DELETE FROM snapshots WHERE stream = ?"
DROP_SNAPSHOTS = "DELETE FROM snapshots WHERE stream IN"
FORGET_STREAM = (
    DROP_SNAPSHOT,
    "DELETE FROM event_rows WHERE stream = (SELECT id FROM names WHERE name = ?)",
    "DELETE FROM names WHERE name = ?",
    "DELETE FROM stream_state WHERE stream = ?",
)
NOTE_IDENTITY = "INSERT OR IGNORE INTO store VALUES ('format', ?), ('log_id', ?), ('release', ?)"
NOTE_FORMAT = "UPDATE store SET value = ? WHERE name = 'format'"
NOTE_RELEASE = "UPDATE store SET value = ? WHERE name = 'release' AND value <> ?"
RAISE_EPOCH = "INSERT OR REPLACE INTO store VALUES ('epoch', ?)"
MUST_SCRUB = "INSERT OR IGNORE INTO store VALUES ('scrub', 'due')"
IS_SCRUB_DUE = "SELECT 1 FROM store WHERE name = 'scrub'"
SCRUBBED = "DELETE FROM store WHERE name = 'scrub'"
