"""The views in other databases: every statement has a form that is known, and all rows agree."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import Connection, Dialect, Engine
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.schema import CreateTable

from tests.support.golden import golden_events
from tests.support.store import META, OTHER, STREAM, at, deleted, message, opened, renamed, started
from tests.support.targets import ENGINES, targets
from threadhost.events.base import Damaged, Event, Recorded
from threadhost.events.metadata import MetadataUpdated
from threadhost.events.queue import QueueReordered
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreError
from threadhost.events.store.home import prepare_home
from threadhost.events.store.log import Log
from threadhost.events.store.target import open_target
from threadhost.events.tree import EdgeClosed, ThreadSpawned
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections import VIEWS, all_views
from threadhost.projections.sql_views import SqlViews, translated
from threadhost.projections.statement import Statement
from threadhost.projections.tables import metadata

WRITES = [value for view in VIEWS for value in vars(view).values() if isinstance(value, Statement)]
DIALECTS: list[Dialect] = [module.dialect() for module in (sqlite, postgresql, mysql)]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with targets(request.param, tmp_path) as new_target:
        engine = open_target(new_target(), prepare_home(tmp_path / "home"))
        with engine.begin() as connection:
            metadata.create_all(connection)
        yield engine
        engine.dispose()


def shown(connection: Connection, tables: Sequence[str]) -> list[str]:
    """All rows of all views, in an order that only their content decides."""
    return sorted(
        f"{table} {tuple(row)}"
        for table in tables
        for row in connection.execute(sqlalchemy.select(metadata.tables[table]))
    )


def test_every_statement_of_a_view_compiles_for_every_dialect() -> None:
    assert len(WRITES) > 20
    for statement in WRITES:
        found = translated(statement)
        for dialect in DIALECTS:
            said = str(found.statement.compile(dialect=dialect))
            assert found.table in said
    for table in metadata.sorted_tables:
        for dialect in DIALECTS:
            assert str(CreateTable(table).compile(dialect=dialect))


def test_positions_and_times_are_declared_as_64_bits() -> None:
    narrow = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if re.search("position|_ms$", column.name)
        and "BIGINT" not in column.type.compile(dialect=DIALECTS[1])
    }
    assert narrow == set()


async def test_the_rows_are_those_of_the_host_itself(tmp_path: Path, engine: Engine) -> None:
    """Every type of event that there is, and what happens to a thread in its life."""
    views = all_views()
    turn = TurnStarted(turn_id="u", started_at_ms=2**40)
    end = TurnCompleted(turn_id="u", outcome="completed", started_at_ms=1, completed_at_ms=2**41)
    texts = [{"type": "userMessage", "content": [{"type": "text", "text": t}]} for t in ("ä", "b")]
    life = [
        started(),
        renamed("eins"),
        turn,
        *(ItemRecorded(turn_id="u", item_id="i", type="userMessage", item=t) for t in texts),
        message("x", "u"),
        end,
        MetadataUpdated(git={"sha": "0a", "branch": None}, daybreak=False),
    ]
    async with opened(tmp_path / "home", views) as log:
        await log.append(StreamAppend(STREAM, life), meta=at(2**42))
        await log.append(
            StreamAppend("tree-a", [ThreadSpawned(parent_id="a", child_id="b", depth=1)]),
            StreamAppend(OTHER, [started("b", "a"), turn, message("y", "u")]),
            meta=META,
        )
        await log.append(StreamAppend("tree-a", [EdgeClosed(child_id="b")]), meta=META)
        for number, event in enumerate(golden_events().values()):
            with suppress(StoreError, sqlite3.IntegrityError):  # not all fit into one log
                await log.append(StreamAppend(f"thread-g{number}", [event]), meta=META)
        assert log.position > len(golden_events())
        await both_agree(log, engine, tmp_path)
        await log.append(StreamAppend(STREAM, [deleted()]), meta=META)
        await both_agree(log, engine, tmp_path)


async def both_agree(log: Log, engine: Engine, folder: Path) -> None:
    views, facts = all_views(), await log.read(0, 10_000)
    own = sqlalchemy.create_engine(f"sqlite:///{folder / 'home' / 'threadhost.db'}")
    with own.connect() as connection:
        expected = shown(connection, views.tables)
    own.dispose()
    with engine.begin() as connection:
        for table in views.tables:
            connection.execute(metadata.tables[table].delete())
        assert not SqlViews(views).apply(connection, facts)
        assert shown(connection, views.tables) == expected
    assert expected


def facts_of(*events: Event | Damaged) -> list[Recorded]:
    return [Recorded(n, STREAM, n, event, META) for n, event in enumerate(events, 1)]


def names(connection: Connection) -> list[str]:
    texts = metadata.tables["thread_texts"]
    return list(connection.execute(sqlalchemy.select(texts.c.name)).scalars())


def test_an_event_that_does_not_fit_does_not_affect_the_others(engine: Engine) -> None:
    bad = QueueReordered(submission_ids=["s"])
    facts = facts_of(
        started(), started(), renamed("x"), Damaged("thread.renamed.v1", "torn"), bad, renamed("y")
    )
    with engine.begin() as connection:
        damages = SqlViews(all_views()).apply(connection, facts)
        assert damages.count == 2
        assert "position 2 (thread.started.v1 in thread-a)" in str(damages)
        assert "position 4 (thread.renamed.v1 in thread-a): torn" in str(damages)
        assert names(connection) == ["y"]


def test_a_character_that_some_databases_lack_is_replaced(engine: Engine) -> None:
    with engine.begin() as connection:
        views = SqlViews(all_views())
        assert not views.apply(connection, facts_of(started(), renamed("a\0b")))
        assert names(connection) == ["a\ufffdb"]


def test_a_fault_of_the_whole_database_is_not_blamed_on_an_event(engine: Engine) -> None:
    with engine.begin() as connection:
        metadata.tables["thread_texts"].drop(connection)
    with engine.begin() as connection, pytest.raises(sqlalchemy.exc.DBAPIError):
        SqlViews(all_views()).apply(connection, facts_of(started()))
