"""A thread's queue on the wire: add, list, update, delete, reorder, and who hears of it."""

from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, script, start
from tests.support.client import Client, Message
from tests.support.server import Host, Program

UNKNOWN = "0199a3b4-5c6d-7e8f-9012-3456789abcde"


def saying(thread_id: str, text: str, **more: Any) -> dict[str, Any]:
    """The params that queue a turn which says this."""
    content = [{"type": "text", "text": text}]
    return {"threadId": thread_id, "clientUserMessageId": f"c-{text}", "input": content, **more}


async def queue(client: Client, thread_id: str, *texts: str) -> list[str]:
    """Queue turns; their ids."""
    added = [await client.ok("thread/queue/add", saying(thread_id, text)) for text in texts]
    return [one["queuedSubmission"]["id"] for one in added]


async def busy(client: Client) -> tuple[str, str]:
    """A thread whose turn does not end, and that turn."""
    thread_id = await start(client)
    return thread_id, await begin(client, thread_id, script(HANG))


async def listed(client: Client, thread_id: str, **page: Any) -> list[str]:
    """What waits, in short."""
    found = await client.ok("thread/queue/list", {"threadId": thread_id, **page})
    return [one["input"][0]["text"] for one in found["data"]]


async def completed(client: Client, count: int) -> None:
    """Wait until so many turns are over."""
    at = 0
    for _ in range(count):
        found = await client.notice("turn/completed", after=at)
        at = client.received.index(found) + 1


async def turns_of(client: Client, thread_id: str) -> list[Message]:
    """The thread's turns."""
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    turns: list[Message] = read["thread"]["turns"]
    return turns


async def test_a_turn_queued_on_an_idle_thread_begins_after_the_reply(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    before = await client.level()
    [submission] = await queue(client, thread_id, "hello")
    await client.notice("turn/completed", threadId=thread_id)
    assert client.methods(before) == [
        "thread/queue/changed",
        "reply",
        "thread/queue/changed",
        "thread/status/changed",
        "turn/started",
        "item/started",
        "item/completed",
        "item/started",
        "item/agentMessage/delta",
        "item/completed",
        "thread/tokenUsage/updated",
        "thread/status/changed",
        "turn/completed",
    ]
    [turn] = await turns_of(client, thread_id)
    assert (turn["status"], turn["items"][0]["clientId"]) == ("completed", "c-hello")
    assert submission != turn["id"]


async def test_queued_turns_wait_in_the_order_that_clients_choose(client: Client) -> None:
    thread_id, turn_id = await busy(client)
    one, two, three = await queue(client, thread_id, "one", "two", "three")
    assert await listed(client, thread_id) == ["one", "two", "three"]
    order = {"threadId": thread_id, "queuedSubmissionIds": [three, one, two]}
    assert await client.ok("thread/queue/reorder", order) == {}
    changed = {
        "threadId": thread_id,
        "queuedSubmissionId": one,
        "input": [{"type": "text", "text": "uno"}],
    }
    assert (await client.ok("thread/queue/update", changed))["queuedSubmission"]["id"] == one
    gone = {"threadId": thread_id, "queuedSubmissionId": two}
    assert await client.ok("thread/queue/delete", gone) == {"deleted": True}
    assert await client.ok("thread/queue/delete", gone) == {"deleted": False}
    assert await listed(client, thread_id) == ["three", "uno"]
    assert len([m for m in client.methods() if m == "thread/queue/changed"]) == 6
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    await queue(client, thread_id, "last")
    await completed(client, 4)
    said = [turn["items"][0]["content"][0]["text"] for turn in await turns_of(client, thread_id)]
    assert said[1:] == ["three", "uno", "last"]


async def test_metadata_of_a_submission_is_kept_unless_replaced(client: Client) -> None:
    thread_id, _ = await busy(client)
    params = saying(thread_id, "a", responsesapiClientMetadata={"k": "v"})
    added = (await client.ok("thread/queue/add", params))["queuedSubmission"]
    assert added["responsesapiClientMetadata"] == {"k": "v"}
    change = {**params, "queuedSubmissionId": added["id"]}
    for sent, kept in (({}, {"k": "v"}), ({"n": "w"}, {"n": "w"}), (None, {"n": "w"})):
        change["responsesapiClientMetadata"] = sent
        found = (await client.ok("thread/queue/update", change))["queuedSubmission"]
        assert found["responsesapiClientMetadata"] == kept
        assert found["clientUserMessageId"] == "c-a"


async def test_a_queue_is_listed_page_by_page(client: Client) -> None:
    thread_id, _ = await busy(client)
    await queue(client, thread_id, *"abcde")
    found, cursor = [], None
    while True:
        page = {"threadId": thread_id, "limit": 2, "cursor": cursor}
        got = await client.ok("thread/queue/list", page)
        found.append("".join(one["input"][0]["text"] for one in got["data"]))
        cursor = got["nextCursor"]
        if cursor is None:
            break
    assert found == ["ab", "cd", "e"]
    error = await client.refused("thread/queue/list", {"threadId": thread_id, "cursor": "x"})
    assert error == {"code": -32600, "message": "invalid cursor: x"}


async def test_an_invalid_queue_request_is_refused_with_the_reason(client: Client) -> None:
    thread_id, _ = await busy(client)
    [one] = await queue(client, thread_id, "one")
    empty = {**saying(thread_id, "x"), "input": []}
    entry = {"threadId": thread_id, "queuedSubmissionId": "nope"}
    order = {"threadId": thread_id, "queuedSubmissionIds": [one, "nope"]}
    words = "queuedSubmissionIds must name each queued submission once: nope is not queued"
    for method, params, message in (
        ("add", empty, "input must not be empty"),
        ("update", {**empty, "queuedSubmissionId": one}, "input must not be empty"),
        ("update", {**saying(thread_id, "x"), **entry}, "queued submission not found: nope"),
        ("reorder", order, words),
        ("add", saying(UNKNOWN, "x"), f"thread not found: {UNKNOWN}"),
        ("list", {"threadId": UNKNOWN}, f"thread not found: {UNKNOWN}"),
        ("update", {**saying(UNKNOWN, "x"), "queuedSubmissionId": one}, None),
        ("delete", {"threadId": UNKNOWN, "queuedSubmissionId": one}, None),
        ("reorder", {"threadId": UNKNOWN, "queuedSubmissionIds": []}, None),
    ):
        error = await client.refused(f"thread/queue/{method}", params)
        assert error == {"code": -32600, "message": message or f"thread not found: {UNKNOWN}"}


async def test_a_queue_is_for_clients_that_ask_for_the_experimental_api(host: Host) -> None:
    plain = await host.client(experimentalApi=False)
    thread_id, _ = await busy(plain)
    for name in ("add", "list", "update", "delete", "reorder"):
        params = {
            **saying(thread_id, "x"),
            "queuedSubmissionId": "x",
            "queuedSubmissionIds": [],
        }
        error = await plain.refused(f"thread/queue/{name}", params)
        words = f"thread/queue/{name} requires experimentalApi capability"
        assert error == {"code": -32600, "message": words}
    other = await host.client()
    await queue(other, thread_id, "later")
    await plain.level()
    assert "thread/queue/changed" not in plain.methods()


async def test_a_stored_thread_is_activated_by_a_queued_turn(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await host.restart()
    client = await host.client()
    await queue(client, thread_id, "hello")
    await completed(client, 1)
    [turn] = await turns_of(client, thread_id)
    assert turn["items"][0]["content"][0]["text"] == "hello"


async def test_the_queue_of_a_stored_thread_changes_without_loading_it(host: Host) -> None:
    client = await host.client()
    thread_id, turn_id = await busy(client)
    one, two = await queue(client, thread_id, "one", "two")
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    await host.restart()
    client = await host.client()
    order = {"threadId": thread_id, "queuedSubmissionIds": [two, one]}
    await client.ok("thread/queue/reorder", order)
    change = {**saying(thread_id, "uno"), "queuedSubmissionId": one}
    await client.ok("thread/queue/update", change)
    gone = {"threadId": thread_id, "queuedSubmissionId": two}
    assert await client.ok("thread/queue/delete", gone) == {"deleted": True}
    assert await listed(client, thread_id) == ["uno"]
    assert (await client.ok("thread/loaded/list"))["data"] == []


async def test_an_addition_repeated_with_its_key_is_one_addition(client: Client) -> None:
    thread_id, _ = await busy(client)
    params = saying(thread_id, "once", idempotencyKey="k")
    first = await client.ok("thread/queue/add", params)
    assert await client.ok("thread/queue/add", params) == first
    assert await listed(client, thread_id) == ["once"]


@pytest.mark.slices
async def test_a_queue_survives_a_kill_and_no_turn_of_it_begins_twice(home: Any) -> None:
    program = Program(home)
    client = await program.start()
    thread_id, turn_id = await busy(client)
    texts = [f"later {n}" for n in range(3)]
    await queue(client, thread_id, *texts)
    await program.kill()
    client = await program.start()
    await client.ok("host/events/subscribe", {"afterPosition": 0})
    await completed(client, 1 + len(texts))
    first, *turns = await turns_of(client, thread_id)
    assert (first["id"], first["status"]) == (turn_id, "interrupted")
    assert [turn["items"][0]["content"][0]["text"] for turn in turns] == texts
    assert await listed(client, thread_id) == []
    assert await program.stop() == 0
