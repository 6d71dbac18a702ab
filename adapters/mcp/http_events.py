"""Answers as event streams: repairs their messages, and adds an error if no answer came."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2

from threadhost.adapters.mcp.http_answers import error_of
from threadhost.adapters.mcp.limits import HTTP_BYTES_MAX
from threadhost.adapters.mcp.lines import NO_ANSWER, NO_MESSAGE, messages_of_event

UNANSWERED = "its stream of events ended without an answer"
TOO_LONG = f"an event has more than {HTTP_BYTES_MAX} bytes"
_BOM = b"\xef\xbb\xbf"
_WAIT_DIGITS_MAX = 5
"""The longest `retry` in digits of milliseconds: a longer wait is ignored."""


class EventStreamBody(httpx2.AsyncByteStream):
    """The events of an answer; `number` is the id of the request, None if there is none."""

    def __init__(self, stream: httpx2.AsyncByteStream, number: Any = None) -> None:  # noqa: ANN401
        self._stream = stream
        self._number = number
        self._is_answered = False
        self._is_resumable = False
        """Whether the rest of the stream can be requested again."""
        self._fault = UNANSWERED

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for lines in _events(self._stream):
                yield self._rewrite(lines)
        except httpx2.StreamError as error:
            if self._number is None or self._is_resumable:
                raise
            self._fault = str(error)
        if not (self._number is None or self._is_answered or self._is_resumable):
            yield b"data: %b\n\n" % error_of(NO_ANSWER.format(self._fault), self._number)

    def _rewrite(self, lines: Sequence[bytes]) -> bytes:
        """The event with one `data` line for each of its messages."""
        fields = [(name, value.removeprefix(b" ")) for name, value in map(_field, lines)]
        kept_fields = [(name, value) for name, value in fields if _is_kept(name, value)]
        self._is_resumable |= any(name == b"id" and value for name, value in kept_fields)
        data = b" ".join(value for name, value in fields if name == b"data")
        kinds = [value for name, value in fields if name == b"event"]
        messages = self._messages(data) if data and kinds[-1:] in ([], [b""], [b"message"]) else ()
        head = b"".join(b"%b: %b\n" % field for field in kept_fields)
        return head + b"\n".join(b"data: %b\n" % message for message in messages) + b"\n"

    def _messages(self, data: bytes) -> Sequence[bytes]:
        messages, is_answer = messages_of_event(data)
        self._is_answered |= is_answer
        if not messages:
            self._fault = NO_MESSAGE
        return messages

    async def aclose(self) -> None:
        """Stop reading."""
        await self._stream.aclose()


async def _events(stream: httpx2.AsyncByteStream) -> AsyncIterator[list[bytes]]:
    """The lines of each event; the last one may be incomplete. Raises StreamError."""
    lines: list[bytes] = []
    size = 0
    async for line in _lines(stream):
        if line:
            lines.append(line)
            size += len(line) + 1
        elif lines:
            yield lines
            lines, size = [], 0
        if size > HTTP_BYTES_MAX:
            raise httpx2.StreamError(TOO_LONG)
    if lines:
        yield lines


async def _lines(stream: httpx2.AsyncByteStream) -> AsyncIterator[bytes]:
    """Each line of a stream that arrives in whole lines, without comments."""
    before = _BOM  # a prefix of the chunk that belongs to no line
    async for chunk in stream:
        for line in chunk.removeprefix(before).splitlines():
            if not line.startswith(b":"):
                yield line
        before = b"\n" if chunk.endswith(b"\r") else b""


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value


def _is_kept(name: bytes, value: bytes) -> bool:
    is_wait = name == b"retry" and value.isdigit() and len(value) <= _WAIT_DIGITS_MAX
    return is_wait or name == b"id"
