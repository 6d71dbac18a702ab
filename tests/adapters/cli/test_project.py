"""`threadhost project`: views of a log in a database of the user's own, kept exactly once."""

import asyncio
import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import EntryPoint
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.projection import Projection
from sqlalchemy import Column, MetaData, Table, Text

import threadhost
from tests.adapters.cli.conftest import Command, Grown
from tests.events.store.test_read_only import state_of
from tests.support.damage import BREAK, edit, positions
from tests.support.program import COMMAND, environment
from tests.support.targets import ENGINES, NewTarget, rows, targets
from tests.support.watching import WAIT_S, until
from threadhost.events.ids import thread_of
from threadhost.events.store import following
from threadhost.events.store.domain_events import fact_of
from threadhost.events.store.target import SqlView, open_target
from threadhost.events.thread import ThreadRenamed
from threadhost.projections import all_views

KINDS = [
    pytest.param(kind, marks=pytest.mark.slices if kind == "postgresql" else ()) for kind in ENGINES
]
TRACKING = "threadhost_tracking"


@pytest.fixture(params=KINDS)
def new_target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewTarget]:
    with targets(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def to(tmp_path: Path) -> str:
    """An SQLite file, where any database would do."""
    return f"sqlite:///{tmp_path / 'views.db'}"


def views_in(url: str) -> dict[str, list[tuple[object, ...]]]:
    return {table: rows(url, table) for table in all_views().tables}


def views_at(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """The views of the host itself."""
    with closing(
        sqlite3.connect(f"file:{home / 'threadhost.db'}?mode=ro&immutable=1", uri=True)
    ) as database:
        return {
            table: sorted(database.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in all_views().tables
        }


def position_in(url: str) -> int:
    ((found,),) = rows(url, TRACKING, "notification_id")
    assert isinstance(found, int)
    return found


def test_the_views_are_those_of_the_home_which_stays_as_it_was(
    grown: Grown, command: Command, new_target: NewTarget
) -> None:
    to, before = new_target(), state_of(grown.home)
    done = command("project", "--to", to, "--until-head")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(": up to date\n")
    assert views_in(to) == views_at(grown.home)
    assert len(views_in(to)["threads"]) == 3
    assert state_of(grown.home) == before


def test_a_second_run_goes_on_where_the_first_ended(
    grown: Grown, command: Command, new_target: NewTarget
) -> None:
    to = new_target()
    first = command("project", "--to", to, "--until-head", "--json").lines[-1]
    assert first == {"position": first["head"], "head": first["head"], "lag": 0}
    asyncio.run(rename(grown, "another name"))
    second = command("project", "--to", to, "--until-head", "--json").lines[-1]
    assert second["position"] > first["position"]
    assert views_in(to) == views_at(grown.home)


async def rename(grown: Grown, name: str) -> None:
    async with threadhost.open(grown.home) as host, host.connect("later") as client:
        await client.set_name(grown.alone, name)


async def delete(grown: Grown, thread_id: str) -> None:
    async with threadhost.open(grown.home) as host, host.connect("later") as client:
        await client.delete_thread(thread_id)


def test_a_deletion_takes_rows_and_texts_away(
    grown: Grown, command: Command, new_target: NewTarget
) -> None:
    to = new_target()
    assert command("project", "--to", to, "--until-head").code == 0
    assert "first [bold]words" in repr(rows(to, "thread_texts"))
    asyncio.run(delete(grown, grown.root))
    assert command("project", "--to", to, "--until-head").code == 0
    assert views_in(to) == views_at(grown.home)
    left = repr(views_in(to))
    for gone in ("words[/bold]", "second words", grown.root, grown.child):
        assert gone not in left
    assert grown.alone in left


def test_what_was_deleted_before_leaves_nothing_though_its_tombstone_is_damaged(
    grown: Grown, command: Command, to: str
) -> None:
    asyncio.run(delete(grown, grown.alone))
    [tombstone] = positions(grown.home, grown.alone, "thread.deleted%")
    edit(grown.home, BREAK, tombstone)
    assert command("project", "--to", to, "--until-head").code == 0
    assert grown.alone not in repr(views_in(to))


def test_no_byte_of_a_deleted_text_stays_in_an_sqlite_file(
    grown: Grown, command: Command, tmp_path: Path, to: str
) -> None:
    file = tmp_path / "views.db"
    command("project", "--to", to, "--until-head")
    assert b"the lonely one" in file.read_bytes()
    asyncio.run(delete(grown, grown.alone))
    command("project", "--to", to, "--until-head")
    assert b"the lonely one" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_damaged_is_named_and_costs_no_other_row(
    grown: Grown, command: Command, to: str
) -> None:
    [name] = positions(grown.home, grown.alone, "thread.renamed%")
    edit(grown.home, BREAK, name)
    done = command("project", "--to", to, "--until-head")
    assert done.code == 0
    assert f"left out, for it cannot be read or shown: position {name} (thread.renamed" in done.err
    assert len(rows(to, "threads")) == 3


def test_rebuilding_makes_the_rows_anew(
    grown: Grown, command: Command, new_target: NewTarget
) -> None:
    to = new_target()
    command("project", "--to", to, "--until-head")
    before = views_in(to)
    engine = open_target(to, grown.home)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM threads")
    engine.dispose()
    assert command("project", "--to", to, "--until-head").code == 0
    assert views_in(to) != before
    assert command("project", "--to", to, "--until-head", "--rebuild").code == 0
    assert views_in(to) == before


@contextmanager
def projecting(*words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, "project", *words, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_follows_a_running_host_until_a_signal_ends_it_in_order(
    grown: Grown, to: str, number: signal.Signals
) -> None:
    async def live() -> None:
        async with threadhost.open(grown.home) as host, host.connect("live") as client:
            with projecting("--home", str(grown.home), "--to", to) as process:
                assert (await asyncio.to_thread(told, process))["lag"] == 0
                await client.set_name(grown.alone, "while it follows")
                shown = lambda: "while it follows" in repr(rows(to, "thread_texts"))  # noqa: E731
                await asyncio.to_thread(until, shown)
                await client.delete_thread(grown.alone)
                gone = lambda: grown.alone not in repr(views_in(to))  # noqa: E731
                await asyncio.to_thread(until, gone)
                process.send_signal(number)
                _, said = await asyncio.to_thread(process.communicate, timeout=WAIT_S)
                assert (process.returncode, said) == (0, "stopped\n")

    asyncio.run(live())


KILLED = """
import os, sys
from sqlalchemy import Engine, event
from threadhost.adapters.cli import main
from threadhost.events.store import library_recorder, target
library_recorder.PAGE_EVENTS = 4
point, begun, move = sys.argv.pop(1), [], target.SqlView._move
def dying(self, connection, tracking):
    move(self, connection, tracking)
    begun.append(tracking)
    if len(begun) == 3 and point == "before its rows":
        os.kill(os.getpid(), 9)
target.SqlView._move = dying
@event.listens_for(Engine, "commit")
def committing(connection):
    if len(begun) == 3:
        os.kill(os.getpid(), 9)
main.main()
"""


def test_no_event_counts_twice_or_is_missed_however_often_it_is_killed(
    grown: Grown, command: Command, new_target: NewTarget
) -> None:
    """Each time in its third page, until it gets to the end."""
    to, ends, at = new_target(), list[int](), list[int]()
    words = ["project", "--home", str(grown.home), "--to", to, "--until-head"]
    points = cycle(["before its rows", "before its commit"])
    for point in points:
        done = subprocess.run(
            [sys.executable, "-c", KILLED, point, *words],
            env=environment(),
            check=False,
            timeout=WAIT_S,
            capture_output=True,
        )
        ends.append(done.returncode)
        at.append(position_in(to))
        if done.returncode != -signal.SIGKILL:
            break
    assert ends[-1] == 0
    assert len(ends) > 2
    assert at == sorted(set(at))
    assert views_in(to) == views_at(grown.home)


def test_two_that_keep_one_database_are_told_apart(grown: Grown, tmp_path: Path, to: str) -> None:
    views = [SqlView(open_target(to, grown.home), "views") for _ in range(2)]
    for view in views:
        assert view.max_tracking_id("threadhost") is None
    views[0].insert_tracking(Tracking("threadhost", 5))
    with pytest.raises(Exception, match="views is kept by another process, too"):
        views[1].insert_tracking(Tracking("threadhost", 9))
    assert views[1].max_tracking_id("threadhost") == 5
    for view in views:
        view.close()


def failing(command: Command, to: str, *words: str) -> str:
    done = command("project", "--to", to, "--until-head", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("threadhost: ")
    assert done.err.count("\n") == 1
    return done.err


UNUSABLE = [
    ("nonsense", "what was given is not the URL of a database: give one such as sqlite:////"),
    ("postgres://u:secret@h/d", "no database is known by this URL .*postgresql://user@host"),
    ("mysql://u:secret@h/d", r"mysql://u:\*\*\*@h/d needs MySQLdb, which is not installed"),
    ("postgresql://u:secret@127.0.0.1:1/d", r"u:\*\*\*@127.0.0.1:1/d cannot be used: .*refused"),
    ("sqlite://", "a view is kept in a file, and not in memory"),
    ("sqlite:///:memory:", "a view is kept in a file, and not in memory"),
    ("sqlite:///file:x?mode=memory&uri=true", "a view is kept in a file, and not in memory"),
    ("sqlite:////nowhere/at/all.db", "/nowhere/at/all.db cannot be used: No such file"),
    ("sqlite:///views.db?colour=green", "says what its driver does not know: .*colour"),
]


@pytest.mark.parametrize(("url", "words"), UNUSABLE)
def test_a_database_that_cannot_be_used_is_told_in_one_line_without_secrets(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = failing(command, url)
    assert re.search(words, said), said
    assert "secret" not in said


@pytest.mark.parametrize("name", ["threadhost.db", "new.db", "keys.db"])
def test_nothing_is_written_into_the_home(
    grown: Grown, command: Command, tmp_path: Path, name: str
) -> None:
    before = state_of(grown.home)
    link = tmp_path / "link.db"
    link.symlink_to(grown.home / name)
    for path in (grown.home / name, link):
        assert "lies in the home, which only its host writes" in failing(
            command, f"sqlite:///{path}"
        )
    if (grown.home / name).exists():
        (hard := tmp_path / "hard.db").hardlink_to(grown.home / name)
        assert "lies in the home" in failing(command, f"sqlite:///{hard}")
    assert state_of(grown.home) == before


def test_a_file_that_is_no_database_is_left_as_it_is(command: Command, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no database at all\n" * 100)
    assert "file is not a database" in failing(command, f"sqlite:///{tmp_path / 'x'}")
    assert (tmp_path / "x").read_text() == "no database at all\n" * 100


@pytest.mark.parametrize("words", [(), ("--rebuild",)])
def test_tables_of_somebody_else_are_left_alone(
    grown: Grown, command: Command, new_target: NewTarget, words: Sequence[str]
) -> None:
    to = new_target()
    engine = open_target(to, grown.home)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE threads (mine TEXT)")
        connection.exec_driver_sql("INSERT INTO threads VALUES ('precious')")
    engine.dispose()
    assert "has a table threads already, which was not made for this" in failing(
        command, to, *words
    )
    assert rows(to, "threads") == [("precious",)]


def spoil(to: str, statement: str) -> None:
    engine = open_target(to, Path(__file__).parent)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


SPOILT = [
    ("UPDATE threadhost_tracking SET made_by = 'x'", "made by another version's rules"),
    ("UPDATE threadhost_tracking SET history = 'x'", "is not of this log"),
    ("UPDATE threadhost_tracking SET notification_id = 9999", "is not of this log"),
    ("DROP TABLE items", "the table items is not there any more"),
]


@pytest.mark.parametrize(("statement", "words"), SPOILT)
def test_tables_that_do_not_fit_the_log_are_refused_until_they_are_rebuilt(
    grown: Grown, command: Command, to: str, statement: str, words: str
) -> None:
    assert command("project", "--to", to, "--until-head").code == 0
    spoil(to, statement)
    said = failing(command, to)
    assert words in said
    assert "--rebuild makes them anew from the log" in said
    assert command("project", "--to", to, "--until-head", "--rebuild").code == 0
    assert views_in(to) == views_at(grown.home)


def test_the_views_of_one_home_are_not_continued_with_another(
    command: Command, tmp_path: Path, to: str
) -> None:
    assert command("project", "--to", to, "--until-head").code == 0
    other = tmp_path / "other"

    async def another() -> None:
        async with threadhost.open(other) as host, host.connect("o") as client:
            for _ in range(9):
                await client.start_thread()

    asyncio.run(another())
    assert "is not of this log" in failing(command, to, "--home", str(other))


def test_a_home_that_is_none_is_named(command: Command, tmp_path: Path, to: str) -> None:
    assert f"{tmp_path} is not a host's home" in failing(command, to, "--home", str(tmp_path))
    assert not (tmp_path / "views.db").exists()


names = MetaData()
renames = Table("renames", names, Column("thread_id", Text), Column("name", Text))


class Renames(Projection[SqlView]):
    """Every name that a thread ever had."""

    topics = (ThreadRenamed.kind,)
    metadata = names

    @singledispatchmethod
    def process_event(self, event: object, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def renamed(self, event: ThreadRenamed, tracking: Tracking) -> None:
        if event.name == "bad":
            raise ArithmeticError("a bad name")
        with self.view.transaction(tracking) as connection:
            row = {"thread_id": thread_of(fact_of(event).stream), "name": event.name}
            connection.execute(renames.insert().values(row))


NO_TABLES = type("NoTables", (Renames,), {"metadata": None})
OFFERED = {"renames": "Renames", "none": "KINDS", "no-tables": "NO_TABLES", "broken": "nothing"}


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch) -> None:
    group = following.ENTRY_POINTS
    points = [EntryPoint(name, f"{__name__}:{of}", group) for name, of in OFFERED.items()]
    monkeypatch.setattr(following, "entry_points", lambda **_: points)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])


@pytest.mark.usefixtures("offers")
def test_a_projection_of_an_installed_package_is_kept_beside_ours(
    grown: Grown, command: Command, new_target: NewTarget
) -> None:
    to = new_target()
    assert command("project", "--to", to, "--until-head").code == 0
    for name in ("first", "second"):
        asyncio.run(rename(grown, name))
        done = command("project", "--to", to, "--projection", "renames", "--until-head")
        assert (done.code, done.err) == (0, "")
    every = [(grown.alone, name) for name in ("first", "second", "the lonely one")]
    assert rows(to, "renames") == every
    assert [row[0] for row in rows(to, TRACKING, "projection")] == ["of:renames", "views"]
    command("project", "--to", to, "--projection", "renames", "--until-head", "--rebuild")
    assert rows(to, "renames") == every
    assert len(rows(to, "threads")) == 3


@pytest.mark.usefixtures("offers")
def test_a_projection_that_fails_ends_with_its_words_and_goes_on_there_later(
    grown: Grown, command: Command, to: str
) -> None:
    asyncio.run(rename(grown, "bad"))
    words = ("--projection", "renames")
    assert "the projection of:renames failed: ArithmeticError: a bad name" in failing(
        command, to, *words
    )
    assert rows(to, "renames") == [(grown.alone, "the lonely one")]


@pytest.mark.usefixtures("offers")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unknown", "no installed package offers a projection unknown; offered: broken, no-tab"),
        ("none", "is no Projection of the eventsourcing library"),
        ("no-tables", ":NO_TABLES.metadata has to be the MetaData of its tables"),
        ("broken", ":nothing cannot be loaded: AttributeError"),
    ],
)
def test_a_projection_that_is_none_is_named(
    command: Command, to: str, name: str, words: str
) -> None:
    assert words in failing(command, to, "--projection", name)


SERVED = """
import asyncio, sys, threadhost
async def main():
    async with threadhost.open(sys.argv[1]) as host, host.connect() as client:
        thread = await client.start_thread()
        await client.run_turn(thread.id, "hello")
        await client.delete_thread(thread.id)
asyncio.run(main())
import threadhost.adapters.cli.serve, threadhost.adapters.cli.program
print(*{"sqlalchemy", "eventsourcing", "psycopg"} & set(sys.modules))
"""


def test_nothing_that_serves_imports_what_only_this_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVED, str(tmp_path / "home")],
        capture_output=True,
        text=True,
        check=True,
        timeout=WAIT_S,
    )
    assert done.stdout == "\n"
