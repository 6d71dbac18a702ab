"""Agents on the wire: a model starts, tells, awaits, closes and opens them."""

import asyncio
from typing import Any

import pytest
from pydantic_core import from_json

from tests.protocol.agent_talk import agent, answers, history, items, told_by
from tests.protocol.goal_talk import UNKNOWN
from tests.protocol.talk import HANG, begin, deleted, end, script, start, talk
from tests.support.agent_scripts import call, calls, spawn, task
from tests.support.server import Host

WAIT = calls(call("wait_agent", targets=["$A1"]))
SAYS = {"text": "{output}"}


async def test_a_model_starts_an_agent_and_waits_for_its_answer(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(spawn({"text": "found it"})), WAIT, SAYS))
    child = await agent(client)
    assert answers(client, child) == ["found it"]
    assert from_json(answers(client, root)[0]) == {
        "status": {child: {"completed": "found it"}},
        "timed_out": False,
    }
    started, waited = items(client)
    assert (started["tool"], started["status"], started["model"]) == (
        "spawnAgent",
        "completed",
        "mock-model",
    )
    assert started["agentsStates"] == {child: {"status": "pendingInit", "message": None}}
    assert waited["agentsStates"] == {child: {"status": "completed", "message": "found it"}}


async def test_an_agent_is_a_thread_of_its_own_without_a_started_notification(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    turn = await talk(client, root, script(calls(spawn({"text": "done"})), WAIT, SAYS))
    child = await agent(client)
    announced = [m for m in client.received if m.get("method") == "thread/started"]
    assert [m["params"]["thread"]["id"] for m in announced] == [root]
    params = {"threadId": child, "includeTurns": True}
    found = (await client.ok("thread/read", params))["thread"]
    assert (found["parentThreadId"], found["sessionId"]) == (root, root)
    assert (found["threadSource"], found["forkedFromId"]) == ("subagent", None)
    assert found["agentNickname"]
    assert found["source"] == {
        "subAgent": {
            "thread_spawn": {
                "parent_thread_id": root,
                "depth": 1,
                "agent_path": None,
                "agent_nickname": found["agentNickname"],
                "agent_role": None,
            }
        }
    }
    assert [one["rootTurnId"] for one in found["turns"]] == [turn["id"]]


async def test_the_end_of_an_agent_is_in_the_next_request_of_its_parent_and_starts_no_turn(
    host: Host,
) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(spawn({"text": "late", "delay_ms": 80})), {"text": "x"}))
    child = await agent(client)
    await told_by(host, child)
    assert len(answers(client, root)) == 1
    await talk(client, root, "what is new?")
    said = f'{{\\"agent_path\\":\\"{child}\\",\\"status\\":{{\\"completed\\":\\"late\\"}}}}'
    assert said in await history(host, root)


@pytest.mark.slices
async def test_an_agent_that_ends_while_its_parent_answers_is_reported_in_that_turn(
    host: Host,
) -> None:
    client = await host.client()
    root = await start(client)
    slow = {"text": "spawned", "delay_ms": 300}
    await talk(client, root, script(calls(spawn({"text": "soon"})), slow))
    assert answers(client, root) == ["spawned", "spawned"]


async def test_input_to_an_agent_that_is_done_begins_a_turn(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    again = calls(call("send_input", target="$A1", message="once more", interrupt=True))
    await talk(client, root, script(calls(spawn({"text": "one"})), WAIT, again, SAYS))
    await talk(client, root, script(WAIT, SAYS))
    child = await agent(client)
    assert answers(client, child) == ["one", "ok"]
    sent = items(client)[2]
    assert (sent["tool"], sent["prompt"], sent["receiverThreadIds"]) == (
        "sendInput",
        "once more",
        [child],
    )
    assert sent["agentsStates"] == {child: {"status": "completed", "message": "one"}}
    turns = (await client.ok("thread/read", {"threadId": child, "includeTurns": True}))["thread"]
    _, second = turns["turns"]
    assert from_json(answers(client, root)[0]) == {"submission_id": second["id"]}


async def test_input_to_a_busy_agent_joins_its_turn_and_with_interrupt_ends_it(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    joins = calls(call("send_input", target="$A1", message=task(HANG, say="listen")))
    ends = calls(call("send_input", target="$A1", message="stop that", interrupt=True))
    await talk(client, root, script(calls(spawn(HANG)), joins, ends, WAIT, SAYS))
    child = await agent(client)
    found = await client.ok("thread/read", {"threadId": child, "includeTurns": True})
    first, second = found["thread"]["turns"]
    assert (first["status"], second["status"]) == ("interrupted", "completed")
    said = [i["content"][0]["text"] for i in first["items"] if i["type"] == "userMessage"]
    assert said[-1].startswith("listen")
    assert answers(client, child) == ["ok"]
    _, joined, ended, _ = items(client)
    assert joined["agentsStates"] == {child: {"status": "running", "message": None}}
    assert ended["agentsStates"] == {child: {"status": "interrupted", "message": None}}


async def test_a_wait_ends_at_once_when_an_agent_is_interrupted_or_fails(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    turn = await begin(client, root, script(calls(spawn(HANG)), WAIT, SAYS))
    child = await agent(client)
    started = await client.notice("turn/started", threadId=child)
    ids = {"threadId": child, "turnId": started["params"]["turn"]["id"]}
    await client.ok("turn/interrupt", ids)
    await end(client, turn)
    assert from_json(answers(client, root)[0])["status"] == {child: "interrupted"}
    broken = {"fail": {"message": "no more", "code": "usageLimitExceeded"}}
    wait = calls(call("wait_agent", targets=["$A2"]))
    await talk(client, root, script(calls(spawn(broken)), wait, SAYS))
    other = await agent(client, 1)
    assert from_json(answers(client, root)[-1])["status"] == {other: {"errored": "no more"}}
    assert items(client)[-1]["status"] == "failed"


async def test_a_closed_agent_is_unloaded_with_those_below_and_opened_again(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    close = calls(call("close_agent", target="$A1"))
    again = calls(call("resume_agent", id="$A1"))
    await talk(client, root, script(calls(spawn({"text": "one"})), WAIT, close, WAIT, SAYS))
    child = await agent(client)
    assert from_json(answers(client, root)[-1])["status"] == {child: "not_found"}
    loaded = (await client.ok("thread/loaded/list", {}))["data"]
    assert loaded == [root]
    await talk(client, root, script(again, SAYS))
    assert answers(client, root)[-1] == '{"status":"pending_init"}'
    assert set((await client.ok("thread/loaded/list", {}))["data"]) == {root, child}


async def test_no_archived_agent_agent_of_another_tree_or_plain_thread_is_reopened(
    host: Host,
) -> None:
    client = await host.client()
    elsewhere = await start(client)
    close = calls(call("close_agent", target="$A1"))
    await talk(client, elsewhere, script(calls(spawn({"text": "one"})), WAIT, close, SAYS))
    other = await agent(client)
    root = await start(client)
    await talk(client, root, script(calls(spawn({"text": "one"})), WAIT, SAYS))
    child = await agent(client, 1)
    await client.ok("thread/archive", {"threadId": child})
    own = await start(client, parentThreadId=root)
    resumed = [(target, call("resume_agent", id=target)) for target in (child, other, root)]
    for target, made in (*resumed, (own, call("send_input", target=own, message="hi"))):
        await talk(client, root, script(calls(made), SAYS))
        assert answers(client, root)[-1] == f"agent with id {target} not found"
    assert set((await client.ok("thread/loaded/list", {}))["data"]) == {elsewhere, root, own}


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("made", "words"),
    [
        (call("spawn_agent"), "Provide one of: message or items"),
        (call("spawn_agent", message=" "), "Empty message can't be sent to an agent"),
        (
            call("spawn_agent", message="m", items=[{"type": "text", "text": "i"}]),
            "Provide either message or items, but not both",
        ),
        (call("spawn_agent", items=[]), "Items can't be empty"),
        (call("wait_agent", targets=[]), "agent ids must be non-empty"),
        (call("wait_agent"), "agent ids must be non-empty"),
        (call("wait_agent", targets=["nonsense"]), "invalid agent id nonsense: it is no UUID"),
        (
            call("wait_agent", targets=[UNKNOWN], timeout_ms=0),
            "timeout_ms must be greater than zero",
        ),
        (call("close_agent", target="x"), "invalid agent id x: it is no UUID"),
    ],
)
async def test_an_invalid_call_of_an_agent_tool_is_answered_with_the_reason_and_is_no_item(
    host: Host, made: dict[str, Any], words: str
) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(made), SAYS))
    assert answers(client, root) == [words]
    assert items(client) == []


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (call("send_input", target=UNKNOWN, message="hi"), f"agent with id {UNKNOWN} not found"),
        (call("close_agent", target=UNKNOWN), f"agent with id {UNKNOWN} not found"),
        (call("resume_agent", id=UNKNOWN), f"agent with id {UNKNOWN} not found"),
        (
            call("wait_agent", targets=[UNKNOWN]),
            f'{{"status":{{"{UNKNOWN}":"not_found"}},"timed_out":false}}',
        ),
    ],
)
async def test_a_call_for_an_agent_that_is_none_fails_and_so_does_its_item(
    host: Host, made: dict[str, Any], words: str
) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(made), SAYS))
    assert answers(client, root) == [words]
    [item] = items(client)
    assert item["status"] == "failed"
    assert item["agentsStates"] == {UNKNOWN: {"status": "notFound", "message": None}}


async def test_a_role_that_is_none_fails_and_so_does_its_item(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(spawn(agent_type="no_such_role")), SAYS))
    assert answers(client, root) == ["unknown agent_type 'no_such_role'"]
    assert [item["status"] for item in items(client)] == ["failed"]


async def test_a_thread_cannot_message_close_or_await_itself(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    itself = call("send_input", target=root, message="go"), call("close_agent", target=root)
    await talk(client, root, script(calls(itself[0]), SAYS))
    await talk(client, root, script(calls(itself[1]), SAYS))
    await talk(client, root, script(calls(call("wait_agent", targets=[root])), SAYS))
    assert answers(client, root) == [
        "an agent cannot send input to itself; go on by yourself",
        "an agent cannot close itself; end your turn instead",
        "an agent cannot wait for itself",
    ]
    assert [item["status"] for item in items(client)] == ["failed"] * 3
    assert items(client)[2]["agentsStates"] == {root: {"status": "running", "message": None}}
    assert (await client.ok("thread/loaded/list", {}))["data"] == [root]


async def test_no_more_agents_are_started_than_may_be_open(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    many = [calls(spawn({"text": "ok"})) for _ in range(7)]
    await talk(client, root, script(*many, SAYS))
    assert answers(client, root)[0] == (
        "collab spawn failed: agent thread limit reached "
        "(6 agents are open, which is the limit; close one first)"
    )
    assert [item["status"] for item in items(client)] == ["completed"] * 6 + ["failed"]
    closed = calls(call("close_agent", target="$A1")), calls(spawn({"text": "ok"}))
    await talk(client, root, script(*closed, SAYS))
    assert "agent_id" in answers(client, root)[-1]


async def test_an_agent_at_the_limit_of_depth_is_offered_no_such_tools(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    deeper = spawn(calls(spawn({"text": "too deep"})), SAYS)
    await talk(client, root, script(calls(deeper), WAIT, SAYS))
    child = await agent(client)
    assert answers(client, child) == ["unsupported call: multi_agent_v1spawn_agent"]


async def test_a_deleted_agent_is_reported_as_shut_down_and_ends_a_wait(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    turn = await begin(client, root, script(calls(spawn(HANG)), WAIT, SAYS))
    child = await agent(client)
    await client.notice("turn/started", threadId=child)
    await client.ok("thread/delete", {"threadId": child})
    await end(client, turn)
    assert from_json(answers(client, root)[0])["status"] == {child: "shutdown"}
    await talk(client, root, "what is new?")
    lines = await history(host, root)
    told = f'{{\\"agent_path\\":\\"{child}\\",\\"status\\":\\"shutdown\\"}}'
    assert lines.count("<subagent_notification>") == 1
    assert told in lines


async def test_a_tree_that_a_model_grew_is_deleted_child_before_parent(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await begin(client, root, script(calls(spawn(HANG)), WAIT, SAYS))
    child = await agent(client)
    await client.notice("turn/started", threadId=child)
    await client.ok("thread/delete", {"threadId": root})
    await client.level()
    assert deleted(client) == [child, root]
    assert (await client.ok("thread/loaded/list", {}))["data"] == []


async def test_an_interrupt_of_the_parent_fails_its_wait_and_leaves_its_agents_alone(
    host: Host,
) -> None:
    client = await host.client()
    root = await start(client)
    turn = await begin(client, root, script(calls(spawn(HANG)), WAIT, SAYS))
    child = await agent(client)
    await client.until(
        lambda m: m.get("method") == "item/started" and m["params"]["item"].get("tool") == "wait"
    )
    await client.ok("turn/interrupt", {"threadId": root, "turnId": turn})
    await end(client, turn)
    waited = items(client)[-1]
    assert (waited["tool"], waited["status"]) == ("wait", "failed")
    read = await client.ok("thread/read", {"threadId": child})
    assert read["thread"]["status"]["type"] == "active"
    shown = await client.ok("thread/read", {"threadId": root, "includeTurns": True})
    kept = [i for i in shown["thread"]["turns"][0]["items"] if i["type"] == "collabAgentToolCall"]
    assert [item["status"] for item in kept] == ["completed", "failed"]


async def test_an_agent_with_a_forked_context_gets_the_texts_without_calls(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, "the owl is called Uhu")
    known = spawn({"text": "I know"}, fork_context=True)
    await talk(client, root, script(calls(known), WAIT, SAYS))
    lines = await history(host, await agent(client))
    assert "called Uhu" in lines
    assert "function_call" not in lines


async def test_the_fork_of_an_agent_is_none(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(spawn({"text": "one"})), WAIT, SAYS))
    params = {"threadId": await agent(client)}
    copy = (await client.ok("thread/fork", params))["thread"]
    names = copy["parentThreadId"], copy["threadSource"], copy["agentNickname"], copy["agentRole"]
    assert names == (None, None, None, None)


async def test_a_thread_in_memory_is_offered_no_agents(host: Host) -> None:
    client = await host.client()
    root = await start(client, ephemeral=True)
    await talk(client, root, script(calls(spawn({"text": "no"})), SAYS))
    assert answers(client, root) == ["unsupported call: multi_agent_v1spawn_agent"]


async def test_a_message_to_a_deleted_agent_is_refused(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    steps = calls(spawn({"text": "one"})), WAIT, calls(spawn({"text": "two"})), SAYS
    await talk(client, root, script(*steps))
    first = await agent(client)
    await client.ok("thread/delete", {"threadId": first})
    tell = calls(call("send_input", target=first, message="still there?"))
    await talk(client, root, script(tell, SAYS))
    assert answers(client, root)[-1] == f"agent with id {first} not found"


async def test_an_agent_cut_off_by_a_halted_deletion_is_reported_to_its_parent(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(spawn(HANG)), {"text": "spawned"}))
    child = await agent(client)
    await client.notice("turn/started", threadId=child)
    blobs, elsewhere = host.home / "blobs", host.home / "elsewhere"
    for folder in (blobs, elsewhere):
        await asyncio.to_thread(folder.mkdir, mode=0o700, exist_ok=True)
    await asyncio.to_thread((blobs / f"thread-{child}").symlink_to, elsewhere)
    await client.refused("thread/delete", {"threadId": root})
    await told_by(host, child)
    told = f'{{\\"agent_path\\":\\"{child}\\",\\"status\\":\\"interrupted\\"}}'
    assert (await history(host, root)).count(told) == 1


async def test_a_busy_agent_that_is_closed_is_reported_as_shut_down(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    close = calls(call("close_agent", target="$A1"))
    await talk(client, root, script(calls(spawn(HANG)), close, SAYS))
    child = await agent(client)
    assert answers(client, root)[0] == '{"previous_status":"running"}'
    await told_by(host, child)
    told = f'{{\\"agent_path\\":\\"{child}\\",\\"status\\":\\"shutdown\\"}}'
    assert (await history(host, root)).count(told) == 1
