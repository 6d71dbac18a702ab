"""Pages of turns and items: both ways, every size, over restarts, as much of each as was asked."""

from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, script, start, talk
from tests.support.client import Client
from tests.support.server import Host

TURNS = 7


async def talked(client: Client, turns: int = TURNS) -> str:
    """A thread with some turns."""
    thread_id = await start(client)
    for n in range(turns):
        await talk(client, thread_id, f"turn {n}")
    return thread_id


async def whole(client: Client, thread_id: str) -> list[dict[str, Any]]:
    """All turns of a thread, oldest first."""
    params = {"threadId": thread_id, "includeTurns": True}
    turns: list[dict[str, Any]] = (await client.ok("thread/read", params))["thread"]["turns"]
    return turns


async def pages(client: Client, method: str, **params: Any) -> list[dict[str, Any]]:
    """All pages of a list, following the cursors to the end."""
    found = [await client.ok(method, params)]
    while (after := found[-1]["nextCursor"]) is not None:
        found.append(await client.ok(method, {**params, "cursor": after}))
        assert found[-1]["data"], "a cursor led to an empty page"
    return found


def joined(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for page in found for one in page["data"]]


@pytest.mark.few(1)
@pytest.mark.parametrize("limit", [1, 2, 3, TURNS, 100])
@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_pages_of_turns_follow_each_other_without_gap_or_double(
    client: Client, limit: int, direction: str
) -> None:
    thread_id = await talked(client)
    turns = await whole(client, thread_id)
    about = {"threadId": thread_id, "limit": limit, "sortDirection": direction, "itemsView": "full"}
    found = await pages(client, "thread/turns/list", **about)
    assert joined(found) == (turns if direction == "asc" else turns[::-1])
    assert all(len(page["data"]) == limit for page in found[:-1])


async def test_a_page_turned_round_begins_with_its_own_first_turn(client: Client) -> None:
    thread_id = await talked(client)
    ids = [turn["id"] for turn in await whole(client, thread_id)]
    about: dict[str, Any] = {"threadId": thread_id, "limit": 3}
    _, second, *_ = await pages(client, "thread/turns/list", **about)
    assert [turn["id"] for turn in second["data"]] == ids[1:4][::-1]
    back = {**about, "sortDirection": "asc", "cursor": second["backwardsCursor"]}
    again = await client.ok("thread/turns/list", back)
    assert [turn["id"] for turn in again["data"]] == ids[3:6]


async def test_cursors_are_valid_after_a_restart_and_show_newer_turns(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await talked(client, 3)
    about = {"threadId": thread_id, "sortDirection": "asc", "limit": 2}
    page = await client.ok("thread/turns/list", about)
    items = await client.ok("thread/items/list", about)
    await talk(client, thread_id, "one more")
    await each_host.restart()
    client = await each_host.client()
    turns = await whole(client, thread_id)
    rest = await client.ok("thread/turns/list", {**about, "cursor": page["nextCursor"]})
    assert [turn["id"] for turn in rest["data"]] == [turn["id"] for turn in turns[2:]]
    more = await client.ok("thread/items/list", {**about, "cursor": items["nextCursor"]})
    assert [one["turnId"] for one in more["data"]] == [turns[1]["id"]] * 2
    assert (await client.ok("thread/loaded/list"))["data"] == []


@pytest.mark.few(1)
@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_pages_of_items_are_the_items_of_the_turns_in_order(
    client: Client, limit: int, direction: str
) -> None:
    thread_id = await talked(client, 4)
    turns = await whole(client, thread_id)
    everything = [
        {
            "turnId": turn["id"],
            "item": item,
            "startedAtMs": item["startedAtMs"],
            "completedAtMs": item["completedAtMs"],
        }
        for turn in turns
        for item in turn["items"]
    ]
    about = {"threadId": thread_id, "limit": limit, "sortDirection": direction}
    found = joined(await pages(client, "thread/items/list", **about))
    assert found == (everything if direction == "asc" else everything[::-1])
    one = joined(await pages(client, "thread/items/list", **about, turnId=turns[1]["id"]))
    mine = [item for item in everything if item["turnId"] == turns[1]["id"]]
    assert one == (mine if direction == "asc" else mine[::-1])


@pytest.mark.few(1)
@pytest.mark.parametrize(("direction", "rest"), [("asc", slice(2, None)), ("desc", slice(0, 1))])
async def test_a_page_may_begin_behind_an_item(client: Client, direction: str, rest: slice) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, script({"text": "a"}, {"text": "b"}, {"text": "c"}))
    (turn,) = await whole(client, thread_id)
    ids = [item["id"] for item in turn["items"]]
    about = {
        "threadId": thread_id,
        "turnId": turn["id"],
        "sortDirection": direction,
        "cursor": {"type": "item", "itemId": ids[1]},
    }
    found = await client.ok("thread/items/list", about)
    assert [one["item"]["id"] for one in found["data"]] == ids[rest]


async def test_a_summary_is_the_first_question_and_the_last_answer(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, script({"text": "first"}, {"text": "last"}))
    (turn,) = await whole(client, thread_id)
    views = {}
    for view in ("notLoaded", "summary", "full", None):
        about = {"threadId": thread_id, "itemsView": view}
        (views[view],) = (await client.ok("thread/turns/list", about))["data"]
    assert views["full"] == turn
    assert views["summary"]["items"] == [turn["items"][0], turn["items"][-1]]
    assert views[None] == views["summary"]
    assert (views["notLoaded"]["items"], views["notLoaded"]["itemsView"]) == ([], "notLoaded")


async def test_a_running_turn_is_listed_with_its_recorded_items(client: Client) -> None:
    thread_id = await talked(client, 1)
    turn_id = await begin(client, thread_id, script({"text": "said", **HANG}))
    await client.notice("item/agentMessage/delta", turnId=turn_id, threadId=thread_id)
    page = await client.ok("thread/turns/list", {"threadId": thread_id, "itemsView": "full"})
    newest = page["data"][0]
    assert (newest["id"], newest["status"]) == (turn_id, "inProgress")
    assert [item["type"] for item in newest["items"]] == ["userMessage"]
    of_turn = {"threadId": thread_id, "turnId": turn_id}
    found = (await client.ok("thread/items/list", of_turn))["data"]
    assert [one["item"]["type"] for one in found] == ["userMessage"]


async def test_a_failed_turn_has_its_error_in_every_view(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, script({"fail": {"message": "no luck"}}))
    for view in ("notLoaded", "summary", "full"):
        about = {"threadId": thread_id, "itemsView": view}
        (turn,) = (await client.ok("thread/turns/list", about))["data"]
        assert (turn["status"], turn["error"]["message"]) == ("failed", "no luck")


async def test_a_cursor_is_good_for_its_own_list_and_thread_only(client: Client) -> None:
    mine, other = await talked(client, 2), await talked(client, 2)
    turns = (await client.ok("thread/turns/list", {"threadId": mine, "limit": 1}))["nextCursor"]
    items = (await client.ok("thread/items/list", {"threadId": mine, "limit": 1}))["nextCursor"]
    threads = (await client.ok("thread/list", {"limit": 1}))["nextCursor"]
    for method, thread_id, cursor in (
        ("thread/turns/list", other, turns),
        ("thread/turns/list", mine, items),
        ("thread/items/list", mine, turns),
        ("thread/turns/list", mine, threads),
        ("thread/items/list", mine, ""),
        ("thread/items/list", mine, "é"),
    ):
        error = await client.refused(method, {"threadId": thread_id, "cursor": cursor})
        assert error == {"code": -32600, "message": f"invalid cursor: {cursor}"}


async def test_a_history_request_for_an_unknown_thread_turn_or_item_is_refused(
    client: Client,
) -> None:
    thread_id = await talked(client, 1)
    (turn,) = await whole(client, thread_id)
    nobody = thread_id[:-4] + "ffff"
    item = {"type": "item", "itemId": "nothing"}
    in_turn = {"threadId": thread_id, "turnId": turn["id"]}
    for params, words in (
        ({"threadId": nobody}, f"thread not loaded: {nobody}"),
        ({"threadId": thread_id, "turnId": nobody}, f"turn not found: {nobody}"),
        ({"threadId": thread_id, "turnId": ""}, "turn not found:  (in"),
        ({"threadId": thread_id, "cursor": item}, "an item as `cursor` requires a `turnId`"),
        ({**in_turn, "cursor": item}, "item not found: nothing"),
    ):
        error = await client.refused("thread/items/list", params)
        assert error["code"] == -32600
        assert error["message"].startswith(words)


async def test_a_thread_without_a_turn_has_no_history_to_page_through(client: Client) -> None:
    thread_id = await start(client)
    for method in ("thread/turns/list", "thread/items/list"):
        error = await client.refused(method, {"threadId": thread_id})
        assert error["message"] == (
            f"thread {thread_id} is not materialized yet;"
            f" {method} is unavailable before first user message"
        )
