"""Work that its client can cancel, and that ends with the task that waits for it."""

import asyncio

import pytest

from threadhost.adapters.jsonrpc.cancelling import Cancellable
from threadhost.adapters.jsonrpc.errors import RpcError

REQUESTED = "thread/search", 7


class Work:
    """Work that does not end by itself."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.is_ended = False

    async def run(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.is_ended = True


async def test_work_that_its_client_cancels_ends_with_an_error() -> None:
    running, work = Cancellable(), Work()
    waiting = asyncio.create_task(running.run(REQUESTED, work.run()))
    await work.begun.wait()
    running.cancel(REQUESTED)
    with pytest.raises(RpcError, match="thread search cancelled"):
        await waiting
    assert work.is_ended
    running.cancel(REQUESTED)


async def test_work_ends_without_an_answer_when_its_waiting_task_is_cancelled() -> None:
    running, work = Cancellable(), Work()
    waiting = asyncio.create_task(running.run(REQUESTED, work.run()))
    await work.begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert work.is_ended
