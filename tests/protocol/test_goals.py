"""Goals on the wire: who is told what and in which order, and what is refused."""

import json
from typing import Any

import pytest

from tests.protocol.goal_talk import COMPLETE, UNKNOWN, goal, objective, set_goal, updated
from tests.protocol.talk import begin, end, script, shown, start, talk
from tests.support.client import Client
from tests.support.server import Host

UPDATED = "thread/goal/updated"


async def test_a_goal_runs_until_the_model_sets_it_complete(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective(COMPLETE, {"text": "done"}))
    ended = await client.notice("turn/completed", after=before, threadId=thread_id)
    told = [shown(m) for m in client.received[before:] if "delta" not in m.get("method", "")]
    assert told == [
        "reply",
        "thread/goal/updated",
        "thread/status/changed active",
        "turn/started",
        "thread/tokenUsage/updated",
        "thread/goal/updated",
        "thread/goal/updated",
        "item/started agentMessage",
        "item/completed agentMessage",
        "thread/tokenUsage/updated",
        "thread/status/changed idle",
        "turn/completed",
    ]
    found = await goal(client, thread_id)
    assert (found["status"], found["tokensUsed"]) == ("complete", 15)
    turn_id = ended["params"]["turn"]["id"]
    news = [m["params"] for m in client.received if m.get("method") == "thread/goal/updated"]
    assert [(one["turnId"], one["goal"]["status"], one["goal"]["tokensUsed"]) for one in news] == [
        (None, "active", 0),
        (turn_id, "active", 15),
        (turn_id, "complete", 15),
    ]


@pytest.mark.slices
async def test_the_next_turn_of_a_goal_is_announced_and_starts_when_it_is_due(home: Any) -> None:
    async with Host(home, settings={"goal_wait_ms": 60, "goal_wait_max_ms": 120}) as host:
        client = await host.client()
        thread_id = await start(client)
        steps = ({"text": "one"}, {"text": "two"}, COMPLETE, {"text": "done"})
        await set_goal(client, thread_id, objective=objective(*steps))
        last = await updated(client, status="complete")
        await end(client, last["turnId"])
        news = [
            m for m in client.received if m.get("method") in ("thread/goal/updated", "turn/started")
        ]
        due, begun = [], []
        for message in news:
            if message["method"] == "turn/started":
                begun.append(message["emittedAtMs"])
            elif (at_ms := message["params"]["nextTurnAtMs"]) is not None:
                due.append(at_ms)
        assert len(begun) == 3
        assert len(due) == 2
        assert all(at_ms <= started_at for at_ms, started_at in zip(due, begun[1:], strict=True))


async def test_the_log_names_the_timer_that_started_a_turn_and_its_due_time(home: Any) -> None:
    async with Host(home, settings={"goal_wait_ms": 5}) as host:
        client = await host.client()
        thread_id = await start(client)
        await set_goal(
            client, thread_id, objective=objective({"text": "one"}, COMPLETE, {"text": "d"})
        )
        await end(client, (await updated(client, status="complete"))["turnId"])
        stream: list[Any] = list(await host.running.logs.durable.read_stream(f"thread-{thread_id}"))
        began = [fact for fact in stream if fact.kind == "turn.started.v1"]
        [due] = [fact.event for fact in stream if fact.kind == "goal.scheduled.v1"]
        [put] = [
            fact.version for fact in stream if fact.kind == "goal.set.v1" and not fact.event.turn_id
        ]
        causes = [(fact.meta.principal, fact.meta.causation_id) for fact in began]
        assert causes == [
            ("policy:goal", f"event:thread-{thread_id}@{put}"),
            ("policy:goal", f"timer:goal@{due.due_at_ms}"),
        ]


async def test_each_charge_names_the_request_that_it_is_for(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await set_goal(client, thread_id, objective=objective(COMPLETE, {"text": "d"}))
    await end(client, (await updated(client, status="complete"))["turnId"])
    stream: list[Any] = list(await host.running.logs.durable.read_stream(f"thread-{thread_id}"))
    [charge] = [fact for fact in stream if fact.kind == "goal.charged.v1"]
    request = stream[charge.event.request_version - 1]
    assert request.kind == "turn.model_requested.v1"
    assert charge.meta.causation_id == f"event:thread-{thread_id}@{request.version}"


async def test_a_model_is_offered_the_tools_of_goals_but_not_in_memory(host: Host) -> None:
    client = await host.client()
    calls = [{"name": "get_goal"}]
    reads = script({"calls": calls}, {"text": "{output}"})
    thread_id = await start(client)
    told = await talk(client, thread_id, reads)
    nothing = {"goal": None, "remainingTokens": None, "completionBudgetReport": None}
    assert json.loads(told["items"][-1]["text"]) == nothing
    in_memory = await start(client, ephemeral=True)
    told = await talk(client, in_memory, reads)
    assert told["items"][-1]["text"] == "unsupported call: get_goal"


async def test_a_tool_of_the_client_replaces_the_goal_tool_of_the_same_name(host: Host) -> None:
    client = await host.client()
    own = {"type": "function", "name": "get_goal", "description": "d", "inputSchema": {}}
    thread_id = await start(client, dynamicTools=[own])
    turn_id = await begin(
        client, thread_id, script({"calls": [{"name": "get_goal"}]}, {"text": "x"})
    )
    asked = await client.request("item/tool/call")
    text = {"type": "inputText", "text": "mine"}
    await client.reply(asked, {"contentItems": [text], "success": True})
    assert (await end(client, turn_id))["status"] == "completed"


async def test_calls_of_one_answer_are_carried_out_in_their_order(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    calls = [
        {"name": "create_goal", "args": {"objective": "owls", "token_budget": 500}},
        {"name": "update_goal", "args": {"status": "paused"}},
        {"name": "get_goal"},
    ]
    told = await talk(client, thread_id, script({"calls": calls}, {"text": "{output}"}))
    found = json.loads(told["items"][-1]["text"])
    assert (found["goal"]["status"], found["goal"]["objective"]) == ("paused", "owls")
    assert found["remainingTokens"] == 500


@pytest.mark.slices
async def test_an_invalid_goal_request_is_refused_with_the_reason(host: Host) -> None:
    client = await host.client()
    thread_id, in_memory = await start(client), await start(client, ephemeral=True)
    archived = await start(client)
    await talk(client, archived)
    await client.ok("thread/archive", {"threadId": archived})
    for method, params, words in (
        ("thread/goal/get", {"threadId": UNKNOWN}, f"thread not found: {UNKNOWN}"),
        ("thread/goal/get", {"threadId": archived}, f"thread not found: {archived}"),
        (
            "thread/goal/set",
            {"threadId": archived, "objective": "x"},
            f"thread not found: {archived}",
        ),
        ("thread/goal/clear", {"threadId": UNKNOWN}, f"thread not found: {UNKNOWN}"),
        ("host/goal/extend", {"threadId": UNKNOWN, "tokens": 5}, f"thread not found: {UNKNOWN}"),
        (
            "thread/goal/set",
            {"threadId": in_memory, "objective": "x"},
            f"ephemeral thread does not support goals: {in_memory}",
        ),
        (
            "host/goal/extend",
            {"threadId": thread_id, "tokens": 5},
            f"cannot update goal for thread {thread_id}: no goal exists",
        ),
    ):
        error = await client.refused(method, params)
        assert error == {"code": -32600, "message": words}


HOSTILE: list[tuple[dict[str, Any], str]] = [
    ({"objective": "x" * 4_001}, "at most 4000 characters"),
    ({"objective": "x" * 200_000}, "at most 4000 characters"),
    ({"objective": ["x"]}, "expected a string"),
    ({"objective": "x", "tokenBudget": -1}, "must be positive"),
    ({"objective": "x", "tokenBudget": 2**63}, "expected i64"),
    ({"objective": "x", "tokenBudget": 1.5}, "expected i64"),
    ({"objective": "x", "status": "ACTIVE"}, "unknown variant `ACTIVE`"),
    ({"objective": "x", "status": 7}, "invalid type: integer `7`"),
    ({"objective": "x", "origin": "nobody"}, "unknown variant `nobody`"),
]


@pytest.mark.few(2)
@pytest.mark.parametrize(("said", "words"), HOSTILE)
async def test_a_hostile_goal_is_refused_and_none_is_set(
    client: Client, said: dict[str, Any], words: str
) -> None:
    thread_id = await start(client)
    error = await client.refused("thread/goal/set", {"threadId": thread_id, **said})
    assert error["code"] == -32600
    assert words in error["message"]
    assert await goal(client, thread_id) is None


async def test_the_largest_budget_is_reduced_to_the_largest_json_integer(
    client: Client,
) -> None:
    thread_id = await start(client)
    told = await set_goal(client, thread_id, objective="x", status="paused", tokenBudget=2**63 - 1)
    assert told["tokenBudget"] == 2**53 - 1
    assert await goal(client, thread_id) == told


async def test_in_a_replay_each_objective_is_sent_where_it_was_set(
    host: Host,
) -> None:
    client = await host.client()
    thread_id = await start(client)
    said = ["count owls", "count cats", "count dogs"]
    for text in said:
        await set_goal(client, thread_id, objective=text, status="paused")
    other = await host.client()
    await other.ok("host/events/subscribe", {"afterPosition": 0})
    await updated(other, objective=said[-1])
    goals = [one["params"]["goal"] for one in other.notices if one["method"] == UPDATED]
    assert [one["objective"] for one in goals] == said
