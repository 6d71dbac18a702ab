"""Steering a turn: input joins the turn that is meant, and no other."""

from typing import Any

from tests.protocol.talk import HANG, begin, end, script, start, talk
from tests.support.server import Host


def steered(thread_id: str, turn_id: str, text: str | None = "more") -> dict[str, Any]:
    """The params of a steer."""
    content = [] if text is None else [{"type": "text", "text": text}]
    return {"threadId": thread_id, "expectedTurnId": turn_id, "input": content}


async def test_steered_input_is_part_of_the_turn_and_is_answered_in_it(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(HANG))
    params = {**steered(thread_id, turn_id, "go on"), "clientUserMessageId": "mine"}
    assert await client.ok("turn/steer", params) == {"turnId": turn_id}
    turn = await end(client, turn_id)
    assert turn["status"] == "completed"
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    (whole,) = read["thread"]["turns"]
    said = [item for item in whole["items"] if item["type"] == "userMessage"]
    assert [item["clientId"] for item in said] == [None, "mine"]


async def test_a_steer_of_another_turn_than_the_running_one_is_refused(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    over = (await talk(client, thread_id))["id"]
    error = await client.refused("turn/steer", steered(thread_id, over))
    assert error == {"code": -32600, "message": "no active turn to steer"}
    error = await client.refused("turn/steer", steered(thread_id, ""))
    assert error == {"code": -32600, "message": "expectedTurnId must not be empty"}
    turn_id = await begin(client, thread_id, script(HANG))
    error = await client.refused("turn/steer", steered(thread_id, over))
    expected = f"expected active turn id `{over}` but found `{turn_id}`"
    assert error == {"code": -32600, "message": expected}
    error = await client.refused("turn/steer", steered(thread_id, turn_id, None))
    assert error == {"code": -32600, "message": "input must not be empty"}
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    assert [len(turn["items"]) for turn in read["thread"]["turns"]] == [2, 1]


async def test_a_thread_that_is_not_live_has_no_turn_to_steer(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await host.restart()
    client = await host.client()
    error = await client.refused("turn/steer", steered(thread_id, thread_id))
    assert error["message"] == "no active turn to steer"
    nobody = thread_id[:-4] + "ffff"
    error = await client.refused("turn/steer", steered(nobody, thread_id))
    assert error["message"] == f"thread not found: {nobody}"
    assert (await client.ok("thread/loaded/list"))["data"] == []
