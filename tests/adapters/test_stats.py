"""The statistics of a host, for the embedding program and for clients."""

import os
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.hosts import eventually
from threadhost.actors.account import Account
from threadhost.adapters import gauges
from threadhost.adapters.config import Limits, Settings
from threadhost.adapters.jsonrpc.models.host_stats import StatsReadResponse

HANG = '@echo {"steps": [{"hang": true}]}'


async def test_the_statistics_of_a_host_count_its_threads_clients_and_events(
    tmp_path: Path,
) -> None:
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        idle, working = await client.start_thread(), await client.start_thread()
        child = await client.start_thread(parent_thread_id=idle.id)
        fleeting = await client.start_thread(ephemeral=True)
        await client.run_turn(idle.id, "hello")
        await client.start_turn(working.id, HANG)
        await client.subscribe_events(0)
        await eventually(lambda: host.stats().connections.behind == 0)
        now = host.stats()
        assert now.log.position == now.told_position == host.app.logs.durable.position
        assert now.log.cached_keys >= len({idle.id, working.id, child.id})
        threads = now.threads
        assert (threads.live, threads.working, threads.ephemeral) == (4, 1, 1)
        assert (threads.starting, threads.restarting, threads.given_up) == (0, 0, 0)
        assert (threads.trees, threads.deletions, threads.waiting_messages) == (1, 0, 0)
        assert 0 < threads.memory.used_bytes < (threads.memory.max_bytes or 0)
        news = now.news
        assert (news.initialized, news.subscribed) == (1, 1)
        assert news.followed_threads == news.followers == len([idle, working, child, fleeting])
        assert now.memory_log.memory_bytes > now.log.memory_bytes == 0
        await client.delete_thread(idle.id)
        assert host.stats().threads.live == 2
    over = host.stats()
    assert (over.threads.live, over.connections.open, over.memory_log.memory_bytes) == (0, 0, 0)


async def test_waiting_bytes_and_requests_are_counted_while_they_wait(tmp_path: Path) -> None:
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        before = await client.read_stats()
        assert (before.connections.open, before.connections.running_requests) == (1, 1)
        assert before.requests.used_bytes > host.stats().requests.used_bytes == 0
        [session] = host.app.sessions
        session.outbox.hold(1000)
        now = host.stats()
        assert now.connections.unread_bytes == now.connections.most_unread_bytes == 1000
        assert now.unread.used_bytes == session.stats().unread_bytes == 1000
        session.outbox.hold(-1000)


async def test_a_client_gets_the_same_statistics_as_the_embedding_program(tmp_path: Path) -> None:
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        await client.run_turn((await client.start_thread()).id, "hello")
        told, known = (
            stats.model_dump(by_alias=False) for stats in (await client.read_stats(), host.stats())
        )
    assert told["threads"] == known["threads"]
    assert told["news"] == known["news"]
    assert members(told) == members(known)
    assert members(told) == names_of(StatsReadResponse)


def members(value: Any) -> Any:
    """The names alone."""
    return {n: members(v) for n, v in value.items()} if isinstance(value, dict) else None


def names_of(model: Any) -> Any:
    """The names of a model, and of the models in it."""
    fields = getattr(model, "model_fields", None)
    return fields and {name: names_of(field.annotation) for name, field in fields.items()}


def test_a_snapshot_of_statistics_is_immutable_and_shows_a_missing_limit_as_none() -> None:
    account = Account("what is kept")
    now = account.stats()
    account.book(10)
    assert (now, account.stats()) == ((0, None), (10, None))
    assert Account("what is kept", 7).stats().max_bytes == 7
    with pytest.raises(AttributeError):
        now.used_bytes = 1  # type: ignore[misc]


async def test_gauges_count_as_in_codex_and_contain_every_number_of_the_statistics(
    tmp_path: Path,
) -> None:
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        await client.start_thread()
        working = await client.start_thread()
        await client.start_turn(working.id, HANG)
        known = await client.call("host/stats/read", {})
        diagnostics = await client.call("server/diagnostics", {})
    values = {gauge["name"]: gauge["value"] for gauge in diagnostics["gauges"]}
    of_codex = {name: values.pop(name) for name in [*values] if not name.startswith("host.")}
    assert of_codex == {
        "app.requests.in_flight": 1,
        "app.requests.queued": 0,
        "app.server_requests.pending": 0,
        "core.threads.live": 2,
        "core.turns.active": 1,
        "core.mailbox.pending": 0,
        "mcp.connections.live": 0,
    }
    assert values.keys() == set(numbers("host", known))
    assert values["host.threads.working"] == 1
    process = diagnostics["process"]
    assert (process["id"], process["physicalFootprintBytes"]) == (os.getpid(), None)
    assert process["residentMemoryBytes"] > 10 * 2**20


def test_a_system_that_does_not_report_resident_memory_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for said in ("", "1", "1 x 2"):
        (tmp_path / "statm").write_text(said)
        monkeypatch.setattr(gauges, "MEMORY", tmp_path / "statm")
        assert gauges.resident_bytes() is None
    monkeypatch.setattr(gauges, "MEMORY", tmp_path / "none")
    assert gauges.resident_bytes() is None


def numbers(path: str, value: Any) -> list[str]:
    """The paths of all numbers."""
    if isinstance(value, dict):
        return [at for name, part in value.items() for at in numbers(f"{path}.{name}", part)]
    return [path] if value is not None else []


async def test_reading_the_statistics_changes_nothing(tmp_path: Path) -> None:
    settings = Settings(tmp_path, listen=(), limits=Limits(live_bytes_max=2**40))
    async with threadhost.open(settings) as host, host.connect() as client:
        await client.start_thread()
        connected_at = 5  # that a client is there is recorded meanwhile
        await eventually(lambda: host.stats().log.position == connected_at)
        first = host.stats()
        assert host.stats() == first
        await client.read_stats()
        assert host.stats() == first
