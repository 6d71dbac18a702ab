"""Rows that are kept for the news of them are those of threads that are there."""

from pathlib import Path

import pytest

from threadhost.actors.origin import policy
from threadhost.adapters.embed import open_host
from threadhost.adapters.jsonrpc.errors import RpcError


async def test_a_child_in_memory_is_gone_from_reads_as_soon_as_it_is_unloaded(
    tmp_path: Path,
) -> None:
    async with open_host(tmp_path / "home") as host, host.connect("test") as client:
        parent = (await client.call("thread/start", {}))["thread"]["id"]
        params = {"parentThreadId": parent, "ephemeral": True}
        child = (await client.call("thread/start", params))["thread"]["id"]
        await host.app.host.life.unload([child], "test", policy("test", child, "test"))
        with pytest.raises(RpcError, match="thread not loaded"):
            await client.call("thread/read", {"threadId": child})
