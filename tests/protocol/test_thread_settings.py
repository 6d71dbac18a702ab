"""Settings of a thread's next turns: changed, told of, kept, and left alone by a running turn."""

from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, end, script, start, talk, turn_params
from tests.support.client import Client
from tests.support.server import Host
from threadhost.events.turn import ModelRequested

UPDATE = "thread/settings/update"
UPDATED = "thread/settings/updated"
FIRST: dict[str, Any] = {
    "disabledPluginIds": [],
    "cwd": "/",
    "environments": [{"environmentId": "local", "cwd": "/", "runtimeWorkspaceRoots": ["/"]}],
    "approvalPolicy": "never",
    "approvalsReviewer": "user",
    "sandboxPolicy": {"type": "readOnly", "networkAccess": False},
    "activePermissionProfile": None,
    "model": "mock-model",
    "modelProvider": "mock_provider",
    "serviceTier": None,
    "effort": None,
    "summary": None,
    "collaborationMode": {
        "mode": "default",
        "settings": {
            "model": "mock-model",
            "reasoning_effort": None,
            "developer_instructions": None,
        },
    },
    "multiAgentMode": "explicitRequestOnly",
    "personality": None,
}
WRITABLE = {
    "type": "workspaceWrite",
    "writableRoots": [],
    "networkAccess": False,
    "excludeTmpdirEnvVar": False,
    "excludeSlashTmp": False,
}
WORKSPACE = {"id": ":workspace", "extends": None}
CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"model": "m2"}, {"model": "m2"}),
    ({"effort": "high"}, {"effort": "high"}),
    ({"serviceTier": None}, {"serviceTier": "default"}),
    ({"serviceTier": "fast"}, {"serviceTier": "priority"}),
    ({"summary": "concise"}, {"summary": "concise"}),
    ({"personality": "none"}, {"personality": "none"}),
    ({"disabledPluginIds": ["a"]}, {"disabledPluginIds": ["a"]}),
    ({"approvalPolicy": "on-request"}, {"approvalPolicy": "on-request"}),
    ({"approvalsReviewer": "auto_review"}, {"approvalsReviewer": "auto_review"}),
    ({"approvalsReviewer": "user"}, {"approvalsReviewer": "user"}),
    ({"approvalsReviewer": "guardian_subagent"}, {"approvalsReviewer": "auto_review"}),
    (
        {"sandboxPolicy": {"type": "dangerFullAccess"}},
        {"sandboxPolicy": {"type": "dangerFullAccess"}},
    ),
    (
        {"permissions": ":workspace"},
        {"sandboxPolicy": WRITABLE, "activePermissionProfile": WORKSPACE},
    ),
    ({"effort": "low"}, {"effort": "low"}),
    ({"sandboxPolicy": WRITABLE}, {"activePermissionProfile": None}),
    ({"cwd": "/a/../b/"}, {"cwd": "/b"}),
    (
        {"environments": [{"environmentId": "local", "cwd": "/c"}]},
        {"cwd": "/c"},
    ),
    ({"cwd": "/d", "environments": [{"environmentId": "local", "cwd": "/c"}]}, {"cwd": "/d"}),
    (
        {"collaborationMode": {"mode": "default", "settings": {"model": "m3"}}, "effort": "low"},
        {"model": "m3", "effort": None},
    ),
]
"""What is asked for, one after the other, and what is another then."""


def shown(before: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """The settings after a change, as they are told."""
    after = {**before, **changed}
    cwd = after["cwd"]
    mode = {"model": after["model"], "reasoning_effort": after["effort"]}
    return {
        **after,
        "environments": [{"environmentId": "local", "cwd": cwd, "runtimeWorkspaceRoots": [cwd]}],
        "collaborationMode": {
            "mode": "default",
            "settings": {**mode, "developer_instructions": None},
        },
    }


async def notified_settings(client: Client, params: dict[str, Any]) -> list[dict[str, Any]]:
    """The settings in the notifications that the host sends after its reply to a change."""
    before = await client.level()
    assert await client.ok(UPDATE, params) == {}
    await client.level()
    news = [m for m in client.received[before:] if m.get("method") == UPDATED]
    assert client.methods(before)[: 1 + len(news)] == ["reply", *[UPDATED] * len(news)]
    assert all(m["params"]["threadId"] == params["threadId"] for m in news)
    return [m["params"]["threadSettings"] for m in news]


@pytest.mark.slices
async def test_a_change_is_sent_with_all_settings_and_an_unchanged_update_is_not_sent(
    each_host: Host,
) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    now = FIRST
    assert await notified_settings(client, {"threadId": thread_id}) == []
    assert (
        await notified_settings(client, {"threadId": thread_id, "model": "mock-model", "cwd": "/"})
        == []
    )
    for params, changed in CHANGES:
        now = shown(now, changed)
        assert await notified_settings(client, {"threadId": thread_id, **params}) == [now], params
        assert await notified_settings(client, {"threadId": thread_id, **params}) == []


PROFILES = "`:read-only`, `:workspace`, `:danger-full-access`"
REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"sandboxPolicy": {"type": "readOnly"}, "permissions": ":workspace"},
        "`permissions` cannot be combined with `sandboxPolicy`",
    ),
    (
        {"permissions": "mine"},
        f"unknown permission profile `mine`, expected one of {PROFILES}",
    ),
    ({"model": ""}, "model must not be empty"),
    (
        {"collaborationMode": {"mode": "default", "settings": {"model": ""}}},
        "model must not be empty",
    ),
    (
        {"collaborationMode": {"mode": "plan", "settings": {"model": "m"}}},
        "collaboration mode `plan` is not offered by this host, expected `default`",
    ),
    (
        {"environments": []},
        "environments [] are not offered by this host, expected one, `local`",
    ),
    (
        {"environments": [{"environmentId": "far", "cwd": "/"}]},
        "environments [`far`] are not offered by this host, expected one, `local`",
    ),
]


@pytest.mark.few(1)
@pytest.mark.parametrize(("params", "words"), REFUSED)
async def test_an_invalid_setting_is_refused_and_changes_nothing(
    params: dict[str, Any], words: str, client: Client
) -> None:
    thread_id = await start(client)
    error = await client.refused(UPDATE, {"threadId": thread_id, "effort": "low", **params})
    assert error == {"code": -32600, "message": words}
    assert await notified_settings(client, {"threadId": thread_id, "model": "m"}) == [
        shown(FIRST, {"model": "m"})
    ]


async def test_settings_of_a_stored_thread_are_kept_for_its_next_turn(host: Host) -> None:
    thread_id = await start(await host.client())
    await host.restart()
    client = await host.client()
    params = {"threadId": thread_id, "model": "later", "cwd": "/elsewhere"}
    assert await notified_settings(client, params) == []
    assert (await client.ok("thread/loaded/list"))["data"] == []
    thread = (await client.ok("thread/read", {"threadId": thread_id}))["thread"]
    assert (thread["model"], thread["cwd"]) == ("later", "/elsewhere")
    await host.restart()
    client = await host.client()
    await talk(client, thread_id)
    assert await models(host) == ["later"]
    again = shown(FIRST, {"model": "later", "cwd": "/elsewhere", "effort": "low"})
    assert await notified_settings(client, {"threadId": thread_id, "effort": "low"}) == [again]


async def models(host: Host) -> list[str]:
    """The models that were asked, in order."""
    facts = await host.running.logs.durable.read(0, 1000)
    return [f.event.model for f in facts if isinstance(f.event, ModelRequested)]


@pytest.mark.slices
async def test_a_running_turn_keeps_the_settings_that_it_began_with(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script({"text": "a b", "deltas": 2, "gap_ms": 400}))
    await client.notice("item/agentMessage/delta", threadId=thread_id)
    await client.ok(UPDATE, {"threadId": thread_id, "model": "next"})
    await client.ok("turn/start", turn_params(thread_id, "and more"))
    await end(client, turn_id)
    await talk(client, thread_id)
    assert await models(host) == ["mock-model", "mock-model", "next"]


async def test_settings_changed_with_a_turn_are_sent_and_unchanged_ones_are_not(
    client: Client,
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    assert UPDATED not in client.methods()
    turn_id = await begin(client, thread_id, "hello", model="other", effort="high")
    await end(client, turn_id)
    [news] = [m for m in client.notices if m["method"] == UPDATED]
    wanted = shown(FIRST, {"model": "other", "effort": "high"})
    assert news["params"]["threadSettings"] == wanted


@pytest.mark.slices
async def test_each_setting_given_with_a_turn_stays_for_later_turns(client: Client) -> None:
    thread_id = await start(client)
    now = FIRST
    for params, changed in CHANGES:
        now = shown(now, changed)
        before = await client.level()
        await end(client, await begin(client, thread_id, **params))
        news = [m for m in client.received[before:] if m.get("method") == UPDATED]
        assert [m["params"]["threadSettings"] for m in news] == [now], params


@pytest.mark.few(1)
@pytest.mark.parametrize(("params", "words"), REFUSED)
async def test_a_turn_with_a_setting_that_cannot_be_does_not_begin(
    params: dict[str, Any], words: str, host: Host
) -> None:
    thread_id = await start(await host.client())
    await host.restart()
    client = await host.client()
    turn = {**turn_params(thread_id, "hello"), **params}
    if params == {"environments": []}:
        assert (await client.ok("turn/start", turn))["turn"]["status"] == "inProgress"
        return
    assert await client.refused("turn/start", turn) == {"code": -32600, "message": words}
    assert (await client.ok("thread/loaded/list"))["data"] == []


async def test_changed_settings_are_sent_to_followers_and_in_a_replay(host: Host) -> None:
    client, stranger = await host.client(), await host.client()
    thread_id = await start(client, ephemeral=False)
    await client.ok(UPDATE, {"threadId": thread_id, "model": "m2"})
    live = await client.notice(UPDATED)
    await stranger.level()
    assert UPDATED not in stranger.methods()
    await host.restart()
    late = await host.client()
    await late.ok("host/events/subscribe", {"afterPosition": live["position"] - 1})
    again = await late.notice(UPDATED)
    assert (again["params"], again["position"]) == (live["params"], live["position"])


async def test_the_settings_of_a_new_thread_are_not_sent_as_a_change(host: Host) -> None:
    client, everywhere = await host.client(), await host.client()
    await everywhere.ok("host/events/subscribe", {"afterPosition": 0})
    for ephemeral in (False, True):
        thread_id = await start(client, ephemeral=ephemeral)
        await everywhere.until(lambda m, of=thread_id: of in str(m))  # type: ignore[misc]
    late = await host.client()
    await late.ok("host/events/subscribe", {"afterPosition": 0})
    await late.notice("thread/started")
    for listener in (everywhere, late):
        await listener.level()
        assert UPDATED not in listener.methods()


async def test_settings_of_a_thread_in_memory_change_as_well(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client, ephemeral=True)
    wanted = shown(FIRST, {"model": "m9"})
    assert await notified_settings(client, {"threadId": thread_id, "model": "m9"}) == [wanted]
    assert await host.running.logs.durable.stream_head(f"thread-{thread_id}") is None


async def test_settings_can_be_changed_while_a_turn_hangs(client: Client) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(HANG))
    assert len(await notified_settings(client, {"threadId": thread_id, "model": "m2"})) == 1
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"


async def test_a_permission_profile_is_chosen_at_a_start_a_resume_and_a_turn(host: Host) -> None:
    client = await host.client()
    started = await client.ok("thread/start", {"cwd": "/", "permissions": ":workspace"})
    thread_id = started["thread"]["id"]
    assert (started["sandbox"], started["activePermissionProfile"]) == (WRITABLE, WORKSPACE)
    params = {"threadId": thread_id, "permissions": ":danger-full-access"}
    await talk(client, thread_id)
    turn_id = (await client.ok("turn/start", {**params, **turn_params(thread_id, "x")}))["turn"][
        "id"
    ]
    await end(client, turn_id)
    told = (await client.notice(UPDATED))["params"]["threadSettings"]
    assert told["sandboxPolicy"] == {"type": "dangerFullAccess"}
    assert told["activePermissionProfile"] == {"id": ":danger-full-access", "extends": None}
    await host.restart()
    client = await host.client()
    resumed = await client.ok("thread/resume", {"threadId": thread_id})
    assert resumed["activePermissionProfile"]["id"] == ":danger-full-access"
    await host.restart()
    client = await host.client()
    resumed = await client.ok("thread/resume", {"threadId": thread_id, "sandbox": "read-only"})
    assert (resumed["sandbox"]["type"], resumed["activePermissionProfile"]) == ("readOnly", None)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("method", "field", "value"),
    [
        ("thread/start", "sandbox", "read-only"),
        ("thread/resume", "sandbox", "read-only"),
        ("turn/start", "sandboxPolicy", {"type": "readOnly"}),
    ],
)
async def test_an_unknown_or_combined_permission_profile_is_refused(
    method: str, field: str, value: Any, host: Host
) -> None:
    thread_id = await start(await host.client())
    await host.restart()
    client = await host.client()
    params = {"threadId": thread_id, "input": [], "permissions": "mine"}
    error = await client.refused(method, params)
    words = f"unknown permission profile `mine`, expected one of {PROFILES}"
    assert error == {"code": -32600, "message": words}
    error = await client.refused(method, {**params, "permissions": ":workspace", field: value})
    words = f"`permissions` cannot be combined with `{field}`"
    assert error == {"code": -32600, "message": words}


@pytest.mark.few(1)
@pytest.mark.parametrize(("chars", "are_told"), [(65_536, True), (65_537, False)])
async def test_long_instructions_are_omitted_from_settings_and_kept_when_the_settings_are_sent_back(
    chars: int, *, are_told: bool, host: Host
) -> None:
    client = await host.client()
    thread_id = await start(client, developerInstructions="i" * chars)
    await client.ok(UPDATE, {"threadId": thread_id, "effort": "low"})
    mode = (await client.notice(UPDATED))["params"]["threadSettings"]["collaborationMode"]
    assert mode["settings"]["developer_instructions"] == ("i" * chars if are_told else None)
    mode["settings"]["model"] = "m2"
    await client.ok(UPDATE, {"threadId": thread_id, "collaborationMode": mode})
    resumed = await client.ok("thread/resume", {"threadId": thread_id})
    kept = {"model": "m2", "reasoning_effort": "low", "developer_instructions": "i" * chars}
    assert resumed["collaborationMode"]["settings"] == kept
