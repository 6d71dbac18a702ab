"""Unused threads are unloaded, and activated again by their next turn."""

import asyncio
from pathlib import Path

import pytest

from tests.support.store import now
from threadhost.adapters.client.client import Client
from threadhost.adapters.config import Settings
from threadhost.adapters.embed import EmbeddedHost, open_host
from threadhost.events.thread import ThreadStopped

IDLE_MS = 100
WAIT_S = 10


def settings(home: Path) -> Settings:
    """A host that unloads idle threads after a tenth of a second."""
    return Settings(home, listen=(), idle_unload_ms=IDLE_MS)


async def until_unloaded(host: EmbeddedHost, thread_id: str) -> None:
    """Wait until the thread is no longer live."""
    async with asyncio.timeout(WAIT_S):
        while host.app.host.threads.status(thread_id) != "notLoaded":  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def reasons(host: EmbeddedHost) -> list[str]:
    """Why threads were shut down, in log order."""
    facts = now(host.app.logs.durable.read(0, 10_000))
    return [f.event.reason for f in facts if isinstance(f.event, ThreadStopped)]


async def one_turn(client: Client) -> str:
    """A thread with one turn."""
    thread = await client.start_thread(cwd="/")
    await client.run_turn(thread.id, "hello")
    return thread.id


async def test_an_idle_thread_without_followers_is_unloaded_and_announced(tmp_path: Path) -> None:
    async with open_host(settings(tmp_path)) as host, host.connect() as client:
        thread_id = await one_turn(client)
        closed = client.notifications("thread/status/changed", "thread/closed")
        await client.unsubscribe(thread_id)
        await until_unloaded(host, thread_id)
        async with asyncio.timeout(WAIT_S):
            heard = [(await anext(closed)).method for _ in range(2)]
        assert heard == ["thread/status/changed", "thread/closed"]
        assert reasons(host) == ["idle"]


@pytest.mark.slices
async def test_an_unloaded_thread_is_activated_again_by_its_next_turn(tmp_path: Path) -> None:
    async with open_host(settings(tmp_path)) as host, host.connect() as client:
        thread_id = await one_turn(client)
        await client.unsubscribe(thread_id)
        await until_unloaded(host, thread_id)
        await client.run_turn(thread_id, "again")
        assert len((await client.read_thread(thread_id, include_turns=True)).turns) == 2


@pytest.mark.slices
async def test_a_followed_thread_stays_loaded_however_long_it_is_idle(tmp_path: Path) -> None:
    async with open_host(settings(tmp_path)) as host, host.connect() as client:
        followed, left = await one_turn(client), await one_turn(client)
        await client.unsubscribe(left)
        await until_unloaded(host, left)
        assert host.app.host.threads.status(followed) == "idle"


@pytest.mark.slices
async def test_a_thread_with_a_running_turn_stays_loaded_without_followers(tmp_path: Path) -> None:
    async with open_host(settings(tmp_path)) as host, host.connect() as client:
        other = await one_turn(client)
        busy = (await client.start_thread(cwd="/")).id
        await client.start_turn(busy, '@echo {"steps": [{"hang": true}]}')
        for thread_id in (busy, other):
            await client.unsubscribe(thread_id)
        await until_unloaded(host, other)
        assert host.app.host.threads.status(busy) == "active"
