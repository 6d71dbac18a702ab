"""What views write and read is one text for any SQL database, save one word of the search."""

import re
from collections.abc import Iterator
from itertools import product
from types import ModuleType
from typing import Any

from tests.support.each import each
from threadhost.projections import (
    VIEWS,
    job_queries,
    listing,
    rebuild,
    rules,
    thread_search,
    turn_queries,
)
from threadhost.projections.listing import ThreadQuery, conditions

BEGINS = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|WITH)\b")
OF_SQLITE = re.compile(
    r"sqlite_|\bOR (REPLACE|IGNORE|ABORT)\b|\biif\(|\bGLOB\b|\browid\b|\bjson_|\btypeof\("
    r"|\bAS BLOB\b|\bPRAGMA\b|\bINDEXED\b|IN \(\)|[^a-z0-9?)' ] ?\+[a-z]|AND \+"
    r"|\b(listed|archived|is_open) = [01]"
)
CONTAINS = "instr("
"""PostgreSQL calls it strpos: an engine that has it not is given the other word."""
SOME = (None, (), ("a", "b"))


def texts(module: ModuleType) -> Iterator[str]:
    """The statements that a module has, and the pieces of some."""
    for value in vars(module).values():
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and BEGINS.match(text):
                yield text


WRITTEN = sorted(
    {
        text
        for module in (*VIEWS, job_queries, listing, thread_search, turn_queries, rules, rebuild)
        for text in texts(module)
    }
)


def test_the_check_covers_many_statements() -> None:
    assert len(WRITTEN) > 40


@each("text", WRITTEN)
def test_a_statement_of_a_view_is_portable(text: str) -> None:
    assert not OF_SQLITE.search(text)
    assert text.count(CONTAINS) == 0


def test_only_the_search_uses_a_function_that_not_every_database_has() -> None:
    assert thread_search._HOLDS.count(CONTAINS) == 2
    assert not OF_SQLITE.search(thread_search._HOLDS)


@each(("named", "after"), list(product(SOME, (None, (1, "a")))))
def test_the_conditions_of_a_list_are_portable_with_and_without_values(
    named: tuple[str, ...] | None, after: tuple[int, str] | None
) -> None:
    for field in ("providers", "sources", "cwds", "originators", "included", "excluded"):
        chosen: dict[str, Any] = {field: named}
        query = ThreadQuery(after=after)._replace(**chosen)
        where, values = conditions(query)
        assert not OF_SQLITE.search(f"{where} ORDER BY {query.by}")
        assert where.count("?") == len(values)
