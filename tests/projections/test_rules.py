"""Views that other rules made are made anew, however that is cut short, and never used as such."""

from importlib import import_module
from pathlib import Path

import pytest

import threadhost
from tests.support.databases import changed
from tests.support.operator_lines import logged_line
from tests.support.program import run_here
from tests.support.store import META, message, opened, started
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.home import DATABASE, prepare_home
from threadhost.projections import all_views
from threadhost.projections.base import Views
from threadhost.projections.rebuild import bring_up_to_date, dump
from threadhost.projections.rules import are_current


async def filled(home: Path) -> list[str]:
    """A home with a thread; the rows of its views."""
    views = all_views()
    async with opened(prepare_home(home), views) as log:
        await log.append(StreamAppend("thread-a", [started(), message()]), meta=META)
        assert await are_current(log.reads, views.rules)
        return list(await dump(log.reads, views))


def aged(home: Path) -> None:
    """Make the views look as an older version would have left them."""
    with changed(home / DATABASE) as database:
        database.execute("UPDATE view_rules SET fingerprint = 'older'")
        database.execute("ALTER TABLE threads DROP COLUMN memory_mode")
        database.execute("UPDATE thread_texts SET preview = 'old words'")


async def test_views_of_an_older_version_are_rebuilt_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = await filled(tmp_path)
    aged(tmp_path)
    views = all_views()
    async with opened(tmp_path, views) as log:
        assert not await are_current(log.reads, views.rules)
        await bring_up_to_date(log, views)
        assert await are_current(log.reads, views.rules)
        assert list(await dump(log.reads, views)) == rows
        assert logged_line(caplog, "views.remade")["count"] == log.position


async def test_a_rebuild_that_a_start_did_not_finish_is_done_by_the_next(tmp_path: Path) -> None:
    rows = await filled(tmp_path)
    aged(tmp_path)
    async with opened(tmp_path, all_views()):
        pass  # the tables are made, and nothing is in them
    async with threadhost.open(tmp_path) as host:
        found = list(await dump(host.app.logs.durable.reads, all_views()))
    assert found == rows


async def test_views_without_a_recorded_version_are_rebuilt(tmp_path: Path) -> None:
    rows = await filled(tmp_path)
    with changed(tmp_path / DATABASE) as database:
        database.execute("DROP TABLE view_rules")
        database.execute("DELETE FROM threads")
    async with threadhost.open(tmp_path) as host:
        assert list(await dump(host.app.logs.durable.reads, all_views())) == rows


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "script",
    [
        "ALTER TABLE view_rules RENAME COLUMN fingerprint TO other",
        "UPDATE view_rules SET fingerprint = CAST(x'ff' AS TEXT)",
        "INSERT INTO view_rules VALUES ('more')",
        "ALTER TABLE view_rules ADD COLUMN more",
        "DROP TABLE turns",
        "ALTER TABLE items ADD COLUMN more",
    ],
)
async def test_damaged_view_tables_are_rebuilt(tmp_path: Path, script: str) -> None:
    rows = await filled(tmp_path)
    with changed(tmp_path / DATABASE) as database:
        database.execute(script)
    async with threadhost.open(tmp_path) as host:
        assert list(await dump(host.app.logs.durable.reads, all_views())) == rows


async def test_the_views_of_a_new_home_are_not_rebuilt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("made anew")

    monkeypatch.setattr(Views, "clear", never)
    for _ in range(2):
        async with threadhost.open(tmp_path / "home") as host, host.connect() as client:
            await client.start_thread()


async def test_a_command_reads_a_home_of_another_version_and_leaves_it_so(tmp_path: Path) -> None:
    await filled(tmp_path)
    before = run_here("threads", "list", "--home", str(tmp_path))
    aged(tmp_path)
    kept = (tmp_path / "threadhost.db").read_bytes()
    said = run_here("threads", "list", "--home", str(tmp_path))
    assert (said.returncode, said.stdout, said.stderr) == (0, before.stdout, before.stderr)
    assert (tmp_path / "threadhost.db").read_bytes() == kept


HANDLERS = """from threadhost.events.base import Recorded
from threadhost.events.thread import ThreadRenamed
from threadhost.projections.base import Projection
from threadhost.projections.table import Column, Table

projection = Projection(Table("names", (Column("id", "key"), Column("name")), ("id",)))


@projection.on(ThreadRenamed)
def _(event, fact):
    values = {"id": fact.stream, "name": event.name}
    yield "INSERT INTO names (id, name) VALUES (:id, :name)", values
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [('Column("name")', 'Column("name", may_be_null=True)'), ("event.name", "event.name.upper()")],
    ids=["a column", "a rule"],
)
def test_another_column_or_another_rule_is_another_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for number, source in enumerate((HANDLERS, HANDLERS.replace(before, after), HANDLERS)):
        package = f"{tmp_path.name}_{number}"
        (tmp_path / package).mkdir()
        (tmp_path / package / "names.py").write_text(source)
        module = import_module(f"{package}.names")
        found.append(Views(module.projection).rules)
    assert found[0] == found[2] != found[1]
