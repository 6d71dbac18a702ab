"""A client of a provider through a library, on a thread and a loop of its own."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from threadhost.actors.models import ModelEvent, ModelFailed, ModelRequest
from threadhost.adapters.models.api_keys import keys_of
from threadhost.adapters.models.foreign_loop import ForeignLoop, LoopClosed
from threadhost.adapters.models.library_sources import Connect, Source, Sources
from threadhost.adapters.models.redaction import Redaction
from threadhost.adapters.models.running_calls import RunningCalls

if TYPE_CHECKING:
    from pydantic import SecretStr

    from threadhost.adapters.models.provider import Provider

UNAUTHORIZED = "unauthorized"


class LibraryClient:
    """Streams a provider's answers; no text that it makes shows a secret of the provider.

    The first call or `warm_up` imports the library, on the other thread.
    """

    def __init__(self, provider: "Provider", connect: Connect | None = None) -> None:
        self._keys = keys_of(provider)
        self._redaction = Redaction(provider, self._keys)
        self._loop = ForeignLoop(f"models of {provider.name}")
        self._sources = Sources(provider, connect or _pydantic_ai)
        self._running = RunningCalls(self.close)

    async def warm_up(self) -> None:
        """Import the library; idempotent."""
        await self._loop.run(self._import())

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one response; raises ModelFailed. Use `contextlib.aclosing` to end it early."""
        with self._running:
            try:
                for is_last in (False, True):
                    key, has_begun = await self._keys.current(), False
                    try:
                        async with aclosing(self._answer(request, key)) as events:
                            async for event in events:
                                has_begun = True
                                yield self._redaction.without_secret(event)
                        return
                    except ModelFailed as failure:
                        is_refused = failure.code == UNAUTHORIZED and not has_begun
                        if is_last or not (is_refused and self._keys.refuse(key)):
                            raise
            except ModelFailed as failure:
                self._redaction.apply(failure)
                raise

    async def retire(self) -> None:
        """Close when the running calls are over; no call follows."""
        await self._running.retire()

    async def close(self) -> None:
        """Cancel all calls, close all connections, end the thread; idempotent."""
        await self._keys.close()
        await self._loop.close(self._sources.close)

    async def _answer(
        self, request: ModelRequest, key: "SecretStr | None"
    ) -> AsyncGenerator[ModelEvent, None]:
        secret = key.get_secret_value() if key is not None else None
        try:
            stream = self._loop.stream(lambda: self._sources.stream(secret, request))
            async with aclosing(stream) as events:
                async for event in events:
                    yield event
        except LoopClosed:
            message = "the client of the model was closed"
            raise ModelFailed(message, "responseStreamDisconnected") from None

    # -- elsewhere --

    async def _import(self) -> None:
        self._sources.get(None).prepare()


def _pydantic_ai(provider: "Provider", key: str | None) -> Source:
    from threadhost.adapters.models.pydantic_ai_source import PydanticAiSource

    return PydanticAiSource(provider, key)
