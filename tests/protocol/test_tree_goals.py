"""A goal at the root of a tree on the wire: what agents use counts, and what its end stops."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.agent_talk import agent, answers, history, in_log, items
from tests.protocol.goal_talk import UNKNOWN, goal, objective, set_goal, slow, turns, updated
from tests.protocol.talk import HANG, begin, deleted, end, script, start, talk, tree
from tests.protocol.test_jobs import over, table
from tests.protocol.tool_talk import CALL, offering
from tests.support.agent_scripts import call, calls, spawn, task
from tests.support.client import Client, Message
from tests.support.server import Host
from tests.support.store import database_of
from tests.support.tree_goal_truth import faults_of
from threadhost.actors.runtime import jobs
from threadhost.events.goal import GoalSpendingsPassed
from threadhost.events.turn import ModelRequested

TOLD = "The token budget that all agents of this tree share is used up"
LOOK: dict[str, Any] = {"calls": [{"name": "get_goal"}]}
WAIT = calls(call("wait_agent", targets=["$A1"]))
SAYS = {"text": "{output}", "tokens": [1, 1]}


async def cover(client: Client, thread_id: str, **said: Any) -> Message:
    """Have the goal of a root cover its tree; the answer."""
    said = {"objective": "count owls", "status": "paused", **said}
    found: Message = await client.ok("host/goal/setTree", {"threadId": thread_id, **said})
    return found


async def spent(client: Client, thread_id: str) -> tuple[int, int]:
    """What the goal took, and what of it was taken below."""
    found = await client.ok("thread/goal/get", {"threadId": thread_id})
    return found["goal"]["tokensUsed"], found["treeTokensUsed"]


async def tree_usage_update(client: Client, tokens: int) -> Message:
    """The update of a goal that says that the threads below the root used so much."""

    def is_update(message: Message) -> bool:
        is_news = message.get("method") == "thread/goal/updated"
        return is_news and message["params"]["treeTokensUsed"] == tokens

    found: Message = (await client.until(is_update))["params"]
    return found


async def test_usage_of_agents_is_charged_to_the_tree_goal_of_their_root(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    first = await cover(client, root, tokenBudget=1_000)
    assert (first["treeTokensUsed"], first["goal"]["status"]) == (0, "paused")
    works = spawn({**LOOK, "tokens": [100, 10]}, {"text": "one", "tokens": [50, 5]})
    await talk(client, root, script({**calls(works), "tokens": [20, 2]}, {"text": "x"}))
    news = await tree_usage_update(client, 165)
    assert news["goal"]["tokensUsed"] == 165 + 22 + 15
    assert news["turnId"] is None
    assert await spent(client, root) == (202, 165)
    assert (await client.ok("thread/goal/get", {"threadId": await agent(client)}))["goal"] is None


async def test_a_goal_of_one_thread_does_not_count_usage_of_threads_below(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await set_goal(client, root, objective="count owls", status="paused")
    await talk(client, root, script(calls(spawn({"text": "one"})), WAIT, {"text": "x"}))
    found = await client.ok("thread/goal/get", {"threadId": root})
    assert (found["goal"]["tokensUsed"], found["treeTokensUsed"]) == (0, None)


async def test_only_responses_after_the_goal_covers_the_tree_are_charged(
    host: Host,
) -> None:
    client = await host.client()
    root, child = await tree(client, 0)
    await talk(client, child, script({"text": "before", "tokens": [500, 0]}))
    await cover(client, root)
    await talk(client, child, script({"text": "after", "tokens": [30, 3]}))
    assert (await tree_usage_update(client, 33))["goal"]["tokensUsed"] == 33


@pytest.mark.slices
async def test_when_the_tree_budget_is_used_up_spawns_are_refused_and_turns_are_warned(
    host: Host,
) -> None:
    client = await host.client()
    root = await start(client)
    await cover(client, root, status="active", objective=objective({"text": "x"}), tokenBudget=90)
    await updated(client, status="active")
    works = spawn({**LOOK, "tokens": [100, 0]}, {**LOOK, "delay_ms": 200}, {"text": "unheard"})
    steps = calls(works), WAIT, calls(spawn({"text": "no"})), SAYS
    before = await client.level()
    await talk(client, root, script(*steps))
    child = await agent(client)
    limited = await updated(client, after=before, status="budgetLimited")
    assert limited["treeTokensUsed"] >= 100
    assert answers(client, child) == ["ok"]
    assert (await history(host, child)).count(TOLD) == 1
    assert items(client)[0]["status"] == "completed"
    begun = len(await turns(client, root))
    refused = await begin(client, root, script(calls(spawn({"text": "no"})), SAYS))
    await end(client, refused)
    assert "(a client raises it with host/goal/extend)" in answers(client, root)[-1]
    assert items(client)[-1]["status"] == "failed"
    assert len(await turns(client, root)) == begun + 1


async def test_raising_the_tree_budget_lets_the_goal_turns_and_spawns_go_on(home: Any) -> None:
    host = await slow(home)
    client = await host.client()
    root, child = await tree(client, 0)
    await cover(client, root, objective=objective({"text": "go"}), status="active", tokenBudget=40)
    await talk(client, child, script({"text": "much", "tokens": [100, 0]}))
    await updated(client, status="budgetLimited")
    told = await begin(client, child, "again")
    assert (await end(client, told))["status"] == "completed"
    assert (await history(host, child)).count(TOLD) == 1
    before = await client.level()
    params = {"threadId": root, "tokens": 1_000, "idempotencyKey": "k"}
    raised = await client.ok("host/goal/extend", params)
    assert raised["goal"]["status"] == "active"
    assert raised["treeTokensUsed"] >= 100
    assert await client.ok("host/goal/extend", params) == raised
    begun = await client.notice("turn/started", after=before)
    assert begun["params"]["threadId"] == root
    await talk(client, child, script({"text": "once more"}))
    assert answers(client, child)[-1] == "once more"
    assert await start(client, parentThreadId=root)
    await host.stop()


async def test_a_goal_of_a_thread_below_waits_while_the_budget_is_used_up(home: Any) -> None:
    async with Host(home, settings={"goal_wait_ms": 0, "goal_wait_max_ms": 0}) as host:
        client = await host.client()
        root, child = await tree(client, 0)
        await cover(client, root, tokenBudget=100)
        steps = ({"text": "x", "tokens": [90, 0]}, {"text": "y", "tokens": [90, 0]}, {"text": "z"})
        await set_goal(client, child, objective=objective(*steps))
        await tree_usage_update(client, 180)
        stopped = await _at_rest(client, child)
        assert (await goal(client, child))["status"] == "active"
        assert len(stopped) <= 3
        await client.ok("host/goal/extend", {"threadId": root, "tokens": 1_000_000})
        await client.notice("turn/started", after=len(client.received) - 1)


async def _at_rest(client: Client, thread_id: str) -> list[Message]:
    """The turns of a thread, once none runs and none has begun between two looks."""
    found: list[Message] = []
    while True:
        now = await turns(client, thread_id)
        if now == found and now[-1]["status"] != "inProgress":
            return now
        found = now
        await client.level()


async def test_a_repeated_request_does_not_restore_the_old_budget_of_a_tree_goal(
    host: Host,
) -> None:
    client = await host.client()
    root, child = await tree(client, 0)
    params = {"threadId": root, "objective": "count owls", "status": "paused", "tokenBudget": 40}
    first = await client.ok("host/goal/setTree", {**params, "idempotencyKey": "k"})
    await talk(client, child, script({"text": "x", "tokens": [100, 0]}))
    await tree_usage_update(client, 100)
    await host.restart()
    client = await host.client()
    assert await client.ok("host/goal/setTree", {**params, "idempotencyKey": "k"}) == first
    error = await client.refused("thread/start", {"cwd": "/", "parentThreadId": root})
    assert "is used up (100 of 40)" in error["message"]


@pytest.mark.few(1)
@pytest.mark.parametrize("which", ["child", "ephemeral", "archived", "unknown"])
async def test_a_goal_that_covers_a_tree_is_set_at_a_root_that_lasts(
    host: Host, which: str
) -> None:
    client = await host.client()
    root, child = await tree(client, 0)
    await talk(client, root)
    fleeting, away = await start(client, ephemeral=True), await start(client)
    await talk(client, away)
    await client.ok("thread/archive", {"threadId": away})
    ids = {"child": child, "ephemeral": fleeting, "archived": away, "unknown": UNKNOWN}
    words = {
        "child": f"thread {child} is not the root of its tree: a goal that covers a tree is set at"
        f" {root}",
        "ephemeral": f"ephemeral thread does not support goals: {fleeting}",
        "archived": f"session {away} is archived. Run `codex unarchive {away}` to unarchive it"
        " first.",
        "unknown": f"thread not found: {UNKNOWN}",
    }
    params = {"threadId": ids[which], "objective": "count owls"}
    error = await client.refused("host/goal/setTree", params)
    assert error["message"] == words[which]


async def test_a_goal_of_one_thread_can_be_extended_to_its_tree(host: Host) -> None:
    client = await host.client()
    root, child = await tree(client, 0)
    await set_goal(client, root, objective="count owls", status="paused")
    found = await client.ok("host/goal/setTree", {"threadId": root, "tokenBudget": 70})
    assert (found["goal"]["objective"], found["goal"]["tokenBudget"]) == ("count owls", 70)
    await talk(client, child, script({"text": "one", "tokens": [30, 3]}))
    await tree_usage_update(client, 33)


async def test_usage_of_a_child_deleted_at_work_stays_charged(host: Host) -> None:
    client = await host.client()
    root, child = await tree(client, 0)
    await cover(client, root)
    await begin(client, child, script({**LOOK, "tokens": [100, 0]}, HANG))
    await tree_usage_update(client, 100)
    await client.ok("thread/delete", {"threadId": child})
    assert await spent(client, root) == (100, 100)
    assert not await _pending(host)


@pytest.mark.few(1)
@pytest.mark.parametrize("method", ["thread/delete", "thread/archive"])
async def test_usage_of_an_open_call_is_charged_when_its_thread_is_deleted_or_archived(
    host: Host, method: str
) -> None:
    client = await host.client()
    root = await start(client)
    await cover(client, root)
    child = await offering(client, parentThreadId=root)
    look = {"calls": [{"name": "look", "args": {"q": "x"}}], "tokens": [100, 0]}
    await begin(client, child, script(look, {"text": "x"}))
    await client.request(CALL)
    assert await spent(client, root) == (0, 0)
    await client.ok(method, {"threadId": child})
    await tree_usage_update(client, 100)
    assert await spent(client, root) == (100, 100)


async def test_no_usage_is_charged_to_a_root_after_its_deletion_was_planned(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await cover(client, root)
    await begin(client, root, script(calls(spawn({**LOOK, "tokens": [100, 0]}, HANG)), WAIT, SAYS))
    await tree_usage_update(client, 100)
    child = await agent(client)
    await client.ok("thread/delete", {"threadId": root})
    await client.level()
    assert deleted(client) == [child, root]
    log = host.running.logs.durable
    stream = await log.read_stream(f"thread-{root}")
    planned = next(
        fact.position
        for fact in await log.read_stream(f"tree-{root}")
        if fact.kind == "tree.deletion_planned.v2"
    )
    kinds = [fact.kind for fact in stream if fact.position > planned]
    assert "goal.tree_charged.v1" not in kinds
    receipt = (await log.read_stream(f"tree-{root}"))[-1].event
    assert receipt.receipt.rows["thread_goals"] == 1  # type: ignore[union-attr]
    assert not await _pending(host)


async def _pending(host: Host) -> list[Any]:
    database = database_of(host.running.logs.durable)
    return list(database.rows("SELECT * FROM goal_spendings"))


async def test_usage_of_an_agent_closed_at_work_stays_charged(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await cover(client, root)
    works = spawn({**LOOK, "tokens": [100, 0]}, HANG)
    turn = await begin(client, root, script(calls(works), HANG))
    await tree_usage_update(client, 100)
    await client.ok("turn/interrupt", {"threadId": root, "turnId": turn})
    await talk(client, root, script(calls(call("close_agent", target="$A1")), {"text": "x"}))
    assert (await spent(client, root))[1] == 100


async def test_usage_of_a_team_of_any_depth_is_charged_to_the_root_once(home: Path) -> None:
    text = "[agents]\nmax_depth = 3\n[features]\nmulti_agent_v2 = true\n"
    await asyncio.to_thread((home / "config.toml").write_text, text)
    async with Host(home) as host:
        client = await host.client()
        root = await start(client)
        await cover(client, root, tokenBudget=100)
        deep = member("deep", {"text": "deep", "tokens": [100, 0]})
        middle = member(
            "middle", {**calls(deep), "tokens": [1, 0]}, {"text": "x", "tokens": [2, 0]}
        )
        await talk(client, root, script({**calls(middle), "tokens": [4, 0]}, {"text": "x"}))
        await tree_usage_update(client, 103)
        await talk(client, root, script(calls(member("late", {"text": "no"})), SAYS))
        assert "is used up" in answers(client, root)[-1]
    assert faults_of(home) == []


def member(name: str, *steps: dict[str, object]) -> dict[str, Any]:
    """A call of the second family that starts an agent of this name with a script."""
    args = {"task_name": name, "message": task(*steps), "fork_turns": "none"}
    return {"namespace": "collaboration", "name": "spawn_agent", "args": args}


async def test_threads_in_memory_are_not_covered(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await cover(client, root, tokenBudget=1)
    fleeting = await start(client, parentThreadId=root, ephemeral=True)
    await talk(client, fleeting, script({"text": "x", "tokens": [100, 0]}))
    assert await spent(client, root) == (0, 0)
    await talk(client, root)
    assert (await spent(client, root))[0] > 0
    assert await start(client, parentThreadId=root, ephemeral=True)


async def test_a_client_s_own_child_is_refused_in_the_same_words(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await cover(client, root, tokenBudget=1)
    await talk(client, root, script({"text": "x", "tokens": [5, 0]}))
    error = await client.refused("thread/start", {"cwd": "/", "parentThreadId": root})
    assert "is used up (5 of 1); start no more agents" in error["message"]


async def test_a_restarted_host_knows_covered_threads_and_used_up_budgets(host: Host) -> None:
    client = await host.client()
    root, child = await tree(client, 0)
    await cover(client, root, tokenBudget=40)
    await talk(client, child, script({"text": "x", "tokens": [100, 0]}))
    await tree_usage_update(client, 100)
    await host.restart()
    client = await host.client()
    await client.ok("thread/resume", {"threadId": child})
    await talk(client, child, "again")
    assert (await history(host, child)).count(TOLD) == 1
    error = await client.refused("thread/start", {"cwd": "/", "parentThreadId": root})
    assert "is used up" in error["message"]
    assert (await client.ok("thread/loaded/list", {}))["data"] == [child]
    await tree_usage_update(client, 115)


async def ended_meanwhile(client: Client, root: str) -> None:
    """The goal is over, and the model sets another one."""
    ended = {"threadId": root, "status": "complete"}
    await client.ok("thread/goal/set", ended)
    another = {"calls": [{"name": "create_goal", "args": {"objective": "hello"}}]}
    await talk(client, root, script(another, {"text": "x"}))
    await client.ok("thread/goal/set", {"threadId": root, "status": "paused"})


async def cleared_meanwhile(client: Client, root: str) -> None:
    """The goal is taken away."""
    await client.ok("thread/goal/clear", {"threadId": root})


@pytest.mark.slices
@pytest.mark.parametrize("end_of_goal", [cleared_meanwhile, ended_meanwhile])
async def test_usage_for_a_goal_that_has_ended_is_skipped_and_leaves_no_row(
    host: Host, end_of_goal: Callable[[Client, str], Awaitable[None]]
) -> None:
    client = await host.client()
    root, child = await tree(client, 0)
    await cover(client, root, tokenBudget=1_000)
    turn = await begin(client, child, script({"text": "x", "delay_ms": 1_000, "tokens": [100, 0]}))
    await in_log(host, child, ModelRequested)
    await end_of_goal(client, root)
    await end(client, turn)
    await in_log(host, root, GoalSpendingsPassed)
    rows = database_of(host.running.logs.durable).rows("SELECT * FROM goal_spendings")
    assert rows == []
    assert await client.ok("thread/goal/get", {"threadId": root})
    await host.stop()
    assert faults_of(host.home) == []


async def test_rows_of_a_job_wait_for_a_budget_that_is_used_up(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "TICK_S", 3600.0)
    client = await host.client()
    root = await start(client, cwd=str(tmp_path))
    await cover(client, root, tokenBudget=1)
    table(tmp_path, rows=1)
    asked = {"threadId": root, "inputPath": "in.csv", "instruction": "Look", "maxAttempts": 1}
    await over(client, (await client.ok("job/create", asked))["job"])
    while not (await spent(client, root))[1]:
        await talk(client, await start(client))
    job = (await client.ok("job/create", asked))["job"]
    for _ in range(3):
        await talk(client, await start(client))
    waiting = (await client.ok("job/read", {"jobId": job["id"]}))["job"]
    assert (waiting["pendingItems"], waiting["failedItems"]) == (1, 0)
    await client.ok("host/goal/extend", {"threadId": root, "tokens": 10_000})
    done = await over(client, job)
    assert (done["completedItems"], done["failedItems"]) == (1, 0)
