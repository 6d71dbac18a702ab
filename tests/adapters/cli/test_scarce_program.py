"""The program with few descriptors, and a client that takes all slots for connections."""

import asyncio
import json
import signal
import sys
import urllib.request
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.support.program import INITIALIZE, serving

pytestmark = pytest.mark.slices

FILES = 256
FEW_FILES = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (200, {FILES}))
from threadhost.adapters.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


async def ask(client: ClientConnection, method: str, **params: Any) -> Any:
    await client.send(json.dumps({"id": method, "method": method, "params": params}))
    while (message := json.loads(await client.recv())).get("id") != method:
        pass
    return message


async def turn(client: ClientConnection, thread_id: str, text: str) -> str:
    """Run a turn; its status."""
    answer = await ask(
        client, "turn/start", threadId=thread_id, input=[{"type": "text", "text": text}]
    )
    if "error" in answer:
        return str(answer["error"]["message"])
    while (message := json.loads(await client.recv())).get("method") != "turn/completed":
        pass
    return str(message["params"]["turn"]["status"])


async def crowd(address: str, stack: AsyncExitStack) -> int:
    """Open idle websockets until the host admits no more; their number."""
    for count in range(FILES):
        with suppress(InvalidStatus):
            await stack.enter_async_context(connect(address, proxy=None))
            continue
        return count
    return FILES


def test_clients_that_take_all_slots_leave_file_descriptors_for_turns(tmp_path: Path) -> None:
    words = ("--listen", "ws://127.0.0.1:0")
    with serving(tmp_path, *words, command=(sys.executable, "-c", FEW_FILES)) as host:
        address = host.address()

        async def client() -> None:
            async with connect(address, proxy=None) as other, AsyncExitStack() as stack:
                assert "result" in await ask(other, "initialize", **INITIALIZE)
                thread = (await ask(other, "thread/start"))["result"]["thread"]["id"]
                assert 40 < await crowd(address, stack) < FILES
                for text in ("hi", "x" * 200_000, "hi"):
                    assert await turn(other, thread, text) == "completed"
                for _ in range(260):
                    assert "result" in await ask(other, "thread/start")
                health = address.replace("ws:", "http:") + "/healthz"
                with await asyncio.to_thread(urllib.request.urlopen, health) as answer:
                    assert answer.status == 200
                await stack.aclose()
                async with connect(address, proxy=None) as late:
                    assert "result" in await ask(late, "initialize", **INITIALIZE)

        asyncio.run(client())
        assert host.signal(signal.SIGTERM) == 0
    assert len(host.errors) < 10, host.errors
    assert any(
        (f"of {FILES} open files (ulimit -n) leaves room for") in line for line in host.errors
    )
