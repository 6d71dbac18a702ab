"""Agents beyond a number that the file says: one more is approved first, as the policy wants it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.agent_talk import agent, answers, items
from tests.protocol.talk import begin, deleted, end, script, start, talk
from tests.protocol.tool_talk import open_requests
from tests.support.agent_scripts import call, calls, member, spawn
from tests.support.client import Client
from tests.support.configured import ConfiguredHost
from tests.support.mcp import ELICITATION
from tests.support.store import database_of
from threadhost.events.elicitation import ElicitationAnswered, ElicitationAsked
from threadhost.events.ids import thread_stream

ONE = "[agents]\nmax_unapproved_threads_per_session = 1\n"
SAYS = {"text": "{output}"}
DONE = {"text": "seen"}
TWO = script(calls(spawn(DONE, say="the first")), calls(spawn(DONE, say="the second")), SAYS)
MOST = "at most 1 may be open without an approval"
WHY = f"({MOST}; close one first)"


@pytest.fixture
async def host(home: Path) -> AsyncIterator[ConfiguredHost]:
    """A host in which the second agent of a session has to be approved."""
    async with ConfiguredHost(home, text=ONE) as host:
        yield host


@pytest.fixture
async def client(host: ConfiguredHost) -> Client:
    return await host.client()


def open_agents(host: ConfiguredHost) -> int:
    """How many agents there are that were not closed."""
    count = "SELECT count(*) FROM spawn_edges WHERE is_open"
    [(found,)] = database_of(host.running.logs.durable).rows(count)
    return int(found)


def asked(client: Client) -> int:
    """How often a client was asked to approve anything."""
    return sum(message.get("method") == ELICITATION for message in client.received)


async def test_an_agent_beyond_the_unapproved_number_starts_once_it_is_approved(
    host: ConfiguredHost, client: Client
) -> None:
    root = await start(client, approvalPolicy="on-request")
    turn_id = await begin(client, root, TWO)
    request = await client.request(ELICITATION)
    params = request["params"]
    assert (params["threadId"], params["turnId"]) == (root, turn_id)
    assert params["serverName"] == "multi_agent_v1"
    assert params["message"] == f"Allow one more agent ({MOST})?"
    about = params["_meta"]
    assert (about["codex_approval_kind"], about["tool_name"]) == ("mcp_tool_call", "spawn_agent")
    assert about["tool_params"]["message"].startswith("the second")
    read = await client.ok("thread/read", {"threadId": root})
    assert read["thread"]["status"] == {"type": "active", "activeFlags": ["waitingOnApproval"]}
    assert open_agents(host) == 1
    await client.reply(request, {"action": "accept"})
    assert (await end(client, turn_id))["status"] == "completed"
    assert open_agents(host) == 2
    assert [item["status"] for item in items(client)] == ["completed", "completed"]
    facts = await host.running.logs.durable.read_stream(thread_stream(root))
    said = [f for f in facts if isinstance(f.event, (ElicitationAsked, ElicitationAnswered))]
    assert [fact.kind for fact in said] == [ElicitationAsked.kind, ElicitationAnswered.kind]
    assert said[-1].meta.principal.startswith("client:")
    assert open_requests(host) == 0


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"action": "decline"}, "user rejected one more agent"),
        ({"action": "cancel"}, "user cancelled one more agent"),
        ("yes", "one more agent requires approval, and no client gave it"),
    ],
)
async def test_an_agent_that_is_not_approved_is_not_started_and_its_item_has_failed(
    host: ConfiguredHost, client: Client, answer: Any, words: str
) -> None:
    root = await start(client, approvalPolicy="untrusted")
    turn_id = await begin(client, root, TWO)
    await client.reply(await client.request(ELICITATION), answer)
    assert (await end(client, turn_id))["status"] == "completed"
    assert set(answers(client, root)) == {f"{words} {WHY}"}
    assert [item["status"] for item in items(client)] == ["completed", "failed"]
    assert open_agents(host) == 1


async def test_with_policy_never_an_agent_beyond_the_number_is_refused_unless_all_is_allowed(
    host: ConfiguredHost, client: Client
) -> None:
    root = await start(client, approvalPolicy="never")
    await talk(client, root, TWO)
    refused = f"one more agent requires approval, but approval policy is never {WHY}"
    assert set(answers(client, root)) == {refused}  # again where the agent ends meanwhile
    free = await start(client, approvalPolicy="never", sandbox="danger-full-access")
    await talk(client, free, TWO)
    assert open_agents(host) == 3
    assert asked(client) == 0


async def test_an_approval_for_the_session_covers_later_agents(
    host: ConfiguredHost, client: Client
) -> None:
    root = await start(client, approvalPolicy="on-request")
    turn_id = await begin(client, root, script(*[calls(spawn(DONE))] * 4, SAYS))
    once = {"action": "accept", "_meta": {"persist": "session"}}
    await client.reply(await client.request(ELICITATION), once)
    await end(client, turn_id)
    assert (asked(client), open_agents(host)) == (1, 4)


async def test_reopening_an_agent_needs_an_approval_like_starting_one(
    client: Client,
) -> None:
    root = await start(client, approvalPolicy="untrusted")
    await talk(client, root, script(calls(spawn(DONE)), DONE))
    first = await agent(client)
    closing = calls(call("close_agent", target=first), spawn(DONE))
    await talk(client, root, script(closing, DONE))
    turn_id = await begin(client, root, script(calls(call("resume_agent", id=first)), SAYS))
    request = await client.request(ELICITATION)
    assert request["params"]["_meta"]["tool_name"] == "resume_agent"
    await client.reply(request, {"action": "decline"})
    await end(client, turn_id)
    assert answers(client, root)[-1] == f"user rejected one more agent {WHY}"


async def test_agents_that_start_at_the_same_time_do_not_exceed_the_unapproved_number(
    host: ConfiguredHost,
) -> None:
    await host.stop()
    host.text = "[agents]\nmax_depth = 2\nmax_unapproved_threads_per_session = 3\n"
    await host.start()
    client = await host.client()
    root = await start(client, approvalPolicy="never")
    lead = spawn(calls(spawn(DONE), spawn(DONE)), SAYS)
    wait = calls(call("wait_agent", targets=["$A1"]), call("wait_agent", targets=["$A2"]))
    await talk(client, root, script(calls(lead, lead), wait, DONE))
    assert open_agents(host) == 3


async def test_a_client_that_follows_the_root_approves_agents_of_its_agents(
    host: ConfiguredHost,
) -> None:
    await host.stop()
    host.text = "[agents]\nmax_depth = 2\nmax_unapproved_threads_per_session = 1\n"
    await host.start()
    client = await host.client()
    root = await start(client, approvalPolicy="on-request")
    await begin(client, root, script(calls(spawn(calls(spawn(DONE)), SAYS)), DONE))
    request = await client.request(ELICITATION)
    lead = await agent(client)
    assert request["params"]["threadId"] == lead
    await client.reply(request, {"action": "accept"})
    await client.notice("turn/completed", threadId=lead)
    assert open_agents(host) == 2


async def test_a_question_about_an_agent_ends_with_its_turn(
    host: ConfiguredHost, client: Client
) -> None:
    root = await start(client, approvalPolicy="on-request")
    turn_id = await begin(client, root, TWO)
    await client.request(ELICITATION)
    await client.ok("turn/interrupt", {"threadId": root, "turnId": turn_id})
    await client.notice("serverRequest/resolved", threadId=root)
    assert [item["status"] for item in items(client)] == ["completed", "failed"]
    assert open_agents(host) == 1
    assert open_requests(host) == 0


async def test_a_thread_is_deleted_while_an_agent_approval_is_open(
    host: ConfiguredHost, client: Client
) -> None:
    root = await start(client, approvalPolicy="on-request")
    await begin(client, root, TWO)
    request = await client.request(ELICITATION)
    await client.ok("thread/delete", {"threadId": root})
    await client.reply(request, {"action": "accept"})
    await client.level()
    assert deleted(client)[-1] == root
    assert (await client.ok("thread/loaded/list", {}))["data"] == []
    assert (open_agents(host), open_requests(host)) == (0, 0)


async def test_a_question_about_an_agent_is_over_with_its_host(
    host: ConfiguredHost, client: Client
) -> None:
    root = await start(client, approvalPolicy="on-request")
    await begin(client, root, TWO)
    await client.request(ELICITATION)
    await host.restart()
    stream = thread_stream(root)
    facts = await host.running.logs.durable.read_stream(stream, types=[ElicitationAnswered])
    assert [getattr(fact.event, "outcome", "") != "accept" for fact in facts] == [True]
    client = await host.client()
    await client.ok("thread/resume", {"threadId": root})
    await talk(client, root, script(calls(call("wait_agent", targets=["$A1"])), SAYS))
    assert "completed" in answers(client, root)[-1]
    assert open_agents(host) == 1


async def test_a_member_of_a_team_is_approved_likewise(host: ConfiguredHost) -> None:
    await host.stop()
    host.text = f"{ONE}[features]\nmulti_agent_v2 = true\n"
    await host.start()
    client = await host.client()
    root = await start(client, approvalPolicy="untrusted")
    steps = calls(member("alpha", DONE)), calls(member("beta", DONE)), SAYS
    turn_id = await begin(client, root, script(*steps))
    request = await client.request(ELICITATION)
    assert request["params"]["serverName"] == "collaboration"
    await client.reply(request, {"action": "accept"})
    await end(client, turn_id)
    assert open_agents(host) == 2
