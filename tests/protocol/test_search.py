"""Searching threads: in names and beginnings, with the place that was found."""

from typing import Any

import pytest

from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.server import Host
from threadhost.projections import thread_search

SEARCH = "thread/search"


async def populated(client: Client) -> list[str]:
    """Three threads that had a turn; the ids, oldest first."""
    ids = []
    for text in ("a needle in the hay", "100% of_it", "x" * 200 + " NEEDLE " + "y" * 200):
        ids.append(await start(client))
        await talk(client, ids[-1], text)
    await client.ok("thread/name/set", {"threadId": ids[1], "name": "Nadel, needle, aiguille"})
    return ids


async def found(client: Client, term: str, **params: Any) -> dict[str, str]:
    """The snippets by thread."""
    page = await client.ok(SEARCH, {"searchTerm": term, **params})
    return {hit["thread"]["id"]: hit["snippet"] for hit in page["data"]}


async def test_a_search_matches_names_and_first_messages_and_returns_a_snippet(
    each_host: Host,
) -> None:
    client = await each_host.client()
    ids = await populated(client)
    around = "…" + "x" * 79 + " NEEDLE " + "y" * 79 + "…"
    snippets = [around, "Nadel, needle, aiguille", "a needle in the hay"]
    wanted = dict(zip(ids[::-1], snippets, strict=True))
    for term in ("needle", "NeEdLe"):
        hits = await found(client, term)
        assert list(hits.items()) == list(wanted.items())
    assert await found(client, "100% of_it") == {ids[1]: "100% of_it"}
    assert await found(client, "of.it") == {}
    assert await found(client, "of_it", archived=True) == {}
    assert await found(client, "of_it", archived=False) == {ids[1]: "100% of_it"}
    assert await found(client, "of_it", sourceKinds=["cli"]) == {}
    assert await found(client, "ok") == {}
    assert await found(client, " \n100% of_it ") == {ids[1]: "100% of_it"}


async def test_a_search_prefers_the_name_and_ignores_case_and_accents(
    client: Client,
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, "Über Änderungen in der Straße")
    await client.ok("thread/name/set", {"threadId": thread_id, "name": "ÉTÉ: über the name"})
    for term in ("THE", "été", "ete", "E\u0301TE\u0301", "UBER"):
        assert await found(client, term) == {thread_id: "ÉTÉ: über the name"}
    for term in ("änderung", "STRASSE", "straße"):
        assert await found(client, term) == {thread_id: "Über Änderungen in der Straße"}
    for term, expected in (("änderung", [thread_id]), ("Ärger", [])):
        listed = await client.ok("thread/list", {"searchTerm": term})
        assert [thread["id"] for thread in listed["data"]] == expected


@pytest.mark.few(1)
@pytest.mark.parametrize("method", [SEARCH, "thread/list"])
async def test_a_search_that_takes_too_long_returns_a_cursor_to_go_on(
    method: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await populated(client)
    monkeypatch.setattr(thread_search, "ROWS_A_LOOK", 1)
    hits = thread_search.search_page
    monkeypatch.setattr(
        thread_search,
        "search_page",
        lambda log, query, text, _: hits(log, query, text, lambda: True),
    )
    params, seen, pages = {"searchTerm": "hay"}, list[str](), 0
    cursor: str | None = None
    while cursor is not None or not pages:
        page = await client.ok(method, {**params, "cursor": cursor})
        seen += [hit.get("thread", hit)["id"] for hit in page["data"]]
        cursor, pages = page["nextCursor"], pages + 1
    assert seen == ids[:1]
    assert pages > len(ids)


async def test_a_hit_has_the_same_fields_as_a_read(client: Client) -> None:
    ids = await populated(client)
    [hit] = (await client.ok(SEARCH, {"searchTerm": "100%"}))["data"]
    read = await client.ok("thread/read", {"threadId": ids[1]})
    assert hit["thread"] == read["thread"]


async def test_pages_of_a_search_lead_on_and_back(client: Client) -> None:
    ids = await populated(client)
    for key in ("created_at", "updated_at", "recency_at"):
        for direction, order in (("asc", ids), ("desc", ids[::-1])):
            params = {"searchTerm": "needle", "sortKey": key, "sortDirection": direction}
            seen, cursor = list[str](), None
            while True:
                page = await client.ok(SEARCH, {**params, "limit": 1, "cursor": cursor})
                seen += [hit["thread"]["id"] for hit in page["data"]]
                cursor = page["nextCursor"]
                if cursor is None:
                    break
            assert seen == order
            turned = "desc" if direction == "asc" else "asc"
            back = {**params, "sortDirection": turned, "cursor": page["backwardsCursor"]}
            hits = (await client.ok(SEARCH, back))["data"]
            assert [hit["thread"]["id"] for hit in hits] == order[:-1][::-1]


async def test_a_search_of_stored_threads_loads_none(host: Host) -> None:
    ids = await populated(await host.client())
    await host.restart()
    client = await host.client()
    page = await client.ok(SEARCH, {"searchTerm": "hay"})
    assert [hit["thread"]["id"] for hit in page["data"]] == ids[:1]
    assert page["data"][0]["thread"]["status"] == {"type": "notLoaded"}
    assert (await client.ok("thread/loaded/list"))["data"] == []
    await client.ok("thread/delete", {"threadId": ids[0]})
    assert await found(client, "hay") == {}


async def test_ephemeral_child_and_empty_threads_are_not_in_search_results(client: Client) -> None:
    fleeting, child = await start(client, ephemeral=True), await start(client)
    await talk(client, fleeting, "needle")
    await talk(client, await start(client, parentThreadId=child), "needle")
    silent = await start(client)
    await client.ok("thread/name/set", {"threadId": silent, "name": "needle"})
    assert await found(client, "needle") == {}


async def test_archived_threads_are_searched_apart_from_the_others(each_host: Host) -> None:
    client = await each_host.client()
    ids = await populated(client)
    await client.ok("thread/archive", {"threadId": ids[0]})
    for restart in (False, True):
        if restart:
            await each_host.restart()
            client = await each_host.client()
        assert list(await found(client, "needle")) == [ids[2], ids[1]]
        assert await found(client, "needle", archived=True) == {ids[0]: "a needle in the hay"}
    await client.ok("thread/unarchive", {"threadId": ids[0]})
    assert list(await found(client, "hay")) == [ids[0]]
    assert await found(client, "needle", archived=True) == {}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"searchTerm": ""}, "thread/search requires a non-empty searchTerm"),
    ({"searchTerm": " \n"}, "thread/search requires a non-empty searchTerm"),
    ({"searchTerm": "\u0301"}, "thread/search requires a non-empty searchTerm"),
    ({"searchTerm": "x" * 1001}, "searchTerm is longer than 1000 characters"),
    ({"searchTerm": "x", "cursor": "nonsense"}, "invalid cursor: nonsense"),
]


@pytest.mark.parametrize(("params", "words"), REFUSED)
async def test_a_search_for_an_empty_text_is_refused(
    params: dict[str, Any], words: str, client: Client
) -> None:
    assert await client.refused(SEARCH, params) == {"code": -32600, "message": words}


async def test_a_snippet_of_a_hit_is_one_line(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, "some  words\n\tof two lines")
    assert await found(client, "two") == {thread_id: "some words of two lines"}
