"""Questions of a model to the user, over every client that follows the thread."""

from typing import Any

import pytest

from tests.protocol.talk import begin, end, script, start, talk
from tests.protocol.tool_talk import (
    CALL,
    DONE,
    LOOK,
    QUESTIONS,
    RESOLVED,
    USER_INPUT,
    follow,
    named,
    offering,
    open_requests,
)
from tests.support.client import Client
from tests.support.server import Host
from tests.support.tools import QUESTION

WAITING = {"type": "active", "activeFlags": ["waitingOnUserInput"]}


async def test_a_question_to_the_user_makes_the_thread_wait(host: Host) -> None:
    client, other = await named(host, "asked"), await named(host, "other")
    thread_id = await offering(client)
    await follow(other, thread_id)
    turn_id = await begin(client, thread_id, script(QUESTIONS, DONE))
    requests = [await each.request(USER_INPUT) for each in (client, other)]
    expected = {**QUESTION, "isOther": True, "isSecret": False, "options": None}
    assert requests[0]["params"]["questions"] == [expected]
    read = await client.ok("thread/read", {"threadId": thread_id})
    assert read["thread"]["status"] == WAITING
    await client.notice("thread/status/changed", threadId=thread_id, status=WAITING)
    await other.reply(requests[1], {"answers": {"colour": {"answers": ["red"]}}})
    await client.notice(RESOLVED, requestId=requests[0]["id"])
    await end(client, turn_id)
    active = {"type": "active", "activeFlags": []}
    assert statuses(client) == [active, WAITING, active, {"type": "idle"}]
    assert open_requests(host) == 0


async def test_a_model_asks_the_user_only_where_that_was_allowed(host: Host) -> None:
    asks = script(QUESTIONS, {"text": "{output}"})
    unsupported = "unsupported call: request_user_input"
    client = await host.client()
    for config in (None, {"features": {"default_mode_request_user_input": False}}):
        turn = await talk(client, await start(client, config=config), asks)
        assert turn["items"][-1]["text"] == unsupported
    host.settings["user_input"] = True
    await host.restart()
    client, plain = await host.client(), await host.client(experimentalApi=False)
    turn = await talk(plain, await start(plain), asks)
    assert turn["items"][-1]["text"] == unsupported
    off = {"features.default_mode_request_user_input": False}
    turn = await talk(client, await start(client, config=off), asks)
    assert turn["items"][-1]["text"] == unsupported
    await begin(client, await start(client), asks)
    await client.request(USER_INPUT)


async def test_a_client_that_follows_later_gets_the_open_question(host: Host) -> None:
    first, second = await named(host, "first"), await named(host, "second")
    thread_id = await offering(first)
    turn_id = await begin(first, thread_id, script(QUESTIONS, DONE))
    request = await first.request(USER_INPUT)
    await follow(second, thread_id)
    await follow(second, thread_id)
    later = await second.request(USER_INPUT)
    assert later["params"] == request["params"]
    await first.close()
    await second.reply(later, {"answers": {"colour": {"answers": ["red"]}}})
    assert (await end(second, turn_id))["status"] == "completed"
    assert len([m for m in second.received if m.get("method") == USER_INPUT]) == 1
    assert host.running.stats().news.awaited_threads == 0


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "answer", [{"result": {"answers": {"colour": "red"}}}, {"error": {}}, {"error": "boom"}, {}]
)
async def test_an_invalid_answer_leaves_the_question_to_the_other_clients(
    host: Host, answer: dict[str, Any]
) -> None:
    first, second = await named(host, "first"), await named(host, "second")
    thread_id = await offering(first)
    await follow(second, thread_id)
    turn_id = await begin(first, thread_id, script(QUESTIONS, {"text": "{output}"}))
    requests = [await each.request(USER_INPUT) for each in (first, second)]
    await first.send({"id": requests[0]["id"], **answer})
    await first.notice(RESOLVED, requestId=requests[0]["id"])
    await second.reply(requests[1], {"answers": {"colour": {"answers": ["blue"]}}})
    turn = await end(second, turn_id)
    assert turn["items"][-1]["text"] == '{"answers":{"colour":{"answers":["blue"]}}}'


async def test_a_question_that_no_client_can_answer_does_not_delay_the_turn(host: Host) -> None:
    client = await host.client()
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(QUESTIONS, {"text": "{output}"}))
    await client.refuse(await client.request(USER_INPUT))
    turn = await end(client, turn_id)
    assert turn["items"][-1]["text"] == "the user could not be asked, or did not answer"


async def test_a_turn_that_ends_with_a_question_open_goes_from_waiting_to_idle(host: Host) -> None:
    client = await host.client()
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(QUESTIONS, DONE))
    await client.request(USER_INPUT)
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    await end(client, turn_id)
    assert statuses(client)[1:] == [WAITING, {"type": "idle"}]


def statuses(client: Client) -> list[Any]:
    """The states that threads were said to be in."""
    changes = [m for m in client.notices if m["method"] == "thread/status/changed"]
    return [change["params"]["status"] for change in changes]


@pytest.mark.few(1)
@pytest.mark.parametrize("steps", [QUESTIONS, LOOK], ids=["question", "tool"])
async def test_the_end_of_a_turn_is_sent_before_its_open_question_is_resolved(
    host: Host, steps: dict[str, Any]
) -> None:
    """And only then that the thread is not loaded, as with the reference."""
    client = await named(host, "asked")
    thread_id = await offering(client)
    await begin(client, thread_id, script(steps))
    await client.request(USER_INPUT if steps is QUESTIONS else CALL)
    before = len(client.received)
    await client.ok("thread/delete", {"threadId": thread_id})
    await client.notice("thread/deleted")
    told = [m.get("method", "reply") for m in client.received[before:]]
    ends = [name for name in told if not name.startswith(("item/", "thread/tokenUsage"))]
    assert ends == [
        "thread/status/changed",
        "turn/completed",
        RESOLVED,
        "thread/status/changed",
        "reply",
        "thread/deleted",
    ]
    assert [s["type"] for s in statuses(client)][-2:] == ["idle", "notLoaded"]
    assert open_requests(host) == 0
