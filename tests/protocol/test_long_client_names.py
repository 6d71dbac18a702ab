"""Clients with long names: nothing of these names stays, and each is still itself."""

import json
from typing import Any

from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.server import Host
from tests.support.store import now

STORY = "CANARY what my doctor said " + "and then " * 20
OTHER = STORY + "more"


async def known_as(host: Host, name: str) -> Client:
    """A client of this name, whose title and version are stories, too."""
    client = await host.connect()
    info = {"name": name, "title": STORY, "version": STORY}
    hello = {"clientInfo": info, "capabilities": {"experimentalApi": True}}
    await client.ok("initialize", hello)
    await client.send({"method": "initialized"})
    return client


def everything_of(host: Host) -> str:
    """What the log says, whatever of it is erased."""
    return json.dumps([str(fact) for fact in now(host.running.logs.durable.read(0, 10_000))])


async def test_no_part_of_a_long_client_name_stays_in_the_log(host: Host) -> None:
    client = await known_as(host, STORY)
    thread_id = await start(client, threadSource="CANARY of a feature")
    await talk(client, thread_id)
    params: dict[str, Any] = {"threadId": thread_id, "idempotencyKey": "CANARY of a key"}
    await client.ok("thread/delete", params)
    facts = await host.running.logs.durable.read(0, 10_000)
    assert "CANARY" not in everything_of(host)
    assert {len(fact.meta.principal) for fact in facts} <= set(range(200))


async def test_clients_of_different_long_names_have_keys_of_their_own(host: Host) -> None:
    first, second = await known_as(host, STORY), await known_as(host, OTHER)
    again = await known_as(host, STORY)
    made = [
        (await client.ok("thread/start", {"cwd": "/", "idempotencyKey": "1"}))["thread"]["id"]
        for client in (first, second, again)
    ]
    assert made[0] == made[2] != made[1]


async def test_lists_find_the_threads_of_a_client_by_its_whole_name(host: Host) -> None:
    client = await known_as(host, STORY)
    thread_id = await start(client)
    await talk(client, thread_id)
    for originators, found in (([STORY], [thread_id]), ([OTHER], []), (None, [thread_id])):
        page = await client.ok("thread/list", {"originators": originators})
        assert [thread["id"] for thread in page["data"]] == found
