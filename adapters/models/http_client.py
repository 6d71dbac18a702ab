"""A client of one provider over HTTP: any API over any transport."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import TYPE_CHECKING

from threadhost.actors.models import ModelEvent, ModelFailed, ModelRequest, ResponseDone
from threadhost.adapters.models.answer_stream import HTTP_OK, AnswerStream
from threadhost.adapters.models.api_keys import keys_of
from threadhost.adapters.models.failures import failure_of_status
from threadhost.adapters.models.headers import of_agent, with_key
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.line_cache import making
from threadhost.adapters.models.redaction import Redaction
from threadhost.adapters.models.running_calls import RunningCalls
from threadhost.adapters.models.wires import Reader, Wire, wire

if TYPE_CHECKING:
    from pydantic import SecretStr

    from threadhost.adapters.models.provider import Provider
    from threadhost.adapters.models.transport import Headers, HttpAnswer, Transport

HTTP_UNAUTHORIZED = 401
ERROR_BODY_BYTES_MAX = 64 * 1024
ERROR_BODY_TIMEOUT_S = 5
BODY_BYTES_INLINE = 1024 * 1024
"""Larger histories are encoded off the loop."""
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}")
STREAMS = frozenset({"", "text/event-stream", "text/plain", "application/octet-stream"})
"""Media types under which servers send a stream of events."""
WHOLE = "application/json"


class HttpClient:
    """Streams a provider's answers; no text that it makes shows a secret of the provider.

    `connect` makes the transport off the loop, for the first call or `warm_up`.
    """

    def __init__(
        self,
        provider: "Provider",
        target: str,
        headers: "Headers",
        connect: "Callable[[], Transport]",
        limits: TransportLimits | None = None,
        *,
        secrets: "Iterable[SecretStr]" = (),
    ) -> None:
        self._provider = provider
        self._target = target
        self._headers = headers
        self._keys = keys_of(provider)
        self._redaction = Redaction(provider, self._keys, secrets)
        self._connect = connect
        self._limits = limits or TransportLimits()
        self._transport: Transport | None = None
        self._running = RunningCalls(self.close)

    async def warm_up(self) -> None:
        """Load the libraries and the trusted certificates, in a worker thread; idempotent."""
        await (await self._ready_transport()).prepare()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one response; raises ModelFailed. Use `contextlib.aclosing` to end it early."""
        answer: HttpAnswer | None = None
        with self._running:
            try:
                transport = await self._ready_transport()
                api = wire(self._provider.wire)
                body = await _body(api, request, self._provider)
                answer = await self._post(transport, of_agent(request), body)
                stream = await self._begun(answer, api.reader(request))
                while events := await stream.more():
                    for event in events:
                        yield (
                            self._redaction.without_secret(event)
                            if type(event) is ResponseDone
                            else event
                        )
                await answer.finish()
            except ModelFailed as failure:
                self._redaction.apply(failure)
                raise
            finally:
                if answer is not None:
                    answer.abort()

    async def retire(self) -> None:
        """Close when the running calls are over; no call follows."""
        await self._running.retire()

    async def close(self) -> None:
        """Close all connections, those in use too; idempotent."""
        await self._keys.close()
        if self._transport is not None:
            await self._transport.close()

    async def _post(self, transport: "Transport", of_call: "Headers", body: bytes) -> "HttpAnswer":
        """Send a request; retry once if the key is refused and a newer one may exist."""
        headers = [*self._headers, *of_call] if of_call else self._headers
        key = await self._keys.current()
        answer = await transport.post(self._target, with_key(headers, key), body)
        if answer.status != HTTP_UNAUTHORIZED or not self._keys.refuse(key):
            return answer
        answer.abort()
        key = await self._keys.current()
        return await transport.post(self._target, with_key(headers, key), body)

    async def _begun(self, answer: "HttpAnswer", reader: "Reader") -> AnswerStream:
        """The stream of an answer. Raises ModelFailed for one that cannot be read."""
        if answer.status != HTTP_OK:
            body = await _beginning(answer)
            raise failure_of_status(answer.status, answer.reason, answer.headers, body)
        is_whole = _media_type(answer) == WHOLE
        return AnswerStream(answer, reader, self._limits, is_whole=is_whole)

    async def _ready_transport(self) -> "Transport":
        if self._transport is None:
            transport = await asyncio.to_thread(self._connect)
            if self._transport is None:
                self._transport = transport
        return self._transport


async def _body(api: Wire, request: ModelRequest, provider: "Provider") -> bytes:
    if sum(map(len, request.history)) <= BODY_BYTES_INLINE:
        return api.body(request, provider)

    def made() -> bytes:
        with making():
            return api.body(request, provider)

    return await asyncio.to_thread(made)


def _media_type(answer: "HttpAnswer") -> str:
    """The media type of an answer. Raises ModelFailed if it is not readable."""
    encoding = answer.headers.get("content-encoding", "").lower() or "identity"
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if encoding == "identity" and (media_type in STREAMS or media_type == WHOLE):
        return media_type
    described = media_type if MEDIA_TYPE.fullmatch(media_type) else "something else"
    if encoding != "identity":
        described = "an encoding that was not asked for"
    message = f"the model endpoint answered with {described} instead of an event stream"
    raise ModelFailed(message, "responseStreamConnectionFailed", HTTP_OK)


async def _beginning(answer: "HttpAnswer") -> bytes:
    """The beginning of a body, as much as arrives in time."""
    pieces: list[bytes] = []
    remaining_bytes = ERROR_BODY_BYTES_MAX
    try:
        async with asyncio.timeout(ERROR_BODY_TIMEOUT_S):
            while remaining_bytes > 0 and (chunk := await answer.read()) is not None:
                pieces.append(chunk[:remaining_bytes])
                remaining_bytes -= len(chunk)
    except (ModelFailed, TimeoutError):
        pass  # the status alone suffices
    return b"".join(pieces)
