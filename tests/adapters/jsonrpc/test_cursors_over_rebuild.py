"""Cursors of clients continue at the same place after the views are rebuilt."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.databases import changed
from threadhost.adapters.client.client import Client

THREADS, TURNS = 7, 5
ODD = (
    "DELETE FROM threads WHERE created_at_ms % 2 = 0",
    "DELETE FROM turns WHERE position % 2 = 0",
    "DELETE FROM items WHERE position % 2 = 1",
    "DELETE FROM thread_texts",
)
OTHERWISE = (
    *(f"DROP TABLE {name}" for name in ("turns", "items", "thread_texts")),
    "ALTER TABLE threads ADD COLUMN more TEXT",
    "UPDATE threads SET created_at_ms = 0",
)
Page = Callable[[str | None], Awaitable[dict[str, Any]]]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with threadhost.open(tmp_path / "home") as host, host.connect() as client:
        yield client


async def grown(client: Client) -> str:
    """Make some threads, one of them with turns; its id."""
    ids = [(await client.start_thread()).id for _ in range(THREADS)]
    for number in range(TURNS):
        await client.run_turn(ids[3], f"question {number}")
    for thread_id in ids:
        if thread_id != ids[3]:
            await client.run_turn(thread_id, "hello")
    return ids[3]


def lists(client: Client, thread_id: str) -> dict[str, Page]:
    """Every list with cursors into views, in every order; pages of two."""

    def of(method: str, **asked: Any) -> Page:
        return lambda at: client.call(method, {**asked, "cursor": at, "limit": 2})

    pages = {
        f"thread/list {key} {way}": of("thread/list", sortKey=key, sortDirection=way)
        for key in ("created_at", "updated_at", "recency_at")
        for way in ("asc", "desc")
    }
    for method in ("thread/turns/list", "thread/items/list"):
        for way in ("asc", "desc"):
            pages[f"{method} {way}"] = of(method, threadId=thread_id, sortDirection=way)
    pages["thread/search"] = of("thread/search", searchTerm="hello")
    return pages


async def behind(page: Page, first: dict[str, Any]) -> list[object]:
    """The pages that both cursors of a page lead to."""
    back = first["backwardsCursor"]
    return [await walked(page, first["nextCursor"]), back and await page(back)]


async def walked(page: Page, at: str | None) -> list[object]:
    """All rows from a cursor on."""
    rows: list[object] = []
    while True:
        answer = await page(at)
        rows += answer["data"]
        at = answer["nextCursor"]
        if at is None:
            return rows


@pytest.mark.parametrize("edited", [ODD, OTHERWISE])
async def test_every_cursor_continues_at_the_same_row_after_the_views_are_rebuilt(
    edited: tuple[str, ...], client: Client, tmp_path: Path
) -> None:
    pages = lists(client, await grown(client))
    firsts = {name: await page(None) for name, page in pages.items()}
    rests = {name: await behind(page, firsts[name]) for name, page in pages.items()}
    assert all(rest[0] for rest in rests.values())
    with changed(tmp_path / "home" / "threadhost.db") as database:
        for statement in edited:
            database.execute(statement)
    assert (await client.call("host/views/rebuild", {}))["changed"]
    for name, page in pages.items():
        assert await behind(page, firsts[name]) == rests[name], name
        assert await page(None) == firsts[name], name
