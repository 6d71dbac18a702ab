"""Numbers of names: whatever is taken back between, each row is read back with its own names."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.searching import tries
from threadhost.events.store.errors import StoreFailed
from threadhost.events.store.rows import LogRow
from threadhost.events.store.sqlite import names, schema
from threadhost.events.store.sqlite.database import Database, Transaction
from threadhost.events.store.sqlite.engine import SqliteEngine
from threadhost.events.store.sqlite.tx import SqliteTx

NAMES = [f"n{number}" for number in range(7)]
STEPS = ("append", "refuse", "roll back", "interrupt", "forget", "edit", "remove")


class Refused(Exception):
    """Ends an append or a transaction."""


class Store:
    """A database that is written by one connection, and the rows that it should have."""

    def __init__(self, path: Path | None) -> None:
        self.database = Database(path)
        self.path = path
        engine = SqliteEngine(self.database)
        engine.prepare(lambda tx: [tx.run(statement) for statement in schema.STATEMENTS])
        self.transaction: Transaction[SqliteTx] = engine.transaction()
        self.due: dict[int, LogRow] = {}
        self.position = 0

    def rows(self, named: Sequence[str]) -> list[LogRow]:
        """New rows, whose streams, types and principals are these names in turn."""
        rows = []
        for at, name in enumerate(named):
            self.position += 1
            others = NAMES[self.position % 7], NAMES[(self.position + at) % 5]
            row = (self.position, 1, name, self.position, others[0], 7, others[1], "c", "k")
            rows.append(LogRow(*row, None, b"p", None, b"d", b"c"))
        return rows

    def write(self, tx: SqliteTx, rows: Sequence[LogRow]) -> None:
        """Add the rows to the table."""
        tx.add_events([value for row in rows for value in row])

    def append(self, named: Sequence[str]) -> None:
        """Append, and have the commit succeed."""
        rows = self.rows(named)
        with self.transaction as tx:
            self.write(tx, rows)
        self.due |= {row.position: row for row in rows}

    def refuse(self, named: Sequence[str]) -> None:
        """Have one append of a transaction refused, and the next one succeed."""
        refused, rows = self.rows(named), self.rows(named[::-1][:2])

        def add() -> None:
            self.write(tx, refused)
            raise Refused

        with self.transaction as tx:
            tx.attempt(add)
            self.write(tx, rows)
        self.due |= {row.position: row for row in rows}

    def roll_back(self, named: Sequence[str]) -> None:
        """Take a whole transaction back."""
        with suppress(Refused), self.transaction as tx:
            self.write(tx, self.rows(named))
            raise Refused

    def interrupt(self, named: Sequence[str]) -> None:
        """Have SQLite itself roll back in the middle of an append."""
        rows, interruptions = self.rows(named), iter([1])
        writer = self.database.writer
        try:
            with self.transaction as tx:
                writer.set_progress_handler(lambda: next(interruptions, 0), 40 * len(named))
                try:
                    self.write(tx, rows)
                finally:
                    writer.set_progress_handler(None, 0)
        except StoreFailed:
            return
        self.due |= {row.position: row for row in rows}

    def forget(self, named: Sequence[str]) -> None:
        """Drop a stream that gives its name to nothing else."""
        only = f"only-{named[0]}"
        self.append([only, *named])
        with self.transaction as tx:
            tx.forget_stream(only)
        self.due = {at: row for at, row in self.due.items() if row.stream != only}

    def edit(self, named: Sequence[str]) -> None:
        """Have somebody else add a name."""
        self._beside("INSERT OR IGNORE INTO names (name) VALUES (?)", named[0])

    def remove(self, named: Sequence[str]) -> None:
        """Have somebody else remove a name that no row has."""
        unused = "id NOT IN (SELECT stream FROM event_rows UNION SELECT type FROM event_rows"
        unused += " UNION SELECT principal FROM event_rows)"
        self._beside(f"DELETE FROM names WHERE name >= ? AND {unused}", named[0])

    def _beside(self, statement: str, name: str) -> None:
        if self.path is not None:
            with closing(sqlite3.connect(self.path)) as other, other:
                other.execute(statement, (name,))

    def take(self, step: str, named: Sequence[str]) -> None:
        """Do one step, and compare."""
        do: Callable[[Sequence[str]], None] = getattr(self, step.replace(" ", "_"))
        do(named)
        found = self.database.rows(f"{schema.SELECT_EVENTS} ORDER BY position")
        assert [LogRow._make(row) for row in found] == [self.due[at] for at in sorted(self.due)]


@pytest.fixture(autouse=True, scope="module")
def few_are_kept() -> Iterator[None]:
    """Have the numbers be cleared after few names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "KEPT_MAX", 3)
        yield


@pytest.mark.parametrize("in_memory", [False, True])
@tries(150)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)),
        max_size=15,
    )
)
def test_rows_have_the_names_they_were_written_with(
    *, in_memory: bool, steps: Sequence[tuple[str, Sequence[str]]]
) -> None:
    with TemporaryDirectory() as folder:
        store = Store(None if in_memory else Path(folder, "log.db"))
        with closing(store.database):
            for step, named in steps:
                store.take(step, named)


def test_a_new_name_never_gets_the_number_of_a_stream_whose_name_was_lost(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    store = Store(path)
    with closing(store.database), closing(sqlite3.connect(path)) as other:
        store.append(["lost"])
        with other:
            other.execute("DELETE FROM names")
        store.append(["new"])
        streams = store.database.writer.execute("SELECT stream FROM events ORDER BY position")
        assert streams.fetchall() == [(None,), ("new",)]


def test_numbers_are_looked_up_again_after_another_connection_wrote(tmp_path: Path) -> None:
    store = Store(tmp_path / "log.db")
    with closing(store.database):
        store.take("append", ["n0"])
        store.take("roll back", ["a"])
        store.take("edit", ["x"])
        store.take("append", ["a", "x"])
