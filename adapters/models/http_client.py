"""A client of one provider over HTTP: any wire over any transport."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING

from threadhost.actors.models import ModelEvent, ModelFailed, ModelRequest
from threadhost.adapters.models import json_values as values
from threadhost.adapters.models.api_keys import keys_of
from threadhost.adapters.models.failures import of_status, of_stream, too_much
from threadhost.adapters.models.headers import of_agent, with_key
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.prepared_lines import making
from threadhost.adapters.models.redaction import Redaction
from threadhost.adapters.models.sse import EventStreamParser, EventTooLarge, ServerSentEvent
from threadhost.adapters.models.time_slices import TimeSlices
from threadhost.adapters.models.wires import Reader, Wire, wire

if TYPE_CHECKING:
    from pydantic import SecretStr

    from threadhost.adapters.models.api_keys import KeySource
    from threadhost.adapters.models.provider import Provider
    from threadhost.adapters.models.transport import Headers, HttpAnswer, Transport

HTTP_OK = 200
HTTP_UNAUTHORIZED = 401
ERROR_BODY_BYTES_MAX = 64 * 1024
ERROR_BODY_TIMEOUT_S = 5
WHOLE_BYTES_MAX = 8 * 1024 * 1024
BODY_BYTES_INLINE = 1024 * 1024
"""Longer histories are written off the loop."""
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}")
STREAMS = frozenset({"", "text/event-stream", "text/plain", "application/octet-stream"})
"""Media types that servers give a stream of events."""
WHOLE = "application/json"


class HttpClient:
    """Streams a provider's answers; what may be secret of the provider appears in no text.

    `connect` makes the transport when the first call or `warm_up` needs it, off the loop.
    """

    def __init__(
        self,
        provider: "Provider",
        target: str,
        headers: "Headers",
        connect: "Callable[[], Transport]",
        limits: TransportLimits | None = None,
        keys: "KeySource | None" = None,
        *,
        secrets: "Iterable[SecretStr]" = (),
    ) -> None:
        self._provider = provider
        self._target = target
        self._headers = headers
        self._keys = keys or keys_of(provider)
        self._redaction = Redaction(provider, self._keys, secrets)
        self._connect = connect
        self._limits = limits or TransportLimits()
        self._transport: Transport | None = None

    async def warm_up(self) -> None:
        """Load the libraries and the trusted certificates, in a worker thread; idempotent."""
        await (await self._ready_transport()).prepare()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one response; raises ModelFailed. Use `contextlib.aclosing` to end it early."""
        answer: HttpAnswer | None = None
        try:
            transport = await self._ready_transport()
            api = wire(self._provider.wire)
            body = await _body(api, request, self._provider)
            answer = await self._post(transport, of_agent(request), body)
            async with aclosing(await self._events(answer, api.reader(request))) as events:
                async for event in events:
                    yield self._redaction.seen(event)
        except ModelFailed as failure:
            self._redaction.apply(failure)
            raise
        finally:
            if answer is not None:
                answer.abort()

    async def close(self) -> None:
        """Close all connections, those in use too; idempotent."""
        await self._keys.close()
        if self._transport is not None:
            await self._transport.close()

    async def _post(self, transport: "Transport", of_call: "Headers", body: bytes) -> "HttpAnswer":
        """Send a request; once more if the key is refused and there may be a newer one."""
        headers = [*self._headers, *of_call] if of_call else self._headers
        key = await self._keys.current()
        answer = await transport.post(self._target, with_key(headers, key), body)
        if answer.status != HTTP_UNAUTHORIZED or not self._keys.refuse(key):
            return answer
        answer.abort()
        key = await self._keys.current()
        return await transport.post(self._target, with_key(headers, key), body)

    async def _events(
        self, answer: "HttpAnswer", reader: Reader
    ) -> AsyncGenerator[ModelEvent, None]:
        """What an answer says. Raises ModelFailed for one that says nothing to read."""
        if answer.status != HTTP_OK:
            body = await _beginning(answer)
            raise of_status(answer.status, answer.reason, answer.headers, body)
        is_whole = _media_type(answer) == WHOLE
        return self._whole(answer, reader) if is_whole else self._streamed(answer, reader)

    async def _streamed(
        self, answer: "HttpAnswer", reader: Reader
    ) -> AsyncGenerator[ModelEvent, None]:
        parser = EventStreamParser(self._limits.event_bytes_max)
        pace = TimeSlices()
        async with aclosing(self._sent(answer, parser)) as sent:
            async for events in sent:
                for one in events:
                    if pace.is_over:
                        await pace.rest()
                    said = reader.read(one)
                    if reader.is_long or values.are_many(one.data):
                        said = await _beside(said)
                    for event in said:
                        yield event
                    if reader.is_over:
                        await answer.finish()
                        return
        last = reader.end()
        for event in await _beside(last) if reader.is_long else last:
            yield event
        if not reader.is_over:
            raise of_stream(b"\n".join(parser.noise), answer.headers)

    async def _sent(
        self, answer: "HttpAnswer", parser: EventStreamParser
    ) -> AsyncGenerator[Iterable[ServerSentEvent], None]:
        """The events of a stream, as many as came at once; raises ModelFailed."""
        limit, events_left = self._limits.event_bytes_max, self._limits.events_max
        try:
            while (chunk := await answer.read()) is not None:
                events = parser.feed(chunk)
                events_left -= len(events)
                if events_left < 0:
                    raise too_much(f"has more than {self._limits.events_max} events")
                yield events
        except EventTooLarge:
            message = f"one event of the stream is larger than {limit} bytes"
            raise ModelFailed(message, "responseStreamDisconnected") from None
        yield parser.end()

    async def _whole(
        self, answer: "HttpAnswer", reader: Reader
    ) -> AsyncGenerator[ModelEvent, None]:
        """An answer in one piece, of an endpoint that does not stream."""
        pieces: list[bytes] = []
        left = WHOLE_BYTES_MAX
        while (piece := await answer.read()) is not None:
            pieces.append(piece)
            left -= len(piece)
            if left < 0:
                raise too_much(f"is larger than {WHOLE_BYTES_MAX} bytes")
        body = b"".join(pieces)
        said = _read_whole(reader, body)
        for event in await _beside(said) if values.are_many(body) else said:
            yield event

    async def _ready_transport(self) -> "Transport":
        if self._transport is None:
            transport = await asyncio.to_thread(self._connect)
            if self._transport is None:
                self._transport = transport
        return self._transport


async def _beside(events: Iterator[ModelEvent]) -> Iterator[ModelEvent]:
    """The events of an iterator that takes long, found out off the loop."""
    found, failure = await asyncio.to_thread(_all_of, events)
    return _then(found, failure)


def _then(events: Iterable[ModelEvent], failure: ModelFailed | None) -> Iterator[ModelEvent]:
    yield from events
    if failure is not None:
        raise failure


def _all_of(events: Iterator[ModelEvent]) -> tuple[list[ModelEvent], ModelFailed | None]:
    """The events up to a failure, if one comes, and that."""
    found: list[ModelEvent] = []
    try:
        found.extend(events)
    except ModelFailed as failure:
        return found, failure.with_traceback(None)
    return found, None


def _read_whole(reader: Reader, body: bytes) -> Iterator[ModelEvent]:
    try:
        answer = values.parse(body)
    except values.Unreadable:
        message = "the model endpoint answered with no event stream, and with no JSON"
        raise ModelFailed(message, "responseStreamConnectionFailed", HTTP_OK) from None
    yield from reader.read_whole(answer)


async def _body(api: Wire, request: ModelRequest, provider: "Provider") -> bytes:
    if sum(map(len, request.history)) <= BODY_BYTES_INLINE:
        return api.body(request, provider)

    def made() -> bytes:
        with making():
            return api.body(request, provider)

    return await asyncio.to_thread(made)


def _media_type(answer: "HttpAnswer") -> str:
    """What an answer says it is. Raises ModelFailed if that is nothing to read."""
    encoding = answer.headers.get("content-encoding", "").lower() or "identity"
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if encoding == "identity" and (media_type in STREAMS or media_type == WHOLE):
        return media_type
    got = media_type if MEDIA_TYPE.fullmatch(media_type) else "something else"
    if encoding != "identity":
        got = "an encoding that was not asked for"
    message = f"the model endpoint answered with {got} instead of an event stream"
    raise ModelFailed(message, "responseStreamConnectionFailed", HTTP_OK)


async def _beginning(answer: "HttpAnswer") -> bytes:
    """The beginning of a body, as far as it comes in time."""
    pieces: list[bytes] = []
    left = ERROR_BODY_BYTES_MAX
    try:
        async with asyncio.timeout(ERROR_BODY_TIMEOUT_S):
            while left > 0 and (chunk := await answer.read()) is not None:
                pieces.append(chunk[:left])
                left -= len(chunk)
    except (ModelFailed, TimeoutError):
        pass  # the status alone says enough
    return b"".join(pieces)
