"""A key for each stream that holds sealed events; destroying it erases them everywhere at once."""

import os
import sqlite3
import threading
from collections.abc import Collection, Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from threadhost.events.store.errors import StoreMismatch

BATCH = 256
CACHE_KEYS_MAX = 16_384
KEY_BYTES = 32
NONCE_BYTES = 12

_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (id INTEGER PRIMARY KEY AUTOINCREMENT, wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ring (log_id TEXT NOT NULL);
"""


class KeyRing:
    """Data keys by number, wrapped by the host key, in a file of their own (or only in memory).

    Keys are made in batches and synced before the first of a batch is used, so that no committed
    event ever lacks its key.
    """

    def __init__(self, path: Path | None, host_key: bytes, log_id: str) -> None:
        self._lock = threading.Lock()
        self._wrapping = AESGCM(host_key)
        self._connection = _connect(path)
        self._claim(path, log_id)
        self._cache: dict[int, AESGCM] = {}
        self._free: list[int] = []

    def release_unused(self, newest_used: int) -> None:
        """Offer again what an earlier process made and never used: keys after `newest_used`."""
        with self._lock:
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

        Raises StoreMismatch if the host key is not the one that wrapped it.
        """
        found = self._cache.get(key_id)
        if found is not None:
            return found
        with self._lock:
            row = self._connection.execute(
                "SELECT wrapped FROM keys WHERE id = ?", (key_id,)
            ).fetchone()
        return self._remember(key_id, self._unwrap(key_id, row[0])) if row else None

    def destroy(self, key_ids: Collection[int]) -> int:
        """Destroy keys durably; returns how many there were."""
        with self._lock, self._connection:
            before = self._connection.total_changes
            self._connection.executemany("DELETE FROM keys WHERE id = ?", [(k,) for k in key_ids])
            gone = self._connection.total_changes - before
        for key_id in key_ids:
            self._cache.pop(key_id, None)
        return gone

    def existing(self, key_ids: Iterable[int]) -> list[int]:
        """Those of the keys that are not destroyed."""
        with self._lock:
            have = {row[0] for row in self._connection.execute("SELECT id FROM keys")}
        return [key_id for key_id in key_ids if key_id in have]

    def close(self) -> None:
        """Forget all keys and close the file."""
        self._cache.clear()
        self._connection.close()

    def _make_batch(self) -> None:
        row = self._connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name='keys'"
        ).fetchone()
        first = (row[0] if row else 0) + 1
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
        if len(self._cache) >= CACHE_KEYS_MAX:
            self._cache.pop(next(iter(self._cache)))
        cipher = self._cache[key_id] = AESGCM(key)
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
            raise StoreMismatch(
                f"key {key_id} was not wrapped by this host key: is the key file the right one?"
            ) from None

    def _claim(self, path: Path | None, log_id: str) -> None:
        row = self._connection.execute("SELECT log_id FROM ring").fetchone()
        if row is None:
            with self._connection:
                self._connection.execute("INSERT INTO ring VALUES (?)", (log_id,))
        elif row[0] != log_id:
            raise StoreMismatch(f"{path} holds the keys of log {row[0]}, not of {log_id}")


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path or ":memory:", check_same_thread=False)
    for pragma in ("journal_mode=TRUNCATE", "synchronous=EXTRA", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.executescript(_SCHEMA)
    return connection


def load_host_key(path: Path) -> bytes:
    """Read the host key (64 hexadecimal digits), or make one, durable before it is used.

    Raises StoreMismatch for a file that holds something else.
    """
    try:
        key = bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        return _make_host_key(path)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreMismatch(
            f"{path} is not a host key: expected {2 * KEY_BYTES} hexadecimal digits"
        )
    return key


def _make_host_key(path: Path) -> bytes:
    key = AESGCM.generate_key(8 * KEY_BYTES)
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, key.hex().encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.rename(path)
    sync_folder(path.parent)
    return key


def sync_folder(path: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
