"""Teams on the wire: the second family of tools, by names, where the configuration says so."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json

from tests.protocol.agent_talk import answers, history, items
from tests.protocol.talk import HANG, begin, end, script, start, talk
from tests.support.agent_scripts import calls, member, task
from tests.support.agent_scripts import of_team as call
from tests.support.hosts import eventually
from tests.support.server import Host

SAYS = {"text": "{output}"}
WAIT: dict[str, Any] = {"namespace": "collaboration", "name": "wait_agent", "args": {}}


@pytest.fixture
async def team(home: Path) -> AsyncIterator[Host]:
    """A host whose models lead teams, three deep."""
    text = "[agents]\nmax_depth = 3\n[features]\nmulti_agent_v2 = true\n"
    await asyncio.to_thread((home / "config.toml").write_text, text)
    async with Host(home) as host:
        yield host


async def test_a_team_member_has_a_name_and_returns_its_answer_as_a_message(team: Host) -> None:
    client = await team.client()
    root = await start(client)
    await talk(client, root, script(calls(member("alpha", {"text": "found"})), calls(WAIT), SAYS))
    assert answers(client, root) == ['{"message":"Wait completed.","timed_out":false}']
    seen, done = items(client, "subAgentActivity")
    assert (seen["kind"], seen["agentPath"]) == ("started", "/root/alpha")
    turn = (await client.notice("turn/started", threadId=seen["agentThreadId"]))["params"]["turn"]
    assert done == {
        **seen,
        "id": f"subagent-completed-{turn['id']}",
        "kind": "completed",
        "model": None,
        "startedAtMs": done["startedAtMs"],
        "completedAtMs": done["startedAtMs"],
    }
    assert answers(client, seen["agentThreadId"]) == ["found"]
    lines = await history(team, root)
    said = r"Message Type: FINAL_ANSWER\nTask name: /root\nSender: /root/alpha\nPayload:\nfound"
    assert lines.count(said) == 1
    read = await client.ok("thread/read", {"threadId": seen["agentThreadId"], "includeTurns": True})
    assert read["thread"]["preview"] == ""
    assert [i["type"] for i in read["thread"]["turns"][0]["items"]] == ["agentMessage"]


async def test_a_note_begins_no_turn_and_a_further_task_does(team: Host) -> None:
    client = await team.client()
    root = await start(client)
    more = call("followup_task", target="/root/alpha", message=task({"text": "more done"}))
    steps = (
        calls(member("alpha", {"text": "done"})),
        calls(WAIT),
        calls(call("send_message", target="alpha", message="a note")),
        calls(more),
        calls(WAIT),
        calls(call("list_agents")),
        SAYS,
    )
    await talk(client, root, script(*steps))
    alpha = items(client, "subAgentActivity")[0]["agentThreadId"]
    assert answers(client, alpha) == ["done", "more done"]
    lines = await history(team, alpha)
    order = [lines.index(f"Message Type: {kind}") for kind in ("NEW_TASK", "MESSAGE")]
    assert order == sorted(order)
    said = r"Message Type: MESSAGE\nTask name: /root/alpha\nSender: /root\nPayload:\na note"
    assert lines.count(said) == 1
    assert from_json(answers(client, root)[-1])["agents"] == [
        {"agent_name": "/root", "agent_status": "running"},
        {"agent_name": "/root/alpha", "agent_status": {"completed": "more done"}},
    ]
    kinds = [item["kind"] for item in items(client, "subAgentActivity")]
    assert [kind for kind in kinds if kind != "completed"] == [
        "started",
        "interacted",
        "interacted",
    ]
    assert kinds.count("completed") == 2


async def test_a_member_is_interrupted_and_stays_usable(team: Host) -> None:
    client = await team.client()
    root = await start(client)
    steps = (
        calls(member("beta", HANG)),
        calls(call("interrupt_agent", target="beta")),
        calls(call("list_agents", path_prefix="/root/beta")),
        SAYS,
    )
    await talk(client, root, script(*steps))
    assert from_json(answers(client, root)[-1])["agents"] == [
        {"agent_name": "/root/beta", "agent_status": "interrupted"}
    ]
    beta = items(client, "subAgentActivity")[0]["agentThreadId"]
    ended = await client.notice("turn/completed", threadId=beta)
    assert ended["params"]["turn"]["status"] == "interrupted"
    again = calls(call("followup_task", target="beta", message=task({"text": "back"})))
    await talk(client, root, script(again, calls(WAIT), SAYS))
    assert answers(client, beta) == ["back"]


async def test_a_team_member_gets_the_conversation_only_if_its_turns_are_forked(team: Host) -> None:
    client = await team.client()
    root = await start(client)
    await talk(client, root, "the owl is called Uhu")
    both = (member("knows", {"text": "a"}, turns="all"), member("knows_not", {"text": "b"}))
    await talk(client, root, script(calls(both[0]), calls(both[1]), calls(WAIT), SAYS))
    ids = {i["agentPath"]: i["agentThreadId"] for i in items(client, "subAgentActivity")}
    assert len(ids) == 2
    assert "called Uhu" in await history(team, ids["/root/knows"])
    assert "called Uhu" not in await history(team, ids["/root/knows_not"])


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("made", "words"),
    [
        (call("spawn_agent", message="m"), "failed to parse function arguments: missing field"),
        (member("Alpha"), "agent_name must use only lowercase letters, digits, and underscores"),
        (member(""), "agent_name must not be empty"),
        (member("root"), "agent_name `root` is reserved"),
        (member("a", turns="some"), "fork_turns must be `none` or `all`"),
        (call("send_message", target="nobody", message="m"), "live agent path `/root/nobody` not"),
        (call("send_message", target="/elsewhere", message="m"), "absolute agent paths must start"),
        (call("send_message", target="/root/", message="m"), "absolute agent path must not end"),
        (call("followup_task", target="/root", message="m"), "Follow-up tasks can't target the"),
        (call("interrupt_agent", target="/root"), "root is not a spawned agent"),
        (call("wait_agent", timeout_ms=3_600_001), "timeout_ms must be at most 3600000"),
    ],
)
async def test_an_invalid_call_of_a_team_tool_is_answered_with_the_reason(
    team: Host, made: dict[str, Any], words: str
) -> None:
    client = await team.client()
    root = await start(client)
    await talk(client, root, script(calls(made), SAYS))
    assert answers(client, root)[0].startswith(words)
    assert items(client, "subAgentActivity") == []


async def test_a_member_name_is_unique_and_a_team_has_a_size_limit(team: Host) -> None:
    client = await team.client()
    root = await start(client)
    twice = calls(member("alpha", HANG)), calls(member("alpha", HANG))
    await talk(client, root, script(*twice, SAYS))
    assert answers(client, root) == ["agent path `/root/alpha` already exists"]
    more = [calls(member(f"m{n}", HANG)) for n in range(3)]
    await talk(client, root, script(*more, SAYS))
    assert answers(client, root)[-1] == (
        "collab spawn failed: agent thread limit reached "
        "(4 agents are at work in this team, its lead among them, which is the limit; wait for one)"
    )


async def test_a_wait_in_a_team_without_working_members_ends_at_once(team: Host) -> None:
    client = await team.client()
    root = await start(client)
    short = calls(call("wait_agent", timeout_ms=1))
    await talk(client, root, script(calls(WAIT), SAYS))
    await talk(client, root, script(short, SAYS))
    said = "Wait completed. No other agent is at work."
    more = f"{said} Requested timeout of 1ms was clamped to the minimum of 10000ms."
    assert [from_json(answer) for answer in answers(client, root)] == [
        {"message": words, "timed_out": False} for words in (said, more)
    ]


async def test_a_wait_in_a_team_ends_when_the_last_working_member_is_deleted(team: Host) -> None:
    client = await team.client()
    root = await start(client)
    alpha = member("alpha", calls(member("beta", HANG)), {"text": "done"})
    await talk(client, root, script(calls(alpha), calls(WAIT), SAYS))
    first, below = items(client, "subAgentActivity")[:2]
    await client.notice("turn/completed", threadId=first["agentThreadId"])
    turn = await begin(client, root, script(calls(WAIT), SAYS))
    await eventually(lambda: root in [*team.running.host.mail.news])
    await client.ok("thread/delete", {"threadId": below["agentThreadId"]})
    await end(client, turn)
    assert from_json(answers(client, root)[-1])["message"] == (
        "Wait completed. No other agent is at work."
    )


async def test_a_child_started_by_a_client_is_a_team_member_by_id_and_accepts_no_tasks(
    team: Host,
) -> None:
    client = await team.client()
    root = await start(client)
    own = await start(client, parentThreadId=root)
    name = own.replace("-", "_")
    await talk(client, own, script(calls(member("alpha", {"text": "done"})), calls(WAIT), SAYS))
    assert items(client, "subAgentActivity")[0]["agentPath"] == f"/root/{name}/alpha"
    task_for = calls(call("followup_task", target=name, message="more"))
    ends = calls(call("interrupt_agent", target=own))
    await talk(client, root, script(task_for, SAYS))
    await talk(client, root, script(ends, SAYS))
    note = calls(call("send_message", target=name, message="a note"))
    await talk(client, root, script(note, {"text": "noted"}))
    assert answers(client, root) == [
        f"Follow-up tasks can't target /root/{name}: it is not a spawned agent",
        f"/root/{name} is not a spawned agent",
        "noted",
    ]
    assert "a note" in await history(team, own)
