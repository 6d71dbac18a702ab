"""Requests to a server over HTTP: one rate limit for all, and limited listening."""

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx2
import pytest

from threadhost.adapters.mcp.http import LISTENERS_WAITING_MAX, READ_S, Exchanges
from threadhost.adapters.mcp.http_answers import BoundedBody
from threadhost.adapters.mcp.http_cancellation import OpenRequests
from threadhost.adapters.mcp.limits import CALLS_MAX
from threadhost.adapters.mcp.lines import CANCELLED
from threadhost.adapters.mcp.rate_limiter import (
    BYTES_PER_S,
    LISTENING_COUNTS,
    MESSAGES_PER_S,
    RateLimiter,
)
from threadhost.adapters.mcp.server_config import Address

ADDRESS = Address("http://far.example/mcp")
AT_ONCE = MESSAGES_PER_S // LISTENING_COUNTS
SOON_S = 0.05
CHUNKS = 16


class Bytes(httpx2.AsyncByteStream):
    """A second's worth of bytes."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield bytes(BYTES_PER_S // CHUNKS - 1) + b"\n"


async def test_repeated_listening_to_a_server_is_slowed_down_and_then_refused() -> None:
    exchanges, get = Exchanges(ADDRESS), httpx2.Request("GET", ADDRESS.url)
    for _ in range(AT_ONCE):
        await asyncio.wait_for(exchanges.on_request(get), SOON_S)
    waiting = [asyncio.create_task(exchanges.on_request(get)) for _ in range(LISTENERS_WAITING_MAX)]
    done, _ = await asyncio.wait(waiting, timeout=SOON_S)
    assert not done
    with pytest.raises(httpx2.RequestError):
        await exchanges.on_request(get)
    await asyncio.wait_for(exchanges.on_request(httpx2.Request("POST", ADDRESS.url)), SOON_S)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.wait_for(_began(exchanges, get), SOON_S)


async def test_every_open_call_may_wait_for_the_rest_of_its_answer() -> None:
    exchanges, get = Exchanges(ADDRESS), httpx2.Request("GET", ADDRESS.url)
    tasks = [asyncio.create_task(exchanges.on_request(get)) for _ in range(CALLS_MAX + 1)]
    await asyncio.wait(tasks, timeout=SOON_S)
    refused = [task for task in tasks if task.done() and task.exception()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not refused


async def test_a_stream_of_an_mcp_server_stays_open_through_a_long_silence() -> None:
    get = httpx2.Request("GET", ADDRESS.url, extensions={"timeout": {"read": READ_S}})
    await Exchanges(ADDRESS).on_request(get)
    assert get.extensions["timeout"]["read"] is None


async def test_the_rest_of_an_answer_to_a_cancelled_call_is_not_asked_for() -> None:
    requests, begun, over = OpenRequests(), asyncio.Event(), asyncio.Event()
    get = httpx2.Request("GET", ADDRESS.url)

    async def ask(number: int) -> bool:
        requests.exchange_of(_post(id=number, method="tools/call"))
        begun.set()
        await over.wait()
        try:
            async with requests.exchange_of(get).waited_for():
                return True
        except TimeoutError:
            return False

    asking = [asyncio.create_task(ask(number)) for number in (1, 2)]
    await begun.wait()
    requests.exchange_of(_post(method=CANCELLED, params={"requestId": 1}))
    over.set()
    assert await asyncio.gather(*asking) == [False, True]
    async with requests.exchange_of(get).waited_for():
        """Whoever asked for none of them may listen."""


def _post(**message: object) -> httpx2.Request:
    return httpx2.Request("POST", ADDRESS.url, content=json.dumps(message))


async def _began(exchanges: Exchanges, get: httpx2.Request) -> None:
    """Whether another listener is allowed."""
    task = asyncio.create_task(exchanges.on_request(get))
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()


class Pieces(httpx2.AsyncByteStream):
    """An answer that arrives this many bytes at a time."""

    def __init__(self, answer: bytes, size: int) -> None:
        self._pieces = [answer[at : at + size] for at in range(0, len(answer), size)]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


@pytest.mark.parametrize("has_events", [False, True])
@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_broken_characters_are_replaced_however_an_answer_is_cut(
    size: int, *, has_events: bool
) -> None:
    answer = b'data: "\\ud800 \\ud83d\\ude00 \xc3\xa9 \xe9"\n\ndata: "\\udc00'
    found = BoundedBody(Pieces(answer, size), RateLimiter(), has_events=has_events)
    read = b"".join([piece async for piece in found])
    whole = answer.replace(b"\\ud800", b"\\ufffd").replace(b"\\udc00", b"\\ufffd")
    assert read == whole.replace(b" \xe9", " \ufffd".encode())


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
async def test_an_event_is_passed_on_once_its_line_is_complete(end: bytes) -> None:
    found = BoundedBody(Pieces(b"data: 1" + end + b"data: 2", 1), RateLimiter(), has_events=True)
    assert (await anext(aiter(found))).rstrip() == b"data: 1"


async def test_all_answers_of_a_server_share_one_rate_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stands = SimpleNamespace(monotonic=lambda: 1000.0)  # however long reading takes
    monkeypatch.setattr("threadhost.adapters.mcp.rate_limiter.time", stands)
    pace = RateLimiter()
    first, second = (BoundedBody(Bytes(), pace, has_events=True) for _ in range(2))
    assert len([chunk async for chunk in first]) == CHUNKS
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(SOON_S):
            [chunk async for chunk in second]
