"""Clients' tools that say what they do to the world: approved first where the policy wants it."""

from typing import Any

import pytest

from tests.protocol.talk import begin, end, script, start, talk
from tests.protocol.tool_talk import CALL, DONE, items, named, open_requests, tool_answer
from tests.support.client import Client
from tests.support.mcp import ELICITATION
from tests.support.server import Host
from tests.support.tools import function
from threadhost.events.elicitation import ElicitationAnswered
from threadhost.events.ids import thread_stream

CHANGES, LOOKS = {"readOnlyHint": False}, {"readOnlyHint": True}
DROP: dict[str, Any] = {"calls": [{"namespace": "box", "name": "drop", "args": {"q": "x"}}]}
TURNED_DOWN = [
    ({"action": "decline"}, "user rejected tool call"),
    ({"action": "cancel"}, "user cancelled tool call"),
    ({"action": "perhaps"}, "tool call requires approval, and no client gave it"),
    ("yes", "tool call requires approval, and no client gave it"),
]


def box(hints: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The tools of a client: one, in a namespace."""
    tool = {**function("drop"), **({} if hints is None else {"annotations": hints})}
    return [{"type": "namespace", "name": "box", "description": "a box", "tools": [tool]}]


async def offering(
    client: Client, hints: dict[str, Any] | None = CHANGES, policy: Any = "untrusted", **more: Any
) -> str:
    """A thread whose model may call that tool."""
    return await start(client, dynamicTools=box(hints), approvalPolicy=policy, **more)


def asked(client: Client, method: str) -> int:
    """How often a client was asked this."""
    return sum(message.get("method") == method for message in client.received)


async def test_a_client_tool_that_changes_things_is_called_once_it_is_approved(
    host: Host, client: Client
) -> None:
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(DROP, DONE))
    request = await client.request(ELICITATION)
    assert request["params"] == {
        "threadId": thread_id,
        "turnId": turn_id,
        "serverName": "box",
        "environmentId": None,
        "mode": "form",
        "_meta": {
            "codex_approval_kind": "mcp_tool_call",
            "persist": ["session"],
            "tool_name": "drop",
            "tool_annotations": CHANGES,
            "tool_description": function("drop")["description"],
            "tool_params": {"q": "x"},
            "tool_params_display": [],
        },
        "message": 'Allow the client\'s box to run tool "drop"?',
        "requestedSchema": {"type": "object", "properties": {}},
    }
    read = await client.ok("thread/read", {"threadId": thread_id})
    assert read["thread"]["status"] == {"type": "active", "activeFlags": ["waitingOnApproval"]}
    assert asked(client, CALL) == 0
    await client.reply(request, {"action": "accept"})
    await client.reply(await client.request(CALL), tool_answer("dropped"))
    assert (await end(client, turn_id))["status"] == "completed"
    assert (await items(client, thread_id))[-2]["contentItems"] == tool_answer("dropped")[
        "contentItems"
    ]
    assert open_requests(host) == 0


@pytest.mark.parametrize(("answer", "words"), TURNED_DOWN)
async def test_a_tool_that_is_not_approved_is_not_called(
    client: Client, answer: Any, words: str
) -> None:
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(DROP, DONE))
    await client.reply(await client.request(ELICITATION), answer)
    assert (await end(client, turn_id))["status"] == "completed"
    call = (await items(client, thread_id))[-2]
    assert (call["status"], call["success"]) == ("failed", False)
    assert call["contentItems"][0]["text"] == words
    assert asked(client, CALL) == 0


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("hints", "policy", "more"),
    [
        (None, "untrusted", {}),
        (None, "never", {}),
        ({}, "untrusted", {}),
        (LOOKS, "untrusted", {}),
        (LOOKS, "never", {}),
        (CHANGES, "never", {"sandbox": "danger-full-access"}),
    ],
)
async def test_no_approval_is_needed_without_hints_for_a_reading_tool_or_with_full_access(
    client: Client, hints: Any, policy: str, more: dict[str, Any]
) -> None:
    turn_id = await begin(client, await offering(client, hints, policy, **more), script(DROP, DONE))
    await client.reply(await client.request(CALL), tool_answer("dropped"))
    assert (await end(client, turn_id))["status"] == "completed"
    assert asked(client, ELICITATION) == 0


async def test_with_policy_never_a_client_tool_that_changes_things_is_refused(
    client: Client,
) -> None:
    thread_id = await offering(client, CHANGES, "never")
    await talk(client, thread_id, script(DROP, DONE))
    call = (await items(client, thread_id))[-2]
    refused = "tool call requires approval, but approval policy is never"
    assert call["contentItems"][0]["text"] == refused
    assert asked(client, CALL) == asked(client, ELICITATION) == 0


async def test_an_approval_for_the_session_does_not_cover_a_fork_or_a_restart(
    host: Host, client: Client
) -> None:
    thread_id = await offering(client)

    turn_id = await begin(client, thread_id, script(DROP, DONE))
    once = {"action": "accept", "_meta": {"persist": "session"}}
    await client.reply(await client.request(ELICITATION), once)
    await client.reply(await client.request(CALL), tool_answer("dropped"))
    await end(client, turn_id)
    facts = await host.running.logs.durable.read_stream(thread_stream(thread_id))
    [answered] = [fact.event for fact in facts if isinstance(fact.event, ElicitationAnswered)]
    assert answered.allows == "/box/drop"

    def is_of(turn: str, method: str) -> Any:
        return lambda m: m.get("method") == method and m["params"]["turnId"] == turn

    again = await begin(client, thread_id, script(DROP, DONE))
    await client.reply(await client.until(is_of(again, CALL)), tool_answer("dropped"))
    await end(client, again)
    assert asked(client, ELICITATION) == 1

    fork = (await client.ok("thread/fork", {"threadId": thread_id}))["thread"]["id"]
    turn_id = await begin(client, fork, script(DROP, DONE))
    await client.until(is_of(turn_id, ELICITATION))
    await client.ok("turn/interrupt", {"threadId": fork, "turnId": turn_id})
    await host.restart()
    client = await host.client()
    await client.ok("thread/resume", {"threadId": thread_id})
    turn_id = await begin(client, thread_id, script(DROP, DONE))
    await client.until(is_of(turn_id, ELICITATION))


async def test_any_follower_may_approve_and_the_client_that_caused_the_turn_is_called(
    host: Host,
) -> None:
    first, second = await named(host, "first"), await named(host, "second")
    thread_id = await offering(first)
    await second.ok("thread/resume", {"threadId": thread_id})
    turn_id = await begin(first, thread_id, script(DROP, DONE))
    await first.request(ELICITATION)
    await second.reply(await second.request(ELICITATION), {"action": "accept"})
    await first.reply(await first.request(CALL), tool_answer("dropped"))
    await end(first, turn_id)
    assert asked(second, CALL) == 0


async def test_an_approval_by_a_client_that_was_not_asked_is_ignored(host: Host) -> None:
    first, other = await named(host, "first"), await named(host, "other")
    blind = await named(host, "blind", experimentalApi=False)
    thread_id = await offering(first)
    await blind.ok("thread/resume", {"threadId": thread_id})
    turn_id = await begin(first, thread_id, script(DROP, DONE))
    request = await first.request(ELICITATION)
    for client in (other, blind):
        await client.reply(request, {"action": "accept"})
        await client.level()
        assert asked(client, ELICITATION) == 0
    assert asked(first, CALL) == 0
    await first.reply(request, {"action": "decline"})
    await end(first, turn_id)
    call = (await items(first, thread_id))[-2]
    assert call["contentItems"][0]["text"] == "user rejected tool call"
