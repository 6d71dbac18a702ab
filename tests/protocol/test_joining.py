"""Joining in the middle of a turn: what is under way is told, as far as it came, once."""

from typing import Any

from tests.protocol.talk import begin, end, script, shown, start, turn_params
from tests.support.client import Client, Message
from tests.support.server import Host
from threadhost.actors.models import ReasoningDelta

DELTA, THOUGHT = "item/agentMessage/delta", "item/reasoning/summaryTextDelta"
STARTED = "item/started"
HALF = script({"reasoning": "hm", "text": "half a sentence", "deltas": 3, "hang": True})


async def hanging(client: Client, text: str = HALF) -> tuple[str, str]:
    """A thread whose model hangs in the middle of its answer; thread and turn."""
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, text)
    seen = 0
    while joined(client, turn_id) != "half a sentence":
        message = await client.notice(DELTA, after=seen, turnId=turn_id)
        seen = client.received.index(message) + 1
    return thread_id, turn_id


def texts(client: Client, turn_id: str, after: int = 0) -> list[str]:
    """The pieces of the turn's message that a client heard."""
    deltas = (m["params"] for m in client.received[after:] if m.get("method") == DELTA)
    return [params["delta"] for params in deltas if params["turnId"] == turn_id]


def joined(client: Client, turn_id: str) -> str:
    """The turn's message as far as a client heard it."""
    return "".join(texts(client, turn_id))


def live(client: Client, after: int = 0) -> list[str]:
    """What a client heard, in short."""
    return [shown(m) for m in client.received[after:]]


def item_ids(messages: list[Message]) -> set[Any]:
    """The items that these are of."""
    found = set()
    for message in messages:
        params = message["params"]
        found.add(params.get("itemId") or params["item"]["id"])
    return found


async def interrupt(client: Client, thread_id: str, turn_id: str) -> None:
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})


async def test_resuming_a_thread_sends_its_running_message_after_the_answer(
    each_host: Host,
) -> None:
    first = await each_host.client()
    thread_id, turn_id = await hanging(first)
    second = await each_host.client()
    before = len(second.received)
    await second.ok("thread/resume", {"threadId": thread_id})
    await second.level()
    told = ["reply", f"{STARTED} agentMessage", DELTA]
    assert [one for one in live(second, before) if one in told] == [*told, "reply"]
    assert texts(second, turn_id) == ["half a sentence"]
    await interrupt(first, thread_id, turn_id)
    for client in (first, second):
        await end(client, turn_id)
        done = await client.notice("item/completed", turnId=turn_id)
        assert done is not None
    mine = [m for m in second.received if m.get("method") in (STARTED, DELTA, "item/completed")]
    assert len(item_ids(mine)) == 1
    assert mine[-1]["params"]["item"]["text"] == "half a sentence"


async def test_deltas_after_a_resume_continue_the_text_sent_before(host: Host) -> None:
    first = await host.client()
    slow = script({"text": "one two three four five six", "deltas": 6, "gap_ms": 15})
    thread_id = await start(first)
    turn_id = await begin(first, thread_id, slow)
    await first.notice(DELTA)
    second = await host.client()
    await second.ok("thread/resume", {"threadId": thread_id})
    await end(second, turn_id)
    assert joined(second, turn_id) == joined(first, turn_id) == "one two three four five six"
    order = [shown(m) for m in second.received if m.get("method") in (STARTED, DELTA)]
    assert order[0] == f"{STARTED} agentMessage"


async def test_a_client_that_resumes_a_thread_it_follows_gets_no_delta_twice(host: Host) -> None:
    client = await host.client()
    thread_id, turn_id = await hanging(client)
    before = await client.level()
    await client.ok("thread/resume", {"threadId": thread_id})
    await client.level()
    assert texts(client, turn_id, before) == []
    assert f"{STARTED} agentMessage" not in live(client, before)
    await interrupt(client, thread_id, turn_id)


async def test_a_client_that_repeats_a_running_turn_with_its_key_joins_it(host: Host) -> None:
    first = await host.client()
    thread_id = await start(first)
    params = turn_params(thread_id, HALF, idempotencyKey="k")
    turn_id = (await first.ok("turn/start", params))["turn"]["id"]
    await first.notice(DELTA)
    second = await host.client()
    assert (await second.ok("turn/start", params))["turn"]["id"] == turn_id
    await second.notice(STARTED)
    await second.notice(DELTA)
    await interrupt(first, thread_id, turn_id)
    await end(second, turn_id)
    assert joined(second, turn_id) == joined(first, turn_id)


async def test_a_replay_from_the_beginning_ends_with_the_running_message(each_host: Host) -> None:
    first = await each_host.client()
    thread_id, turn_id = await hanging(first)
    other_id, other_turn = await hanging(first, script({"text": "half a sentence", "hang": True}))
    second = await each_host.client()
    await second.ok("host/events/subscribe", {"afterPosition": 0})
    for thread in (thread_id, other_id):
        await second.notice(DELTA, threadId=thread)
    started = [m["params"] for m in second.received if shown(m) == f"{STARTED} agentMessage"]
    assert [params["threadId"] for params in started] == [thread_id, other_id]
    for thread, turn in ((thread_id, turn_id), (other_id, other_turn)):
        await interrupt(first, thread, turn)
        await end(second, turn)
        ended = [
            m["params"]["item"]
            for m in second.received
            if shown(m) == "item/completed agentMessage" and m["params"]["turnId"] == turn
        ]
        assert [item["text"] for item in ended] == ["half a sentence"]


async def test_a_running_reasoning_item_is_sent_part_by_part(host: Host) -> None:
    first = await host.client()
    thread_id = await start(first)
    turn_id = await begin(first, thread_id, "hello")
    await end(first, turn_id)
    hub = host.running.hub
    item = {"type": "reasoning", "id": "r", "summary": [], "content": []}
    live_item = {**item, "startedAtMs": 1, "completedAtMs": None}
    hub.item_started(thread_id, turn_id, live_item)
    for part, of_summary, text in ((0, True, "a"), (0, True, "b"), (1, True, "c"), (0, False, "d")):
        hub.reasoning_delta(thread_id, turn_id, "r", ReasoningDelta(0, part, text, of_summary))
    second = await host.client()
    await second.ok("thread/resume", {"threadId": thread_id})
    await second.notice("item/reasoning/textDelta", delta="d")
    await second.notice(THOUGHT, delta="ab", summaryIndex=0)
    await second.notice(THOUGHT, delta="c", summaryIndex=1)
    parts = [m for m in second.received if m.get("method") == "item/reasoning/summaryPartAdded"]
    assert [m["params"]["summaryIndex"] for m in parts] == [0, 1]


async def test_an_ended_item_is_not_sent_to_a_client_that_joins(host: Host) -> None:
    first = await host.client()
    thread_id = await start(first)
    steps: list[dict[str, object]] = [{"text": "a"}, {"fail": {}}, {"text": "half", "break": True}]
    for step in steps:
        await end(first, await begin(first, thread_id, script(step)))
    second = await host.client()
    before = len(second.received)
    await second.ok("thread/resume", {"threadId": thread_id})
    await second.level()
    assert STARTED not in second.methods(before)
    assert host.running.stats().news.live_items == 0
