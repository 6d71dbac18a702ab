"""A client that can say anything, remembers all it hears in order, and waits for what it wants."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

from tests.support.judge import Judge
from tests.support.links import Link, LinkClosed

WAIT_S = 10
SHOWN_MESSAGES = 12
BESIDE = {"invalidParams": ("field",), "internalError": ("incident",)}
"""What stands beside a reason in the data of an error."""
INITIALIZE: dict[str, Any] = {
    "clientInfo": {"name": "tests", "title": None, "version": "0.1.0"},
    "capabilities": {"experimentalApi": True},
}
Message = dict[str, Any]


def without_reason(error: Message) -> Message:
    """An error without what every error of its reason has beside code and message."""
    of_reason = {"reason", *BESIDE.get(error["data"]["reason"], ())}
    left = {key: value for key, value in error["data"].items() if key not in of_reason}
    bare = {"code": error["code"], "message": error["message"]}
    return {**bare, "data": left} if left else bare


class Client:
    """One connection; every message that comes is judged, a fault fails the next wait."""

    def __init__(self, link: Link) -> None:
        self.received: list[Message] = []
        self.closed = False
        self._link = link
        self._judge = Judge()
        self._fault: AssertionError | None = None
        self._numbers = count(1)
        self._news = asyncio.Condition()
        self._hearing = asyncio.get_running_loop().create_task(self._hear())

    # -- out --

    async def send(self, message: Any) -> None:
        """Send JSON."""
        self._judge.sent(message)
        await self._link.send(json.dumps(message).encode())

    async def send_raw(self, message: bytes) -> None:
        """Send any bytes as one message."""
        with suppress(ValueError, RecursionError):
            self._judge.sent(json.loads(message))
        await self._link.send(message)

    async def begin(self, method: str, params: Any = None) -> str:
        """Send a request without waiting; its id."""
        number = f"request-{next(self._numbers)}"
        await self.send({"id": number, "method": method, "params": params or {}})
        return number

    # -- in --

    async def until(self, wanted: Callable[[Message], bool], after: int = 0) -> Message:
        """The first message like this, of those from number `after` on. Raises LinkClosed."""
        at = after
        while True:
            self.check()
            while at < len(self.received):
                at += 1
                if wanted(self.received[at - 1]):
                    return self.received[at - 1]
            if self.closed:
                raise LinkClosed
            await self._more_than(at)

    async def _more_than(self, count: int) -> None:
        try:
            async with asyncio.timeout(WAIT_S), self._news:
                await self._news.wait_for(lambda: self.closed or len(self.received) > count)
        except TimeoutError:
            raise AssertionError(f"it does not come; last came {self._tail()}") from None

    async def answer(self, number: str | int | None, after: int = 0) -> Message:
        """The answer to the request of this id."""
        return await self.until(lambda m: "method" not in m and m.get("id") == number, after)

    async def notice(self, method: str, after: int = 0, **params: Any) -> Message:
        """The first notification of this method whose params hold these."""

        def wanted(message: Message) -> bool:
            return message.get("method") == method and params.items() <= message["params"].items()

        return await self.until(wanted, after)

    async def ask(self, method: str, params: Any = None) -> Message:
        """Send a request and wait for its answer."""
        before = len(self.received)
        number = await self.begin(method, params)
        return await self.answer(number, before)

    async def ok(self, method: str, params: Any = None) -> Any:
        """The result of a request that must succeed."""
        answer = await self.ask(method, params)
        assert "result" in answer, answer
        return answer["result"]

    async def refused(self, method: str, params: Any = None) -> Message:
        """The error of a request that must fail, without its reason, which the judge has seen."""
        answer = await self.ask(method, params)
        assert "error" in answer, answer
        return without_reason(answer["error"])

    async def reason(self, method: str, params: Any = None) -> str:
        """Why a request fails that must."""
        answer = await self.ask(method, params)
        assert "error" in answer, answer
        return str(answer["error"]["data"]["reason"])

    async def level(self) -> int:
        """Wait until all that was caused before is here; how many messages that are."""
        await self.ok("thread/loaded/list", {"limit": 1})
        return len(self.received)

    @property
    def notices(self) -> list[Message]:
        """The notifications so far."""
        return [m for m in self.received if "method" in m and "id" not in m]

    def methods(self, after: int = 0) -> list[str]:
        """The names of the notifications, and `reply` or `error` for answers."""
        return [
            m.get("method") or ("reply" if "result" in m else "error")
            for m in self.received[after:]
        ]

    # -- asked --

    async def request(self, method: str, after: int = 0) -> Message:
        """The first request of the server's of this method."""
        return await self.until(lambda m: m.get("method") == method and "id" in m, after)

    async def reply(self, request: Message, result: Any) -> None:
        """Answer a request of the server's."""
        await self.send({"id": request["id"], "result": result})

    async def refuse(self, request: Message, code: int = -32000, message: str = "no") -> None:
        """Answer a request of the server's with an error."""
        await self.send({"id": request["id"], "error": {"code": code, "message": message}})

    # -- life --

    async def initialize(self, **capabilities: Any) -> Any:
        """Do the handshake."""
        wanted = {**INITIALIZE["capabilities"], **capabilities}
        result = await self.ok("initialize", {**INITIALIZE, "capabilities": wanted})
        await self.send({"method": "initialized"})
        return result

    def end_input(self) -> None:
        """Send no more, as a program does whose input came from a file."""
        self._link.end_input()

    async def stop_reading(self) -> None:
        """Take nothing from the connection until `read_on`."""
        self._hearing.cancel()
        await asyncio.wait([self._hearing])

    def read_on(self) -> None:
        """Take messages again."""
        self._hearing = asyncio.get_running_loop().create_task(self._hear())

    async def close(self) -> None:
        """Hang up; raises AssertionError if a message was not as it has to be."""
        self._hearing.cancel()
        await asyncio.wait([self._hearing])
        await self._link.close()
        self.check()

    def check(self) -> None:
        """Raise what was wrong with a message."""
        if self._fault is not None:
            raise self._fault

    async def _hear(self) -> None:
        try:
            while True:
                message = json.loads(await self._link.receive())
                async with self._news:
                    self.received.append(message)
                    self._look(message)
                    self._news.notify_all()
        except LinkClosed:
            async with self._news:
                self.closed = True
                self._news.notify_all()

    def _look(self, message: Any) -> None:
        try:
            self._judge.look(message)
        except AssertionError as fault:
            self._fault = self._fault or fault

    def _tail(self) -> str:
        return "\n".join(json.dumps(m)[:300] for m in self.received[-SHOWN_MESSAGES:])
