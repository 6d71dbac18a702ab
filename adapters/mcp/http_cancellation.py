"""Cancels requests over HTTP: their answers are neither read further nor requested again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import httpx2

from threadhost.adapters.mcp.lines import CANCELLED

NOT_AWAITED = "the request was cancelled"
_its: ContextVar["Exchange | None"] = ContextVar("exchange", default=None)
"""The exchange of a task of the library; the task also requests the rest of a broken answer."""


class Exchange:
    """A request and its answer, until the answer is complete or cancelled."""

    def __init__(self, number: Any = None) -> None:  # noqa: ANN401 - whatever the library numbers by
        self.number = number
        self._limit: asyncio.Timeout | None = None
        self._is_cancelled = False

    def cancel(self) -> None:
        """Interrupt the present wait, and refuse later ones."""
        self._is_cancelled = True
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def waited_for(self, limit_s: float | None = None) -> AsyncIterator[None]:
        """Wait for a part of the answer, with a limit in seconds. Raises TimeoutError."""
        if self._is_cancelled:
            raise TimeoutError
        try:
            async with asyncio.timeout(limit_s) as self._limit:
                yield
        finally:
            self._limit = None


class OpenRequests:
    """The exchanges of one connection whose answers are not complete."""

    def __init__(self) -> None:
        self._open: dict[Any, Exchange] = {}

    def exchange_of(self, request: httpx2.Request) -> Exchange:
        """The exchange that a request begins or continues; a cancellation ends the one it names."""
        if request.method != "POST":
            return _its.get() or Exchange()
        message = json.loads(request.content)
        if message.get("method") == CANCELLED:
            self._cancel(message)
        number = message.get("id") if "method" in message else None
        return Exchange() if number is None else self._begun(number)

    def _cancel(self, message: dict[str, Any]) -> None:
        exchange = self._open.get((message.get("params") or {}).get("requestId"))
        if exchange is not None:
            exchange.cancel()

    def _begun(self, number: Any) -> Exchange:  # noqa: ANN401 - as above
        exchange = self._open[number] = Exchange(number)
        if (task := asyncio.current_task()) is not None:
            task.add_done_callback(lambda _: self._open.pop(number, None))
        _its.set(exchange)
        return exchange


class CancellableBody(httpx2.AsyncByteStream):
    """The bytes of an answer, until it is cancelled."""

    def __init__(self, stream: httpx2.AsyncByteStream, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = aiter(self._stream)
        while (chunk := await self._next(chunks)) is not None:
            yield chunk

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with self._exchange.waited_for():
                return await anext(chunks, None)
        except TimeoutError:
            raise httpx2.StreamError(NOT_AWAITED) from None

    async def aclose(self) -> None:
        """Stop reading."""
        await self._stream.aclose()
