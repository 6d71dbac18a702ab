"""A home as plain sqlite3, zlib, JSON and a cipher see it; of the product only WORDS are used."""

import json
import shutil
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from threadhost.events.store.packing_words import WORDS

Json = dict[str, Any]
COLUMNS = (
    "position, decision, stream, version, type, recorded_at_ms, principal, correlation_id,"
    " causation_id, key_id, payload, blob, digest, chain"
)
SEALED_PREFIX_BYTES = 12
PACKED = b"\x01"
"""The first byte of a body that is deflated, with `WORDS` before it."""


class Event(NamedTuple):
    """A row of the log; `body` is None where its key is destroyed."""

    position: int
    stream: str
    version: int
    type: str
    at_ms: int
    correlation: str
    causation: str | None
    key_id: int | None
    body: Json | None
    is_of_a_fork: bool = False
    """It was recorded as a fork was made, with the settings of its source."""

    @property
    def thread(self) -> str:
        return self.stream.removeprefix("thread-")

    @property
    def is_inherited(self) -> bool:
        """A fork took it over from its source: nobody asked for it again, or was told."""
        cause = self.causation or ""
        return cause.startswith("event:thread-") and not cause.startswith(f"event:{self.stream}@")


class Home:
    """Everything of a home, read once in one transaction of each database."""

    def __init__(self, path: Path, host_key: Path | None = None) -> None:
        self.path = path
        self.broken: list[str] = []
        self.host_key = bytes.fromhex((host_key or path / "host.key").read_text().strip())
        self._host = AESGCM(self.host_key)
        self._log = read_only(path / "threadhost.db")
        # The log first: a key that goes in between is only missed if the log said so before.
        self._log.execute("BEGIN")
        self.rows = _rows(self._log)
        self.keys = _keys(path)
        self.store = dict(self.all("SELECT name, value FROM store"))
        self._ciphers: dict[int, AESGCM] = {}
        self._forks: set[int] = set()
        self.erasing = {
            stream
            for stream, state in self.all("SELECT stream, state FROM stream_state")
            if state in ("fenced", "closed")
        }
        self.events = [self._event(row) for row in self.rows]
        self.streams: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            self.streams[event.stream].append(event)
        self.closed = self._of_type("thread.deleted.v1")
        self.copying = self._of_type("thread.copy_begun.v1") - self._of_type("thread.copied.v1")
        """Forks that never became whole."""

    def all(self, sql: str) -> list[Any]:
        return self._log.execute(sql).fetchall()

    def close(self) -> None:
        self._log.close()

    def threads(self) -> Iterator[tuple[str, list[Event]]]:
        for stream, events in self.streams.items():
            if stream.startswith("thread-"):
                yield events[0].thread, events

    def _of_type(self, kind: str) -> set[str]:
        return {event.thread for event in self.events if event.type == kind}

    def _event(self, row: Any) -> Event:
        at, decision, stream, version, kind, at_ms, _, correlation, cause, key_id, payload, *_ = row
        body = self._open(row) if key_id is not None else json.loads(payload)
        if kind == "thread.started.v1" and body and body["forked_from_id"]:
            self._forks.add(decision)
        is_forked = decision in self._forks and not stream.startswith("tree-")
        about = (at, stream, version, kind, at_ms, correlation, cause, key_id)
        return Event(*about, body, is_forked)

    def _open(self, row: Any) -> Json | None:
        position, _, stream, version, kind = row[:5]
        key_id, payload, blob = row[9:12]
        if payload is None and stream not in self.erasing:
            self.broken.append(f"{position}: its payload is gone")
        if payload is None or key_id not in self.keys:
            return None
        if blob:
            file = self.path / "blobs" / stream / blob
            if not file.exists():
                if stream not in self.erasing:
                    self.broken.append(f"{position}: its blob is missing")
                return None
            payload = file.read_bytes()
        bound = f"{stream}\x1f{version}\x1f{kind}".encode()
        at = SEALED_PREFIX_BYTES
        body = self._cipher(key_id).decrypt(payload[:at], payload[at:], bound)
        if body.startswith(PACKED):
            body = zlib.decompressobj(-zlib.MAX_WBITS, WORDS).decompress(body[len(PACKED) :])
        found: Json = json.loads(body)
        return found

    def _cipher(self, key_id: int) -> AESGCM:
        if key_id not in self._ciphers:
            (wrapped, wrapping), at = self.keys[key_id], SEALED_PREFIX_BYTES
            bound = b"key %d under %d" % (key_id, wrapping)
            self._ciphers[key_id] = AESGCM(self._host.decrypt(wrapped[:at], wrapped[at:], bound))
        return self._ciphers[key_id]


def _rows(log: sqlite3.Connection) -> list[Any]:
    """The rows of the log with their names, which those of version 0.1 have themselves."""
    tables = [name for (name,) in log.execute("SELECT name FROM sqlite_master")]
    if "event_rows" not in tables:
        return log.execute(f"SELECT {COLUMNS} FROM events ORDER BY position").fetchall()
    names = dict(log.execute("SELECT id, name FROM names").fetchall())
    rows = log.execute(f"SELECT {COLUMNS} FROM event_rows ORDER BY position")
    return [_with_names(row, names) for row in rows]


def _with_names(row: Any, names: dict[int, str]) -> Any:
    at, decision, stream, version, kind, at_ms, principal, correlation, cause, *rest = row
    if isinstance(correlation, bytes):
        correlation = str(UUID(bytes=correlation))
    if isinstance(cause, int):
        cause = f"event:{names[stream]}@{cause}"
    about = (names[kind], at_ms, names[principal], correlation, cause)
    return (at, decision, names[stream], version, *about, *rest)


def _keys(path: Path) -> dict[int, tuple[bytes, int]]:
    """The keys by number, each with that of the host key.

    Where a death left a journal to play back, they are from a copy.
    """
    query = "SELECT id, wrapped, wrapping FROM keys"
    try:
        with closing(read_only(path / "keys.db")) as keys:
            return {row[0]: row[1:] for row in keys.execute(query)}
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise
    with TemporaryDirectory() as folder:
        for name in ("keys.db", "keys.db-journal"):
            shutil.copy(path / name, folder)
        with closing(sqlite3.connect(Path(folder) / "keys.db")) as keys:
            return {row[0]: row[1:] for row in keys.execute(query)}


def read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
