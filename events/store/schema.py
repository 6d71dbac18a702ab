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
    """CREATE TABLE IF NOT EXISTS stream_state (
        stream TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        incarnation INTEGER NOT NULL,
        state TEXT NOT NULL,
        key_id INTEGER) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS stream_state_key ON stream_state (key_id)",
    """CREATE TABLE IF NOT EXISTS idempotency (
        key TEXT PRIMARY KEY,
        digest BLOB NOT NULL,
        first_position INTEGER NOT NULL,
        last_position INTEGER NOT NULL,
        recorded_at_ms INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS store (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)

COLUMNS = (
    "position, stream, version, type, recorded_at_ms, principal, correlation_id, causation_id,"
    " key_id, payload, blob, digest, chain"
)
INSERT_EVENT = f"INSERT INTO events ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
PUT_STREAM = (
    "INSERT INTO stream_state (stream, version, incarnation, state, key_id) VALUES (?,?,?,?,?)"
    " ON CONFLICT (stream) DO UPDATE SET version=excluded.version,"
    " incarnation=excluded.incarnation, state=excluded.state, key_id=excluded.key_id"
)
GET_STREAM = "SELECT version, incarnation, state, key_id FROM stream_state WHERE stream = ?"
