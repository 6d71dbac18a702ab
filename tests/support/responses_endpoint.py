"""A Responses endpoint on loopback that plays the echo model's scripts, and misbehaves on order."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Self, cast

from threadhost.actors.models import (
    FunctionCall,
    Message,
    ModelEvent,
    OutputDone,
    OutputItem,
    OutputStarted,
    Reasoning,
    ReasoningDelta,
    TextDelta,
)
from threadhost.adapters.models.echo import output_events
from threadhost.adapters.models.failures import BY_PROVIDER_CODE
from threadhost.adapters.models.script import Failure, Step, last_prompt

Json = dict[str, object]

DONE: Json = {"type": "response.completed", "response": {"id": "r", "usage": None}}
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    raw_body: bytes

    @property
    def body(self) -> Json:
        """The body, decoded."""
        return cast("Json", json.loads(self.raw_body))


@dataclass(frozen=True)
class Raw:
    """Bytes to answer with instead of a script's response.

    Then the connection closes; or goes silent, to `hang`; or says `again` over and over.
    """

    data: bytes
    hang: bool = False
    again: bytes = b""
    every_ms: int = 0


def scripted(call: Received) -> Raw | None:
    """No answer of its own: that of the script."""
    return None


@dataclass
class ResponsesEndpoint:
    """Serves POST .../responses; `keep_alive` keeps connections, `chunk_bytes` cuts the stream."""

    keep_alive: bool = False
    chunk_bytes: int | None = None
    port: int = 0
    tls: SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    misbehaviour: deque[Raw] = field(default_factory=deque)
    answer_to: Callable[[Received], Raw | None] = scripted
    """Asked where no misbehaviour is left; None for the script's answer."""

    async def __aenter__(self) -> Self:
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._changed = asyncio.Condition()
        self._responses = 0
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=2**28, ssl=self.tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}/v1"

    @property
    def open_connections(self) -> int:
        """Connections that no side has closed."""
        return len(self._tasks)

    async def open_connections_are(self, count: int) -> None:
        """Wait until exactly so many connections are open."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._tasks) == count)

    async def requests_are(self, count: int) -> None:
        """Wait until so many requests have arrived."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.received) >= count)

    def hang_up(self) -> None:
        """Close all connections from this side."""
        for writer in self._tasks.values():
            writer.close()

    def history_of(self, body: Json) -> list[Json]:
        """The items that a request holds."""
        return cast("list[Json]", body["input"])

    def events_of(self, step: Step, number: int) -> Iterator[bytes]:
        """The events of one response, as they go over the wire."""
        return map(encoded, stream_events(step, number))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks[task] = writer
        self.connections += 1
        await self._announce()
        try:
            while await self._answer(await self._receive(reader), reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            del self._tasks[task]
            writer.transport.abort()
            await self._announce()

    async def _announce(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _receive(self, reader: asyncio.StreamReader) -> Received:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(":", 1) for line in head[1:] if ":" in line)
        headers = {name.lower(): value.strip() for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.received.append(Received(head[0], headers, body))
        await self._announce()
        return self.received[-1]

    async def _answer(
        self, call: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; whether the connection stays open."""
        raw = self.misbehaviour.popleft() if self.misbehaviour else self.answer_to(call)
        if raw is not None:
            await self._write(writer, raw.data)
            while raw.again:
                await asyncio.sleep(raw.every_ms / 1000)
                await self._write(writer, raw.again)
            await _until_hung_up(reader, wanted=raw.hang)
            return False
        history = self.history_of(call.body)
        prompt = last_prompt([json.dumps(item).encode() for item in history])
        step = prompt.step() or Step(text="ok")
        self._responses += 1
        await _pause(reader, step.delay_ms)
        if step.failure is not None and step.failure.http_status is not None:
            await self._write(writer, refusal(step.failure, step.failure.http_status))
            return True
        return await self._stream(step, self._responses, reader, writer)

    async def _stream(
        self, step: Step, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        framing = b"transfer-encoding: chunked" if self.keep_alive else b"connection: close"
        writer.write(STREAM_HEAD + framing + b"\r\n\r\n")
        for event in self.events_of(step, number):
            if step.gap_ms and b".delta" in event:
                await asyncio.sleep(step.gap_ms / 1000)
            await self._send(writer, event)
        if step.breaks:
            await self._send(writer, b'data: {"type":"resp')
            return False
        await _until_hung_up(reader, wanted=step.hang)
        if self.keep_alive:
            await self._write(writer, b"0\r\n\r\n")
        return self.keep_alive

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        size = self.chunk_bytes or len(data)
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            framed = b"%x\r\n%b\r\n" % (len(piece), piece) if self.keep_alive else piece
            await self._write(writer, framed)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()
        if self.chunk_bytes:
            await asyncio.sleep(0)  # lets each piece leave by itself


async def _until_hung_up(reader: asyncio.StreamReader, *, wanted: bool) -> None:
    while wanted and await reader.read(1024):
        pass


async def _pause(reader: asyncio.StreamReader, delay_ms: int) -> None:
    """Wait, but not for a client that has gone; one that waits for an answer sends nothing."""
    if delay_ms:
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), delay_ms / 1000)
            raise ConnectionError


def encoded(event: Json) -> bytes:
    """A server-sent event that names its type twice, as the API does."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def answer(
    status: int, body: bytes, content_type: str = "application/json", headers: bytes = b""
) -> bytes:
    """A whole HTTP answer."""
    head = f"HTTP/1.1 {status} Scripted\r\ncontent-type: {content_type}\r\n".encode() + headers
    return head + b"content-length: %d\r\n\r\n%b" % (len(body), body)


def event_stream(*events: Json | bytes) -> bytes:
    """A whole HTTP answer that streams these events, or bytes, and ends."""
    parts = [event if isinstance(event, bytes) else encoded(event) for event in events]
    return STREAM_HEAD + b"connection: close\r\n\r\n" + b"".join(parts)


def provider_error(failure: Failure) -> Json:
    """The error object that a provider would send for a failure."""
    codes = {ours: theirs for theirs, ours in BY_PROVIDER_CODE.items()}
    return {"message": failure.message, "code": codes.get(failure.code)}


def refusal(failure: Failure, status: int) -> bytes:
    """The HTTP answer that refuses a request."""
    return answer(status, json.dumps({"error": provider_error(failure)}).encode())


def stream_events(step: Step, number: int) -> Iterator[Json]:
    """The events of one response, with those that clients skip."""
    response: Json = {"id": f"resp-{number}", "object": "response", "usage": None}
    yield {"type": "response.created", "response": {**response, "status": "in_progress"}}
    if step.failure is not None:
        failed = {**response, "status": "failed", "error": provider_error(step.failure)}
        yield {"type": "response.failed", "response": failed}
        return
    for event in output_events(step, step.pieces):
        yield _on_the_wire(event, number)
    if step.hang or step.breaks:
        return
    used = step.usage
    usage = {
        "input_tokens": used.input,
        "input_tokens_details": {"cached_tokens": used.cached_input},
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning_output},
        "total_tokens": used.total,
    }
    completed = {**response, "status": "completed", "usage": usage}
    yield {"type": "response.completed", "response": completed}


def _on_the_wire(event: ModelEvent, response: int) -> Json:
    match event:
        case OutputStarted(number, kind):
            item = {"id": _id(response, number), "type": WORDS[kind], "status": "in_progress"}
            return {"type": "response.output_item.added", "output_index": number, "item": item}
        case TextDelta(number, text):
            place = {"item_id": _id(response, number), "output_index": number}
            return {"type": "response.output_text.delta", **place, "delta": text}
        case ReasoningDelta(number, part, text):
            place = {"item_id": _id(response, number), "output_index": number}
            piece = {**place, "summary_index": part, "delta": text}
            return {"type": "response.reasoning_summary_text.delta", **piece}
        case OutputDone(number, item):
            done = {"id": _id(response, number), "status": "completed", **as_json(item)}
            return {"type": "response.output_item.done", "output_index": number, "item": done}
        case _:
            raise AssertionError(event)


WORDS = {"message": "message", "reasoning": "reasoning", "call": "function_call"}


def _id(response: int, number: int) -> str:
    return f"item-{response}-{number}"


def as_json(item: OutputItem) -> Json:
    """An item as the API writes it."""
    match item:
        case Message(text, phase, _):
            content = [{"type": "output_text", "text": text, "annotations": []}]
            return {"type": "message", "role": "assistant", "content": content, "phase": phase}
        case Reasoning(summary, _, encrypted):
            parts = [{"type": "summary_text", "text": text} for text in summary]
            return {"type": "reasoning", "summary": parts, "encrypted_content": encrypted}
        case FunctionCall(name, arguments, namespace):
            call = {"type": "function_call", "name": name, "arguments": arguments}
            return {**call, "call_id": f"call-{name}", "namespace": namespace}
