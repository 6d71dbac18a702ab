"""The streams of a connection: limits on unread answers, and the end of the stream."""

import asyncio

import anyio
import pytest
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification, JSONRPCResponse

from threadhost.adapters.mcp.watched import ANSWERS_WAITING_MAX, LOST, NOT_TAKEN, Inbound, Outbound

ANSWER = SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=1, result={}))
NOTE = SessionMessage(JSONRPCNotification(jsonrpc="2.0", method="x"))


async def ends_of(message: SessionMessage, times: int) -> list[str]:
    """The reported ends after this many unread messages."""
    ends: list[str] = []
    into, out = anyio.create_memory_object_stream[SessionMessage]()
    said = Outbound(into, ends.append)
    tasks = [asyncio.create_task(said.send(message)) for _ in range(times)]
    await asyncio.wait(tasks, timeout=0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    into.close()
    out.close()
    return ends


async def test_a_server_that_does_not_read_the_hosts_answers_is_disconnected() -> None:
    assert await ends_of(ANSWER, ANSWERS_WAITING_MAX) == []
    assert await ends_of(ANSWER, ANSWERS_WAITING_MAX + 1) == [NOT_TAKEN]


async def test_notifications_of_the_host_do_not_count_as_unread_answers() -> None:
    assert await ends_of(NOTE, ANSWERS_WAITING_MAX + 1) == []


@pytest.mark.slices
async def test_the_end_of_a_servers_stream_is_reported() -> None:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    into, out = anyio.create_memory_object_stream[SessionMessage]()
    into.close()
    async with Inbound(out, told.set_result) as heard:
        assert [message async for message in heard] == []
    assert await told == LOST
