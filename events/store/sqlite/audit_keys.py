"""Checks the file of keys beside a log for keys that should be destroyed or are missing."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from threadhost.events.damage import printable
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import KeyMissing, StoreError, StoreMismatch
from threadhost.events.store.findings import About, Finding, Verification
from threadhost.events.store.heads import CLOSED
from threadhost.events.store.rows import StreamHead
from threadhost.events.store.seal import End
from threadhost.events.store.snapshots import unseal
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.faults import reported_as_damage, words_of
from threadhost.events.store.sqlite.keys import SCHEMA, KeyRing
from threadhost.events.store.sqlite.keys_to_read import keys_to_read
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.tables import made_by
from threadhost.events.words import pluralize

Sealed = Callable[[], Mapping[int, int]]
"""Counts the events under each key; called only if the result is needed."""
SEALED = "SELECT key_id, count(*) FROM events WHERE position > 0 GROUP BY key_id"
RING = "SELECT log_id, typeof(proof), wrapping, told FROM ring"
NUMBERS = ("SELECT id FROM keys", "SELECT id FROM destroyed")


class KeysSeen(NamedTuple):
    """The content of a file of keys, as far as it is readable without the host key."""

    log_id: str
    present: frozenset[int]
    destroyed: frozenset[int]
    recorded_end: End | None
    """How far the log was when the keys last stored that."""
    oddities: tuple[str, ...]


def look_at_keys(path: Path) -> KeysSeen:
    """Read a file of keys.

    Raises OSError if the file cannot be read at all, StoreMismatch if it holds no keys.
    """
    try:
        with reported_as_damage(), closing(keys_to_read(path)) as connection:
            connection.execute("BEGIN")  # one moment of a file that a host may be writing
            present, destroyed = (
                frozenset(row[0] for row in connection.execute(query)) for query in NUMBERS
            )
            ring = connection.execute(RING).fetchall()
            seen_rows = connection.execute("SELECT position, chain FROM seen").fetchall()
            oddities = (*_oddities(connection, present, destroyed), *_of_the_ring(ring, seen_rows))
    except sqlite3.Error as error:
        raise StoreMismatch(f"{path} cannot be read as keys: {words_of(error)}") from None
    log_id = str(ring[0][0]) if ring else ""
    end = End(*seen_rows[0]) if seen_rows and _is_end(seen_rows[0]) else None
    return KeysSeen(log_id, present, destroyed, end, oddities)


class Keys(NamedTuple):
    """The keys before and after the log was read; the log may have grown in between."""

    before: KeysSeen
    after: KeysSeen


def key_findings(
    keys: Keys, log: Verification, sealed: Sealed, ring: KeyRing | None
) -> Iterator[Finding]:
    """Check that each stream has its key until its deletion is over, and not afterwards.

    The keys themselves are checked only with the ring, which needs the host key.
    """
    sealed = cache(sealed)
    heads, after = log.heads, keys.after
    for finding in after.oddities:
        yield Finding(None, None, About.COPY, f"the file of keys: {finding}")
    for stream, head in heads.items():
        if head.key_id is not None and (head.state is not CLOSED or stream in log.erased):
            reason = _of_a_stream(keys, head, sealed)
            if reason is not None:
                about = About.ERASED if head.state is CLOSED else About.KEY
                yield Finding(None, printable(stream), about, reason)
    numbers = after.present | after.destroyed
    newest = max(numbers, default=0)
    used = numbers.union(head.key_id or 0 for head in heads.values())
    if unknown := newest - sum(0 < number <= newest for number in used):
        finding = f"missing keys that no thread uses: {pluralize(unknown, 'key')}"
        yield Finding(None, None, About.COPY, f"the file of keys: {finding}")
    if ring is not None:
        yield from _of_the_keys(after, ring)


def snapshot_findings(rows: RawRows, ring: KeyRing) -> Iterator[Finding]:
    """Find stored snapshots that the key of their stream cannot open."""
    try:
        snapshot_rows = rows.all("SELECT stream, version, key_id, payload FROM snapshots")
    except sqlite3.Error:
        return  # the table has its own finding already
    for stream, version, key_id, payload in snapshot_rows:
        fits = tuple(map(type, (stream, version, key_id, payload))) == (str, int, int, bytes)
        if fits and _has(ring, key_id) and unseal(ring, key_id, stream, version, payload) is None:
            yield Finding(None, printable(stream), About.COPY, "its snapshot cannot be opened")


def sealed_under(rows: RawRows) -> Mapping[int, int]:
    """Count the events under each key, as far as they can be read."""
    try:
        return dict(rows.all(SEALED))
    except sqlite3.Error:
        return {}


def _has(ring: KeyRing, key_id: int) -> bool:
    try:
        return ring.cipher(key_id) is not None
    except StoreError:
        return False  # the key has its own finding already


def _of_the_keys(keys: KeysSeen, ring: KeyRing) -> Iterator[Finding]:
    """Find what can only be seen with the host key."""
    try:
        _ = ring.recorded_end
    except StoreMismatch as error:
        yield Finding(None, None, About.COPY, str(error))
    for key_id in sorted(keys.present):
        try:
            ring.cipher(key_id)
        except (KeyMissing, StoreMismatch) as error:
            yield Finding(None, None, About.KEY, f"the file of keys: {error}")


def _of_a_stream(keys: Keys, head: StreamHead, sealed: Sealed) -> str | None:
    key_id, (before, after) = head.key_id or 0, keys
    if head.state is CLOSED:
        if key_id in after.present:
            return f"it was deleted, and its key {key_id} is here"
        return (
            None if key_id in after.destroyed else f"its key {key_id} is not recorded as destroyed"
        )
    if key_id in before.destroyed:
        return f"it was not deleted, and its key {key_id} is recorded as destroyed"
    if key_id not in before.present | after.present | after.destroyed:
        events = pluralize(sealed().get(key_id, 0), "event")
        return f"it was not deleted, and its key {key_id} is missing, that of {events}"
    return None


def _oddities(
    connection: sqlite3.Connection, present: frozenset[int], destroyed: frozenset[int]
) -> Iterator[str]:
    tables = {(kind, name): sql for kind, name, sql in connection.execute(schema.MADE_OF)}
    for (kind, name), sql in made_by(SCHEMA).items():
        if tables.pop((kind, name), "") != sql:
            yield f"the {kind} {name} is not as it was made"
    yield from (
        f"there is a {kind} {printable(name)}, which no host makes" for kind, name in tables
    )
    rows = connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    newest = max(present | destroyed, default=0)
    if min(present | destroyed, default=1) < 1:
        yield "it has key numbers below 1"
    if newest and not any(name == "keys" for name, _ in rows):
        yield "it does not record how many keys were made"
    for name, sequence in rows:
        if (
            name != "keys"
            or type(sequence) is not int
            or not max(present, default=0) <= sequence <= newest
        ):
            yield f"it records {printable(sequence)} as the newest of {printable(name)}"
    connection.commit()  # the slow check needs no single moment, and must not delay the host
    for (fault,) in connection.execute("PRAGMA integrity_check(20)"):
        if fault != "ok":
            yield f"it is damaged: {printable(fault)}"


def _of_the_ring(ring: list[Any], seen_rows: list[Any]) -> Iterator[str]:
    if len(ring) != 1 or type(ring[0][0]) is not str or ring[0][1] != "blob":
        yield "it does not name its log"
    elif not (type(ring[0][2]) is type(ring[0][3]) is int and 1 <= ring[0][3] <= ring[0][2]):
        yield "it does not name its host key, or the one that the log recorded"
    if len(seen_rows) != 1 or not _is_end(seen_rows[0]):
        yield "it does not record the end of the log"


def _is_end(row: Sequence[Any]) -> bool:
    return tuple(map(type, row)) == (int, bytes)
