"""Lists of threads: every filter, both cursors, every order, through the wire."""

from typing import Any

import pytest

from tests.protocol.talk import begin, end, start, talk
from tests.support.client import Client
from tests.support.server import Host

NAMES = ("first", "second", "third", "fourth", "fifth")


async def populated(client: Client) -> dict[str, str]:
    """Five threads that had a turn, and others that lists do not show; ids by name."""
    ids: dict[str, str] = {}
    for name in NAMES:
        ids[name] = await start(client, cwd=f"/places/{name}")
        await talk(client, ids[name], f"about the {name} topic, 100% of_it")
    ids["child"] = await start(client, parentThreadId=ids["first"])
    ids["grandchild"] = await start(client, parentThreadId=ids["child"])
    for name in ("child", "grandchild"):
        await talk(client, ids[name], f"about the {name}")
    ids["silent"] = await start(client)
    ids["fleeting"] = await start(client, ephemeral=True)
    await talk(client, ids["fleeting"])
    await client.ok("thread/name/set", {"threadId": ids["second"], "name": "A Name"})
    await talk(client, ids["third"], "once more")
    return ids


async def listed(client: Client, ids: dict[str, str], **params: Any) -> list[str]:
    """The names on a page."""
    by_id = {thread_id: name for name, thread_id in ids.items()}
    page = await client.ok("thread/list", params)
    return [by_id[thread["id"]] for thread in page["data"]]


TOP = list(reversed(NAMES))
TOUCHED = ["third", "fifth", "fourth", "second", "first"]
FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, TOP),
    ({"sortDirection": "asc"}, list(NAMES)),
    ({"sortKey": "created_at", "sortDirection": "desc"}, TOP),
    ({"sortKey": "updated_at"}, TOUCHED),
    ({"sortKey": "updated_at", "sortDirection": "asc"}, TOUCHED[::-1]),
    ({"sortKey": "recency_at"}, TOUCHED),
    ({"limit": 2}, TOP[:2]),
    ({"limit": 0}, TOP[:1]),
    ({"limit": 1000}, TOP),
    ({"archived": True}, []),
    ({"archived": False}, TOP),
    ({"archived": None}, TOP),
    ({"cwd": "/places/third"}, ["third"]),
    ({"cwd": "/places/../places/third/"}, ["third"]),
    ({"cwd": ["/places/third", "/places/first", "/nowhere"]}, ["third", "first"]),
    ({"cwd": []}, []),
    ({"cwd": "/places"}, []),
    ({"modelProviders": ["mock_provider"]}, TOP),
    ({"modelProviders": ["another"]}, []),
    ({"modelProviders": []}, TOP),
    ({"sourceKinds": ["vscode"]}, TOP),
    ({"sourceKinds": ["cli"]}, []),
    ({"sourceKinds": []}, TOP),
    ({"sourceKinds": ["subAgentThreadSpawn"]}, ["grandchild", "child"]),
    ({"sourceKinds": ["subAgent"]}, ["grandchild", "child"]),
    ({"sourceKinds": ["subAgentReview"]}, []),
    ({"originators": ["tests"]}, TOP),
    ({"originators": ["others"]}, []),
    ({"searchTerm": "third"}, ["third"]),
    ({"searchTerm": "THIRD"}, ["third"]),
    ({"searchTerm": "a name"}, ["second"]),
    ({"searchTerm": "topic"}, TOP),
    ({"searchTerm": "100%"}, TOP),
    ({"searchTerm": "of_it"}, TOP),
    ({"searchTerm": "ofXit"}, []),
    ({"searchTerm": "once more"}, []),
    ({"searchTerm": "\\"}, []),
    ({"searchTerm": ""}, TOP),
    ({"useStateDbOnly": True}, TOP),
    ({"sectionId": "a section"}, []),
    ({"projectId": "a project"}, []),
    ({"projectId": None}, TOP),
    ({"searchTerm": "topic", "limit": 1, "sortDirection": "asc"}, ["first"]),
]
RELATED: list[tuple[str, str, list[str]]] = [
    ("parentThreadId", "first", ["child"]),
    ("parentThreadId", "child", ["grandchild"]),
    ("parentThreadId", "fifth", []),
    ("ancestorThreadId", "first", ["grandchild", "child"]),
    ("ancestorThreadId", "child", ["grandchild"]),
    ("attachedToThreadId", "first", []),
]


async def test_every_filter_lists_the_expected_threads(each_host: Host) -> None:
    client = await each_host.client()
    ids = await populated(client)
    for params, expected in FILTERS:
        assert await listed(client, ids, **params) == expected, params
    for key, name, expected in RELATED:
        for spelling in (ids[name], ids[name].upper(), f"urn:uuid:{ids[name]}"):
            assert await listed(client, ids, **{key: spelling}) == expected, (key, name)
    some = [ids["fifth"], ids["third"].upper()]
    assert await listed(client, ids, excludedThreadIds=some) == ["fourth", "second", "first"]


async def test_pages_lead_on_and_back(client: Client) -> None:
    ids = await populated(client)
    for key in ("created_at", "updated_at", "recency_at"):
        for direction in ("asc", "desc"):
            await lead_on_and_back(client, ids, key, direction)


async def lead_on_and_back(client: Client, ids: dict[str, str], key: str, direction: str) -> None:
    order: dict[str, Any] = {"sortKey": key, "sortDirection": direction}
    whole = await listed(client, ids, **order)
    seen: list[str] = []
    cursor, back = None, None
    while True:
        page = await client.ok("thread/list", {**order, "limit": 2, "cursor": cursor})
        seen += [thread["id"] for thread in page["data"]]
        if page["nextCursor"] is None:
            back = page["backwardsCursor"]
            break
        cursor = page["nextCursor"]
    assert seen == [ids[name] for name in whole]
    opposite = {**order, "sortDirection": "desc" if direction == "asc" else "asc"}
    before = await listed(client, ids, **opposite, cursor=back, limit=3)
    assert before == whole[:4][::-1][:3]


async def test_a_cursor_stays_valid_while_threads_are_deleted_and_created(client: Client) -> None:
    ids = await populated(client)
    page = await client.ok("thread/list", {"limit": 2})
    await client.ok("thread/delete", {"threadId": page["data"][-1]["id"]})
    ids["new"] = await start(client)
    await talk(client, ids["new"])
    rest = await listed(client, ids, cursor=page["nextCursor"])
    assert rest == ["third", "second", "first"]
    newer = await listed(client, ids, cursor=page["backwardsCursor"], sortDirection="asc")
    assert newer == ["new"]


async def test_a_cursor_that_is_none_is_refused(client: Client) -> None:
    for cursor in ("garbage", "", "W10", "WyJ1cGRhdGVkX2F0IiwxLCJ4Il0", "é", "=", "/a/b"):
        for method in ("thread/list", "thread/loaded/list"):
            error = await client.refused(method, {"cursor": cursor})
            assert error == {"code": -32600, "message": f"invalid cursor: {cursor}"}


async def test_an_invalid_thread_id_in_a_filter_is_refused(client: Client) -> None:
    for params, code, kind in (
        ({"parentThreadId": "x"}, -32600, "parent"),
        ({"ancestorThreadId": "x"}, -32600, "ancestor"),
        ({"excludedThreadIds": ["x"]}, -32602, "excluded"),
        ({"includedThreadIds": ["x"]}, -32602, "included"),
    ):
        error = await client.refused("thread/list", params)
        assert error["code"] == code
        assert error["message"].startswith(f"invalid {kind} thread id: ")


@pytest.mark.slices
async def test_a_list_of_given_ids_has_those_threads_only(each_host: Host) -> None:
    client = await each_host.client()
    ids = await populated(client)
    named = [ids["first"], ids["third"].upper(), ids["third"], ids["child"], "0" * 32]
    assert await listed(client, ids, includedThreadIds=named) == ["third", "first"]
    assert await listed(client, ids, includedThreadIds=named, sortDirection="asc", limit=1) == [
        "first"
    ]
    excluded = {"includedThreadIds": named, "excludedThreadIds": [ids["third"]]}
    assert await listed(client, ids, **excluded) == ["first"]
    assert await listed(client, ids, includedThreadIds=named, archived=True) == []
    assert await listed(client, ids, includedThreadIds=[]) == []
    everything = await listed(client, ids)
    assert await listed(client, ids, includedThreadIds=None) == everything
    assert await listed(client, ids, includedThreadIds=list(ids.values())) == everything


async def test_a_list_of_named_threads_is_read_in_pages(client: Client) -> None:
    ids = await populated(client)
    named = {"includedThreadIds": [ids["fourth"], ids["second"], ids["first"]]}
    page = await client.ok("thread/list", {**named, "limit": 2})
    assert [thread["id"] for thread in page["data"]] == [ids["fourth"], ids["second"]]
    assert await listed(client, ids, **named, cursor=page["nextCursor"]) == ["first"]


async def test_named_threads_are_at_most_a_hundred_ids(client: Client) -> None:
    refused = [
        (["x"], "invalid included thread id: invalid character: expected an optional prefix of"),
        (["0" * 32] * 101, "includedThreadIds accepts at most 100 entries"),
    ]
    for named, words in refused:
        error = await client.refused("thread/list", {"includedThreadIds": named})
        assert error["code"] == -32602
        assert error["message"].startswith(words)
    assert (await client.ok("thread/list", {"includedThreadIds": ["0" * 32] * 100}))["data"] == []


async def test_loaded_threads_are_paged_by_id(each_host: Host) -> None:
    client = await each_host.client()
    ids = sorted([await start(client, ephemeral=n == 2) for n in range(5)])
    assert await client.ok("thread/loaded/list") == {"data": ids, "nextCursor": None}
    first = await client.ok("thread/loaded/list", {"limit": 2})
    assert first == {"data": ids[:2], "nextCursor": ids[1]}
    rest = await client.ok("thread/loaded/list", {"cursor": first["nextCursor"].upper()})
    assert rest == {"data": ids[2:], "nextCursor": None}


async def test_a_list_has_the_same_fields_as_a_read(client: Client) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id)
    await end(client, turn_id)
    page = await client.ok("thread/list")
    read = await client.ok("thread/read", {"threadId": thread_id})
    assert page["data"] == [read["thread"]]
