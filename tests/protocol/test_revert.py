"""Taking turns back on the wire: what every page shows afterwards, and who hears of it."""

from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, script, start, talk
from tests.support.client import Client
from tests.support.server import Host

USAGE = "thread/tokenUsage/updated"
UNKNOWN = "0199a3b4-5c6d-7e8f-9012-3456789abcde"


async def with_turns(client: Client, count: int = 3) -> tuple[str, list[str]]:
    """A thread that had so many turns, and their ids."""
    thread_id = await start(client)
    turns = [(await talk(client, thread_id, f"say {n}"))["id"] for n in range(count)]
    return thread_id, turns


async def shown(client: Client, thread_id: str) -> dict[str, Any]:
    """The turns that each method shows, and how many items."""
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    turns = await client.ok("thread/turns/list", {"threadId": thread_id, "sortDirection": "asc"})
    items = await client.ok("thread/items/list", {"threadId": thread_id})
    return {
        "read": [turn["id"] for turn in read["thread"]["turns"]],
        "turns": [turn["id"] for turn in turns["data"]],
        "items": len(items["data"]),
        "preview": read["thread"]["preview"],
    }


def as_shown(turns: list[str]) -> dict[str, Any]:
    """What all methods have to show of these turns."""
    preview = "say 0" if turns else ""
    return {"read": turns, "turns": turns, "items": 2 * len(turns), "preview": preview}


async def test_a_reverted_turn_and_all_later_ones_are_on_no_page(each_host: Host) -> None:
    client = await each_host.client()
    other = await each_host.client()
    thread_id, turns = await with_turns(client)
    params = {"threadId": thread_id, "beforeTurnId": turns[1]}
    before = await client.level()
    result = await client.ok("thread/revert", params)
    assert (result["thread"]["id"], result["thread"]["turns"]) == (thread_id, [])
    assert await shown(client, thread_id) == as_shown(turns[:1])
    assert client.methods(before)[:2] == ["reply", "thread/reverted"]
    assert (await other.notice("thread/reverted"))["params"] == {"threadId": thread_id}


async def test_the_cursors_returned_by_a_revert_start_at_the_last_remaining_turn(
    client: Client,
) -> None:
    thread_id, turns = await with_turns(client)
    params = {"threadId": thread_id, "beforeTurnId": turns[2]}
    result = await client.ok("thread/revert", params)
    page = {"threadId": thread_id, "sortDirection": "desc"}
    cursor = result["turnsBackwardsCursor"]
    found = await client.ok("thread/turns/list", {**page, "cursor": cursor})
    assert [turn["id"] for turn in found["data"]] == [turns[1], turns[0]]
    cursor = result["itemsBackwardsCursor"]
    found = await client.ok("thread/items/list", {**page, "cursor": cursor})
    assert len(found["data"]) == 4
    result = await client.ok("thread/revert", {**params, "beforeTurnId": turns[0]})
    assert (result["turnsBackwardsCursor"], result["itemsBackwardsCursor"]) == (None, None)
    assert await shown(client, thread_id) == as_shown([])


@pytest.mark.slices
async def test_a_stored_thread_is_reverted_without_loading_it(host: Host) -> None:
    client = await host.client()
    thread_id, turns = await with_turns(client)
    for expected in (turns[:2], turns[:1]):
        await host.restart()
        client = await host.client()
        params = {"threadId": thread_id, "beforeTurnId": turns[len(expected)]}
        result = await client.ok("thread/revert", params)
        assert result["thread"]["status"] == {"type": "notLoaded"}
        assert await shown(client, thread_id) == as_shown(expected)
    turn = await talk(client, thread_id, "anew")
    assert await shown(client, thread_id) == as_shown([turns[0], turn["id"]])


async def test_a_running_turn_is_interrupted_and_reverted(client: Client) -> None:
    thread_id, turns = await with_turns(client, 1)
    turn_id = await begin(client, thread_id, script(HANG))
    before = await client.level()
    result = await client.ok("thread/revert", {"threadId": thread_id, "beforeTurnId": turn_id})
    assert result["thread"]["status"] == {"type": "idle"}
    await client.notice("thread/reverted", before)
    ended = ["thread/status/changed", "turn/completed", "reply", "thread/reverted"]
    assert client.methods(before) == ended
    turn = (await client.notice("turn/completed", before))["params"]["turn"]
    assert (turn["id"], turn["status"]) == (turn_id, "interrupted")
    assert await shown(client, thread_id) == as_shown(turns)
    anew = await talk(client, thread_id, "anew")
    assert await shown(client, thread_id) == as_shown([*turns, anew["id"]])


async def test_a_revert_that_is_refused_interrupts_no_turn(client: Client) -> None:
    thread_id, _ = await with_turns(client, 1)
    await begin(client, thread_id, script(HANG))
    await client.refused("thread/revert", {"threadId": thread_id, "beforeTurnId": UNKNOWN})
    read = await client.ok("thread/read", {"threadId": thread_id})
    assert read["thread"]["status"]["type"] == "active"


async def test_a_revert_that_is_not_possible_is_refused_with_the_reason(client: Client) -> None:
    thread_id, turns = await with_turns(client, 1)
    params = {"threadId": UNKNOWN, "beforeTurnId": turns[0]}
    error = await client.refused("thread/revert", params)
    assert error == {"code": -32600, "message": f"thread not found: {UNKNOWN}"}
    params = {"threadId": thread_id, "beforeTurnId": UNKNOWN}
    error = await client.refused("thread/revert", params)
    words = f"turn not found or not ended: {UNKNOWN} (in thread {thread_id})"
    assert error == {"code": -32600, "message": words}
    assert (await shown(client, thread_id))["turns"] == turns


async def test_a_revert_repeated_with_its_key_is_one_revert(client: Client) -> None:
    thread_id, turns = await with_turns(client)
    params = {"threadId": thread_id, "beforeTurnId": turns[1], "idempotencyKey": "k"}
    first = await client.ok("thread/revert", params)
    again = await client.ok("thread/revert", params)
    assert again["turnsBackwardsCursor"] == first["turnsBackwardsCursor"]
    assert client.methods().count("thread/reverted") == 1


async def test_a_client_that_was_away_gets_the_revert_in_its_replay(host: Host) -> None:
    client = await host.client()
    thread_id, turns = await with_turns(client)
    params = {"threadId": thread_id, "beforeTurnId": turns[1]}
    await client.ok("thread/revert", params)
    late = await host.client()
    await late.ok("host/events/subscribe", {"afterPosition": 0})
    await late.notice("thread/reverted", threadId=thread_id)
    ends = [m["params"]["turn"]["id"] for m in late.notices if m["method"] == "turn/completed"]
    assert ends == turns


async def test_a_fork_of_a_reverted_thread_has_the_remaining_turns(client: Client) -> None:
    thread_id, turns = await with_turns(client)
    await client.ok("thread/revert", {"threadId": thread_id, "beforeTurnId": turns[1]})
    anew = (await talk(client, thread_id, "anew"))["id"]
    fork = (await client.ok("thread/fork", {"threadId": thread_id}))["thread"]
    assert [turn["id"] for turn in fork["turns"]] == [turns[0], anew]
    await client.ok("thread/revert", {"threadId": fork["id"], "beforeTurnId": anew})
    assert await shown(client, fork["id"]) == as_shown(turns[:1])
    assert (await shown(client, thread_id))["turns"] == [turns[0], anew]


async def used(client: Client, thread_id: str) -> list[Any]:
    """The turn that is told of with the tokens of its last response, when a thread is taken up."""
    before = await client.level()
    await client.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    await client.level()
    news = [m["params"] for m in client.received[before:] if m.get("method") == USAGE]
    return [[one["turnId"], one["tokenUsage"]["last"]] for one in news]


@pytest.mark.slices
async def test_the_usage_of_a_reverted_turn_is_not_sent_as_the_last_one(
    host: Host,
) -> None:
    client = await host.client()
    thread_id, turns = await with_turns(client)
    of_turns = []
    for turn_id in turns:
        news = await client.notice(USAGE, turnId=turn_id)
        of_turns.append([turn_id, news["params"]["tokenUsage"]["last"]])
    assert await used(client, thread_id) == of_turns[2:]
    await client.ok("thread/revert", {"threadId": thread_id, "beforeTurnId": turns[2]})
    assert await used(client, thread_id) == of_turns[1:2]
    await host.restart()
    client = await host.client()
    assert await used(client, thread_id) == of_turns[1:2]
    await client.ok("thread/revert", {"threadId": thread_id, "beforeTurnId": turns[0]})
    assert await used(client, thread_id) == []
    anew = await talk(client, thread_id, "anew")
    assert [turn_id for turn_id, _ in await used(client, thread_id)] == [anew["id"]]
