"""What a file, a thread's `config` and params say of its model: sent, or refused by name."""

from typing import Any

import pytest

from tests.protocol.talk import end, script, start, talk, turn_params
from tests.support.client import Client
from tests.support.configured import ConfiguredHost
from tests.support.responses_endpoint import ResponsesEndpoint


def sent(endpoint: ResponsesEndpoint) -> dict[str, Any]:
    """The newest request."""
    return dict(endpoint.received[-1].body)


def developer(body: dict[str, Any]) -> str:
    """What the developer says ahead of the history."""
    first = body["input"][0]
    assert first["role"] == "developer"
    text: str = first["content"][0]["text"]
    return text


async def test_the_thread_settings_of_the_file_are_in_the_requests(
    client: Client, local: ResponsesEndpoint
) -> None:
    started = await client.ok("thread/start")
    assert (started["reasoningEffort"], started["serviceTier"]) == ("high", "priority")
    await talk(client, started["thread"]["id"])
    body = sent(local)
    assert body["reasoning"] == {"effort": "high", "summary": "concise"}
    assert body["text"] == {"verbosity": "high"}
    assert body["service_tier"] == "priority"
    assert body["instructions"] == "be brief"
    assert developer(body).startswith("work with care\n\nBe warm")


async def test_settings_of_a_thread_override_the_file_and_those_of_a_turn_override_both(
    client: Client, local: ResponsesEndpoint
) -> None:
    config = {
        "model_reasoning_effort": "low",
        "model_reasoning_summary": "none",
        "model_verbosity": "medium",
        "instructions": "of the config",
        "developer_instructions": "of the config",
    }
    thread_id = await start(
        client, config=config, serviceTier=None, personality="none", baseInstructions="of the start"
    )
    await talk(client, thread_id)
    body = sent(local)
    assert body["reasoning"] == {"effort": "low"}
    assert body["text"] == {"verbosity": "medium"}
    assert "service_tier" not in body
    assert (body["instructions"], developer(body)) == ("of the start", "of the config")
    changes = {"effort": "max", "summary": "detailed", "personality": "pragmatic"}
    turn = await client.ok("turn/start", turn_params(thread_id, "x", serviceTier="flex", **changes))
    await end(client, turn["turn"]["id"])
    body = sent(local)
    assert body["reasoning"] == {"effort": "max", "summary": "detailed"}
    assert body["service_tier"] == "flex"
    assert developer(body).startswith("of the config\n\nBe direct")


async def test_the_config_param_of_a_resume_or_fork_takes_effect(
    client: Client, local: ResponsesEndpoint
) -> None:
    thread_id = await start(client, config={"model_reasoning_effort": "low"})
    config = {"model_reasoning_effort": "max", "model_verbosity": "low"}
    resumed = await client.ok(
        "thread/resume", {"threadId": thread_id, "config": config, "personality": "pragmatic"}
    )
    assert resumed["reasoningEffort"] == "max"
    await talk(client, thread_id)
    body = sent(local)
    assert body["reasoning"]["effort"] == "max"
    assert body["text"] == {"verbosity": "low"}
    assert "Be direct" in developer(body)
    fork = {"threadId": thread_id, "config": {"model_reasoning_effort": "mini"}}
    forked = await client.ok("thread/fork", fork)
    assert forked["reasoningEffort"] == "mini"


SOME = {"sandbox_approval": True, "rules": False, "mcp_elicitations": True}
REST = {"skill_approval": False, "request_permissions": False}
POLICIES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"approvalPolicy": "never", "approvalsReviewer": "user"}),
    ({"approval_policy": "on-request"}, {"approvalPolicy": "on-request"}),
    ({"approval_policy": {"granular": SOME}}, {"approvalPolicy": {"granular": {**SOME, **REST}}}),
    ({"approvals_reviewer": "guardian_subagent"}, {"approvalsReviewer": "auto_review"}),
    ({"sandbox_mode": "danger-full-access"}, {"sandbox": {"type": "dangerFullAccess"}}),
]


@pytest.mark.parametrize(("config", "then"), POLICIES)
async def test_approval_and_sandbox_policies_can_be_given_in_the_config_param(
    client: Client, config: dict[str, Any], then: dict[str, Any]
) -> None:
    started = await client.ok("thread/start", {"config": config})
    assert started.items() >= then.items()
    over = {"approvalPolicy": "untrusted", "sandbox": "read-only"}
    chosen = await client.ok("thread/start", {"config": config, **over})
    assert (chosen["approvalPolicy"], chosen["sandbox"]["type"]) == ("untrusted", "readOnly")
    thread_id = await start(client)
    for method in ("thread/fork", "thread/resume"):
        await talk(client, thread_id)
        taken = await client.ok(method, {"threadId": thread_id, "config": config})
        assert taken.items() >= then.items()


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"model": 5}, "invalid type: integer `5`, expected a string (at `model`)"),
        (
            {"model_verbosity": "loud"},
            "unknown variant `loud`, expected one of `low`, `medium`, `high` (at `model_verb",
        ),
        ({"model_reasoning_summary": True}, "(at `model_reasoning_summary`)"),
        ({"model_reasoning_effort": ""}, "invalid length"),
        ({"model_reasoning_effort": "a b"}, "(at `model_reasoning_effort`)"),
        ({"service_tier": ["x"]}, "(at `service_tier`)"),
        ({"personality": "grim"}, "(at `personality`)"),
        ({"approval_policy": "nope"}, "unknown variant `nope`, expected one of `untrusted`"),
        ({"sandbox_mode": "all"}, "unknown variant `all`, expected one of `read-only`"),
        ({"model_context_window": 0}, "invalid value: integer `0`"),
        ({"model_auto_compact_token_limit": -1}, "(at `model_auto_compact_token_limit`)"),
        ({"turn_timeout_ms": 1.5}, "(at `turn_timeout_ms`)"),
        ({"stream_idle_timeout_ms": "5"}, "(at `stream_idle_timeout_ms`)"),
        ({"retry_wait_max_ms": 86_400_001}, "(at `retry_wait_max_ms`)"),
        ({"slow_after_ms": True}, "(at `slow_after_ms`)"),
    ],
)
async def test_a_value_of_a_config_that_cannot_be_is_refused_by_its_key(
    client: Client, config: dict[str, Any], words: str
) -> None:
    thread_id = await start(client)
    for method, more in (("thread/start", {}), ("thread/resume", {"threadId": thread_id})):
        error = await client.refused(method, {**more, "config": config})
        assert error["code"] == -32600
        assert error["message"].startswith("failed to load configuration: ")
        assert words in error["message"]


async def test_unknown_keys_of_the_config_param_are_ignored(
    client: Client,
) -> None:
    config = {
        "tools": 5,
        "features": {"multi_agent": True},
        "features.goals": False,
        "mcp_servers": {"x": {"command": "y"}},
        "model_reasoning_effort": None,
        "whatever": [None],
        "request_max_retries": 10**6,
    }
    assert (await client.ok("thread/start", {"config": config}))["reasoningEffort"] == "high"


async def test_a_number_of_retries_above_the_limit_is_reduced_to_it(
    host: ConfiguredHost, client: Client
) -> None:
    config = {"request_max_retries": 10**6, "stream_idle_timeout_ms": 10**12, "mine": 1}
    thread_id = await start(client, config=config)
    state = host.running.host.threads.loaded(thread_id)
    assert state is not None
    assert state.settings is not None
    assert state.settings.config == {
        "request_max_retries": 100,
        "stream_idle_timeout_ms": 86_400_000,
        "mine": 1,
    }


@pytest.mark.slices
@pytest.mark.parametrize(
    ("of_provider", "of_file", "key", "words"),
    [
        (
            "request_max_retries = 0\nstream_idle_timeout_ms = 100",
            "",
            "stream_idle_timeout_ms",
            "no progress for 100 ms",
        ),
        (
            "",
            "turn_timeout_ms = 100",
            "turn_timeout_ms",
            "did not end within 100 ms (turn_timeout_ms)",
        ),
    ],
    ids=["its provider", "the file"],
)
async def test_a_thread_may_be_more_patient_than(
    host: ConfiguredHost,
    local: ResponsesEndpoint,
    of_provider: str,
    of_file: str,
    key: str,
    words: str,
) -> None:
    provider = f'[model_providers.p]\nbase_url = "{local.base_url}"\n{of_provider}\n'
    host.text = f'model_provider = "p"\n{of_file}\n{provider}'
    await host.restart()
    client = await host.client()
    slow = script({"text": "at last", "delay_ms": 500})
    hasty = await talk(client, await start(client), slow)
    assert words in hasty["error"]["message"]
    patient = await start(client, config={key: 20_000})
    assert (await talk(client, patient, slow))["status"] == "completed"
