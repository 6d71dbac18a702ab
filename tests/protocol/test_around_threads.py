"""What clients ask around threads: answered at once, and with nothing but the truth."""

from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import start
from tests.support.client import Client
from tests.support.server import Host
from threadhost.events.words import truncate

UNKNOWN = "01a20280-45b9-751b-94a8-29a36213916d"
HERE = str(Path.cwd())
DEFAULTS = {
    "model": "mock-model",
    "model_provider": "mock_provider",
    "approval_policy": "never",
    "approvals_reviewer": "user",
    "sandbox_mode": "read-only",
    "cwd": HERE,
}
ANSWERS: list[tuple[str, dict[str, Any], Any]] = [
    (
        "account/read",
        {"refreshToken": True},
        {"account": None, "userId": None, "requiresOpenaiAuth": False, "workspaceRouting": None},
    ),
    (
        "modelProvider/list",
        {},
        {
            "data": [
                {
                    "id": "mock_provider",
                    "name": "mock_provider",
                    "canEdit": False,
                    "baseUrl": None,
                    "settings": {
                        "type": "customGateway",
                        "auth": {"mode": "externallyConfigured"},
                    },
                }
            ],
            "defaultProviderId": "mock_provider",
            "canChangeDefault": False,
        },
    ),
    ("config/read", {}, {"config": DEFAULTS, "origins": {}, "layers": None}),
    (
        "config/read",
        {"includeLayers": True, "cwd": "/a/../b/"},
        {"config": {**DEFAULTS, "cwd": "/b"}, "origins": {}, "layers": []},
    ),
    (
        "configRequirements/read",
        {},
        {"supportsIndependentSpeedModes": None, "requirements": None},
    ),
    (
        "collaborationMode/list",
        {},
        {"data": [{"name": "Default", "mode": "default", "model": None, "reasoning_effort": None}]},
    ),
    ("skills/list", {}, {"data": [{"cwd": HERE, "skills": [], "errors": []}]}),
    (
        "skills/list",
        {"cwds": ["/b", "/a"], "forceReload": True},
        {"data": [{"cwd": cwd, "skills": [], "errors": []} for cwd in ("/b", "/a")]},
    ),
    ("hooks/list", {}, {"data": [{"cwd": HERE, "hooks": [], "warnings": [], "errors": []}]}),
    (
        "hooks/list",
        {"cwds": ["/b", "/a"]},
        {"data": [{"cwd": cwd, "hooks": [], "warnings": [], "errors": []} for cwd in ("/b", "/a")]},
    ),
]


async def test_requests_about_the_host_are_answered_from_the_configuration(
    each_host: Host,
) -> None:
    client = await each_host.client()
    for method, params, result in ANSWERS:
        assert await client.ok(method, params) == result, method


async def test_a_new_thread_has_the_settings_of_the_configuration(client: Client) -> None:
    config = (await client.ok("config/read", {"cwd": "/"}))["config"]
    started = await client.ok("thread/start", {"cwd": "/"})
    assert config["sandbox_mode"] == "read-only"
    assert started["sandbox"]["type"] == "readOnly"
    for ours, theirs in (
        ("model", "model"),
        ("modelProvider", "model_provider"),
        ("approvalPolicy", "approval_policy"),
        ("approvalsReviewer", "approvals_reviewer"),
        ("cwd", "cwd"),
    ):
        assert started[ours] == config[theirs]


async def test_the_model_that_threads_get_is_the_one_that_is_listed(client: Client) -> None:
    page = await client.ok("model/list", {"limit": 0, "includeHidden": True})
    [model] = page["data"]
    started = await client.ok("thread/start", {"cwd": "/"})
    assert model["id"] == model["model"] == model["displayName"] == started["model"]
    assert (model["isDefault"], model["hidden"], page["nextCursor"]) == (True, False, None)
    efforts = [option["reasoningEffort"] for option in model["supportedReasoningEfforts"]]
    assert model["defaultReasoningEffort"] in efforts
    named = await client.ok("model/list", {"modelProvider": started["modelProvider"]})
    assert named == page
    error = await client.refused("model/list", {"modelProvider": "another"})
    assert error == {
        "code": -32600,
        "message": "Model provider `another` not found; this host has `mock_provider`",
        "data": {"type": "modelProviderNotConfigured", "modelProvider": "another"},
    }


async def test_permission_profiles_come_in_pages(client: Client) -> None:
    names = [":read-only", ":workspace", ":danger-full-access"]
    whole = await client.ok("permissionProfile/list")
    assert whole == {
        "data": [{"id": name, "description": None, "allowed": True} for name in names],
        "nextCursor": None,
    }
    for limit in (0, 1, 2, 3, 4):
        seen, cursor = [], None
        while True:
            params = {"limit": limit, "cursor": cursor, "cwd": "/"}
            page = await client.ok("permissionProfile/list", params)
            assert 1 <= len(page["data"]) <= max(1, limit)
            seen += page["data"]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        assert seen == whole["data"]


@pytest.mark.few(2)
@pytest.mark.parametrize("cursor", ["", "x", "0", "-1", "3", "99", "1e0", "٣", "9" * 1000])
async def test_a_cursor_that_no_page_gave_is_refused(cursor: str, client: Client) -> None:
    for method in ("model/list", "permissionProfile/list"):
        error = await client.refused(method, {"cursor": cursor})
        assert error == {"code": -32600, "message": f"invalid cursor: {truncate(cursor, 100)}"}


async def test_every_known_thread_has_an_empty_list_of_terminals_and_hooks(each_host: Host) -> None:
    client = await each_host.client()
    stored = await start(client, cwd="/of/the/thread")
    await each_host.restart()
    client = await each_host.client()
    for thread_id in (stored, await start(client), await start(client, ephemeral=True)):
        params = {"threadId": thread_id.upper(), "limit": 1}
        empty = await client.ok("thread/backgroundTerminals/list", params)
        assert empty == {"data": [], "nextCursor": None}
    [entry] = (await client.ok("hooks/list", {"threadId": stored, "cwds": ["/x"]}))["data"]
    assert (entry["cwd"], entry["hooks"]) == ("/of/the/thread", [])
    assert stored not in (await client.ok("thread/loaded/list"))["data"]
    error = await client.refused(
        "thread/backgroundTerminals/list", {"threadId": stored, "cursor": "1"}
    )
    assert error == {"code": -32600, "message": "invalid cursor: 1"}


@pytest.mark.few(1)
@pytest.mark.parametrize("method", ["thread/backgroundTerminals/list", "hooks/list"])
async def test_an_unknown_thread_has_no_list_of_terminals(method: str, client: Client) -> None:
    error = await client.refused(method, {"threadId": UNKNOWN})
    assert error == {"code": -32600, "message": f"thread not found: {UNKNOWN}"}
    error = await client.refused(method, {"threadId": "x"})
    assert error["message"].startswith("invalid thread id: invalid character: ")


async def test_experimental_methods_need_the_capability(host: Host) -> None:
    client = await host.client(experimentalApi=False)
    for method, params in (
        ("collaborationMode/list", {}),
        ("thread/backgroundTerminals/list", {"threadId": UNKNOWN}),
    ):
        error = await client.refused(method, params)
        assert error == {
            "code": -32600,
            "message": f"{method} requires experimentalApi capability",
        }


async def test_requirements_are_read_with_params_of_any_kind_or_none(client: Client) -> None:
    ways: list[dict[str, Any]] = [{}, {"params": None}, {"params": {}}, {"params": [1]}]
    for number, more in enumerate(ways):
        await client.send({"id": number, "method": "configRequirements/read", **more})
        assert (await client.answer(number))["result"]["requirements"] is None
