"""Keys beside a log that is being written: what is under way is not held against it."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.store import META, OTHER, STREAM, database_of, deleted, message, opened, started
from threadhost.events.base import StreamState
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.findings import About, Verification
from threadhost.events.store.host_key import load_host_key
from threadhost.events.store.log import Log
from threadhost.events.store.rows import StreamHead
from threadhost.events.store.seal import End
from threadhost.events.store.sqlite import audit_keys
from threadhost.events.store.sqlite.audit_keys import (
    Keys,
    KeysSeen,
    key_findings,
    look_at_keys,
    snapshot_findings,
)
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.keys_to_read import keys_to_read
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.verify import verify
from threadhost.events.tree import DeletionReceipt, TreeDeletionCompleted

COMPLETED = TreeDeletionCompleted(deletion_id="d", root_id="a", receipt=DeletionReceipt(threads=1))


def checked(log: Log) -> Verification:
    return verify(database_of(log))


def found(log: Log, home: Path) -> list[tuple[str | None, About]]:
    seen = look_at_keys(home / "keys.db")
    findings = key_findings(Keys(seen, seen), checked(log), dict, None)
    return [(finding.stream, finding.about) for finding in findings]


async def test_a_deletion_that_is_not_over_may_still_have_its_keys(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), message(), deleted()]), meta=META)
        assert found(log, home) == []
        await log.append(StreamAppend("tree-a", [COMPLETED]), meta=META)
        assert found(log, home) == [(STREAM, About.ERASED)]
        await log.destroy_keys([STREAM])
        assert found(log, home) == []


async def test_a_thread_created_or_deleted_while_the_log_is_read_is_no_finding(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)
        before, seen = look_at_keys(home / "keys.db"), checked(log)
        await log.append(StreamAppend(STREAM, [deleted()]), meta=META)
        await log.destroy_keys([STREAM])
        after = look_at_keys(home / "keys.db")
        assert list(key_findings(Keys(before, after), seen, dict, None)) == []
        gone = list(key_findings(Keys(after, after), seen, dict, None))
        assert [finding.about for finding in gone] == [About.KEY]


async def test_a_thread_created_and_deleted_while_the_log_is_read_is_no_finding(home: Path) -> None:
    async with opened(home) as log:
        before = look_at_keys(home / "keys.db")
        await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)
        seen = checked(log)
        await log.append(StreamAppend(STREAM, [deleted()]), meta=META)
        await log.destroy_keys([STREAM])
        after = look_at_keys(home / "keys.db")
        assert list(key_findings(Keys(before, after), seen, dict, None)) == []


async def test_a_key_file_is_read_in_one_transaction(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)

        def meanwhile(path: Path) -> sqlite3.Connection:
            connection = keys_to_read(path)

            def destroy(statement: str) -> None:
                if statement.endswith("FROM destroyed"):
                    with closing(sqlite3.connect(path, timeout=0)) as host, host:
                        host.execute("DELETE FROM keys")
                        host.execute("UPDATE sqlite_sequence SET seq = 1000")

            connection.set_trace_callback(destroy)
            return connection

        monkeypatch.setattr(audit_keys, "keys_to_read", meanwhile)
        assert look_at_keys(home / "keys.db").oddities == ()


async def test_a_snapshot_that_cannot_be_opened_is_named(home: Path) -> None:
    async with opened(home) as log:
        first = StreamAppend(STREAM, [started(), message()], snapshot=b"a state")
        await log.append(first, meta=META)
        rows = RawRows(database_of(log))
        keys = KeyRing(home / "keys.db", load_host_key(home), log.log_id, read_only=True)
        assert list(snapshot_findings(rows, keys)) == []
        database_of(log).writer.execute("UPDATE snapshots SET payload = zeroblob(40)")
        (finding,) = snapshot_findings(rows, keys)
        assert finding == (None, STREAM, About.COPY, "its snapshot cannot be opened")
        await log.append(StreamAppend(STREAM, [message()]), meta=META)
        await log.destroy_keys([STREAM])
        assert list(snapshot_findings(rows, keys)) == []
        keys.close()


async def test_a_key_that_was_made_while_the_log_was_read_is_not_missing(home: Path) -> None:
    async with opened(home) as log:
        before = look_at_keys(home / "keys.db")
        await log.append(StreamAppend(OTHER, [message()]), meta=META)
        after = look_at_keys(home / "keys.db")
        assert list(key_findings(Keys(before, after), checked(log), dict, None)) == []


def keys(here: set[int], destroyed: Iterable[int] = (), *odd: str) -> KeysSeen:
    return KeysSeen("log", frozenset(here), frozenset(destroyed), None, odd)


def head(key_id: int | None, state: StreamState = StreamState.OPEN) -> StreamHead:
    return StreamHead(3, 1, state, key_id)


FILE = "the file of keys: "
LIVES, GOES = {"thread-a": head(1)}, {"thread-a": head(1, StreamState.CLOSED)}
SEEN: dict[str, tuple[KeysSeen, dict[str, StreamHead], set[str], list[tuple[About, str]]]] = {
    "no key": (keys(set()), {"thread-a": head(None)}, set(), []),
    "a key that is there": (keys({1}), LIVES, set(), []),
    "a key that is gone": (
        keys({2}),
        LIVES,
        set(),
        [(About.KEY, "it was not deleted, and its key 1 is missing, that of 4 events")],
    ),
    "a key of no event that is gone": (
        keys({1, 2}),
        {"thread-a": head(3)},
        set(),
        [(About.KEY, "it was not deleted, and its key 3 is missing, that of 0 events")],
    ),
    "a key that is destroyed": (
        keys(set(), {1}),
        LIVES,
        set(),
        [(About.KEY, "it was not deleted, and its key 1 is recorded as destroyed")],
    ),
    "a key of a deletion that goes on": (keys({1}), GOES, set(), []),
    "a key of a deletion that is over": (
        keys({1}),
        GOES,
        {"thread-a"},
        [(About.ERASED, "it was deleted, and its key 1 is here")],
    ),
    "a key that nobody knows to be destroyed": (
        keys({2}),
        GOES,
        {"thread-a"},
        [(About.ERASED, "its key 1 is not recorded as destroyed")],
    ),
    "a key that was destroyed": (keys(set(), {1}), GOES, {"thread-a"}, []),
    "keys of nobody": (
        keys({5}, {-4, 2}),
        {"thread-a": head(5), "thread-b": head(None)},
        set(),
        [(About.COPY, f"{FILE}missing keys that no thread uses: 3 keys")],
    ),
    "something odd": (
        keys({1}, set(), "it is odd"),
        LIVES,
        set(),
        [(About.COPY, f"{FILE}it is odd")],
    ),
}


@each(("seen", "heads", "erased", "findings"), SEEN.values(), SEEN)
def test_each_stream_has_its_key_until_its_deletion_is_over(
    seen: KeysSeen,
    heads: dict[str, StreamHead],
    erased: set[str],
    findings: list[tuple[About, str]],
) -> None:
    log = Verification(9, End(9, b""), (), heads=heads, erased=frozenset(erased))
    seen_of_keys = key_findings(Keys(seen, seen), log, lambda: {1: 4}, None)
    assert [(finding.about, finding.reason) for finding in seen_of_keys] == findings
