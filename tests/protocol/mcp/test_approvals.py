"""Calls that have to be approved, and what servers ask: asked, answered, recorded, shown."""

from pathlib import Path
from typing import Any

import pytest

from tests.protocol.mcp.test_calls import DONE, mcp_items
from tests.protocol.talk import begin, end, script, start, talk
from tests.protocol.tool_talk import named, open_requests
from tests.support.client import Client, Message
from tests.support.mcp import ELICITATION, SERVER, Notes, calls, table
from tests.support.server import Host
from threadhost.events.elicitation import ElicitationAnswered, ElicitationAsked
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.tree import TreeDeletionCompleted

pytestmark = pytest.mark.slices

ACTIVE = {"type": "active", "activeFlags": []}
WAITING = {"type": "active", "activeFlags": ["waitingOnApproval"]}
CHANGED = "changed"


async def approving(client: Client) -> str:
    """A thread whose user is asked."""
    return await start(client, approvalPolicy="untrusted")


def statuses(client: Client) -> list[Any]:
    """Of the thread, in order."""
    return [m["params"]["status"] for m in client.notices if m["method"] == "thread/status/changed"]


async def recorded(host: Host, thread_id: str) -> list[ElicitationAsked | ElicitationAnswered]:
    """What the log has of questions."""
    facts = await host.running.logs.durable.read_stream(thread_stream(thread_id))
    kinds = (ElicitationAsked, ElicitationAnswered)
    return [fact.event for fact in facts if isinstance(fact.event, kinds)]


async def answers(host: Host, thread_id: str) -> list[ElicitationAnswered]:
    """What came of them."""
    events = await recorded(host, thread_id)
    return [event for event in events if isinstance(event, ElicitationAnswered)]


async def test_a_tool_that_changes_something_is_called_once_the_user_approves(
    host: Host, client: Client, notes: Notes
) -> None:
    thread_id = await approving(client)
    turn_id = await begin(client, thread_id, script(calls("change"), DONE))
    request = await client.request(ELICITATION)
    assert request["params"] == {
        "threadId": thread_id,
        "turnId": turn_id,
        "serverName": "tiny",
        "environmentId": None,
        "mode": "form",
        "_meta": {
            "codex_approval_kind": "mcp_tool_call",
            "persist": ["session"],
            "tool_name": "change",
            "tool_annotations": {"destructiveHint": True},
            "tool_description": "Change something.",
            "tool_params": {},
            "tool_params_display": [],
        },
        "message": 'Allow the tiny MCP server to run tool "change"?',
        "requestedSchema": {"type": "object", "properties": {}},
    }
    assert "called change" not in notes.lines
    read = await client.ok("thread/read", {"threadId": thread_id})
    assert read["thread"]["status"] == WAITING
    await client.reply(request, {"action": "accept", "content": {}})
    turn = await end(client, turn_id)
    assert turn["items"][-1]["text"].endswith(CHANGED)
    assert statuses(client) == [ACTIVE, WAITING, ACTIVE, {"type": "idle"}]
    asked, answered = await recorded(host, thread_id)
    assert isinstance(asked, ElicitationAsked)
    assert asked.about == "approval"
    assert isinstance(answered, ElicitationAnswered)
    assert (answered.outcome, answered.allows) == ("accept", None)
    assert open_requests(host) == 0


@pytest.mark.parametrize(
    ("answer", "words", "outcome"),
    [
        ({"action": "decline", "content": None}, "user rejected MCP tool call", "decline"),
        ({"action": "cancel"}, "user cancelled MCP tool call", "cancel"),
        ({"action": "perhaps"}, "no client gave it", "unreached"),
    ],
)
async def test_a_call_that_is_not_approved_is_not_made(
    host: Host, client: Client, notes: Notes, answer: Any, words: str, outcome: str
) -> None:
    thread_id = await approving(client)
    turn_id = await begin(client, thread_id, script(calls("change"), DONE))
    await client.reply(await client.request(ELICITATION), answer)
    turn = await end(client, turn_id)
    assert turn["status"] == "completed"
    assert turn["items"][-1]["text"].endswith(words)
    [item] = await mcp_items(client, thread_id)
    assert (item["status"], item["result"]) == ("failed", None)
    assert item["error"]["message"].endswith(words)
    assert [event.outcome for event in await answers(host, thread_id)] == [outcome]
    assert "called change" not in notes.lines


async def test_an_approval_for_the_session_holds_until_the_thread_is_unloaded(
    host: Host, client: Client
) -> None:
    thread_id = await approving(client)
    turn_id = await begin(client, thread_id, script(calls("change"), calls("change"), DONE))
    request = await client.request(ELICITATION)
    await client.reply(request, {"action": "accept", "_meta": {"persist": "session"}})
    assert (await end(client, turn_id))["items"][-1]["text"].endswith(CHANGED)
    turn = await talk(client, thread_id, script(calls("change"), DONE))
    assert turn["items"][-1]["text"].endswith(CHANGED)
    assert len([m for m in client.received if m.get("method") == ELICITATION]) == 1
    await host.restart()
    client = await host.client()
    await client.ok("thread/resume", {"threadId": thread_id})
    await begin(client, thread_id, script(calls("change"), DONE))
    await client.request(ELICITATION)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"approvalPolicy": "never"},
            "MCP tool call requires approval, but approval policy is never",
        ),
        ({"approvalPolicy": "never", "sandbox": "danger-full-access"}, CHANGED),
    ],
)
async def test_with_policy_never_a_tool_that_changes_things_is_refused_unless_all_is_allowed(
    client: Client, settings: dict[str, Any], words: str
) -> None:
    thread_id = await start(client, **settings)
    turn = await talk(client, thread_id, script(calls("change"), DONE))
    assert turn["items"][-1]["text"].endswith(words)
    assert not [m for m in client.received if m.get("method") == ELICITATION]


async def test_every_follower_is_asked_and_the_first_answer_counts(host: Host) -> None:
    first, second = await named(host, "first"), await named(host, "second")
    thread_id = await approving(first)
    await second.ok("thread/resume", {"threadId": thread_id})
    turn_id = await begin(first, thread_id, script(calls("change"), DONE))
    request = await first.request(ELICITATION)
    await second.reply(await second.request(ELICITATION), {"action": "accept"})
    await first.notice("serverRequest/resolved", requestId=request["id"])
    await end(first, turn_id)
    facts = await host.running.logs.durable.read_stream(thread_stream(thread_id))
    [answered] = [fact for fact in facts if isinstance(fact.event, ElicitationAnswered)]
    assert answered.meta.principal.startswith("client:second")


async def test_an_elicitation_of_a_server_is_answered_by_the_client(
    host: Host, client: Client
) -> None:
    thread_id = await approving(client)
    turn_id = await begin(client, thread_id, script(calls("ask"), DONE))
    request = await client.request(ELICITATION)
    form = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}
    assert request["params"] == {
        "threadId": thread_id,
        "turnId": turn_id,
        "serverName": "tiny",
        "environmentId": None,
        "mode": "form",
        "_meta": None,
        "message": "Which colour?",
        "requestedSchema": form,
    }
    await client.reply(request, {"action": "accept", "content": {"colour": "blue"}})
    turn = await end(client, turn_id)
    assert '"colour": "blue"' in turn["items"][-1]["text"]
    assert statuses(client) == [ACTIVE, WAITING, ACTIVE, {"type": "idle"}]
    asked, answered = await recorded(host, thread_id)
    assert isinstance(asked, ElicitationAsked)
    assert asked.about == "server"
    assert isinstance(answered, ElicitationAnswered)
    assert answered.content == {"colour": "blue"}


async def test_an_answer_that_does_not_fit_the_form_is_ignored_and_another_client_may_answer(
    host: Host,
) -> None:
    first, second = await named(host, "first"), await named(host, "second")
    thread_id = await approving(first)
    await second.ok("thread/resume", {"threadId": thread_id})
    turn_id = await begin(first, thread_id, script(calls("ask"), DONE))
    odd = {"action": "accept", "content": {"colour": {"red": 1}}}
    await first.reply(await first.request(ELICITATION), odd)
    await first.ok("thread/read", {"threadId": thread_id})
    good = {"action": "accept", "content": {"colour": "blue"}}
    await second.reply(await second.request(ELICITATION), good)
    assert '"colour": "blue"' in (await end(first, turn_id))["items"][-1]["text"]
    assert [event.content for event in await answers(host, thread_id)] == [{"colour": "blue"}]


async def test_without_an_approval_policy_that_asks_an_elicitation_of_a_server_is_declined(
    host: Host, client: Client
) -> None:
    thread_id = await start(client)
    turn = await talk(client, thread_id, script(calls("ask"), DONE))
    assert '"action": "decline"' in turn["items"][-1]["text"]
    [answered] = await recorded(host, thread_id)
    assert isinstance(answered, ElicitationAnswered)
    assert answered.outcome == "policy"
    assert answered.request is not None
    assert answered.request["message"] == "Which colour?"
    assert statuses(client) == [ACTIVE, {"type": "idle"}]


@pytest.mark.parametrize("tool", ["ask", "change"])
async def test_an_interrupt_cancels_an_open_elicitation(
    host: Host, client: Client, tool: str
) -> None:
    thread_id = await approving(client)
    turn_id = await begin(client, thread_id, script(calls(tool), DONE))
    request = await client.request(ELICITATION)
    after = len(client.received)
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    await client.notice("serverRequest/resolved", requestId=request["id"])
    assert (await end(client, turn_id))["status"] == "interrupted"
    assert [
        m["params"]["status"]
        for m in client.received[after:]
        if m.get("method") == "thread/status/changed"
    ] == [{"type": "idle"}]
    answered = (await recorded(host, thread_id))[-1]
    assert isinstance(answered, ElicitationAnswered)
    assert answered.outcome == "abandoned"
    assert open_requests(host) == 0


async def test_an_open_elicitation_ends_when_its_thread_is_deleted(
    host: Host, client: Client
) -> None:
    thread_id = await approving(client)
    await begin(client, thread_id, script(calls("change"), DONE))
    request = await client.request(ELICITATION)
    await client.ok("thread/delete", {"threadId": thread_id})
    await client.notice("serverRequest/resolved", requestId=request["id"])
    assert open_requests(host) == 0
    facts = await host.running.logs.durable.read_stream(tree_stream(thread_id))
    [receipt] = [f.event.receipt for f in facts if isinstance(f.event, TreeDeletionCompleted)]
    assert (receipt.calls, receipt.questions) == (1, 1)


async def test_a_running_call_is_cancelled_when_its_thread_is_deleted(
    client: Client, notes: Notes
) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(calls("slow"), DONE))
    await client.notice("item/mcpToolCall/progress", turnId=turn_id)
    await client.ok("thread/delete", {"threadId": thread_id})
    await notes.wait_for("cancelled")
    assert (await end(client, turn_id))["status"] == "interrupted"
    turn = await talk(client, await start(client), script(calls("echo", text="on"), DONE))
    assert turn["items"][-1]["text"].endswith("on")


async def test_elicitations_of_several_threads_run_at_the_same_time_over_separate_connections(
    client: Client, notes: Notes
) -> None:
    asked, thread_id = {}, ""
    for _ in range(3):
        thread_id = await approving(client)
        turn_id = await begin(client, thread_id, script(calls("ask"), DONE))

        def is_of_this(message: Message, thread_id: str = thread_id) -> bool:
            is_request = message.get("method") == ELICITATION
            return is_request and message["params"]["threadId"] == thread_id

        asked[turn_id] = await client.until(is_of_this)
    for turn_id, request in reversed(asked.items()):
        colour = {"colour": turn_id}
        await client.reply(request, {"action": "accept", "content": colour})
        assert turn_id in (await end(client, turn_id))["items"][-1]["text"]
    assert sum(line.startswith("started") for line in notes.lines) == 3
    await client.ok("thread/delete", {"threadId": thread_id})
    assert await notes.wait_for("ended")


async def test_a_call_that_is_not_approved_in_time_is_not_made(home: Path, notes: Notes) -> None:
    (home / "config.toml").write_text(table("tiny", SERVER, str(notes.path)))
    async with Host(home, settings={"tool_timeout_ms": 200}) as host:
        client = await host.client()
        thread_id = await approving(client)
        turn_id = await begin(client, thread_id, script(calls("change"), DONE))
        request = await client.request(ELICITATION)
        turn = await end(client, turn_id)
        await client.notice("serverRequest/resolved", requestId=request["id"])
        outcomes = [event.outcome for event in await answers(host, thread_id)]
    assert turn["items"][-1]["text"].endswith("MCP tool call was not approved in time")
    assert outcomes == ["timedOut"]
    assert "called change" not in notes.lines
