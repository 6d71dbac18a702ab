"""Several clients of one host: what each asked for holds for it alone, and they wait in line."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.server import Host
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import thread_reading, thread_scope
from threadhost.adapters.jsonrpc.models.base import Empty, Params
from threadhost.adapters.jsonrpc.registry import Method, registry

CHANGE, READ = "host/test/change", "host/test/read"


class OfThread(Params):
    """Which thread."""

    thread_id: str


@dataclass
class Work:
    """How many calls run at the moment, and what lets them end."""

    running: int = 0
    most: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, params: OfThread, call: Call) -> Empty:
        self.running += 1
        self.most = max(self.most, self.running)
        self.changed.set()
        await self.go_on.wait()
        self.running -= 1
        return Empty()

    async def until(self, running: int) -> None:
        while self.running != running:
            self.changed.clear()
            await self.changed.wait()


@pytest.fixture
async def work(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Work]:
    """Methods of a thread that run until they are let go: one changes it, one reads it."""
    work = Work()
    scopes: dict[str, Callable[[Any], Any]] = {CHANGE: thread_scope, READ: thread_reading}
    made = {name: Method(name, OfThread, work.handle, scope) for name, scope in scopes.items()}
    monkeypatch.setattr(registry, "_methods", {**{m.name: m for m in registry}, **made})
    yield work
    work.go_on.set()


async def ended(calls: list[tuple[Client, str]]) -> None:
    for client, number in calls:
        assert (await client.answer(number))["result"] == {}


async def test_changes_of_one_thread_wait_for_one_another_over_all_connections(
    host: Host, work: Work
) -> None:
    clients = [await host.client() for _ in range(3)]
    thread_id = await start(clients[0])
    calls = [(c, await c.begin(CHANGE, {"threadId": thread_id})) for c in clients]
    calls += [(clients[1], await clients[1].begin(READ, {"threadId": thread_id.upper()}))]
    await work.until(1)
    for client in clients:
        await client.level()
    assert work.running == 1
    work.go_on.set()
    await ended(calls)
    assert work.most == 1


async def test_changes_of_another_thread_do_not_wait_and_reads_run_together(
    host: Host, work: Work
) -> None:
    clients = [await host.client() for _ in range(3)]
    one, two = await start(clients[0]), await start(clients[0])
    calls = [(c, await c.begin(READ, {"threadId": one})) for c in clients]
    calls += [(clients[0], await clients[0].begin(CHANGE, {"threadId": two}))]
    await work.until(4)
    work.go_on.set()
    await ended(calls)


async def test_notifications_that_one_client_opted_out_of_go_to_the_others(host: Host) -> None:
    silent = ["item/started", "turn/completed", "thread/status/changed"]
    client, other = await host.client(optOutNotificationMethods=silent), await host.client()
    thread_id = await start(other)
    for who in (client, other):
        await who.ok("host/events/subscribe", {"afterPosition": 0})
    await talk(other, thread_id)
    await client.notice("item/completed", threadId=thread_id)
    await client.level()
    assert set(silent) & set(client.methods()) == set()
    assert set(silent) <= set(other.methods())


async def test_the_capability_of_one_client_is_not_that_of_another(host: Host) -> None:
    able, plain = await host.client(), await host.client(experimentalApi=False)
    asked = {"mockExperimentalField": "x"}
    assert "thread" in await able.ok("thread/start", asked)
    assert "requires experimentalApi" in (await plain.refused("thread/start", asked))["message"]
    assert "thread" in await able.ok("thread/start", asked)
