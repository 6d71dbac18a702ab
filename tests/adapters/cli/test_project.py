"""`threadhost project`: views in a database of the user, which count each event exactly once."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import Tracking

import threadhost
from tests.adapters.cli.conftest import Command, Grown, rename
from tests.events.store.sqlite.test_read_only import state_of
from tests.support.damage import BREAK, edit, positions
from tests.support.program import COMMAND, environment
from tests.support.targets import NewTarget, position_in, rows, views_at, views_in
from tests.support.watching import WAIT_S, until
from threadhost.events.store.target import SqlView, open_target

pytestmark = pytest.mark.slices


def test_project_writes_the_same_views_as_the_home_and_leaves_the_home_unchanged(
    grown: Grown, command: Command, new_target: NewTarget
) -> None:
    to, before = new_target(), state_of(grown.home)
    done = command("project", "--to", to, "--until-head")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(": up to date\n")
    assert views_in(to) == views_at(grown.home)
    assert len(views_in(to)["threads"]) == 3
    assert state_of(grown.home) == before


def test_a_second_run_of_project_continues_where_the_first_ended(
    grown: Grown, command: Command, new_target: NewTarget
) -> None:
    to = new_target()
    first = command("project", "--to", to, "--until-head", "--json").lines[-1]
    assert first == {"position": first["head"], "head": first["head"], "lag": 0}
    asyncio.run(rename(grown, "another name"))
    second = command("project", "--to", to, "--until-head", "--json").lines[-1]
    assert second["position"] > first["position"]
    assert views_in(to) == views_at(grown.home)


async def delete(grown: Grown, thread_id: str) -> None:
    async with threadhost.open(grown.home) as host, host.connect("later") as client:
        await client.delete_thread(thread_id)


def test_a_deletion_removes_rows_and_texts_from_projected_views(
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


def test_a_thread_deleted_before_the_projection_leaves_no_rows_though_its_tombstone_is_damaged(
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


def test_project_names_a_damaged_event_and_writes_all_other_rows(
    grown: Grown, command: Command, to: str
) -> None:
    [name] = positions(grown.home, grown.alone, "thread.renamed%")
    edit(grown.home, BREAK, name)
    done = command("project", "--to", to, "--until-head")
    assert done.code == 0
    assert f"omitted because it is unreadable: position {name} (thread.renamed" in done.err
    assert len(rows(to, "threads")) == 3


def test_project_with_rebuild_writes_the_rows_anew(
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


def next_status(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def test_project_ends_without_a_message_when_its_output_is_closed(grown: Grown, to: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [*COMMAND, "project", "--home", str(grown.home), "--to", to, "--json"],
        stdout=writes,
        stderr=subprocess.PIPE,
        check=False,
        timeout=WAIT_S,
        env=environment(),
    )
    os.close(writes)
    assert done.stderr == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_project_follows_a_running_host_until_a_signal(
    grown: Grown, to: str, number: signal.Signals
) -> None:
    async def live() -> None:
        async with threadhost.open(grown.home) as host, host.connect("live") as client:
            with projecting("--home", str(grown.home), "--to", to) as process:
                assert (await asyncio.to_thread(next_status, process))["lag"] == 0
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
from threadhost.events.store.sqlite import library_recorder
from threadhost.projections.sql_views import SqlViews
library_recorder.PAGE_EVENTS = 4
commit, pages, commits, apply = int(sys.argv.pop(1)), [], [], SqlViews.apply
def dying(self, connection, facts):
    pages.append(facts)
    if len(pages) == 3 and not commit:
        os.kill(os.getpid(), 9)
    return apply(self, connection, facts)
SqlViews.apply = dying
@event.listens_for(Engine, "commit")
def committing(connection):
    if len(pages) >= 3:
        commits.append(connection)
        if len(commits) == commit:
            os.kill(os.getpid(), 9)
main.main()
"""


def test_project_counts_each_event_once_however_often_the_process_is_killed(
    grown: Grown, command: Command, new_target: NewTarget
) -> None:
    """Killed at the second commit after its third page, at the first, at that page; and again."""
    to, ends, at = new_target(), list[int](), list[int]()
    words = ["project", "--home", str(grown.home), "--to", to, "--until-head"]
    for commit in cycle("210"):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, commit, *words],
            env=environment(),
            check=False,
            timeout=WAIT_S,
            capture_output=True,
        )
        assert done.stderr == b""
        ends.append(done.returncode)
        at.append(position_in(to))
        if done.returncode != -signal.SIGKILL:
            break
    assert ends[-1] == 0
    assert len(ends) > 2
    assert at == sorted(set(at))
    assert views_in(to) == views_at(grown.home)


def test_project_stops_if_the_log_is_replaced_by_a_restore_while_it_follows_the_log(
    grown: Grown, command: Command, to: str, tmp_path: Path
) -> None:
    backup = str(tmp_path / "backup")
    assert command("backup", backup).code == 0
    asyncio.run(rename(grown, "later"))
    with projecting("--home", str(grown.home), "--to", to) as process:
        assert next_status(process)["lag"] == 0
        assert command("restore", backup, "--replace").code == 0
        _, said = process.communicate(timeout=WAIT_S)
    assert (process.returncode, said.count("\n")) == (1, 1)
    assert "was replaced since it was opened, for example by a restore; begin again" in said
    assert "of another log, or of a newer copy" in command("project", "--to", to).err


@pytest.mark.parametrize("is_replaced", [False, True])
def test_project_stops_if_its_database_file_is_removed_or_replaced(
    grown: Grown, to: str, tmp_path: Path, *, is_replaced: bool
) -> None:
    file = tmp_path / "views.db"
    with projecting("--home", str(grown.home), "--to", to) as process:
        assert next_status(process)["lag"] == 0
        file.rename(tmp_path / "elsewhere")
        if is_replaced:
            file.touch()
        _, said = process.communicate(timeout=WAIT_S)
    why = f"{file} was removed or replaced meanwhile; begin again"
    assert (process.returncode, json.loads(said)["error"]["message"]) == (1, why)


def test_a_second_process_that_projects_into_the_same_database_is_refused(
    grown: Grown, tmp_path: Path, to: str
) -> None:
    views = [SqlView(open_target(to, grown.home), "views") for _ in range(2)]
    for view in views:
        assert view.max_tracking_id("threadhost") is None
    views[0].insert_tracking(Tracking("threadhost", 5))
    with pytest.raises(Exception, match="another process maintains"):
        views[1].insert_tracking(Tracking("threadhost", 9))
    assert views[1].max_tracking_id("threadhost") == 5
    for view in views:
        view.close()


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


def test_a_host_that_serves_imports_no_module_that_only_project_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVED, str(tmp_path / "home")],
        capture_output=True,
        text=True,
        check=True,
        timeout=WAIT_S,
    )
    assert done.stdout == "\n"
