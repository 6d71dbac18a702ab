"""The views' tables as they are made are the described ones, and every statement fits them."""

import re
import sqlite3
from contextlib import closing

from sqlalchemy import MetaData, create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex

from tests.support.each import each
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.statements import PLACE
from threadhost.events.store.sqlite.tx import SqliteTx
from threadhost.projections import all_views, threads, tree, turn_queries, turns
from threadhost.projections.statement import Statement
from threadhost.projections.table import Column, Index, Table
from threadhost.projections.tables import core, metadata

PARTIAL = Index("t_b", ("b",), is_unique=True, where="b > 1")
STATEMENTS = [
    statement
    for module in (threads, turns, turn_queries, tree)
    for value in vars(module).values()
    for some in (value if isinstance(value, tuple) else (value,))
    for statement in (some.text if isinstance(some, Statement) else some,)
    if isinstance(statement, str) and re.match("SELECT|INSERT|UPDATE|DELETE", statement)
]


def made(connection: sqlite3.Connection) -> dict[str, list[object]]:
    """The tables of a database: columns, keys, indices and their columns, in SQLite's words."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema").fetchall()]
    return {
        name: [
            connection.execute(f"PRAGMA {pragma}({name})").fetchall()
            for pragma in ("table_xinfo", "index_xinfo")
        ]
        for name in names
        if not name.startswith("sqlite_autoindex")
    }


def test_the_created_tables_equal_those_declared_to_sqlalchemy() -> None:
    """Types as well: what SQLAlchemy would make in SQLite has the same columns and indices."""
    with closing(sqlite3.connect(":memory:")) as ours:
        for statement in all_views().statements:
            ours.execute(statement)
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            metadata.create_all(connection)
            theirs = connection.connection.driver_connection
            assert isinstance(theirs, sqlite3.Connection)
            assert made(ours) == made(theirs)
        engine.dispose()


def test_a_partial_index_is_created_and_declared_as_partial() -> None:
    table = Table(
        "t", (Column("a", "key"), Column("b", "long", may_be_null=True)), ("a",), (PARTIAL,)
    )
    assert table.statements[1] == "CREATE UNIQUE INDEX IF NOT EXISTS t_b ON t (b) WHERE b > 1"
    (told,) = core(table, MetaData()).indexes
    assert str(CreateIndex(told).compile(dialect=sqlite.dialect())) == (
        "CREATE UNIQUE INDEX t_b ON t (b) WHERE b > 1"
    )


def test_an_update_by_key_is_recognised_as_one_that_sets_one_row() -> None:
    columns = tuple(Column(name) for name in "abc")
    table = Table("t", columns, ("a", "b"), (Index("t_c", ("c",), is_unique=True), PARTIAL))
    assert table.update("c").sets_one_row
    assert table.update("a", of=("c",)).sets_one_row
    others = [
        table.update("c", of=("a",)),
        table.update("c", of=("b",)),
        table.update("c", of=("a", "b >=")),
        table.update("c", where="c IS NULL"),
        table.update("b", of=("c",), adds=("a",)),
    ]
    assert not [statement for statement in others if statement.sets_one_row]


def test_making_the_views_twice_changes_nothing() -> None:
    database = Database(None)
    found = []
    for _ in range(2):
        all_views().create(SqliteTx(database.writer))
        found.append(database.rows("SELECT name, sql FROM sqlite_schema ORDER BY name"))
    database.close()
    assert found[0] == found[1]
    statements = [row for row in found[0] if row[1] and row[0] != "view_rules"]
    assert len(statements) == len(all_views().statements)


@each("statement", STATEMENTS)
def test_a_statement_names_existing_columns_of_one_table(statement: str) -> None:
    database = Database(None)
    for made in schema.STATEMENTS:
        database.writer.execute(made)
    all_views().create(SqliteTx(database.writer))
    database.rows(f"EXPLAIN {statement}", dict.fromkeys(PLACE.findall(statement)))
    database.close()
