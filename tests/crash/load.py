"""Clients at work: each keeps trees of threads of its own and asks for one thing after another."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.crash.history import History, Operation
from tests.crash.wire import Client, Gone, Message, Refused
from tests.support.ancestry import line_of

THREADS_KEPT_MAX = 12
LONG_TEXT = "x" * 100_000
LONG_EVERY = 40
"""One turn in so many has a text that is kept in a file."""


@dataclass(slots=True)
class Worker:
    """One sequence of requests; what it does not know yet it asks again in its next life."""

    name: str
    random: Random
    history: History
    parents: dict[str, str | None] = field(default_factory=dict)
    unknown: list[Operation] = field(default_factory=list)
    _turns: dict[str, asyncio.Event] = field(default_factory=dict)
    _client: Client | None = None

    def hear(self, message: Message) -> None:
        """Take a notification."""
        if message["method"] == "turn/completed":
            self._turns.setdefault(message["params"]["turn"]["id"], asyncio.Event()).set()

    async def work(self, socket: Path) -> None:
        """Ask until the server dies."""
        try:
            self._client = await Client.connect(socket, self.name, self.hear)
            for operation in tuple(self.unknown):
                await self._again(operation)
            while True:
                await self._something()
        except Gone:
            return

    async def _again(self, operation: Operation) -> None:
        """Starts carry a key, so asking again does nothing twice; deletes are final either way."""
        step = self._start if operation.op == "start" else self._delete
        await step(operation)
        self.unknown.remove(operation)

    async def _something(self) -> None:
        threads = list(self.parents)
        kinds = ["start", "child", "turn", "turn", "turn", "rename", "delete"]
        kind = self.random.choice(kinds) if threads else "start"
        if len(threads) > THREADS_KEPT_MAX:
            kind = "delete"
        thread = self.random.choice(threads) if threads else ""
        begun = self.history.begin
        if kind == "start":
            await self._new(self._start, begun("start", None))
        elif kind == "child":
            await self._new(self._start, begun("start", None, parent=thread))
        elif kind == "turn":
            await self._turn(begun("turn", thread))
        elif kind == "rename":
            await self._rename(begun("rename", thread))
        else:
            await self._new(self._delete, begun("delete", thread))

    async def _new(
        self, step: Callable[[Operation], Awaitable[None]], operation: Operation
    ) -> None:
        self.unknown.append(operation)
        await step(operation)
        self.unknown.remove(operation)

    async def _start(self, operation: Operation) -> None:
        params: dict[str, Any] = {
            "cwd": f"/op/{operation.n}",
            "idempotencyKey": f"op-{operation.n}",
        }
        if operation.parent is not None:
            params["parentThreadId"] = operation.parent
        answer = await self._ask(operation, "thread/start", **params)
        if answer is not None:
            operation.thread = str(answer["thread"]["id"])
            self.parents[operation.thread] = operation.parent

    async def _turn(self, operation: Operation) -> None:
        text = f"op {operation.n}" + LONG_TEXT * (operation.n % LONG_EVERY == 0)
        answer = await self._ask(
            operation,
            "turn/start",
            threadId=operation.thread,
            input=[{"type": "text", "text": text}],
        )
        if answer is None:
            return
        turn_id = answer["turn"]["id"]
        ended = self._turns.setdefault(turn_id, asyncio.Event())
        assert self._client is not None
        waiting = asyncio.create_task(ended.wait())
        await asyncio.wait([waiting, self._client.ended], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        operation.completed = ended.is_set()
        del self._turns[turn_id]

    async def _rename(self, operation: Operation) -> None:
        name = f"op {operation.n}"
        await self._ask(operation, "thread/name/set", threadId=operation.thread, name=name)

    async def _delete(self, operation: Operation) -> None:
        doomed = [t for t in self.parents if operation.thread in line_of(self.parents, t)]
        for thread in doomed:
            del self.parents[thread]
        await self._ask(operation, "thread/delete", threadId=operation.thread)

    async def _ask(self, operation: Operation, method: str, **params: Any) -> Message | None:
        assert self._client is not None
        operation.tries += 1
        try:
            answer = await self._client.ask(method, **params)
        except Refused as refused:
            operation.outcome, operation.message = "refused", str(refused)
            return None
        operation.outcome = "ok"
        return answer
