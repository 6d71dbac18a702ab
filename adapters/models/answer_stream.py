"""Reads an answer over HTTP as it arrives, in slices of the loop's time."""

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from threadhost.actors.models import ModelEvent, ModelFailed
from threadhost.adapters.models import json_values as values
from threadhost.adapters.models.failures import failure_of_stream, too_much
from threadhost.adapters.models.sse import EventStreamParser, EventTooLarge, ServerSentEvent
from threadhost.adapters.models.time_slices import SLICE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from threadhost.adapters.models.limits import TransportLimits
    from threadhost.adapters.models.transport import HttpAnswer
    from threadhost.adapters.models.wires import Reader

HTTP_OK = 200
WHOLE_BYTES_MAX = 8 * 1024 * 1024


class AnswerStream:
    """Reads one answer: a stream of events, or a body in one piece."""

    def __init__(
        self, sent: "HttpAnswer", reader: "Reader", limits: "TransportLimits", *, is_whole: bool
    ) -> None:
        self._sent = sent
        self._reader = reader
        self._limits = limits
        self._is_whole = is_whole
        self._parser = EventStreamParser(limits.event_bytes_max)
        self._events: Iterator[ServerSentEvent] = iter(())
        """Events that came and are not processed yet."""
        self._events_left = limits.events_max
        self._is_at_end = False
        self._left_s = SLICE_S
        self._failure: ModelFailed | None = None

    async def more(self) -> list[ModelEvent]:
        """The next events of the model; empty at the end. Raises ModelFailed, after all events."""
        if self._failure is not None:
            raise self._failure
        answer = self._reader.answer
        try:
            while not answer.events and not self._reader.is_over:
                await (self._read_whole() if self._is_whole else self._read_events())
        except ModelFailed as failure:
            if not answer.events:
                raise
            self._failure = failure.with_traceback(None)
        return answer.drain()

    # -- a stream --

    async def _read_events(self) -> None:
        reader, answer = self._reader, self._reader.answer
        until = monotonic() + self._left_s
        for event in self._events:  # continues where it stopped
            if len(event.data) < values.MANY_BYTES_MIN and not answer.is_long:
                reader.read(event)
            else:
                await self._read_large(event)
            if reader.is_over:
                return
            if monotonic() > until:
                await asyncio.sleep(0)
                self._left_s = SLICE_S
                return
        self._left_s = until - monotonic()
        if answer.events:
            return
        if self._is_at_end:
            await self._end()
        else:
            self._events = iter(await self._next_events())

    async def _read_large(self, event: ServerSentEvent) -> None:
        if self._reader.answer.is_long:
            await asyncio.to_thread(self._read_all_from, event)
        elif values.are_many(event.data):
            await asyncio.to_thread(self._reader.read, event)
        else:
            self._reader.read(event)

    def _read_all_from(self, event: "ServerSentEvent") -> None:
        """Process an event and those that came with it."""
        reader = self._reader
        reader.read(event)
        while not reader.is_over and (another := next(self._events, None)) is not None:
            reader.read(another)

    async def _next_events(self) -> list[ServerSentEvent]:
        """The events of a stream that came together; raises ModelFailed."""
        data = await self._sent.read()
        if data is None:
            self._is_at_end = True
            return self._parser.end()
        try:
            events = self._parser.feed(data)
        except EventTooLarge:
            message = f"one event of the stream is larger than {self._limits.event_bytes_max} bytes"
            raise ModelFailed(message, "responseStreamDisconnected") from None
        self._events_left -= len(events)
        if self._events_left < 0:
            raise too_much(f"has more than {self._limits.events_max} events")
        return events

    async def _end(self) -> None:
        reader = self._reader
        if reader.answer.is_long:
            await asyncio.to_thread(reader.end)
        else:
            reader.end()
        if not reader.is_over:
            self._failure = failure_of_stream(b"\n".join(self._parser.noise), self._sent.headers)
            if not reader.answer.events:
                raise self._failure

    # -- an answer in one piece --

    async def _read_whole(self) -> None:
        """Read the answer of an endpoint that does not stream."""
        pieces: list[bytes] = []
        remaining_bytes = WHOLE_BYTES_MAX
        while (piece := await self._sent.read()) is not None:
            pieces.append(piece)
            remaining_bytes -= len(piece)
            if remaining_bytes < 0:
                raise too_much(f"is larger than {WHOLE_BYTES_MAX} bytes")
        body = b"".join(pieces)
        if values.are_many(body):
            await asyncio.to_thread(_take_whole, self._reader, body)
        else:
            _take_whole(self._reader, body)


def _take_whole(reader: "Reader", body: bytes) -> None:
    try:
        answer = values.parse(body)
    except values.Unreadable:
        message = "the model endpoint answered with no event stream, and with no JSON"
        raise ModelFailed(message, "responseStreamConnectionFailed", HTTP_OK) from None
    reader.read_whole(answer)
