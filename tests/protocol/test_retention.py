"""`host/retention/*` on the wire: what the rules of the file would do, and what they did."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.protocol.talk import deleted, start, talk, tree
from tests.support.configured import ConfiguredHost
from tests.support.server import Host

FILE = """
[retention]
every_minutes = 0
[retention.rules.beyond-two]
of = "trees"
keep_newest = 2
"""


@pytest.fixture
async def ruled(home: Path) -> AsyncIterator[ConfiguredHost]:
    async with ConfiguredHost(home, text=FILE) as host:
        yield host


async def test_a_run_of_rules_deletes_the_threads_of_its_preview_and_clients_are_notified(
    ruled: ConfiguredHost,
) -> None:
    client = await ruled.client()
    old = await tree(client, 0)
    await talk(client, old[1])
    followed = await start(client)
    for _ in range(2):
        await start(client)
    for thread_id in old:
        await client.ok("thread/unsubscribe", {"threadId": thread_id})
    plan = await client.ok("host/retention/preview", {})
    assert (plan["rules"], plan["more"], plan["threads"]) == (["beyond-two"], False, 2)
    stays = {entry["threadId"]: entry["stays"] for entry in plan["data"]}
    assert stays == {old[0]: None, followed: "followed by a client"}
    (goes,) = [entry for entry in plan["data"] if entry["threadId"] == old[0]]
    assert (goes["rule"], goes["of"], goes["threads"]) == ("beyond-two", "trees", 2)
    assert goes["why"].endswith("not among the newest 2")
    assert plan["bytes"] == goes["bytes"] > 0
    first = await client.ok("host/retention/preview", {"limit": 1})
    assert (len(first["data"]), first["more"], first["threads"]) == (1, True, 2)
    before = await client.level()
    done = await client.ok("host/retention/run")
    assert (done["threads"], done["bytes"]) == (2, plan["bytes"])
    assert [(e["threadId"], e["stays"]) for e in done["data"]] == [
        (followed, "followed by a client")
    ]
    await client.level()
    assert deleted(client, before) == [old[1], old[0]]
    again = await client.ok("host/retention/preview", {})
    assert [entry["threadId"] for entry in again["data"]] == [followed]


async def test_a_host_without_retention_rules_refuses_with_where_to_add_them(host: Host) -> None:
    client = await host.client()
    for method, params in (("preview", {}), ("run", None)):
        error = await client.refused(f"host/retention/{method}", params)
        assert error["message"] == (
            "this host has no retention rules; add a table `[retention.rules.NAME]` to its"
            " configuration file"
        )
