"""A key for each stream that holds sealed events; destroying it erases them everywhere at once."""

import os
import sqlite3
import threading
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from threadhost.events.store.database import create_private
from threadhost.events.store.errors import StoreMismatch, StoreUnavailable
from threadhost.events.store.faults import shortage_in_our_words

BATCH = 256
CACHED_KEYS_MAX = 16_384
NONCE_BYTES = 12
PROOF = 0
"""The number under which the log's id is wrapped, as proof of the host key."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (id INTEGER PRIMARY KEY AUTOINCREMENT, wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ring (log_id TEXT NOT NULL, proof BLOB NOT NULL);
"""


class KeyRing:
    """Data keys by number, wrapped by the host key, in a file of their own (or only in memory).

    Keys are made in batches and synced before the first of a batch is used, so that no committed
    event ever lacks its key. Raises StoreMismatch if the file belongs to another log or host key.
    """

    def __init__(
        self, path: Path | None, host_key: bytes, log_id: str, *, read_only: bool = False
    ) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._wrapping = AESGCM(host_key)
        self._cache: dict[int, AESGCM] = {}
        # Whoever only reads would not hear that a key is destroyed.
        self._cached_max = 0 if read_only else CACHED_KEYS_MAX
        self._free: list[int] = []
        self._connection = _connect_read_only(path) if path and read_only else _connect(path)
        try:
            if not read_only:
                self._claim(log_id)
            self._require_own(path, log_id)
        except BaseException:
            self._connection.close()
            raise

    def release_unused(self, newest_used: int) -> None:
        """Offer again what an earlier process made and never used: keys after `newest_used`.

        Raises StoreMismatch if that one was never made here: the file is older than the log.
        """
        with self._lock:
            made = self._newest_made()
            if made < newest_used:
                raise StoreMismatch(
                    f"the log uses key {newest_used}, but the key file ends at {made}:"
                    " it is older than the log"
                )
            rows = self._connection.execute(
                "SELECT id FROM keys WHERE id > ? ORDER BY id DESC", (newest_used,)
            )
            self._free = [row[0] for row in rows]

    def allocate(self) -> int:
        """The number of a key that no event uses yet, durably stored."""
        with self._lock:
            if not self._free:
                self._make_batch()
            return self._free.pop()

    def cipher(self, key_id: int) -> AESGCM | None:
        """The cipher of a key, or None once it is destroyed.

        Raises StoreUnavailable if it is closed, or for now.
        """
        found = self._cache.get(key_id)
        if found is not None:
            return found
        with self._lock, shortage_in_our_words():
            if self._closed:
                raise StoreUnavailable("the log is closed")
            row = self._connection.execute(
                "SELECT wrapped FROM keys WHERE id = ?", (key_id,)
            ).fetchone()
            return self._remember(key_id, self._unwrap(key_id, row[0])) if row else None

    def destroy(self, key_ids: Collection[int]) -> int:
        """Destroy keys durably; returns how many there were."""
        with self._lock:
            with self._connection:
                before = self._connection.total_changes
                ids = [(key_id,) for key_id in key_ids]
                self._connection.executemany("DELETE FROM keys WHERE id = ?", ids)
                gone = self._connection.total_changes - before
            for key_id in key_ids:
                self._cache.pop(key_id, None)
        return gone

    def close(self) -> None:
        """Forget all keys and close the file; idempotent."""
        with self._lock:
            self._closed = True
            self._cache.clear()
            self._connection.close()

    def _newest_made(self) -> int:
        row = self._connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name='keys'"
        ).fetchone()
        return int(row[0]) if row else 0

    def _make_batch(self) -> None:
        first = self._newest_made() + 1
        fresh = {first + n: AESGCM.generate_key(256) for n in range(BATCH)}
        with self._connection:
            self._connection.executemany(
                "INSERT INTO keys (id, wrapped) VALUES (?, ?)",
                [(key_id, self._wrap(key_id, key)) for key_id, key in fresh.items()],
            )
        for key_id, key in fresh.items():
            self._remember(key_id, key)
        self._free = sorted(fresh, reverse=True)

    def _remember(self, key_id: int, key: bytes) -> AESGCM:
        cipher = AESGCM(key)
        if len(self._cache) >= self._cached_max > 0:
            self._cache.pop(next(iter(self._cache)))
        if self._cached_max:
            self._cache[key_id] = cipher
        return cipher

    def _wrap(self, key_id: int, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, b"key %d" % key_id)

    def _unwrap(self, key_id: int, wrapped: bytes) -> bytes:
        try:
            return self._wrapping.decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], b"key %d" % key_id
            )
        except InvalidTag:
            what = f"key {key_id} was" if key_id != PROOF else "the keys were"
            raise StoreMismatch(
                f"{what} not wrapped by this host key: is the key file the right one?"
            ) from None

    def _claim(self, log_id: str) -> None:
        if self._connection.execute("SELECT log_id FROM ring").fetchone() is None:
            proof = self._wrap(PROOF, log_id.encode())
            with self._connection:
                self._connection.execute("INSERT INTO ring VALUES (?, ?)", (log_id, proof))

    def _require_own(self, path: Path | None, log_id: str) -> None:
        owner, proof = self._connection.execute("SELECT log_id, proof FROM ring").fetchone()
        if owner != log_id:
            raise StoreMismatch(f"{path} holds the keys of log {owner}, not of {log_id}")
        self._unwrap(PROOF, proof)


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        create_private(path)
    connection = sqlite3.connect(path or ":memory:", check_same_thread=False)
    try:
        for pragma in ("journal_mode=TRUNCATE", "synchronous=EXTRA", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False)
