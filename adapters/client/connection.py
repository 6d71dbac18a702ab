"""One connection of a client: its handshake, its pending requests, and notifications."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any
from weakref import WeakSet

from pydantic_core import PydanticSerializationError, from_json, to_json

from threadhost.adapters.client.answering import Answering, Handler
from threadhost.adapters.client.errors import ConnectionClosed, Unsendable
from threadhost.adapters.client.link import Link, LinkClosed
from threadhost.adapters.client.notes import Note, Notes
from threadhost.adapters.jsonrpc.errors import RpcError


class Connection:
    """Requests and notifications over a link; made and used on the running loop."""

    def __init__(self, link: Link, name: str, version: str) -> None:
        self._link = link
        self._numbers = count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._streams: WeakSet[Notes] = WeakSet()
        self._closed = False
        self._answering = Answering(self._send_answer)
        self.position = 0
        """The log position up to which this connection has received everything."""
        self.cursor: str | None = None
        """The same place as a cursor; None before the first notification."""
        loop = asyncio.get_running_loop()
        self._hearing = loop.create_task(self._hear())
        self._greeting = loop.create_task(self._greet(name, version))
        self._greeting.add_done_callback(_retrieve)

    async def ready(self) -> None:
        """Wait for the handshake. Raises ConnectionClosed or RpcError."""
        await asyncio.shield(self._greeting)

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        """The result of a request, as JSON values.

        Raises RpcError, ConnectionClosed, or Unsendable for params that JSON cannot express.
        """
        await self.ready()
        return await self._request(method, params)

    def notifications(self, *methods: str, thread_id: str | None = None) -> Notes:
        """Notifications from now on: all, or those of some methods or of one thread."""
        notes = Notes(methods, thread_id)
        if self._closed:
            notes.end()
        self._streams.add(notes)
        return notes

    async def close(self) -> None:
        """Disconnect; pending requests raise ConnectionClosed. Idempotent."""
        await self._answering.close()
        await self._link.close()
        await asyncio.wait([self._hearing])

    async def _greet(self, name: str, version: str) -> None:
        capabilities = {"experimentalApi": True}
        info = {"name": name, "version": version}
        await self._request("initialize", {"clientInfo": info, "capabilities": capabilities})
        await self._send({"method": "initialized"})

    async def _request(self, method: str, params: Mapping[str, Any] | None) -> Any:  # noqa: ANN401
        number = next(self._numbers)
        answer = self._pending[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send({"id": number, "method": method, "params": params or {}})
            return await answer
        finally:
            self._pending.pop(number, None)

    def answer(self, method: str, handler: Handler) -> None:
        """Let a handler answer requests of the host; the newest one of a method counts.

        It is cancelled when the host withdraws the request. Requests without a handler are refused.
        """
        self._answering.handle(method, handler)

    async def _send_answer(self, message: Mapping[str, Any]) -> None:
        with suppress(ConnectionClosed):
            await self._send(message)

    async def _send(self, message: Mapping[str, Any]) -> None:
        if self._closed:
            raise ConnectionClosed("the connection to the host is closed")
        try:
            encoded = to_json(message)
        except PydanticSerializationError as error:
            fault = str(error).removeprefix("Error serializing to JSON: ")
            raise Unsendable(f"the request cannot be written as JSON: {fault}") from None
        try:
            await self._link.send(encoded)
        except LinkClosed:
            raise ConnectionClosed("the connection to the host is closed") from None

    async def _hear(self) -> None:
        try:
            while True:
                await self._take(from_json(await self._link.receive()))
        except (LinkClosed, ConnectionClosed):
            self._end()

    async def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._answered(message)
        elif "id" in message:
            self._answering.begin(message)
        else:
            self._answering.notified(message["method"], message.get("params") or {})
            self._notified(message)

    def _answered(self, message: dict[str, Any]) -> None:
        number = message.get("id")
        answer = self._pending.get(number) if isinstance(number, int) else None
        if answer is None or answer.done():
            return
        if (error := message.get("error")) is None:
            answer.set_result(message.get("result"))
        else:
            answer.set_exception(RpcError(error["code"], error["message"], error.get("data")))

    def _notified(self, message: dict[str, Any]) -> None:
        position, cursor = message.get("position", 0), message.get("cursor", "")
        if position >= self.position:
            self.position, self.cursor = position, cursor or None
        at_ms = message.get("emittedAtMs", 0)
        note = Note(message["method"], message.get("params") or {}, position, at_ms, cursor)
        for stream in tuple(self._streams):
            stream.offer(note)

    def _end(self) -> None:
        self._closed = True
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(ConnectionClosed("the host ended the connection"))
        for stream in tuple(self._streams):
            stream.end()


def _retrieve(task: asyncio.Task[None]) -> None:
    """Mark a failed handshake as seen: every call raises its error."""
    if not task.cancelled():
        task.exception()
