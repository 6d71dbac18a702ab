"""Work that its client can end, and that ends with whoever waits for it."""

import asyncio
from typing import Any, cast

import pytest

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.cancelling import Cancellable
from threadhost.adapters.jsonrpc.errors import RpcError

SEARCH = "thread/search"
CALL = Call(cast("Any", None), cast("Any", None), cast("Any", None), SEARCH, 7)


class Work:
    """Something that goes on until it is ended."""

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
    waiting = asyncio.create_task(running.run(CALL, work.run()))
    await work.begun.wait()
    running.cancel((SEARCH, 7))
    with pytest.raises(RpcError, match="thread search cancelled"):
        await waiting
    assert work.is_ended
    running.cancel((SEARCH, 7))


async def test_work_whose_waiter_is_cancelled_ends_with_it_and_without_an_answer() -> None:
    running, work = Cancellable(), Work()
    waiting = asyncio.create_task(running.run(CALL, work.run()))
    await work.begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert work.is_ended
