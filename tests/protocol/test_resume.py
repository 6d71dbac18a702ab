"""Taking a thread up again, or joining it: what the caller gets, hears and may change."""

from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, end, script, shown, start, talk, turn_params
from tests.support.server import Host
from threadhost.actors.runtime.supervisor import RestartPolicy


async def test_a_stored_thread_is_resumed_with_its_turns_and_settings(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client, cwd="/places", developerInstructions="be brief")
    await talk(client, thread_id, "one")
    about = {"threadId": thread_id, "includeTurns": True}
    before = (await client.ok("thread/read", about))["thread"]
    await each_host.restart()
    client = await each_host.client()
    mark = len(client.received)
    found = await client.ok("thread/resume", {"threadId": thread_id})
    assert found["thread"] == before
    assert (found["cwd"], found["model"]) == ("/places", "mock-model")
    assert found["collaborationMode"]["settings"]["developer_instructions"] == "be brief"
    order = [shown(message) for message in client.received[mark:]]
    assert order[:2] == ["thread/status/changed idle", "reply"]
    await client.notice("thread/tokenUsage/updated", mark, threadId=thread_id)
    await talk(client, thread_id, "two")
    assert (await client.ok("thread/loaded/list"))["data"] == [thread_id]


async def test_token_usage_is_sent_to_the_resuming_client_only_and_after_the_answer(
    host: Host,
) -> None:
    first, second = await host.client(), await host.client()
    thread_id = await start(first)
    turn = await talk(first, thread_id)
    mark = len(second.received), len(first.received)
    await second.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    note = await second.notice("thread/tokenUsage/updated", mark[0])
    assert note["params"]["turnId"] == turn["id"]
    assert note["params"]["tokenUsage"]["total"]["totalTokens"] > 0
    await second.notice("thread/goal/cleared", mark[0])
    told = [shown(m) for m in second.received[mark[0] :]]
    assert told == ["reply", "thread/tokenUsage/updated", "thread/goal/cleared"]
    await first.ok("thread/loaded/list")
    assert [shown(m) for m in first.received[mark[1] :]] == ["reply"]


async def test_a_client_that_joins_a_running_thread_gets_the_rest_of_its_turn(host: Host) -> None:
    first, second = await host.client(), await host.client()
    thread_id = await start(first)
    turn_id = await begin(first, thread_id, script({"text": "said", **HANG}))
    await first.notice("item/started", threadId=thread_id, turnId=turn_id)
    found = await second.ok("thread/resume", {"threadId": thread_id})
    assert found["thread"]["status"] == {"type": "active", "activeFlags": []}
    assert found["thread"]["turns"][-1]["status"] == "inProgress"
    await first.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(second, turn_id))["status"] == "interrupted"


async def test_pages_go_on_from_the_cursors_of_the_answer(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    for n in range(4):
        await talk(client, thread_id, f"turn {n}")
    page = {"limit": 2, "sortDirection": "desc", "itemsView": "full"}
    about = {"threadId": thread_id, "excludeTurns": True, "initialTurnsPage": page}
    found = await client.ok("thread/resume", about)
    assert found["thread"]["turns"] == []
    whole = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    turns = whole["thread"]["turns"]
    assert found["initialTurnsPage"]["data"] == turns[:1:-1]
    desc = {"threadId": thread_id, "sortDirection": "desc", "limit": 1}
    newest = await client.ok("thread/turns/list", {**desc, "cursor": found["turnsBackwardsCursor"]})
    assert [turn["id"] for turn in newest["data"]] == [turns[-1]["id"]]
    item = await client.ok("thread/items/list", {**desc, "cursor": found["itemsBackwardsCursor"]})
    assert item["data"][0]["item"] == turns[-1]["items"][-1]


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"model": "another"}, {"model": "another"}),
    ({"cwd": "/elsewhere/."}, {"cwd": "/elsewhere", "runtimeWorkspaceRoots": ["/elsewhere"]}),
    ({"approvalPolicy": "on-request"}, {"approvalPolicy": "on-request"}),
    ({"sandbox": "danger-full-access"}, {"sandbox": {"type": "dangerFullAccess"}}),
    ({"serviceTier": "fast"}, {"serviceTier": "priority"}),
    ({"serviceTier": None}, {"serviceTier": "default"}),
    ({}, {"model": "kept", "serviceTier": None}),
]


@pytest.mark.few(1)
@pytest.mark.parametrize(("asked", "then"), CHANGES)
async def test_settings_given_to_a_resume_apply_from_then_on(
    host: Host, asked: dict[str, Any], then: dict[str, Any]
) -> None:
    client = await host.client()
    thread_id = await start(client, model="kept")
    await host.restart()
    client = await host.client()
    answered = await client.ok("thread/resume", {"threadId": thread_id, **asked})
    assert answered.items() >= then.items()
    await host.restart()
    client = await host.client()
    again = await client.ok("thread/resume", {"threadId": thread_id})
    assert again.items() >= then.items()


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"history": []}, "`history` cannot be given"),
        ({"path": "/a/rollout.jsonl"}, "no rollout found at path /a/rollout.jsonl"),
        ({"modelProvider": "other"}, "failed to load configuration: Model provider `other` not"),
    ],
)
async def test_a_resume_with_unsupported_params_is_refused(
    host: Host, asked: dict[str, Any], words: str
) -> None:
    client = await host.client()
    thread_id = await start(client)
    error = await client.refused("thread/resume", {"threadId": thread_id, **asked})
    assert error["code"] == -32600
    assert error["message"].startswith(words)


async def test_a_thread_that_never_was_cannot_be_resumed(host: Host) -> None:
    client = await host.client()
    nobody = "01a20280-45b9-751b-94a8-29a36213916d"
    error = await client.refused("thread/resume", {"threadId": nobody})
    assert error == {"code": -32600, "message": f"no rollout found for thread id {nobody}"}
    error = await client.refused("thread/resume", {"threadId": "x"})
    assert error["message"].startswith("invalid session id: ")


async def test_a_thread_that_was_given_up_works_again_once_it_is_resumed(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RestartPolicy, "delay_ms", lambda *_: 0)
    client = await host.client()
    thread_id = await start(client)
    threads = host.running.host.live
    for _ in range(6):
        actor = threads.get(thread_id)
        assert actor is not None
        actor.on_failure(RuntimeError, RuntimeError("a bug"), None)
        await threads.supervisor.settled(thread_id)
    error = await client.refused("turn/start", turn_params(thread_id, "hello"))
    assert error["message"].endswith(f"was given up: {thread_id}; resume it to try again")
    await client.ok("thread/resume", {"threadId": thread_id})
    assert (await talk(client, thread_id))["status"] == "completed"
