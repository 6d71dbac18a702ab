"""The views' tables as they are made are the described ones, and every statement fits them."""

import re

import pytest

from tests.support import views_schema
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.statements import PLACE
from threadhost.events.store.sqlite.tx import SqliteTx
from threadhost.projections import all_views, threads, tree, turn_reading, turns
from threadhost.projections.base import FORM
from threadhost.projections.tables import ddl, metadata

STATEMENTS = [
    statement
    for module in (threads, turns, turn_reading, tree)
    for value in vars(module).values()
    for statement in (value if isinstance(value, tuple) else (value,))
    if isinstance(statement, str) and re.match("SELECT|INSERT|UPDATE|DELETE", statement)
]


def test_the_statements_that_make_the_views_are_those_of_the_described_tables() -> None:
    assert views_schema.FILE.read_text() == views_schema.text()
    assert sorted(all_views().tables) == sorted(metadata.tables)


def test_making_the_views_twice_changes_nothing() -> None:
    database = Database(None)
    found = []
    for _ in range(2):
        all_views().create(SqliteTx(database.writer))
        found.append(database.rows("SELECT name, sql FROM sqlite_schema ORDER BY name"))
    database.close()
    assert found[0] == found[1]
    made = sum(len(ddl(table)) for table in metadata.tables.values())
    assert len([row for row in found[0] if row[1] and row[0] != "view_rules"]) == made


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_names_columns_that_there_are_and_one_table(statement: str) -> None:
    database = Database(None)
    for made in schema.STATEMENTS:
        database.writer.execute(made)
    all_views().create(SqliteTx(database.writer))
    database.rows(f"EXPLAIN {statement}", dict.fromkeys(PLACE.findall(statement)))
    database.close()
    if not statement.startswith("SELECT"):
        assert FORM.match(statement)
