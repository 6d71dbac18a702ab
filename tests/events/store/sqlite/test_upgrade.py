"""The upgrade of a log of version 0.1: every row stays what it was, whatever damage it has."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.each import each
from tests.support.home_of_0_1 import NO_UTF_8, log_of_0_1
from tests.support.log_database import connected
from tests.support.operator_lines import logged_line
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.rules import COLUMNS, NOTHING, mistyped_columns
from threadhost.events.store.sqlite import upgrade as upgrade_module
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase
from threadhost.events.store.sqlite.upgrade import ROWS_A_STATEMENT, upgrade

UUID = "0193a1b2-0000-7000-8000-00000000000a"
STREAMS = ("thread-1", "tree-\u00fc\U0001f600", "host-@5", "a\x00b", "", "event:x@", "1")
VERSIONS = ("1", "17", "007", "0", "-3", "9" * 18, "9" * 30, "", "x", "1 ", "+1", "1.0", "\u0661")
INTEGERS = st.integers(0, 5) | st.sampled_from([-(2**63), -1, 2**63 - 1])
ODD = st.sampled_from(["", "text", "1x", 1.5, b"", b"\x00", bytes(15), NO_UTF_8])
NUMBERS = st.one_of(*[INTEGERS] * 9, ODD)
TEXTS = st.sampled_from([*STREAMS, UUID]) | st.text(max_size=4)
NAMES = st.one_of(*[TEXTS] * 9, ODD)
CAUSES = st.tuples(st.none() | st.sampled_from(STREAMS), st.sampled_from(VERSIONS))
CORRELATIONS = NAMES | st.sampled_from(
    [UUID, UUID.upper(), UUID[:-1], UUID + "0", UUID.replace("-", ""), UUID[:16], f"{UUID}\x00", ""]
)
SOUND = [1, "thread-1", 1, "a.type", 1, "me", UUID, "start:1", 1, b"{}", None, bytes(32), bytes(32)]


@st.composite
def row(draw: st.DrawFn) -> list[Any]:
    """A row without its position and version: mostly of a writer, with any damage."""
    stream = draw(NAMES)
    of, version = draw(CAUSES)
    cause = f"event:{stream if of is None else of}@{version}"
    values = [draw(NUMBERS), stream, draw(NUMBERS), draw(NAMES), draw(NUMBERS), draw(NAMES)]
    values += [draw(CORRELATIONS), draw(NAMES | st.just(cause)), draw(st.none() | NUMBERS)]
    values += [draw(st.none() | NAMES), draw(st.none() | NAMES), draw(NAMES), draw(NAMES)]
    return values


POSITIONS = st.lists(
    st.integers(-3, 30) | st.sampled_from([-(2**63), 2**63 - 1]), unique=True, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(st.data(), POSITIONS)
def test_every_row_of_any_log_is_shown_as_it_was(data: st.DataObject, positions: list[int]) -> None:
    rows = [[position, *data.draw(row())] for position in positions]
    with TemporaryDirectory() as folder:
        path = log_of_0_1(Path(folder, "log.db"), _first_of_each_version(rows))
        before = _shown(path)
        _upgrade(path)
        assert _shown(path) == before


def _first_of_each_version(rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    return list({(str(row[2]), type(row[2]), row[3], type(row[3])): row for row in rows}.values())


def _upgrade(path: Path) -> None:
    with closing(Database(path)) as database:
        upgrade(database)


def _shown(path: Path) -> list[Any]:
    """Each value of each event with its type, as readers of the log see it."""
    select = ", ".join(f"typeof({name}), hex(CAST({name} AS BLOB))" for name in COLUMNS)
    query = f"SELECT {select} FROM events ORDER BY position"
    with closing(sqlite3.connect(path)) as connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchall():
            return connection.execute(query).fetchall()
    with closing(connected(path)) as connection:
        return connection.execute(query).fetchall()


def test_names_uuids_and_causes_in_the_own_stream_take_few_bytes(tmp_path: Path) -> None:
    cause = [*SOUND[:7], "event:thread-1@12", *SOUND[8:]]
    path = log_of_0_1(tmp_path / "log.db", [[1, *cause]])
    _upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        ((*_, correlation, causation),) = connection.execute(
            "SELECT stream, type, principal, correlation_id, causation_id FROM event_rows"
        ).fetchall()
        assert {type(number) for number in _} == {int}
        assert (correlation, causation) == (bytes.fromhex(UUID.replace("-", "")), 12)
        assert connection.execute("SELECT count(*) FROM names").fetchall() == [(3,)]


def _without_unique_rules(statement: str) -> str:
    """A table of events that takes any value in any column, and no rule on versions."""
    if " events (" not in statement or "TABLE" not in statement:
        return statement.replace("UNIQUE ", "")
    return re.sub(r"(?<!PRIMARY)( INTEGER| TEXT| BLOB)?( NOT NULL)(?=[,)])", "", statement)


@each("column", [name for name, types in COLUMNS.items() if NOTHING not in types][1:])
def test_a_null_where_none_may_be_is_found_after_the_upgrade_too(
    tmp_path: Path, column: str
) -> None:
    _is_found_again(tmp_path, column, None)


@each("column, value", [("correlation_id", bytes(16)), ("causation_id", 7)])
def test_a_value_that_the_new_table_would_take_for_a_sound_one_is_found_after_the_upgrade_too(
    tmp_path: Path, column: str, value: object
) -> None:
    _is_found_again(tmp_path, column, value)


def _is_found_again(folder: Path, column: str, value: object) -> None:
    damaged = dict(zip(COLUMNS, [2, *SOUND], strict=True)) | {"version": 2, column: value}
    third = damaged | {"position": 3, "version": 2 if column == "stream" else 3, column: value}
    rows = [[1, *SOUND], [*damaged.values()], [*third.values()]]
    rows += [[4, *SOUND[:2], 9, *SOUND[3:]]]
    with TemporaryDirectory(dir=folder) as own:
        path = log_of_0_1(Path(own, "log.db"), rows, _without_unique_rules)
        before = _odd(path)
        assert before == {2: column, 3: column}
        _upgrade(path)
        assert _odd(path) == before


def _odd(path: Path) -> dict[int, str]:
    """The columns with values that no writer stores, by position."""
    with closing(ReadOnlyDatabase(path)) as database:
        rows = RawRows(database).events(0, 10)
        return {row[0]: columns for row in rows if (columns := mistyped_columns(row))}


def test_a_log_of_many_pages_is_upgraded_whole(tmp_path: Path) -> None:
    count = 2 * ROWS_A_STATEMENT + 1
    rows = [[at, *SOUND[:2], at, *SOUND[3:]] for at in range(1, count + 1)]
    path = log_of_0_1(tmp_path / "log.db", rows)
    before = _shown(path)
    _upgrade(path)
    assert _shown(path) == before


IN_LITTLE_MEMORY = """
import sys
from contextlib import closing
from pathlib import Path
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.upgrade import upgrade
with closing(Database(Path(sys.argv[1]))) as database:
    database.writer.execute("PRAGMA hard_heap_limit = %d")
    upgrade(database)
"""
LIMIT_BYTES = 12_000_000
"""Of SQLite in one process, which no statement can raise again."""


@pytest.mark.slices
def test_a_log_larger_than_memory_is_upgraded(tmp_path: Path) -> None:
    payload, count = bytes(8_000), 3_000
    rows = [[at, *SOUND[:2], at, *SOUND[3:9], payload, *SOUND[10:]] for at in range(1, count)]
    path = log_of_0_1(tmp_path / "log.db", rows)
    assert path.stat().st_size > 2 * LIMIT_BYTES
    command = [sys.executable, "-c", IN_LITTLE_MEMORY % LIMIT_BYTES, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "MemoryError" in done.stderr) == (0, False), done.stderr
    assert len(_shown(path)) == len(rows)


def test_a_version_that_stands_twice_is_refused_with_its_place_and_the_log_stays(
    tmp_path: Path,
) -> None:
    """Only without its unique index a log can have one; no host of 0.1 started on it either."""
    count = ROWS_A_STATEMENT + 7
    rows = [[at, *SOUND[:2], at, *SOUND[3:]] for at in range(1, count)]
    rows.append([count, *SOUND[:2], 5, *SOUND[3:]])
    path = log_of_0_1(tmp_path / "log.db", rows, lambda made: made.replace("UNIQUE", ""))
    _refused(path, f"position {count} has version 5 of thread-1 again")


def test_rows_that_sqlite_cannot_read_are_refused_and_the_log_stays(tmp_path: Path) -> None:
    rows = [[at, *SOUND[:2], at, *SOUND[3:]] for at in range(1, 100)]
    path = log_of_0_1(tmp_path / "log.db", rows)
    content = bytearray(path.read_bytes())
    leaf = content.rindex(b"\x0d", 0, len(content) // 2) // 4096 * 4096
    content[leaf : leaf + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    _refused(path, "database disk image is malformed")


def _refused(path: Path, words: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("SELECT * FROM sqlite_master").fetchall()
    with pytest.raises(StoreMismatch, match=words) as refused:
        _upgrade(path)
    assert "it is as it was" in str(refused.value)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM sqlite_master").fetchall() == before


def test_an_upgrade_says_how_far_it_is_and_how_long_it_took(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade_module, "SAY_AFTER_S", 0)
    _upgrade(log_of_0_1(tmp_path / "log.db", [[1, *SOUND]]))
    said = [record.getMessage() for record in caplog.records]
    assert [line.partition(": ")[2] for line in said[:2]] == ["0 of 1 events", "1 of 1 events"]
    assert logged_line(caplog, "log.upgrading")["count"] == 1
    assert logged_line(caplog, "log.upgraded")["count"] == 1
