"""Goals on the wire: who is told what and in which order, and what makes a goal go on."""

import json
from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, end, script, shown, start, talk
from tests.support.client import Client, Message
from tests.support.server import Host, Program

UNKNOWN = "0199a3b4-5c6d-7e8f-9012-3456789abcde"
SLOW = {"goal_wait_ms": 3_600_000, "goal_wait_max_ms": 3_600_000}
"""No goal goes on by itself again while a test runs."""
COMPLETE: dict[str, object] = {"calls": [{"name": "update_goal", "args": {"status": "complete"}}]}


def objective(*steps: dict[str, object], say: str = "count owls") -> str:
    """An objective that scripts the model, from turn to turn."""
    return f"{say} @@mock {json.dumps({'steps': steps})}"


async def set_goal(client: Client, thread_id: str, **said: Any) -> Message:
    """Set a goal; the goal as it is then."""
    found: Message = await client.ok("thread/goal/set", {"threadId": thread_id, **said})
    goal: Message = found["goal"]
    return goal


async def goal(client: Client, thread_id: str) -> Message:
    """The goal of a thread."""
    found: Message = (await client.ok("thread/goal/get", {"threadId": thread_id}))["goal"]
    return found


async def updated(client: Client, after: int = 0, **goal: Any) -> Message:
    """The next news of a goal that stands so."""

    def wanted(message: Message) -> bool:
        if message.get("method") != "thread/goal/updated":
            return False
        told = message["params"]["goal"]
        return all(told[key] == value for key, value in goal.items())

    found: Message = (await client.until(wanted, after))["params"]
    return found


async def slow(home: Any) -> Host:
    """A host whose goals have one turn at once and the next much later."""
    host = Host(home, settings=SLOW)
    await host.start()
    return host


async def turns(client: Client, thread_id: str) -> list[Message]:
    """The turns of a thread."""
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    found: list[Message] = read["thread"]["turns"]
    return found


async def test_a_goal_runs_until_the_model_says_that_it_is_complete(host: Host) -> None:
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


async def test_the_next_turn_is_announced_and_comes_when_it_is_due(home: Any) -> None:
    host = Host(home, settings={"goal_wait_ms": 60, "goal_wait_max_ms": 120})
    await host.start()
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
    await host.stop()


async def test_the_log_says_which_timer_began_a_turn_and_when_it_was_due(home: Any) -> None:
    host = Host(home, settings={"goal_wait_ms": 5})
    await host.start()
    client = await host.client()
    thread_id = await start(client)
    await set_goal(client, thread_id, objective=objective({"text": "one"}, COMPLETE, {"text": "d"}))
    await end(client, (await updated(client, status="complete"))["turnId"])
    stream = host.running.logs.durable.read_stream(f"thread-{thread_id}")
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
    await host.stop()


async def test_each_charge_names_the_request_that_it_is_for(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await set_goal(client, thread_id, objective=objective(COMPLETE, {"text": "d"}))
    await end(client, (await updated(client, status="complete"))["turnId"])
    stream = host.running.logs.durable.read_stream(f"thread-{thread_id}")
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


async def test_a_tool_of_the_client_comes_before_the_host_s_of_that_name(host: Host) -> None:
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


async def test_what_is_wrong_with_a_request_about_a_goal_is_said(host: Host) -> None:
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


@pytest.mark.parametrize(("said", "words"), HOSTILE)
async def test_a_hostile_goal_is_refused_and_none_is_set(
    client: Client, said: dict[str, Any], words: str
) -> None:
    thread_id = await start(client)
    error = await client.refused("thread/goal/set", {"threadId": thread_id, **said})
    assert error["code"] == -32600
    assert words in error["message"]
    assert await goal(client, thread_id) is None


async def test_the_largest_budget_that_can_be_said_is_kept_as_readers_can_read_it(
    client: Client,
) -> None:
    thread_id = await start(client)
    told = await set_goal(client, thread_id, objective="x", status="paused", tokenBudget=2**63 - 1)
    assert told["tokenBudget"] == 2**53 - 1
    assert await goal(client, thread_id) == told


async def test_an_interrupted_goal_waits_until_a_client_s_turn_has_ended(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective(HANG, COMPLETE, {"text": "done"}))
    begun = await client.notice("turn/started", after=before)
    turn = {"threadId": thread_id, "turnId": begun["params"]["turn"]["id"]}
    await client.ok("turn/interrupt", turn)
    assert (await goal(client, thread_id))["status"] == "active"
    assert len(await turns(client, thread_id)) == 1
    await talk(client, thread_id, "hello")
    await end(client, (await updated(client, status="complete"))["turnId"])
    assert [turn["status"] for turn in await turns(client, thread_id)] == [
        *("interrupted", "completed", "completed"),
    ]


async def test_input_of_a_client_joins_a_turn_for_a_goal(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective(HANG))
    begun = await client.notice("turn/started", after=before)
    turn_id = begun["params"]["turn"]["id"]
    assert await begin(client, thread_id, script(COMPLETE, {"text": "done"})) == turn_id
    assert (await end(client, turn_id))["status"] == "completed"
    [turn] = await turns(client, thread_id)
    assert [item["type"] for item in turn["items"]] == ["userMessage", "agentMessage"]


async def test_what_is_queued_comes_before_the_goal_goes_on(home: Any) -> None:
    host = await slow(home)
    client = await host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script({"text": "x", "delay_ms": 100}))
    await set_goal(client, thread_id, objective=objective({"text": "goal"}))
    content = [{"type": "text", "text": "queued"}]
    queued = {"threadId": thread_id, "clientUserMessageId": "c", "input": content}
    await client.ok("thread/queue/add", queued)
    await end(client, turn_id)
    for _ in range(2):
        await client.notice("turn/completed", after=await client.level(), threadId=thread_id)
    found = await turns(client, thread_id)
    assert [turn["items"][-1]["text"] for turn in found] == ["x", "ok", "goal"]
    await host.stop()


async def test_a_goal_whose_budget_is_used_up_goes_on_once_it_is_extended(home: Any) -> None:
    host = await slow(home)
    client = await host.client()
    thread_id = await start(client)
    steps = ({"text": "one"}, COMPLETE, {"text": "done"})
    await set_goal(client, thread_id, objective=objective(*steps), tokenBudget=10)
    told = await updated(client, status="budgetLimited")
    await end(client, told["turnId"])
    assert told["goal"]["tokensUsed"] == 15
    params = {"threadId": thread_id, "tokens": 100, "idempotencyKey": "k"}
    first = await client.ok("host/goal/extend", params)
    assert (first["goal"]["tokenBudget"], first["goal"]["status"]) == (115, "active")
    assert await client.ok("host/goal/extend", params) == first
    await end(client, (await updated(client, status="complete"))["turnId"])
    assert (await goal(client, thread_id))["tokenBudget"] == 115
    await host.stop()


async def test_who_takes_a_thread_up_is_told_of_its_goal_behind_the_answer(home: Any) -> None:
    host = await slow(home)
    client = await host.client()
    plain, thread_id = await start(client), await start(client)
    await talk(client, plain)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective({"text": "one"}))
    await client.notice("turn/completed", after=before)
    scheduled = await updated(client, after=await client.level() - 3)
    await host.restart()
    client = await host.client()
    before = len(client.received)
    await client.ok("thread/resume", {"threadId": plain, "excludeTurns": True})
    await client.level()
    assert [shown(m) for m in client.received[before:-1]] == [
        *(
            "thread/status/changed idle",
            "reply",
            "thread/tokenUsage/updated",
            "thread/goal/cleared",
        ),
    ]
    before = len(client.received)
    await client.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    await client.level()
    told = [m for m in client.received[before:-1] if "status" not in m.get("method", "")]
    assert [shown(m) for m in told] == ["reply", "thread/tokenUsage/updated", "thread/goal/updated"]
    assert told[-1]["params"]["goal"]["tokensUsed"] == 15
    assert told[-1]["params"]["nextTurnAtMs"] == scheduled["nextTurnAtMs"]
    await host.stop()


async def test_a_goal_that_waits_goes_on_when_its_thread_is_resumed(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective(HANG, COMPLETE, {"text": "done"}))
    begun = await client.notice("turn/started", after=before)
    turn_id = begun["params"]["turn"]["id"]
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    await host.restart()
    client = await host.client()
    assert (await goal(client, thread_id))["status"] == "active"
    assert (await client.ok("thread/loaded/list"))["data"] == []
    before = len(client.received)
    await client.ok("thread/resume", {"threadId": thread_id})
    await end(client, (await updated(client, status="complete"))["turnId"])
    told = [shown(m) for m in client.received[before:]]
    assert told.index("reply") < told.index("thread/goal/updated") < told.index("turn/started")


async def test_a_goal_goes_on_by_itself_after_the_host_was_restarted(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective(HANG, COMPLETE, {"text": "done"}))
    await client.notice("turn/started", after=before)
    await host.restart()
    client = await host.client()
    await client.ok("host/events/subscribe", {"afterPosition": 0})
    await end(client, (await updated(client, status="complete"))["turnId"])
    assert [turn["status"] for turn in await turns(client, thread_id)] == [
        *("interrupted", "completed"),
    ]


async def test_a_fork_takes_a_goal_along_only_if_asked_and_waits_there(home: Any) -> None:
    host = await slow(home)
    client = await host.client()
    thread_id = await start(client)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective({"text": "one"}), tokenBudget=500)
    await client.notice("turn/completed", after=before)
    plain = await client.ok("thread/fork", {"threadId": thread_id})
    assert await goal(client, plain["thread"]["id"]) is None
    before = await client.level()
    params = {"threadId": thread_id, "deferGoalContinuation": True}
    fork_id = (await client.ok("thread/fork", params))["thread"]["id"]
    told = await updated(client, after=before, threadId=fork_id)
    assert (told["goal"]["tokensUsed"], told["goal"]["tokenBudget"]) == (0, 500)
    found = await goal(client, fork_id)
    assert (found["status"], found["objective"]) == ("active", told["goal"]["objective"])
    assert len(await turns(client, fork_id)) == 1
    await talk(client, fork_id)
    last = await updated(client, after=before, threadId=fork_id, tokensUsed=30)
    await end(client, last["turnId"])
    assert len(await turns(client, fork_id)) == 3
    assert (await goal(client, thread_id))["tokensUsed"] == 15
    await host.stop()


async def test_a_goal_goes_with_its_thread_and_stands_on_the_receipt(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await set_goal(client, thread_id, objective="x", status="paused")
    await client.ok("thread/delete", {"threadId": thread_id})
    error = await client.refused("thread/goal/get", {"threadId": thread_id})
    assert error["message"] == f"thread not found: {thread_id}"
    database = host.running.logs.durable.database
    assert database.rows("SELECT * FROM thread_goals") == []
    stream = host.running.logs.durable.read_stream(f"tree-{thread_id}")
    assert stream[-1].event.receipt.rows["thread_goals"] == 1


async def test_a_goal_stays_when_turns_are_taken_back_and_what_they_took_is_spent(
    home: Any,
) -> None:
    host = await slow(home)
    client = await host.client()
    thread_id = await start(client)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective({"text": "one"}))
    ended = await client.notice("turn/completed", after=before)
    turn_id = ended["params"]["turn"]["id"]
    await client.ok("thread/revert", {"threadId": thread_id, "beforeTurnId": turn_id})
    found = await goal(client, thread_id)
    assert (found["tokensUsed"], found["status"]) == (15, "active")
    assert await turns(client, thread_id) == []
    await host.stop()


async def test_a_goal_of_a_thread_that_was_put_away_waits(home: Any) -> None:
    host = await slow(home)
    client = await host.client()
    thread_id = await start(client)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective({"text": "one"}, COMPLETE, {"text": "d"}))
    await client.notice("turn/completed", after=before)
    await client.ok("thread/archive", {"threadId": thread_id})
    await client.ok("thread/unarchive", {"threadId": thread_id})
    await host.restart()
    client = await host.client()
    assert (await client.ok("thread/loaded/list"))["data"] == []
    await client.ok("thread/resume", {"threadId": thread_id})
    await updated(client, status="complete")
    await host.stop()


async def test_a_stored_thread_is_taken_up_by_a_goal_that_goes_on_and_by_no_other(
    host: Host,
) -> None:
    client = await host.client()
    thread_id = await start(client)
    await host.restart()
    client = await host.client()
    await set_goal(client, thread_id, objective="x", status="paused")
    assert (await client.ok("thread/loaded/list"))["data"] == []
    await set_goal(client, thread_id, objective=objective(COMPLETE, {"text": "d"}), status="active")
    await end(client, (await updated(client, status="complete"))["turnId"])
    assert (await client.ok("thread/loaded/list"))["data"] == [thread_id]


async def test_the_path_of_a_stored_thread_is_where_its_rollout_will_stand(host: Host) -> None:
    client = await host.client()
    thread_id, in_memory = await start(client), await start(client, ephemeral=True)
    await talk(client, thread_id)
    read = await client.ok("thread/read", {"threadId": thread_id})
    assert read["thread"]["path"].startswith(f"{host.home}/sessions/20")
    assert read["thread"]["path"].endswith(f"-{thread_id}.jsonl")
    read = await client.ok("thread/read", {"threadId": in_memory})
    assert read["thread"]["path"] is None
    await client.ok("thread/archive", {"threadId": thread_id})
    read = await client.ok("thread/read", {"threadId": thread_id})
    assert read["thread"]["path"].startswith(f"{host.home}/archived_sessions/rollout-20")


@pytest.mark.slices
async def test_a_goal_survives_kills_and_is_charged_once_for_each_request(home: Any) -> None:
    program = Program(home, options=("--goal-wait", "0"))
    client = await program.start()
    thread_id = await start(client)
    await set_goal(client, thread_id, objective=objective({"text": "on", "delay_ms": 20}))
    for _ in range(5):
        await updated(client, after=await client.level())
        await program.kill()
        client = await program.start()
        await client.ok("host/events/subscribe", {"afterPosition": 0})
        await client.notice("turn/completed", after=await client.level())
    told = await set_goal(client, thread_id, status="paused")
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    completed = [t for t in read["thread"]["turns"] if t["status"] == "completed"]
    assert 0 < told["tokensUsed"] <= 15 * len(completed)
    assert await program.stop() == 0
