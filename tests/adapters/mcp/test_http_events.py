"""Answers in server-sent events: broken ones become errors, sound ones are passed on."""

import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from threadhost.adapters.mcp.http_answers import BoundedBody
from threadhost.adapters.mcp.http_events import TOO_LONG, UNANSWERED, EventStreamBody
from threadhost.adapters.mcp.limits import HTTP_BYTES_MAX
from threadhost.adapters.mcp.lines import NO_ANSWER, NO_MESSAGE
from threadhost.adapters.mcp.rate_limiter import RateLimiter

SIZES = (1, 3, 100_000)
ANSWER = b'{"jsonrpc":"2.0","id":7,"result":{}}'
TOLD = b'{"jsonrpc":"2.0","method":"notifications/x"}'
CUT = "RemoteProtocolError: the connection was closed"


class Pieces(httpx2.AsyncByteStream):
    """An answer that arrives this many bytes at a time, and how it ends."""

    def __init__(self, answer: bytes, size: int, *, is_cut: bool = False) -> None:
        self._pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
        self._is_cut = is_cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if self._is_cut:
            raise httpx2.RemoteProtocolError("the connection was closed")


async def passed_on(pieces: Pieces, number: int | None = 7) -> bytes:
    """The bytes that are passed on to the library."""
    stream = EventStreamBody(BoundedBody(pieces, RateLimiter(), has_events=True), number)
    return b"".join([event async for event in stream])


def messages_of(events: bytes) -> list[bytes]:
    """The data of each event."""
    return [line.removeprefix(b"data: ") for line in events.splitlines() if b"data: " in line]


@pytest.mark.parametrize(
    "stream",
    [
        b"data: %b\n\n",
        b"event: message\ndata:%b\n\n",
        b"\xef\xbb\xbfdata: %b\n\n",
        b"data: %b\r\r",
        b"data: %b\r\n\r\n",
        b"data: %b",
        b": ping\n\ndata: %b\0\n\n",
        b'data: {"jsonrpc":"2.0","method":7}\n\ndata: %b\n\n',
        b"event: error\ndata: {}\n\ndata: %b\n\n",
        b"data: [%b]\n\n",
    ],
)
@pytest.mark.parametrize("size", SIZES)
async def test_an_answer_is_read_from_an_event_however_the_event_is_written(
    stream: bytes, size: int
) -> None:
    events = await passed_on(Pieces(stream % ANSWER, size))
    assert list(map(json.loads, messages_of(events))) == [json.loads(ANSWER)]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
async def test_an_answer_in_several_lines_is_one(end: bytes) -> None:
    lines = b"data: " + ANSWER.replace(b",", b",%bdata: " % end) + end * 2
    [answer] = messages_of(await passed_on(Pieces(lines, 1)))
    assert json.loads(answer) == json.loads(ANSWER)


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"", UNANSWERED),
        (b": ping\n\n" * 3, UNANSWERED),
        (b"event: error\ndata: {}\n\n", UNANSWERED),
        (b"data: %b\n\n" % TOLD, UNANSWERED),
        (b"data: <html>no</html>\n\n", NO_MESSAGE),
        (b"data: " + ANSWER[:20], NO_MESSAGE),
        (b'data: {"jsonrpc":"2.0","id":7}\n\n', NO_MESSAGE),
        (b'data: {"jsonrpc":"2.0","id":null,"result":{}}\n\n', NO_MESSAGE),
        (b"data: x\n" * (HTTP_BYTES_MAX // 8 + 1), TOO_LONG),
    ],
    ids=range(9),
)
async def test_an_event_stream_without_the_answer_becomes_an_error_with_the_reason(
    stream: bytes, why: str
) -> None:
    newest = json.loads(messages_of(await passed_on(Pieces(stream, 100_000)))[-1])
    assert newest["error"]["message"] == NO_ANSWER.format(why)
    assert newest["id"] in (7, None)  # the library puts in that of its request


@pytest.mark.parametrize("heard", [b"", b"data: %b\n\n" % TOLD])
async def test_an_answer_that_is_cut_off_becomes_an_error_with_the_reason(heard: bytes) -> None:
    events = await passed_on(Pieces(heard + b"data: " + ANSWER[:20], 3, is_cut=True))
    assert json.loads(messages_of(events)[-1])["error"]["message"] == NO_ANSWER.format(CUT)


async def test_a_stream_that_can_be_resumed_is_left_to_the_library_to_resume() -> None:
    stream = b"id: 5\nretry: 20\ndata: \n\n"
    assert await passed_on(Pieces(stream, 3)) == b"id: 5\nretry: 20\n\n"
    with pytest.raises(httpx2.StreamError):
        await passed_on(Pieces(stream, 3, is_cut=True))


async def test_no_error_is_made_up_for_a_stream_without_a_request() -> None:
    assert await passed_on(Pieces(b"data: %b\n\n" % TOLD, 3), None) == b"data: %b\n\n" % TOLD
    with pytest.raises(httpx2.StreamError):
        await passed_on(Pieces(b"", 3, is_cut=True), None)


@pytest.mark.parametrize("wait", [b"-5", b" 99999999999999999999", b" soon"])
@pytest.mark.parametrize("size", SIZES)
async def test_an_invalid_retry_time_is_not_passed_on(size: int, wait: bytes) -> None:
    stream = b"retry: 500\nid: 1\rretry:%b\n\ndata: %b\n\n" % (wait, ANSWER)
    events = await passed_on(Pieces(stream, size))
    assert events == b"retry: 500\nid: 1\n\ndata: %b\n\n" % ANSWER
