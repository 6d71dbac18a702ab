"""The library's objects for one provider: one source of answers, for the present key."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from threadhost.actors.models import ModelEvent, ModelRequest
    from threadhost.adapters.models.provider import Provider


class Source(Protocol):
    """Answers of one provider with one key; used on the foreign loop alone."""

    def prepare(self) -> None:
        """Import what the first call will need."""

    def stream(self, request: "ModelRequest") -> AsyncGenerator["ModelEvent", None]:
        """Stream one response; raises ModelFailed."""

    async def close(self) -> None:
        """Close all connections."""


Connect = Callable[["Provider", str | None], Source]


class Sources:
    """One source for each key that calls use; used on the foreign loop alone.

    A program may print another key every few minutes, for weeks: the source of an old key is closed
    when its last call is over.
    """

    def __init__(self, provider: "Provider", connect: Connect) -> None:
        self._provider = provider
        self._connect = connect
        self._by_key: dict[str | None, Source] = {}
        self._calls: Counter[str | None] = Counter()
        self._newest: str | None = None

    def get(self, key: str | None) -> Source:
        """The source for this key, which becomes the newest."""
        self._newest = key
        if key not in self._by_key:
            self._by_key[key] = self._connect(self._provider, key)
        return self._by_key[key]

    async def stream(
        self, key: str | None, request: "ModelRequest"
    ) -> AsyncGenerator["ModelEvent", None]:
        """Stream one response; raises ModelFailed."""
        source = self.get(key)
        self._calls[key] += 1
        try:
            await self._close_idle()
            async with aclosing(source.stream(request)) as events:
                async for event in events:
                    yield event
        finally:
            self._calls[key] -= 1
            await self._close_idle()

    async def close(self) -> None:
        """Close all sources."""
        while self._by_key:
            await _close(self._by_key.popitem()[1])

    async def _close_idle(self) -> None:
        while idle := [key for key in self._by_key if key != self._newest and not self._calls[key]]:
            del self._calls[idle[0]]
            await _close(self._by_key.pop(idle[0]))


async def _close(source: Source) -> None:
    with suppress(Exception):  # the library may raise anything, and nothing can be done about it
        await source.close()
