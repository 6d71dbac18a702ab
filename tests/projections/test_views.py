"""Views as one: writes of a table keep their order, counts are right, private text is scrubbed."""

from collections.abc import Iterable, Iterator

import pytest

from tests.support.store import META, renamed
from threadhost.events.base import Recorded
from threadhost.events.store.sqlite.database import Database, Transaction
from threadhost.events.store.sqlite.tx import SqliteTx
from threadhost.events.thread import ThreadRenamed
from threadhost.projections.base import Projection, Views, Write
from threadhost.projections.statement import Statement, Term
from threadhost.projections.table import Column, Table

COLUMNS = (Column("id", "integer"), Column("text", may_be_null=True))
NOTES = Table("notes", COLUMNS, key=("id",), is_private=True)
MARKS = Table("marks", COLUMNS, key=("id",))
PUT, PUT_MARK = NOTES.insert(), MARKS.insert()
SET, DROP = NOTES.update("text"), NOTES.delete()
NAMED = (Term("id", "=", "of"), Term("text", "=", "of"))
SCRIPT: dict[str, list[Write]] = {}
projection = Projection(NOTES, MARKS)


@projection.on(ThreadRenamed)
def _(event: ThreadRenamed, fact: Recorded) -> Iterable[Write]:
    return SCRIPT[event.name]


views = Views(projection)


@pytest.fixture
def database() -> Iterator[Database]:
    SCRIPT.clear()
    database = Database(None)
    with Transaction(database, SqliteTx(database.writer)) as tx:
        views.create(tx)
    yield database
    database.close()


def apply(database: Database, *scripts: list[Write]) -> dict[str, int]:
    """One event for each list of writes, all in one append."""
    SCRIPT.update({str(n): writes for n, writes in enumerate(scripts)})
    facts = [Recorded(n, "thread-a", n, renamed(str(n)), META) for n in range(len(scripts))]
    with Transaction(database, SqliteTx(database.writer)) as tx:
        return dict(views.apply(tx, facts))


def rows(database: Database, table: str = "notes") -> list[tuple[object, ...]]:
    return [tuple(row) for row in database.rows(f"SELECT * FROM {table} ORDER BY id")]


def of(statement: Statement, number: int, place: str = "id") -> list[Write]:
    return [(statement, {place: number})]


def set_text(number: int | None, text: str) -> Write:
    return SET, {"id": number, "text": text}


def put(number: int, text: str = "x") -> Write:
    return PUT, {"id": number, "text": text}


def test_writes_to_a_table_keep_their_order(database: Database) -> None:
    apply(
        database,
        [put(1), set_text(1, "a"), put(2), (DROP, {"id": 2}), put(2, "again")],
        [set_text(1, "b"), set_text(1, "c"), put(3)],
    )
    assert rows(database) == [(1, "c"), (2, "again"), (3, "x")]


def test_tables_do_not_wait_for_each_other(database: Database) -> None:
    apply(database, [put(1), (PUT_MARK, {"id": 1, "text": "m"})], [put(2)])
    assert rows(database) == [(1, "x"), (2, "x")]
    assert rows(database, "marks") == [(1, "m")]


@pytest.mark.parametrize("count", [1, 49, 50, 51, 120])
def test_any_number_of_rows_goes_in(database: Database, count: int) -> None:
    apply(database, *([put(n, f"text {n}")] for n in range(count)))
    assert rows(database) == [(n, f"text {n}") for n in range(count)]


def test_deleted_rows_are_counted_by_table(database: Database) -> None:
    apply(database, [put(n) for n in range(5)])
    removed = apply(database, [(DROP, {"id": 0})], [(DROP, {"id": 1})], [put(9), (DROP, {"id": 7})])
    assert removed == {"notes": 2}
    assert apply(database, [(DROP, {"id": 7})]) == {}
    assert apply(database, [set_text(3, "a")]) == {}


@pytest.mark.parametrize(
    "other", [{"id": 2}, {"id": 2, "text": "x", "more": 1}, {"id": 2, "txt": 1}]
)
def test_a_statement_with_other_value_names_is_refused(
    database: Database, other: dict[str, object]
) -> None:
    with pytest.raises(LookupError):
        apply(database, [put(1)], [(PUT, other)])
    assert rows(database) == []


def test_rows_deleted_by_many_events_share_few_statements_and_are_counted(
    database: Database,
) -> None:
    apply(database, [put(n) for n in range(130)])
    ran: list[str] = []
    database.writer.set_trace_callback(ran.append)
    removed = apply(database, *(of(DROP, n) for n in [*range(3, 128), 999]))
    database.writer.set_trace_callback(None)
    assert removed == {"notes": 125}
    assert rows(database) == [(n, "x") for n in (0, 1, 2, 128, 129)]
    assert len([sql for sql in ran if sql.startswith("DELETE")]) == 126 // 50 + 126 % 50


def test_a_row_that_two_of_many_values_name_is_deleted_once(database: Database) -> None:
    either = Statement("DELETE", "notes", terms=NAMED, any_of=True)
    apply(database, [put(n, str(n + 1)) for n in range(60)])
    assert apply(database, *(of(either, n, "of") for n in range(50))) == {"notes": 50}
    assert rows(database) == [(n, str(n + 1)) for n in range(50, 60)]


def test_values_of_a_combined_condition_are_not_mixed_with_others(database: Database) -> None:
    both = Statement("DELETE", "notes", terms=NAMED)
    apply(database, [put(n, str(n + 1)) for n in range(60)])
    assert apply(database, *(of(both, n, "of") for n in range(60))) == {}


def ran_on(database: Database, *scripts: list[Write]) -> list[str]:
    """How each statement begins that these writes come to."""
    ran: list[str] = []
    database.writer.set_trace_callback(ran.append)
    apply(database, *scripts)
    database.writer.set_trace_callback(None)
    return [sql.split()[0] for sql in ran if sql.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_changes_of_rows_still_to_be_inserted_need_no_statement_of_their_own(
    database: Database,
) -> None:
    scripts = [[put(n), set_text(n, f"set {n}")] for n in range(50)]
    assert ran_on(database, *scripts) == ["INSERT"]
    assert rows(database) == [(n, f"set {n}") for n in range(50)]


NO_KEY = Statement("UPDATE", "notes", ["text"], NAMED[1:])
PUT_ID = NOTES.insert("id")
IF_EMPTY = NOTES.update("text", where="text IS NULL")


@pytest.mark.parametrize(
    ("writes", "left"),
    [
        ([put(1), set_text(0, "a")], [(0, "a"), (1, "x")]),
        ([put(1), set_text(None, "a")], [(0, "x"), (1, "x")]),
        ([set_text(1, "a"), put(1)], [(0, "x"), (1, "x")]),
        ([put(1), put(2), (NO_KEY, {"of": "x", "text": "a"})], [(0, "a"), (1, "a"), (2, "a")]),
        ([put(1), (IF_EMPTY, {"id": 1, "text": "a"})], [(0, "x"), (1, "x")]),
        ([(PUT_ID, {"id": 1}), set_text(1, "a")], [(0, "x"), (1, "a")]),
        ([*(put(n) for n in range(1, 40)), set_text(1, "a")], [(0, "x"), (1, "a")]),
    ],
    ids=["stored", "none", "too early", "no key", "conditional", "column not inserted", "far back"],
)
def test_a_change_of_any_other_row_is_a_statement_of_its_own(
    database: Database, writes: list[Write], left: list[tuple[object, ...]]
) -> None:
    apply(database, [put(0)])
    apply(database, writes)
    assert rows(database)[: len(left)] == left
