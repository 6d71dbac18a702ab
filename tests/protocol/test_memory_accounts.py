"""What clients make the host keep in memory has accounts in bytes, which refuse and give back."""

from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, end, script, start, talk
from tests.support.client import Client
from tests.support.server import Host, limits

KIB, MIB = 1024, 1024 * 1024
OVERLOADED = -32001


async def restarted(host: Host, **bounds: Any) -> Client:
    """A client of a host with these limits."""
    host.settings["limits"] = limits(**bounds)
    await host.restart()
    return await host.client()


async def test_ephemeral_forks_are_refused_once_memory_is_taken_and_go_on_once_it_is_given_back(
    host: Host,
) -> None:
    client = await restarted(host, ephemeral_bytes_max=12 * MIB)
    source = await start(client)
    await talk(client, source, "x" * 3 * MIB)
    fork = {"threadId": source, "ephemeral": True, "excludeTurns": True}
    made = []
    while "result" in (answer := await client.ask("thread/fork", fork)):
        made.append(answer["result"]["thread"]["id"])
        assert len(made) < 4
    assert answer["error"]["code"] == OVERLOADED
    assert "threads in memory: " in answer["error"]["message"]
    assert f" of {12 * MIB} bytes are taken" in answer["error"]["message"]
    database = host.running.logs.ephemeral.database
    assert 6 * MIB < database.used_bytes <= 12 * MIB
    other = await host.client()
    durable = await start(other)
    assert (await talk(other, durable))["status"] == "completed"
    await host.running.host.unload(made, "idle", host_origin())
    assert database.used_bytes < MIB
    [(pages,)] = database.rows("PRAGMA page_count")
    assert pages * 4096 < 2 * MIB, "free pages are kept"
    await client.ok("thread/fork", fork)


def host_origin() -> Any:
    from tests.support.hosts import ORIGIN

    return ORIGIN


async def test_an_ephemeral_thread_is_told_no_more_while_memory_is_full_and_can_still_be_stopped(
    host: Host,
) -> None:
    client = await restarted(host, ephemeral_bytes_max=2 * MIB)
    thread_id = await start(client, ephemeral=True)
    turn_id = await begin(client, thread_id, script(HANG, say="x" * 3 * MIB))
    for method, params in (
        ("turn/start", {"threadId": thread_id, "input": [{"type": "text", "text": "more"}]}),
        ("thread/name/set", {"threadId": thread_id, "name": "n"}),
        ("thread/start", {"ephemeral": True}),
    ):
        error = await client.refused(method, params)
        assert error["code"] == OVERLOADED
        assert "threads in memory: " in error["message"]
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"
