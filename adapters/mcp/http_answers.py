"""The bodies of HTTP answers: limited in size and rate, with refusals turned into errors."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx2

from threadhost.adapters.mcp.failures import words_of
from threadhost.adapters.mcp.limits import HTTP_BYTES_MAX
from threadhost.adapters.mcp.lines import NO_ANSWER, NO_MESSAGE, answer_in
from threadhost.adapters.mcp.lone_surrogates import replace_lone_surrogates
from threadhost.adapters.mcp.rate_limiter import RateLimiter

INTERNAL_ERROR = -32603
"""The code of errors without one of their own."""
REFUSAL_BYTES_MAX = 64 * 1024
_LINE_ENDS = (b"\n", b"\r")


class BoundedBody(httpx2.AsyncByteStream):
    """The bytes of an answer, limited in rate and in the size of a message."""

    def __init__(
        self, stream: httpx2.AsyncByteStream, pace: RateLimiter, *, has_events: bool
    ) -> None:
        self._stream = stream
        self._pace = pace
        self._has_events = has_events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        buffer = bytearray()  # the answer, or an incomplete line of events
        async for chunk in self._chunks():
            buffer += chunk
            if len(buffer) > HTTP_BYTES_MAX:
                raise httpx2.StreamError(f"the answer has more than {HTTP_BYTES_MAX} bytes")
            await self._pace.take(len(chunk), chunk.count(b"\n\n"))
            if self._has_events and (end := max(map(chunk.rfind, _LINE_ENDS)) + 1):
                end += len(buffer) - len(chunk)
                yield replace_lone_surrogates(bytes(buffer[:end]))
                del buffer[:end]
        if buffer:
            yield replace_lone_surrogates(bytes(buffer))

    async def _chunks(self) -> AsyncIterator[bytes]:
        """The chunks as they arrive. Raises StreamError for any failure, which ends only this."""
        try:
            async for chunk in self._stream:
                yield chunk
        except httpx2.TransportError as error:
            raise httpx2.StreamError(words_of(error)) from None

    async def aclose(self) -> None:
        """Stop reading."""
        await self._stream.aclose()


class CompressedBody(BoundedBody):
    """A compressed answer, which was not requested and could inflate to any size: it is refused."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raise httpx2.StreamError("the answer is compressed, which was not asked for")
        yield b""


class ResponseBody(httpx2.AsyncByteStream):
    """The one message that answers a request, with the request's id; an error without a message."""

    def __init__(self, stream: httpx2.AsyncByteStream, number: Any) -> None:  # noqa: ANN401
        self._stream = stream
        self._number = number

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body, fault = b"", NO_MESSAGE
        try:
            body = b"".join([chunk async for chunk in self._stream])
        except httpx2.StreamError as error:
            fault = str(error)
        yield answer_in(body, self._number) or error_of(NO_ANSWER.format(fault), self._number)

    async def aclose(self) -> None:
        """Stop reading."""
        await self._stream.aclose()


class ErrorBody(httpx2.AsyncByteStream):
    """An answer other than a result: the error in it, or else one of ours."""

    def __init__(self, stream: httpx2.AsyncByteStream, words: str) -> None:
        self._stream = stream
        self._words = words

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = b""
        with suppress(httpx2.StreamError):
            async for chunk in self._stream:
                body += chunk
                if len(body) > REFUSAL_BYTES_MAX:
                    break
        yield body if _is_error(body) else error_of(self._words)

    async def aclose(self) -> None:
        """Stop reading."""
        await self._stream.aclose()


def _is_error(body: bytes) -> bool:
    """Whether this is an error of JSON-RPC."""
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    error = message.get("error") if isinstance(message, dict) else None
    return isinstance(error, dict) and isinstance(error.get("message"), str)


def error_of(words: str, number: Any = None) -> bytes:  # noqa: ANN401 - whatever was asked
    """An error of JSON-RPC."""
    error = {"code": INTERNAL_ERROR, "message": words}
    return json.dumps({"jsonrpc": "2.0", "id": number, "error": error}).encode()
