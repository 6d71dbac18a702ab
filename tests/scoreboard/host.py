"""A real host in this process, its clients without sockets, and how it dies without a goodbye."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.store import database_of
from threadhost.actors.models import ModelClient
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.jsonrpc.outbox import Outbox, OutboxClosed
from threadhost.adapters.jsonrpc.transports.base import Peer

ANSWER_S = 20.0
NOTIFICATIONS = [
    *(f"thread/{what}" for what in ("started", "deleted", "name/updated", "status/changed")),
    "thread/tokenUsage/updated",
    *("turn/started", "turn/completed", "item/started", "item/completed"),
    "item/agentMessage/delta",
]
Message = dict[str, Any]


class Refused(Exception):
    """The host answered with an error."""


class Unanswered(AssertionError):
    """V1: a request was not answered in time."""


@dataclass
class Talker:
    """One client of a host in this process."""

    app: App
    notices: list[Message] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """Answered request ids and notified methods, as they came."""
    heard: Callable[[Message], None] = lambda _message: None
    asked: Callable[["Talker", Message], None] = lambda _talker, _message: None
    """Hears what the host wants answered."""
    _pending: dict[int, asyncio.Future[Message]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _turns: dict[str, asyncio.Future[str]] = field(default_factory=dict)

    async def open(
        self, name: str = "scoreboard", *, deaf: bool = False, extensions: Message | None = None
    ) -> None:
        """Connect and shake hands; a deaf client wants no notifications."""
        self._outbox = Outbox(self.app.settings.limits)
        self.session = self.app.accept(self._outbox, Peer("memory", name))
        self._reading = asyncio.get_running_loop().create_task(self._read())
        client = {"name": name, "version": "1"}
        wanted: dict[str, Any] = {"experimentalApi": True, "extensions": extensions}
        if deaf:
            wanted["optOutNotificationMethods"] = NOTIFICATIONS
        await self.ask("initialize", clientInfo=client, capabilities=wanted)

    async def follow_all(self, after: int | None = None) -> Message:
        """Hear everything of all threads from a position on."""
        position = self.app.hub.position if after is None else after
        return await self.ask("host/events/subscribe", afterPosition=position)

    async def ask(self, method: str, **params: Any) -> Message:
        """The result of a request. Raises Refused or Unanswered."""
        future = self.send(method, **params)
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await future
        except TimeoutError:
            raise Unanswered(f"V1: {method} {params} is not answered in {ANSWER_S} s") from None
        if "error" in answer:
            raise Refused(answer["error"]["message"])
        result: Message = answer["result"]
        return result

    async def refusal(self, method: str, **params: Any) -> str:
        """What the host refuses a request with; empty if it does not."""
        try:
            await self.ask(method, **params)
        except Refused as refused:
            return str(refused)
        return ""

    def send(self, method: str, **params: Any) -> asyncio.Future[Message]:
        """Send a request now; its answer comes later."""
        return self.post(method, params)

    def post(self, method: str, params: object) -> asyncio.Future[Message]:
        """The same with params that may be anything."""
        number = next(self._numbers)
        future = self._pending[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        self.session.receive(json.dumps(message).encode())
        return future

    async def start(self, parent: str | None = None, **params: Any) -> str:
        """A new thread's id."""
        if parent is not None:
            params["parentThreadId"] = parent
        answer = await self.ask("thread/start", cwd="/work", **params)
        return str(answer["thread"]["id"])

    async def turn(self, thread_id: str, text: str) -> str:
        """A turn that was begun; its id."""
        content = [{"type": "text", "text": text}]
        answer = await self.ask("turn/start", threadId=thread_id, input=content)
        return str(answer["turn"]["id"])

    async def ended(self, turn_id: str) -> str:
        """How a turn ended that this client is told of. Raises Unanswered."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.shield(self._end_of(turn_id))
        except TimeoutError:
            raise Unanswered(f"V1: turn {turn_id} does not end in {ANSWER_S} s") from None

    def forget(self, turn_id: str) -> None:
        """Nobody asks for the end of this turn any more."""
        self._turns.pop(turn_id, None)

    def _end_of(self, turn_id: str) -> asyncio.Future[str]:
        future = self._turns.get(turn_id)
        if future is None:
            future = self._turns[turn_id] = asyncio.get_running_loop().create_future()
        return future

    async def level(self) -> None:
        """Wait until everything caused so far is here."""
        await self.ask("thread/loaded/list", limit=1)

    async def close(self) -> None:
        """Leave."""
        await self.session.close()
        await self._reading

    async def _read(self) -> None:
        with suppress(OutboxClosed):
            while True:
                for data in await self._outbox.next_batch():
                    self._take(json.loads(data))

    def _take(self, message: Message) -> None:
        if "method" not in message:
            self.order.append(str(message["id"]))
            future = self._pending.pop(message["id"], None)
            if future is not None and not future.done():
                future.set_result(message)
            return
        self.notices.append(message)
        self.order.append(message["method"])
        if message["method"] == "turn/completed":
            turn = message["params"]["turn"]
            end = self._end_of(turn["id"])
            if not end.done():
                end.set_result(turn["status"])
        self.heard(message)
        if "id" in message:
            self.asked(self, message)

    def answer(self, request: Message, result: Message) -> None:
        """Answer a request of the host."""
        self.session.receive(json.dumps({"id": request["id"], "result": result}).encode())


async def open_host(home: Path, model: ModelClient | None = None, **settings: Any) -> App:
    """A host on this home, with the offline model unless told otherwise."""
    return await open_app(Settings(home, **settings), env={}, model=model)


async def talk(app: App, name: str = "scoreboard", *, deaf: bool = False) -> Talker:
    """A client of it, its handshake done."""
    talker = Talker(app)
    await talker.open(name, deaf=deaf)
    return talker


@asynccontextmanager
async def hosting(home: Path, **settings: Any) -> AsyncIterator[App]:
    """A host that is closed in the end."""
    app = await open_host(home, **settings)
    try:
        yield app
    finally:
        await app.close()


def crashed_copy(app: App, target: Path) -> Path:
    """The home as a crash at this moment would leave it, in another place."""
    with database_of(app.logs.durable).lock:
        shutil.copytree(app.settings.home, target)
    return target
