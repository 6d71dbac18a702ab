"""What clients are shown of threads, and which rows are read for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import threadhost
from tests.support.store import database_of
from threadhost.actors.origin import policy
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events.store.log import Log


@contextmanager
def reads_of_threads(log: Log) -> Iterator[list[str]]:
    """The statements within the block that read rows of threads."""
    read = list[str]()
    reader = database_of(log).reader
    reader.set_trace_callback(lambda text: read.append(text) if "FROM threads" in text else None)
    yield read
    reader.set_trace_callback(None)


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_a_started_thread_is_answered_and_announced_without_reading_its_row(
    tmp_path: Path, *, ephemeral: bool
) -> None:
    async with threadhost.open(tmp_path / "h") as host, host.connect() as client:
        logs = host.app.logs
        news = client.notifications("thread/started")
        log = logs.ephemeral if ephemeral else logs.durable
        with reads_of_threads(log) as read:
            asked = {"cwd": "/tmp", "ephemeral": ephemeral}
            started = (await client.call("thread/start", asked))["thread"]
            told = (await anext(news)).params["thread"]
        assert (read, told) == ([], started)
        again = await client.read_thread(started["id"])
        assert again.model_dump(by_alias=True) == started


async def test_an_answer_has_the_current_name_of_a_thread(tmp_path: Path) -> None:
    async with threadhost.open(tmp_path / "h") as host, host.connect() as client:
        thread = await client.start_thread()
        await client.set_name(thread.id, "another name")
        assert (await client.read_thread(thread.id)).name == "another name"
        assert (await client.resume_thread(thread.id)).name == "another name"


async def test_an_ephemeral_child_is_gone_as_soon_as_it_is_unloaded(tmp_path: Path) -> None:
    async with threadhost.open(tmp_path / "h") as host, host.connect() as client:
        parent = (await client.start_thread()).id
        asked = {"parentThreadId": parent, "ephemeral": True}
        child = (await client.call("thread/start", asked))["thread"]["id"]
        await host.app.host.life.unload([child], "test", policy("test", child, "test"))
        with pytest.raises(RpcError, match="thread not loaded"):
            await client.read_thread(child)
