"""A client for one connection to a server that may die at any moment."""

import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

Message = dict[str, Any]
ANSWER_S = 20.0


class Gone(Exception):
    """The server is dead: whether the request was carried out is not known."""


class Refused(Exception):
    """The server answered with an error."""


class Client:
    """JSON-RPC over a websocket on a unix socket; what was sent before a death is still heard."""

    def __init__(self, socket: ClientConnection, heard: Callable[[Message], None]) -> None:
        self._socket = socket
        self._heard = heard
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Message]] = {}
        self.ended = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls, path: Path, name: str, heard: Callable[[Message], None] = lambda _: None
    ) -> Self:
        """Connect and shake hands. Raises Gone."""
        try:
            socket = await unix_connect(
                str(path), uri="ws://localhost/", compression=None, max_size=None, max_queue=None
            )
        except (OSError, InvalidHandshake, ConnectionClosed, EOFError) as error:
            raise Gone from error
        client = cls(socket, heard)
        await client.ask(
            "initialize",
            clientInfo={"name": name, "version": "1"},
            capabilities={
                "experimentalApi": True,
                "optOutNotificationMethods": ["item/agentMessage/delta"],
            },
        )
        return client

    async def ask(self, method: str, **params: Any) -> Message:
        """The result of a request. Raises Refused or Gone."""
        number = next(self._numbers)
        future = self._pending[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        try:
            if self.ended.done():
                raise Gone
            await self._socket.send(json.dumps(message))
            answer = await asyncio.wait_for(future, ANSWER_S)
        except ConnectionClosed:
            raise Gone from None
        finally:
            self._pending.pop(number, None)
        if "error" in answer:
            raise Refused(answer["error"]["message"])
        result: Message = answer["result"]
        return result

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()
        await self.ended

    async def _read(self) -> None:
        try:
            async for data in self._socket:
                self._take(json.loads(data))
        except ConnectionClosed:
            pass
        finally:
            for future in self._pending.values():
                if not future.done():
                    future.set_exception(Gone())

    def _take(self, message: Message) -> None:
        if "method" in message:
            self._heard(message)
        elif (future := self._pending.get(message["id"])) and not future.done():
            future.set_result(message)
