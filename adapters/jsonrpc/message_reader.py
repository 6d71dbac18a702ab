"""Reads a client's messages in their order; parses large ones outside the event loop."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.envelope import Message, Request, is_large, parse, unread
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.adapters.jsonrpc.failures import as_rpc_error
from threadhost.adapters.jsonrpc.field_limits import (
    require_bounded,
    require_few,
    small_enough_bytes,
)
from threadhost.adapters.jsonrpc.models.base import Params
from threadhost.adapters.jsonrpc.registry import Method, Registry
from threadhost.adapters.off_loop import OffLoop
from threadhost.events.named_tuple import NamedTuple


class ParsedMessage(NamedTuple):
    """A message, with the method and params of a request; `fault` says why these were not read."""

    message: Message | None
    size_bytes: int
    method: Method | None = None
    params: Params | None = None
    fault: Exception | None = None


class MessageReader:
    """Reads the messages of one connection, and passes each to `take` in the order of arrival."""

    def __init__(
        self,
        registry: Registry,
        limits: Limits,
        off_loop: OffLoop,
        take: Callable[[ParsedMessage], None],
    ) -> None:
        self._registry = registry
        self._limits = limits
        self._off_loop = off_loop
        self._take = take
        self._certainly_small_bytes = small_enough_bytes(limits.fields)
        self._unread: deque[bytes] = deque()
        self._is_closed = False
        self.reading: asyncio.Task[None] | None = None
        """Reads a large message and all messages after it; None while there is none."""

    def receive(self, data: bytes) -> asyncio.Task[None] | None:
        """Read one message now, or queue it; returns the task that reads the queue, if any."""
        if self.reading is None and not is_large(data):
            self._take(self._read(data))
            return None
        self._unread.append(data)
        if self.reading is None:
            self.reading = asyncio.get_running_loop().create_task(self._read_all())
        return self.reading

    def close(self) -> None:
        """Drop the messages that are not read yet."""
        self._is_closed = True
        self._unread.clear()

    async def _read_all(self) -> None:
        while self._unread:
            data = self._unread.popleft()
            read = await self._read_beside(data) if is_large(data) else self._read(data)
            if not self._is_closed:
                self._take(read)
        self.reading = None

    async def _read_beside(self, data: bytes) -> ParsedMessage:
        """`_read` in another thread; without one, the result is an error for the client."""
        try:
            return await self._off_loop.run(partial(self._read, data))
        except Exception as error:  # noqa: BLE001  (later messages must be read)
            return _unreadable(data, error)

    def _read(self, data: bytes) -> ParsedMessage:
        """Parse a message; safe in any thread."""
        try:
            message = parse(data, self._limits)
            if isinstance(message, Request):
                return self._typed(message, len(data))
            return ParsedMessage(message, len(data))
        except Exception as error:  # noqa: BLE001  (the client gets an error)
            return _unreadable(data, error)

    def _typed(self, request: Request, size_bytes: int) -> ParsedMessage:
        try:
            method = self._registry.get(request.method)
            params = None if method is None else self._params(method, request, size_bytes)
        except RpcError as refused:
            return ParsedMessage(request, size_bytes, fault=_alone(refused))
        except Exception as error:  # noqa: BLE001  (an import may lack files or memory)
            return ParsedMessage(request, size_bytes, fault=error)
        return ParsedMessage(request, size_bytes, method, params)

    def _params(self, method: Method, request: Request, size_bytes: int) -> Params | None:
        """Typed params, each within its limits. Raises RpcError."""
        if method.params_model is None:
            return None
        if size_bytes <= self._certainly_small_bytes:
            return method.read(request.params)
        require_few(request.params, method.params_model, self._limits.fields)
        params = method.read(request.params)
        if params is not None:
            require_bounded(params, self._limits.fields)
        return params


def _unreadable(data: bytes, error: Exception) -> ParsedMessage:
    rpc_error = as_rpc_error(error, "a message")
    return ParsedMessage(
        unread(data, rpc_error.code, rpc_error.reason, rpc_error.message), len(data)
    )


def _alone(refused: RpcError) -> RpcError:
    """A refusal without its traceback and causes, whose frames would keep the request alive."""
    refused.__cause__ = refused.__context__ = None
    return refused.with_traceback(None)
