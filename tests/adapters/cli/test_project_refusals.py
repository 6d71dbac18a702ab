"""`threadhost project`: one line for each refusal; and projections of installed packages."""

import asyncio
import re
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.projection import Projection
from sqlalchemy import Column, MetaData, Table, Text

import threadhost
from tests.adapters.cli.conftest import Command, Grown, rename
from tests.events.store.sqlite.test_read_only import state_of
from tests.support.targets import NewTarget, rows, views_at, views_in
from threadhost.events.ids import thread_of
from threadhost.events.store import following
from threadhost.events.store.domain_events import fact_of
from threadhost.events.store.target import SqlView, open_target
from threadhost.events.thread import ThreadRenamed

pytestmark = pytest.mark.slices


def failing(command: Command, to: str, *words: str) -> str:
    done = command("project", "--to", to, "--until-head", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("threadhost: ")
    assert done.err.count("\n") == 1
    return done.err


UNUSABLE = [
    ("://", "the value is not the URL of a database: give one such as sqlite:////"),
    ("postgres://u:secret@h/d", "no database is known by this URL .*postgresql://user@host"),
    (
        "mysql://u:secret@h/d",
        r"mysql://u:\*\*\*@h/d needs MySQLdb, .*; install mysqlclient",
    ),
    ("postgresql://u:secret@127.0.0.1:1/d", r"u:\*\*\*@127.0.0.1:1/d cannot be used: .*refused"),
    ("sqlite://", "a view is kept in a file, and not in memory"),
    ("sqlite:///:memory:", "a view is kept in a file, and not in memory"),
    ("sqlite:///file:x?mode=memory&uri=true", "a view is kept in a file, and not in memory"),
    ("sqlite:////nowhere/at/all.db", "/nowhere/at/all.db cannot be used: No such file"),
    ("sqlite:///views.db?colour=green", "has a value that its driver does not accept: .*colour"),
]


@pytest.mark.parametrize(("url", "words"), UNUSABLE)
def test_a_database_that_project_cannot_use_is_one_line_of_error_without_secrets(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = failing(command, url)
    assert re.search(words, said), said
    assert "secret" not in said


@pytest.mark.parametrize("name", ["threadhost.db", "new.db", "keys.db"])
def test_project_refuses_a_database_inside_the_home(
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


def test_project_leaves_a_file_that_is_no_database_unchanged(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "x").write_text("no database at all\n" * 100)
    assert "file is not a database" in failing(command, f"sqlite:///{tmp_path / 'x'}")
    assert (tmp_path / "x").read_text() == "no database at all\n" * 100


@pytest.mark.parametrize("words", [(), ("--rebuild",)])
def test_project_leaves_tables_of_another_program_unchanged(
    grown: Grown, command: Command, new_target: NewTarget, words: Sequence[str]
) -> None:
    to = new_target()
    engine = open_target(to, grown.home)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE threads (mine TEXT)")
        connection.exec_driver_sql("INSERT INTO threads VALUES ('precious')")
    engine.dispose()
    assert "has a table threads already, which another program made" in failing(command, to, *words)
    assert rows(to, "threads") == [("precious",)]


def spoil(to: str, statement: str) -> None:
    engine = open_target(to, Path(__file__).parent)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


SPOILT = [
    ("UPDATE threadhost_tracking SET made_by = 'x'", "made by another version's rules"),
    ("UPDATE threadhost_tracking SET history = 'x'", "of another log"),
    ("UPDATE threadhost_tracking SET notification_id = 9999", "of another log"),
    ("DROP TABLE items", "the table items does not exist any more"),
]


@pytest.mark.parametrize(("statement", "words"), SPOILT)
def test_project_refuses_tables_that_do_not_match_the_log_until_a_rebuild(
    grown: Grown, command: Command, to: str, statement: str, words: str
) -> None:
    assert command("project", "--to", to, "--until-head").code == 0
    spoil(to, statement)
    said = failing(command, to)
    assert words in said
    assert "--rebuild rebuilds them from the log" in said
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
    assert "of another log" in failing(command, to, "--home", str(other))


def test_project_refuses_a_folder_that_is_no_home(
    command: Command, tmp_path: Path, to: str
) -> None:
    assert f"{tmp_path} is not a host's home" in failing(command, to, "--home", str(tmp_path))
    assert not (tmp_path / "views.db").exists()


names = MetaData()
renames = Table("renames", names, Column("thread_id", Text), Column("name", Text))


class Renames(Projection[SqlView]):
    """A projection of every name that a thread ever had."""

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
OFFERED = {"renames": "Renames", "none": "UNUSABLE", "no-tables": "NO_TABLES", "broken": "nothing"}


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch) -> None:
    group = following.ENTRY_POINTS
    points = [EntryPoint(name, f"{__name__}:{of}", group) for name, of in OFFERED.items()]
    monkeypatch.setattr(following, "entry_points", lambda **_: points)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])


@pytest.mark.usefixtures("offers")
def test_a_projection_of_an_installed_package_is_kept_beside_the_views(
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
    assert [row[0] for row in rows(to, "threadhost_tracking", "projection")] == [
        "of:renames",
        "views",
    ]
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
def test_project_names_a_projection_that_is_unknown_or_invalid(
    command: Command, to: str, name: str, words: str
) -> None:
    assert words in failing(command, to, "--projection", name)


@pytest.mark.parametrize(
    "words",
    [
        ("project", "--to", "sqlite:///views.db"),
        ("threads", "list"),
        ("threads", "delete", "01a20000-0000-7000-8000-000000000000", "--yes"),
        ("log", "tail"),
        ("log", "verify"),
    ],
    ids=" ".join,
)
def test_a_key_file_below_the_home_of_an_unknown_user_is_a_usage_error(
    command: Command, words: Sequence[str]
) -> None:
    done = command(*words, "--key-file", "~nobody-of-this-name/key")
    assert (done.code, done.out) == (2, "")
    assert "--key-file: `~nobody-of-this-name/key` names an unknown user" in done.err
