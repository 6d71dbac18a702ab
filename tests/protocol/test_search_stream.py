"""A search as a stream: its first hits ahead of the answer, and its end by its client."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import start, talk
from tests.support.client import Client, Message
from tests.support.server import Host
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.methods import search, search_stream
from threadhost.adapters.jsonrpc.models.thread_search import ThreadSearchResponse

STREAM = "thread/search/stream"
PARTIAL = "thread/search/partial"
CANCELLED = {
    "code": -32600,
    "message": "thread search cancelled",
    "data": {"reason": "requestCancelled"},
}
SEARCHES = ("thread/search", STREAM)


async def populated(client: Client, count: int) -> list[str]:
    """So many threads that had a turn, newest first."""
    ids = [await start(client) for _ in range(count)]
    for number, thread_id in enumerate(ids):
        await talk(client, thread_id, f"needle {number}")
    return ids[::-1]


async def streamed(client: Client, **params: Any) -> tuple[list[list[str]], dict[str, Any]]:
    """The ids of each part that was told before the answer, and the answer."""
    before = len(client.received)
    number = await client.begin(STREAM, {"searchTerm": "needle", **params})
    answer = await client.answer(number, before)
    assert "result" in answer, answer
    until = client.received.index(answer)
    parts = [m for m in client.received[before:until] if m.get("method") == PARTIAL]
    await client.level()
    assert PARTIAL not in client.methods(until)
    assert all(part["params"]["requestId"] == number for part in parts)
    return [_ids(part["params"]) for part in parts], answer["result"]


def _ids(page: Message) -> list[str]:
    return [hit["thread"]["id"] for hit in page["data"]]


@pytest.mark.slices
async def test_the_first_hits_are_sent_before_the_answer_with_all_of_them(
    each_host: Host,
) -> None:
    client = await each_host.client()
    ids = await populated(client, 28)
    for direction, order in (("desc", ids), ("asc", ids[::-1])):
        parts, page = await streamed(client, sortDirection=direction, limit=100)
        assert parts == [order[:5], order[5:25]]
        params = {"searchTerm": "needle", "sortDirection": direction, "limit": 100}
        assert page == await client.ok("thread/search", params)
        assert _ids(page) == order


@pytest.mark.few(1)
@pytest.mark.parametrize("limit", [1, 4, 5, 6, 7])
async def test_a_page_of_a_stream_is_the_page_of_a_search(client: Client, limit: int) -> None:
    ids = await populated(client, 7)
    cursor, seen = None, list[str]()
    while True:
        parts, page = await streamed(client, limit=limit, cursor=cursor)
        params = {"searchTerm": "needle", "limit": limit, "cursor": cursor}
        assert page == await client.ok("thread/search", params)
        assert parts == ([_ids(page)[:5]] if len(page["data"]) > 5 else [])
        seen += _ids(page)
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == ids


async def test_a_client_that_does_not_want_parts_gets_the_answer_alone(host: Host) -> None:
    ids = await populated(await host.client(), 7)
    client = await host.client(optOutNotificationMethods=[PARTIAL])
    parts, page = await streamed(client)
    assert (parts, _ids(page)) == ([], ids)


@pytest.mark.slices
async def test_partial_hits_are_sent_to_the_searching_client_only(host: Host) -> None:
    client, other = await host.client(), await host.client()
    await other.ok("host/events/subscribe", {"afterPosition": 0})
    await populated(client, 7)
    assert len((await streamed(client))[0]) == 1
    await other.level()
    assert PARTIAL not in other.methods()


async def test_a_thread_that_moves_in_the_list_during_a_search_is_returned_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await populated(client, 7)

    async def from_the_start(params: Any, call: Any) -> Any:
        return await search.search_page(params.model_copy(update={"cursor": None}), call)

    monkeypatch.setattr(search_stream, "search_page", from_the_start)
    parts, page = await streamed(client)
    assert (parts, _ids(page)) == ([ids[:5]], ids)


@pytest.fixture
async def narrow_host(home: Path) -> AsyncIterator[Host]:
    """A host on which one part of a page may fill a message."""
    limits = Limits()
    full = limits._replace(page_bytes_max=limits.frame_bytes_max)
    async with Host(home, settings={"limits": full}) as host:
        yield host


@pytest.mark.slices
async def test_a_page_of_a_streamed_search_ends_early_to_fit_into_one_message(
    narrow_host: Host,
) -> None:
    client = await narrow_host.client()
    ids = await populated(client, 7)
    _, page = await streamed(client)
    assert _ids(page) == ids[:5]
    _, rest = await streamed(client, cursor=page["nextCursor"])
    assert _ids(rest) == ids[5:]


class Held:
    """Searches that find nothing until they are let go."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.go = asyncio.Event()

    async def page(self, params: Any, call: Any) -> Any:
        """In the place of the search of one page."""
        self.begun += 1
        try:
            await self.go.wait()
        finally:
            self.ended += 1
        return ThreadSearchResponse(data=[])


@contextmanager
def _held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    held = Held()
    with monkeypatch.context() as patched:
        patched.setattr(search, "search_page", held.page)
        patched.setattr(search_stream, "search_page", held.page)
        yield held
        held.go.set()


async def cancel(client: Client, method: str, request_id: str | int) -> None:
    """End a search; the answer says nothing."""
    assert await client.ok(f"{method}/cancel", {"requestId": request_id}) == {}


@pytest.mark.parametrize("method", SEARCHES)
async def test_a_search_that_is_cancelled_ends_with_an_error_behind_the_reply(
    method: str, each_host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await each_host.client()
    with _held(monkeypatch) as held:
        number = await client.begin(method, {"searchTerm": "x"})
        await cancel(client, method, number)
        assert (await client.answer(number))["error"] == CANCELLED
        assert client.methods()[-2:] == ["reply", "error"]
        assert held.ended == held.begun
        again = await client.begin(method, {"searchTerm": "x"})
        held.go.set()
        assert (await client.answer(again))["result"]["data"] == []


@pytest.mark.parametrize(("method", "other"), [SEARCHES, SEARCHES[::-1]])
async def test_a_search_is_cancelled_by_its_own_client_and_its_own_method_alone(
    method: str, other: str, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, stranger = await host.client(), await host.client()
    with _held(monkeypatch) as held:
        await client.send({"id": 7, "method": method, "params": {"searchTerm": "x"}})
        await cancel(client, other, 7)
        await cancel(client, method, "7")
        await cancel(client, method, 8)
        await cancel(stranger, method, 7)
        held.go.set()
        assert (await client.answer(7))["result"]["data"] == []
    await cancel(client, method, 7)


@pytest.mark.parametrize("method", SEARCHES)
async def test_searches_that_wait_hold_no_cancel_up_and_can_be_cancelled_themselves(
    method: str, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await host.client()
    most = host.running.settings.limits.large_answers_max
    with _held(monkeypatch) as held:
        numbers = [await client.begin(method, {"searchTerm": "x"}) for _ in range(most + 2)]
        await cancel(client, method, numbers[-1])
        assert (await client.answer(numbers[-1]))["error"] == CANCELLED
        assert held.begun == most
        await cancel(client, method, numbers[0])
        assert (await client.answer(numbers[0]))["error"] == CANCELLED
        held.go.set()
        for number in numbers[1:-1]:
            assert (await client.answer(number))["result"]["data"] == []
    assert held.begun == most + 1


NO_ID = "data did not match any variant of untagged enum RequestId, expected a string or an integer"
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (STREAM, {"searchTerm": " "}, "thread/search requires a non-empty searchTerm"),
    (STREAM, {"searchTerm": "x" * 1001}, "searchTerm is longer than 1000 characters"),
    (STREAM, {"searchTerm": "x", "cursor": "nonsense"}, "invalid cursor: nonsense"),
    *(
        (f"{method}/cancel", params, f"Invalid request: {words}")
        for method in SEARCHES
        for params, words in (
            ({}, "missing field `requestId`"),
            *(
                (
                    {"requestId": wrong},
                    f"{NO_ID} (at `requestId`)",
                )
                for wrong in (None, 1.5, True, [1], 2**63)
            ),
        )
    ),
]


@pytest.mark.few(2)
@pytest.mark.parametrize(("method", "params", "words"), REFUSED)
async def test_an_invalid_search_or_cancel_is_refused(
    method: str, params: dict[str, Any], words: str, client: Client
) -> None:
    assert await client.refused(method, params) == {"code": -32600, "message": words}


async def test_streamed_search_needs_the_experimental_capability(host: Host) -> None:
    client = await host.client(experimentalApi=False)
    for method in (STREAM, "thread/search/cancel", "thread/search/stream/cancel"):
        params = {"searchTerm": "x", "requestId": 1}
        words = f"{method} requires experimentalApi capability"
        assert await client.refused(method, params) == {"code": -32600, "message": words}
