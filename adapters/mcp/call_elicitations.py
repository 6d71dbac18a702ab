"""A server's questions to the user during a call; the call's time limit is suspended meanwhile."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from threadhost.actors.server_tools import Elicit
from threadhost.adapters.mcp.elicited import answer_of, request_of

OVER = {"action": "cancel"}


class CallElicitations:
    """The questions of one call, from its beginning to its end."""

    def __init__(self, server: str, limit: asyncio.Timeout, elicit: Elicit) -> None:
        self._server = server
        self._limit = limit
        self._elicit = elicit
        self._loop = asyncio.get_running_loop()
        self._open: set[asyncio.Task[Any]] = set()
        self._is_over = False
        self._remaining_s = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_over = True
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def ask(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """The user's answer; called on the connection's loop. Raises ValueError."""
        request = request_of(self._server, params)
        answer = asyncio.run_coroutine_threadsafe(self._ask(request), self._loop)
        return await asyncio.wrap_future(answer)

    async def _ask(self, request: dict[str, Any]) -> Mapping[str, Any]:
        task = asyncio.current_task()
        if self._is_over or task is None:
            return OVER
        with self._clock_stopped():
            self._open.add(task)
            try:
                return answer_of(await self._elicit(request))
            finally:
                self._open.discard(task)

    @contextmanager
    def _clock_stopped(self) -> Iterator[None]:
        """Suspend the time limit while any question is open."""
        due_s = self._limit.when()
        if due_s is not None:
            self._remaining_s = due_s - self._loop.time()
            self._limit.reschedule(None)
        try:
            yield
        finally:
            if not self._open and not self._is_over:
                self._limit.reschedule(self._loop.time() + self._remaining_s)
