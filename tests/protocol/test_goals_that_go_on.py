"""What makes a goal go on and what makes it wait: clients, budgets, restarts, forks."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.goal_talk import (
    COMPLETE,
    goal,
    objective,
    scheduled,
    set_goal,
    slow,
    turns,
    updated,
)
from tests.protocol.talk import HANG, begin, end, script, shown, start, talk
from tests.support.server import Host, Program
from tests.support.store import database_of


@pytest.fixture
async def host(home: Path) -> AsyncIterator[Host]:
    """A host whose goals go on almost at once."""
    async with Host(home, settings={"goal_wait_ms": 10}) as host:
        yield host


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


@pytest.mark.slices
async def test_what_is_queued_comes_before_the_goal_goes_on(home: Any) -> None:
    host = await slow(home)
    client = await host.client()
    thread_id = await start(client)
    await begin(client, thread_id, script({"text": "x", "delay_ms": 1_000}))
    await set_goal(client, thread_id, objective=objective({"text": "goal"}))
    content = [{"type": "text", "text": "queued"}]
    queued = {"threadId": thread_id, "clientUserMessageId": "c", "input": content}
    await client.ok("thread/queue/add", queued)
    await scheduled(client)
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


async def test_loading_a_thread_sends_its_goal_after_the_answer(home: Any) -> None:
    host = await slow(home)
    client = await host.client()
    plain, thread_id = await start(client), await start(client)
    await talk(client, plain)
    before = await client.level()
    await set_goal(client, thread_id, objective=objective({"text": "one"}))
    at = (await scheduled(client, before))["nextTurnAtMs"]
    await host.restart()
    client = await host.client()
    before = len(client.received)
    await client.ok("thread/resume", {"threadId": plain, "excludeTurns": True})
    await client.level()
    told = [m for m in client.received[before:-1] if m.get("params", {}).get("threadId") == plain]
    assert [shown(m) for m in told] == [
        "thread/status/changed idle",
        "thread/tokenUsage/updated",
        "thread/goal/cleared",
    ]
    before = len(client.received)
    await client.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    await client.level()
    told = [m for m in client.received[before:-1] if "status" not in m.get("method", "")]
    assert [shown(m) for m in told] == ["reply", "thread/tokenUsage/updated", "thread/goal/updated"]
    assert told[-1]["params"]["goal"]["tokensUsed"] == 15
    assert told[-1]["params"]["nextTurnAtMs"] == at
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


async def test_a_fork_copies_a_goal_only_on_request_and_the_copy_waits(home: Any) -> None:
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


async def test_a_goal_is_deleted_with_its_thread_and_counted_in_the_receipt(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await set_goal(client, thread_id, objective="x", status="paused")
    await client.ok("thread/delete", {"threadId": thread_id})
    error = await client.refused("thread/goal/get", {"threadId": thread_id})
    assert error["message"] == f"thread not found: {thread_id}"
    database = database_of(host.running.logs.durable)
    assert database.rows("SELECT * FROM thread_goals") == []
    stream: list[Any] = list(await host.running.logs.durable.read_stream(f"tree-{thread_id}"))
    assert stream[-1].event.receipt.rows["thread_goals"] == 1


async def test_a_revert_keeps_the_goal_and_its_used_tokens(
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


@pytest.mark.slices
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


async def test_a_stored_thread_is_activated_by_setting_an_active_goal_only(
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


async def test_the_path_of_a_stored_thread_is_the_path_of_its_rollout(host: Host) -> None:
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


async def test_a_thread_deleted_while_its_goal_goes_on_gets_no_further_event(
    home: Any,
) -> None:
    async with Host(home, settings={"goal_wait_ms": 0}) as host:
        client = await host.client()
        thread_id = await start(client)
        await set_goal(client, thread_id, objective=objective({"text": "on"}))
        for _ in range(3):
            await client.notice("turn/completed", after=await client.level(), threadId=thread_id)
        await client.ok("thread/delete", {"threadId": thread_id})
        stream: list[Any] = list(await host.running.logs.durable.read_stream(f"thread-{thread_id}"))
        assert stream[-1].kind == "thread.deleted.v1"
    await host.start()
    client = await host.client()
    assert (await client.ok("thread/loaded/list"))["data"] == []
    again = list(await host.running.logs.durable.read_stream(f"thread-{thread_id}"))
    assert len(again) == len(stream)
    await host.stop()
