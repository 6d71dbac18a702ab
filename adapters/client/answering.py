"""Answers the host's requests: handlers by method, each request in a task of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from threadhost.adapters.client.errors import Unsendable
from threadhost.adapters.jsonrpc.errors import INTERNAL, METHOD_UNSUPPORTED, RpcError

Handler = Callable[[dict[str, Any]], Awaitable[Any]]
"""Takes a request's params as JSON values; returns its result. May raise RpcError."""


async def _unknown(_params: dict[str, Any]) -> Any:  # noqa: ANN401
    raise RpcError(METHOD_UNSUPPORTED, "this client does not answer such requests")


Send = Callable[[Mapping[str, Any]], Awaitable[None]]
RESOLVED = "serverRequest/resolved"
logger = logging.getLogger("threadhost.client")


class Answering:
    """The handlers of one connection, and the requests that they are answering."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._handlers: dict[str, Handler] = {}
        self._at_work: dict[str | int, asyncio.Task[None]] = {}

    def handle(self, method: str, handler: Handler) -> None:
        """Let this handler answer requests of the method from now on."""
        self._handlers[method] = handler

    def begin(self, message: Mapping[str, Any]) -> None:
        """Answer a request when its handler has a result."""
        number = message["id"]
        task = asyncio.get_running_loop().create_task(self._answer(message))
        self._at_work[number] = task
        task.add_done_callback(lambda _: self._at_work.pop(number, None))

    def notified(self, method: str, params: Mapping[str, Any]) -> None:
        """Handle a notification: a request that the host withdrew needs no answer."""
        task = self._at_work.get(params["requestId"]) if method == RESOLVED else None
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Cancel all handlers."""
        tasks = tuple(self._at_work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, message: Mapping[str, Any]) -> None:
        handler = self._handlers.get(message["method"], _unknown)
        try:
            answer: dict[str, Any] = {"result": await handler(message.get("params") or {})}
        except RpcError as refused:
            answer = {"error": {"code": refused.code, "message": refused.message}}
        except Exception as error:
            logger.exception("the handler of %s failed", message["method"])
            failed = f"the handler failed: {type(error).__name__}"
            answer = {"error": {"code": INTERNAL, "message": failed}}
        try:
            await self._send({"id": message["id"], **answer})
        except Unsendable as error:
            logger.error("the handler of %s gave no JSON", message["method"])  # noqa: TRY400
            fault = {"code": INTERNAL, "message": f"the handler failed: {error}"}
            await self._send({"id": message["id"], "error": fault})
