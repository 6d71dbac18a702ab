"""Space is given back step by step: what a step may take, what it leaves, and what it writes."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from threadhost.adapters.testing.engine import KEY, KIND, row_of
from threadhost.events.base import StreamState
from threadhost.events.store.rows import Purged, StreamHead
from threadhost.events.store.rules import tombstones
from threadhost.events.store.sqlite import purge
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.engine import SqliteEngine
from threadhost.events.store.sqlite.recorder import SqlRecorder

GONE, LEFT = "thread-gone", "thread-left"
KEYS: Mapping[str, int | None] = {GONE: 7, LEFT: 8}
SAID = 1_000
ROWS = 512
"""Two windows, of about four rows on each page."""
CLOSED, OPEN = StreamState.CLOSED, StreamState.OPEN


@contextmanager
def opened(home: Path) -> Iterator[tuple[SqliteEngine, sqlite3.Connection]]:
    """The engine of a log, as each process that serves it has one, and the connection it has."""
    engine = SqliteEngine(SqlRecorder(Database(home / "threadhost.db"), "log").database)
    try:
        yield engine, engine.database.writer  # type: ignore[attr-defined]
    finally:
        engine.close()


def fill(
    engine: SqliteEngine, streams: Sequence[str], tombstone_of: Sequence[str] = (GONE,)
) -> None:
    """A log in which these streams say something in turn, and of which some are closed then."""
    versions = dict.fromkeys(streams, 0)
    rows = []
    for position, stream in enumerate([*streams, *tombstone_of], 1):
        versions[stream] += 1
        row = row_of(stream, versions[stream], position, b"x" * SAID)
        if position > len(streams):
            row[KIND] = tombstones()[0]
        else:
            row[KEY] = KEYS[stream]
        rows.append(row)
    heads = {
        stream: StreamHead(version, 1, CLOSED if stream in tombstone_of else OPEN, KEYS[stream])
        for stream, version in versions.items()
    }
    with engine.transaction() as tx:
        tx.add_events([value for row in rows for value in row])
        tx.put_heads(heads)


def purged(engine: SqliteEngine) -> int:
    """Purge all there is; how many payloads went."""
    count = 0
    while not (step := engine.purge(lambda key_id: key_id == KEYS[GONE])).is_done:
        count += step.rows
    return count


def pages(connection: sqlite3.Connection) -> tuple[int, int]:
    """All pages of the file, and those that are free."""
    total, free = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count")
    )
    return total, free


def compacted(engine: SqliteEngine) -> int:
    """Pack all there is; in how many steps."""
    steps = 0
    while engine.compact_rows():
        steps += 1
    return steps


@pytest.mark.parametrize("of", [[GONE, LEFT], [GONE] * ROWS + [LEFT]], ids=["in turn", "at once"])
def test_loosely_filled_pages_are_freed_by_rewriting_their_rows(
    of: list[str], tmp_path: Path
) -> None:
    with opened(tmp_path) as (engine, connection):
        streams = (of * ROWS)[:ROWS]
        fill(engine, streams)
        assert purged(engine) == streams.count(GONE)
        total, before = pages(connection)
        assert compacted(engine) == 2
        assert pages(connection)[1] - before > 0.3 * total


@pytest.mark.parametrize(
    ("loose_min", "compacted_max", "steps"),
    [
        (SAID * ROWS // 4, SAID * ROWS // 4, 2),
        (SAID * ROWS // 4 + 1, SAID * ROWS // 4, 0),
        (SAID * ROWS // 4, SAID * ROWS // 4 - 1, 0),
    ],
    ids=["loose", "little went", "much is left"],
)
def test_rows_are_rewritten_only_where_much_was_purged_and_little_is_left(
    loose_min: int, compacted_max: int, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "LOOSE_BYTES_MIN", loose_min)
    monkeypatch.setattr(purge, "COMPACTED_BYTES_MAX", compacted_max)
    with opened(tmp_path) as (engine, connection):
        fill(engine, [LEFT, GONE] * (ROWS // 2))
        purged(engine)
        before = connection.total_changes
        compacted(engine)
        assert connection.total_changes - before >= steps * purge.WINDOW_ROWS
        assert steps or connection.total_changes - before <= 1


@pytest.mark.parametrize("kept", [0, 64])
def test_free_pages_leave_the_file_but_for_some_that_are_used_again(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "FREE_PAGES_MIN", kept)
    with opened(tmp_path) as (engine, connection):
        fill(engine, [GONE, LEFT, GONE] * ROWS)
        purged(engine)
        compacted(engine)
        before = pages(connection)
        steps = []
        while given := engine.release_pages():
            steps.append(given)
            assert (before[0] - sum(steps), before[1] - sum(steps)) == pages(connection)
        assert max(steps) == steps[0] == purge.PAGES
        total, free = pages(connection)
        assert free == max(total // purge.FREE_PART, kept)


def test_pages_purged_by_a_dead_host_are_rewritten_once_by_the_next_host(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as (engine, _):
        fill(engine, [GONE, LEFT] * ROWS)
        assert purged(engine) == ROWS
    with opened(tmp_path) as (engine, connection):
        looked = looks(connection)
        assert (purged(engine), len(looked)) == (0, 1)
        assert compacted(engine) == 4
        assert pages(connection)[1] > 0
        changes = connection.total_changes
        assert (purged(engine), compacted(engine), len(looked)) == (0, 0, 1)
        assert connection.total_changes == changes
    with opened(tmp_path) as (engine, connection):
        looked = looks(connection)
        changes = connection.total_changes
        assert (purged(engine), compacted(engine), looked) == (0, 0, [])
        assert connection.total_changes == changes


def looks(connection: sqlite3.Connection) -> list[str]:
    """What is looked for from now on that was purged before."""
    looked: list[str] = []
    connection.set_trace_callback(
        lambda sql: looked.append(sql) if "payload IS NULL" in sql else None
    )
    return looked


def test_a_process_does_not_scan_for_the_rows_it_purged_itself(tmp_path: Path) -> None:
    with opened(tmp_path) as (engine, connection):
        assert engine.purge(lambda _: True) == Purged(is_done=True)  # the log is empty
        looked = looks(connection)
        fill(engine, [GONE, LEFT] * ROWS)
        assert (purged(engine), looked) == (ROWS, [])


def test_a_long_log_without_deletions_is_scanned_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "SCANNED_ROWS", 100)
    steps: list[int] = []
    for _ in range(2):
        with opened(tmp_path) as (engine, _):
            if not steps:
                fill(engine, [LEFT] * ROWS, ())
            steps.append(1)
            while not engine.purge(lambda _: True).is_done:
                steps[-1] += 1
            assert compacted(engine) == 0
    assert steps == [6, 1]


@pytest.mark.parametrize(("state", "key_id"), [(CLOSED, None), (OPEN, 8)])
def test_a_tombstone_of_a_stream_without_a_key_or_that_is_open_is_passed(
    state: StreamState, key_id: int | None, tmp_path: Path
) -> None:
    with opened(tmp_path) as (engine, _):
        fill(engine, [LEFT, GONE, LEFT], [LEFT, GONE])
        with engine.transaction() as tx:
            tx.put_heads({LEFT: StreamHead(3, 1, state, key_id)})
        assert purged(engine) == 1
