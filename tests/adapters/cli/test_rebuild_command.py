"""`threadhost rebuild`: views rebuilt from the log, with a host on the home or without."""

from pathlib import Path

import pytest

import threadhost
from tests.adapters.cli.conftest import Command, Grown
from tests.support.databases import changed
from tests.support.operator_lines import logged_line
from tests.support.program import run_here, serving
from threadhost.adapters.client.client import Client
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, RpcError

ODD = "UPDATE threads SET archived = TRUE"


def edit(home: Path) -> None:
    """Change rows of views, as another program or a bug would."""
    with changed(home / "threadhost.db") as database:
        database.execute(ODD)


@pytest.mark.slices
def test_rebuild_prints_how_many_rows_differed_from_the_log(
    grown: Grown, command: Command, tmp_path: Path
) -> None:
    done = command("rebuild")
    assert (done.code, done.out.splitlines()[-1]) == (0, "every row matched the log")
    with serving(grown.home, "--listen", f"unix://{tmp_path}/s") as host:
        host.address()
        edit(grown.home)
        found = run_here("rebuild", "--home", str(grown.home), "--json")
        assert (found.returncode, found.stderr) == (0, "")
        assert '"threads": ' in found.stdout
        assert "rebuilt the views from " in command("rebuild").out
        assert host.process.poll() is None
    listed = command("threads", "list").out
    assert grown.alone in listed


async def test_rebuild_reports_its_progress(tmp_path: Path) -> None:
    async with threadhost.open(tmp_path / "home") as host, host.connect() as client:
        thread = await client.start_thread()
        await client.run_turn(thread.id, "hello")
        heard = client.notifications("host/views/rebuildProgress")
        answer = await client.call("host/views/rebuild", {})
        assert (answer["events"] > 0, answer["changed"]) == (True, {})
        newest = (await anext(aiter(heard))).params
        assert (newest["done"], newest["total"]) == (answer["events"], answer["events"])
        await listed(client, thread.id)
        with changed(tmp_path / "home" / "threadhost.db") as database:
            database.execute(ODD)
        assert (await client.call("thread/list", {}))["data"] == []
        assert (await client.call("host/views/rebuild", {}))["changed"] == {"threads": 1}
        await listed(client, thread.id)


async def damage(client: Client, database: Path, table: str) -> None:
    """Overwrite the pages of one table under a running host, as a disk fault would."""
    for _ in range(20):
        await client.start_thread()
    with changed(database) as there:
        there.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((size,),) = there.execute("PRAGMA page_size")
        pages = there.execute(f"SELECT pageno FROM dbstat WHERE name = '{table}'").fetchall()
    with database.open("r+b") as file:
        for (page,) in pages:
            file.seek((page - 1) * size)
            file.write(b"\x07" * size)


async def test_a_rebuild_with_a_damaged_page_is_refused_and_the_host_keeps_serving(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with threadhost.open(tmp_path / "home") as host, host.connect() as client:
        await damage(client, tmp_path / "home" / "threadhost.db", "thread_texts")
        with pytest.raises(RpcError) as refused:
            await client.call("host/views/rebuild", {})
        assert refused.value.reason == "storeUnreadable"
        assert logged_line(caplog, "store.unreadable")["method"] == "host/views/rebuild"
        assert len((await client.call("thread/loaded/list", {}))["data"]) == 20
    assert "Traceback" not in caplog.text


async def listed(client: Client, thread_id: str) -> None:
    (found,) = (await client.call("thread/list", {}))["data"]
    assert found["id"] == thread_id


async def test_a_rebuild_on_a_host_in_memory_is_refused() -> None:
    async with threadhost.open() as host, host.connect() as client:
        with pytest.raises(RpcError) as refused:
            await client.call("host/views/rebuild", {})
        assert refused.value.code == INVALID_REQUEST
        assert "keeps everything in memory" in refused.value.message
