"""A key for each stream with sealed events; crypto-shredding: destroying it erases all of them."""

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from operator import index
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import InvalidTag

from threadhost.events.store.aead import AESGCM
from threadhost.events.store.chain import genesis
from threadhost.events.store.errors import KeyMissing, StoreMismatch, StoreUnavailable
from threadhost.events.store.files import create_private, require_same
from threadhost.events.store.port import RecordedEnd, Rewrapped
from threadhost.events.store.seal import NONCE_BYTES, End, Sealer
from threadhost.events.store.sqlite.database import through_no_view
from threadhost.events.store.sqlite.faults import (
    code_of,
    reported_as_damage,
    translate_shortage,
    words_of,
)
from threadhost.events.store.sqlite.lazy_connection import LazyConnection

T = TypeVar("T")
BATCH = 16
"""Keys that are made and synced together: few at first, because the first thread waits for them."""
BATCH_MAX = 256
"""The largest batch; each batch is twice as large as the one before."""
NO_KEYS = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH)
KEYS_KEPT_MAX = 16_384
CIPHERS_KEPT_MAX = 512
"""Ciphers in memory: one takes 2.8 KiB and a few microseconds to make, its key 0.2 KiB."""
PROOF = 0
"""The number under which the log's id is wrapped, as proof of the host key."""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS keys (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        wrapped BLOB NOT NULL,
        wrapping INTEGER NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS destroyed (id INTEGER PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS ring (
        log_id TEXT NOT NULL,
        proof BLOB NOT NULL,
        wrapping INTEGER NOT NULL,
        told INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS seen (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        position INTEGER NOT NULL,
        chain BLOB NOT NULL,
        beside TEXT NOT NULL,
        seal BLOB NOT NULL)""",
)
"""`destroyed` tells destroyed keys from lost ones; `seen` is how far the log was.

Host keys are numbered: `wrapping` is the number of the host key that wraps a key, and in `ring` all
keys; `told` is the newest number that is recorded in the log.
"""
KEY = (
    "SELECT NULL, 0 FROM destroyed WHERE id = ?"
    " UNION ALL SELECT CAST(wrapped AS BLOB), wrapping FROM keys WHERE id = ?"
)
SEEN = (
    "SELECT position, CAST(chain AS BLOB), CAST(beside AS BLOB), CAST(seal AS BLOB) FROM seen"
    " WHERE typeof(position) = 'integer'"
)
NUMBERS_MADE = (
    "SELECT seq FROM sqlite_sequence WHERE name = 'keys' AND typeof(seq) = 'integer'"
    " AND seq < 1 << 62 UNION ALL SELECT max(id) FROM keys"
    " UNION ALL SELECT max(id) FROM destroyed"
)
"""The newest number of a key that was made; numbers that no host assigns are ignored."""
BOUND = b"key %d under %d"
"""The associated data of a wrapped key: its number, and that of the host key."""
WRAP_AGAIN = "UPDATE keys SET wrapped = ?, wrapping = ? WHERE id = ?"
RING_AGAIN = "UPDATE ring SET proof = ?, wrapping = ?"
SEE = "INSERT OR REPLACE INTO seen VALUES (1, ?, ?, ?, ?)"


class KeyRing:
    """Data keys by number, wrapped by the host key, in a file of their own (or only in memory).

    Keys are made in batches and synced before the first of a batch is used, so that no committed
    event ever lacks its key. A read-only ring reads each key anew, unless `of_a_moment`. Raises
    StoreMismatch if the file belongs to another log or host key.
    """

    def __init__(
        self,
        path: Path | None,
        host_key: bytes,
        log_id: str,
        *,
        read_only: bool = False,
        of_a_moment: bool = False,
    ) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._closed = False
        self.log_id = log_id
        """The id of its log."""
        self.sealer = Sealer(host_key, log_id)
        self._wrapping = AESGCM(host_key)
        self.wrapping = 1
        """The number of the host key that wraps the keys of this ring."""
        self._keys: dict[int, bytes] = {}
        self._ciphers: dict[int, AESGCM] = {}
        self._destroyed: dict[int, None] = {}
        """Keys that were looked up and are destroyed: none of them comes back."""
        # A reader that caches keys would not notice that a key is destroyed.
        self._keeps = of_a_moment or not read_only
        self._free: list[int] = []
        self._batch = BATCH
        self._newest_used = 0
        if path is None:
            self._connection = _in_memory(lambda: self._begin(log_id))
            return
        with _in_words_of(path):
            self._connection = _opened_to_read(path) if read_only else _connect(path)
        try:
            with _in_words_of(path):
                if not read_only:
                    self._claim(log_id)
                self._require_own(path, log_id)
        except BaseException:
            self._connection.close()
            raise

    def release_unused(self, newest_used: int) -> None:
        """Reuse keys that an earlier process made and never used: those after `newest_used`.

        Numbers up to that one are never assigned, even if this file never had them.
        """
        with self._lock:
            rows = self._connection.execute(
                "SELECT id FROM keys WHERE id > ? ORDER BY id DESC", (newest_used,)
            )
            self._free = [row[0] for row in rows]
            self._newest_used = newest_used

    @property
    def cached(self) -> int:
        """How many keys are open in memory."""
        return len(self._keys)

    @property
    def recorded_end(self) -> RecordedEnd:
        """How far the log was when its keys last stored that. Raises StoreMismatch if changed."""
        with self._lock, _in_words_of(self._path):
            row = self._connection.execute(SEEN).fetchone()
        position, chain, beside, seal = row or (0, b"", b"", b"")
        end = RecordedEnd(End(position, chain), beside.decode(errors="replace") if beside else "")
        if not self._is_sealed(end, seal):
            raise StoreMismatch(
                f"the end of the log in {self._path} was not recorded under this host key: restore"
                " the file from a backup"
            )
        return end

    def record_end(self, end: End, beside: str = "") -> None:
        """Store durably how far the log is, and the state of its files."""
        with self._lock, self._connection:
            self._record_end(end, beside)

    def allocate(self) -> int:
        """Return the number of an unused key, durably stored."""
        with self._lock:
            if not self._free:
                self._make_batch()
            return self._free.pop()

    async def fetch(self, key_ids: Iterable[object]) -> None:
        """Do nothing: `cipher` reads what it needs from the file."""

    def cipher(self, key_id: int) -> AESGCM | None:
        """Return the cipher of a key, or None once it is destroyed.

        Raises KeyMissing for a lost key, StoreUnavailable if it is closed or, for now, unreadable.
        """
        cached = self._ciphers.get(key_id)
        if cached is not None:
            return cached
        if key_id in self._destroyed:
            return None
        with self._lock, translate_shortage():
            if self._closed:
                raise StoreUnavailable("the log is closed")
            key = self._keys.get(key_id) or self._read(key_id)
            if key is None:
                return None
            cipher = AESGCM(key)
            if self._keeps:
                _keep(self._ciphers, key_id, cipher, CIPHERS_KEPT_MAX)
            return cipher

    def _read(self, key_id: int) -> bytes | None:
        with _in_words_of(self._path):
            row = self._connection.execute(KEY, (key_id, key_id)).fetchone()
        if row is None:
            raise KeyMissing(f"its key {key_id} is missing, though it was not destroyed")
        if row[0] is None:
            _keep(self._destroyed, key_id, None, KEYS_KEPT_MAX)
            return None
        key = self._unwrap(key_id, *row)
        if self._keeps:
            _keep(self._keys, key_id, key, KEYS_KEPT_MAX)
        return key

    def destroy(self, key_ids: Collection[int], end: End | None = None) -> int:
        """Destroy keys durably and store how far the log is; returns how many existed."""
        ids = [(key_id,) for key_id in key_ids]
        with self._lock:
            with self._connection as connection:
                deleted = connection.executemany("DELETE FROM keys WHERE id = ?", ids).rowcount
                connection.executemany("INSERT OR IGNORE INTO destroyed VALUES (?)", ids)
                if end is not None:
                    self._record_end(end, "")
            for key_id in key_ids:
                self._keys.pop(key_id, None)
                self._ciphers.pop(key_id, None)
        return max(0, deleted)

    def rewrap(self, host_key: bytes) -> Rewrapped:
        """Wrap every key by another host key, all at once and durably; the ring then uses that one.

        Raises StoreMismatch if its record of the log was not sealed under the host key before.
        """
        recorded, wrapping = self.recorded_end, AESGCM(host_key)
        with self._lock, _in_words_of(self._path):
            rows = self._connection.execute("SELECT id, CAST(wrapped AS BLOB), wrapping FROM keys")
            opened = {row[0]: self._opened(*row) for row in rows}
            keys = {key_id: key for key_id, key in opened.items() if key is not None}
            self._wrapping, self.sealer = wrapping, Sealer(host_key, self.log_id)
            self.wrapping += 1
            rewrapped = [(self._wrap(n, key), self.wrapping, n) for n, key in keys.items()]
            with self._connection as connection:
                connection.executemany(WRAP_AGAIN, rewrapped)
                proof = self._wrap(PROOF, self.log_id.encode())
                connection.execute(RING_AGAIN, (proof, self.wrapping))
                self._record_end(*recorded)
        return Rewrapped(self.wrapping, len(keys), len(opened) - len(keys))

    @property
    def unrecorded_rotation(self) -> Rewrapped | None:
        """The newest rotation of the host key that is not recorded in the log yet."""
        with self._lock, _in_words_of(self._path):
            wrapping, noted = self._connection.execute("SELECT wrapping, told FROM ring").fetchone()
            if wrapping == noted:
                return None
            count = "SELECT count(*) FILTER (WHERE wrapping = ?), count(*) FROM keys"
            keys, all_ = self._connection.execute(count, (wrapping,)).fetchone()
        return Rewrapped(wrapping, keys, all_ - keys)

    def note_rotation_recorded(self) -> None:
        """Note that all rotations are recorded in the log."""
        with self._lock, self._connection as connection:
            connection.execute("UPDATE ring SET told = wrapping")

    def close(self) -> None:
        """Forget all keys and close the file; idempotent."""
        with self._lock:
            self._closed = True
            for cache in (self._keys, self._ciphers, self._destroyed):
                cache.clear()
            self._connection.close()

    def _record_end(self, end: End, beside: str) -> None:
        values = (end.position, end.chain, beside, self.sealer.seal(end, f"seen {beside}"))
        self._connection.execute(SEE, values)

    def _is_sealed(self, recorded: RecordedEnd, seal: object) -> bool:
        if not (isinstance(seal, bytes) and isinstance(recorded.end.chain, bytes)):
            return False
        return self.sealer.holds(seal, recorded.end, f"seen {recorded.beside}")

    def _newest_made(self) -> int:
        numbers: list[tuple[int | None]] = self._connection.execute(NUMBERS_MADE).fetchall()
        return max(number or 0 for (number,) in numbers)

    def _make_batch(self) -> None:
        first = max(self._newest_made(), self._newest_used) + 1
        keys = {first + n: AESGCM.generate_key(256) for n in range(self._batch)}
        with self._connection:
            self._connection.executemany(
                "INSERT INTO keys (id, wrapped, wrapping) VALUES (?, ?, ?)",
                [(key_id, self._wrap(key_id, key), self.wrapping) for key_id, key in keys.items()],
            )
        for key_id, key in keys.items():
            _keep(self._keys, key_id, key, KEYS_KEPT_MAX)
        self._free = sorted(keys, reverse=True)
        self._batch = min(2 * self._batch, BATCH_MAX)

    def _wrap(self, key_id: int, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, BOUND % (key_id, self.wrapping))

    def _unwrap(self, key_id: int, wrapped: bytes, wrapping: int) -> bytes:
        try:
            bound = BOUND % (key_id, index(wrapping))
            return self._wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError, TypeError):
            if key_id != PROOF:
                raise KeyMissing(f"its key {key_id} was not wrapped by this host key") from None
            raise StoreMismatch(
                "the keys were not wrapped by this host key; check that the key file is the right"
                " one, and finish an interrupted rotation with `threadhost keys rotate`"
            ) from None

    def _opened(self, key_id: int, wrapped: bytes, wrapping: int) -> bytes | None:
        try:
            return self._unwrap(key_id, wrapped, wrapping)
        except KeyMissing:
            return None

    def _claim(self, log_id: str) -> None:
        if self._connection.execute("SELECT log_id FROM ring").fetchone() is None:
            with self._connection:
                self._begin(log_id)

    def _begin(self, log_id: str) -> None:
        proof = self._wrap(PROOF, log_id.encode())
        self._connection.execute("INSERT INTO ring VALUES (?, ?, 1, 1)", (log_id, proof))
        self._record_end(End(0, genesis(log_id)), "")

    def _require_own(self, path: Path, log_id: str) -> None:
        row = self._connection.execute(
            "SELECT log_id, CAST(proof AS BLOB), wrapping FROM ring"
        ).fetchone()
        if row is None:
            raise StoreMismatch(f"{path} does not name the log of its keys")
        owner, proof, self.wrapping = row
        if owner != log_id:
            raise StoreMismatch(f"{path} holds the keys of log {owner}, not of {log_id}")
        self._unwrap(PROOF, proof, self.wrapping)


def _keep(cache: dict[int, T], key_id: int, value: T, size_max: int) -> None:
    """Cache one more value; drop the oldest if the cache is full."""
    if len(cache) >= size_max:
        del cache[next(iter(cache))]
    cache[key_id] = value


def _in_memory(begin: Callable[[], None]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False, factory=LazyConnection)
    sqlite3.Connection.execute(connection, "PRAGMA secure_delete=ON")
    connection.before_use(lambda: _make(connection))
    connection.before_use(begin)
    return connection


def _make(connection: sqlite3.Connection) -> None:
    for statement in SCHEMA:
        connection.execute(statement)


def _connect(path: Path) -> sqlite3.Connection:
    before = create_private(path)
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        require_same(path, before)
        through_no_view(connection)
        for pragma in ("journal_mode=TRUNCATE", "synchronous=EXTRA", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        with connection:
            connection.execute("BEGIN")
            _make(connection)
            connection.execute(
                "SELECT 1 FROM keys, destroyed LIMIT 0"
            )  # to require tables, as the reads do
        return connection
    except BaseException:
        connection.close()
        raise


def _opened_to_read(path: Path) -> sqlite3.Connection:
    from threadhost.events.store.sqlite.keys_to_read import keys_to_read  # a host does not need it

    return keys_to_read(path)


@contextmanager
def _in_words_of(path: Path | None) -> Iterator[None]:
    """Name the file in errors if it holds no keys; failures of the disk pass through."""
    try:
        with reported_as_damage():
            yield
    except sqlite3.DatabaseError as error:
        if code_of(error) not in NO_KEYS:
            raise
        raise StoreMismatch(
            f"{path} is not a file of keys, or is damaged: {words_of(error)}"
        ) from None
