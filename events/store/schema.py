"""The tables of the log."""

FORMAT = 1
"""Raised when the tables change in a way that older software cannot read."""

STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS events (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
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
    """CREATE TABLE IF NOT EXISTS stream_state (
        stream TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        incarnation INTEGER NOT NULL,
        state TEXT NOT NULL,
        key_id INTEGER,
        key_destroyed INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS stream_state_key ON stream_state (key_id)",
    """CREATE INDEX IF NOT EXISTS stream_state_key_left ON stream_state (key_id)
        WHERE state = 'closed' AND key_id IS NOT NULL AND key_destroyed = 0""",
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
)

SELECT_EVENTS = (
    "SELECT position, stream, version, type, recorded_at_ms, principal, correlation_id,"
    " causation_id, key_id, CAST(payload AS BLOB), blob, CAST(digest AS BLOB), CAST(chain AS BLOB)"
    " FROM events"
)
"""Whatever damage made of a value, bytes are read as bytes."""
BODY_COLUMNS = (
    "events.position, events.stream, events.version, events.type, events.key_id,"
    " CAST(events.payload AS BLOB), events.blob, CAST(events.digest AS BLOB)"
)
SELECT_BODIES = f"SELECT {BODY_COLUMNS} FROM events"  # noqa: S608  (of ours)
SELECT_RANGE = SELECT_EVENTS + " WHERE position BETWEEN ? AND ? ORDER BY position"
INSERT_EVENT = (
    "INSERT INTO events (position, stream, version, type, recorded_at_ms, principal,"
    " correlation_id, causation_id, key_id, payload, blob, digest, chain)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
PUT_STREAM = (
    "INSERT INTO stream_state (stream, version, incarnation, state, key_id) VALUES (?,?,?,?,?)"
    " ON CONFLICT (stream) DO UPDATE SET version=excluded.version,"
    " incarnation=excluded.incarnation, state=excluded.state, key_id=excluded.key_id"
)
GET_STREAM = "SELECT version, incarnation, state, key_id FROM stream_state WHERE stream = ?"
GET_STREAMS = "SELECT stream, version, incarnation, state, key_id FROM stream_state WHERE stream IN"
NEWEST_KEY = "SELECT max(key_id) FROM stream_state"
KEYS_LEFT = (
    "SELECT key_id FROM stream_state"
    " WHERE state = 'closed' AND key_id IS NOT NULL AND key_destroyed = 0"
)
KEY_DESTROYED = "UPDATE stream_state SET key_destroyed = 1 WHERE key_id = ?"
KNOWN_REQUEST = (
    "SELECT digest, first_position, last_position FROM idempotency"
    " WHERE key = ? AND recorded_at_ms >= ?"
)
FORGET_REQUESTS = "DELETE FROM idempotency WHERE recorded_at_ms < ?"
KNOW_REQUEST = "INSERT INTO idempotency VALUES (?,?,?,?,?)"
BLOB_NAMES = "SELECT blob FROM events WHERE blob IS NOT NULL"
HAS_BLOBS = "SELECT 1 FROM events WHERE stream = ? AND blob IS NOT NULL LIMIT 1"
KEEP_SNAPSHOT = "INSERT OR REPLACE INTO snapshots VALUES (?,?,?,?)"
GET_SNAPSHOT = "SELECT version, key_id, CAST(payload AS BLOB) FROM snapshots WHERE stream = ?"
DROP_SNAPSHOT = "DELETE FROM snapshots WHERE stream = ?"
FORGET_STREAM = (
    DROP_SNAPSHOT,
    "DELETE FROM events WHERE stream = ?",
    "DELETE FROM stream_state WHERE stream = ?",
)
MUST_SCRUB = "INSERT OR IGNORE INTO store VALUES ('scrub', 'due')"
IS_SCRUB_DUE = "SELECT 1 FROM store WHERE name = 'scrub'"
SCRUBBED = "DELETE FROM store WHERE name = 'scrub'"
