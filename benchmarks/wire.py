"""A client on a unix socket that has many requests open at once."""

import asyncio
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, unix_connect

IN_FLIGHT = 128
Message = dict[str, Any]


def ignore(message: Message) -> None:
    """Hear nothing of it."""


class Client:
    """One connection; `heard` is given every notification."""

    def __init__(self, socket: ClientConnection, heard: Callable[[Message], None]) -> None:
        self._socket = socket
        self._heard = heard
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._reading = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def at(cls, path: Path, heard: Callable[[Message], None] = ignore) -> Self:
        """Connected, its handshake done."""
        client = cls(await unix_connect(str(path), compression=None, max_size=None), heard)
        info, can = {"name": "bench", "version": "1"}, {"experimentalApi": True}
        await client.ask("initialize", clientInfo=info, capabilities=can)
        return client

    async def ask(self, method: str, **params: object) -> Message:
        """The result of a request. Raises RuntimeError with the error that came in its place."""
        async with self._room:
            number = next(self._numbers)
            answer = self._answers[number] = asyncio.get_running_loop().create_future()
            await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
            message = await answer
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        result: Message = message["result"]
        return result

    async def start(self, **params: object) -> str:
        """A new thread's id."""
        return str((await self.ask("thread/start", **{"cwd": "/", **params}))["thread"]["id"])

    async def say(self, thread_id: str, text: str) -> str:
        """The id of a turn that has begun."""
        content = [{"type": "text", "text": text}]
        turn = await self.ask("turn/start", threadId=thread_id, input=content)
        return str(turn["turn"]["id"])

    async def close(self) -> None:
        """Hang up."""
        self._reading.cancel()
        await self._socket.close()

    async def _read(self) -> None:
        async for line in self._socket:
            message: Message = json.loads(line)
            if "method" in message:
                self._heard(message)
            else:
                self._answers.pop(message["id"]).set_result(message)
