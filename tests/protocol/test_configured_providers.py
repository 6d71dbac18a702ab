"""Providers of a configuration file: listed as they are, chosen for each thread, asked as told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import begin, end, said, start, talk
from tests.support.client import Client, Message
from tests.support.configured import ConfiguredHost
from tests.support.responses_endpoint import ResponsesEndpoint

SECRET = "sk-0123456789abcdef"
TEXT = """
model_provider = "local"
model_reasoning_effort = "high"
model_reasoning_summary = "concise"
model_verbosity = "low"
service_tier = "fast"
personality = "friendly"
instructions = "be brief"
developer_instructions = "work with care"
turn_timeout_ms = 60000
approval_policy = "never"
profile = "usual"

[tui]
notifications = true

[profiles.usual]
model_verbosity = "high"

[model_providers.local]
name = "The local server"
base_url = "{local}?token={secret}"
http_headers = {{ X-Key = "{secret}" }}

[model_providers.local.models.m-large]
name = "Large"
context_window = 8000
reasoning_efforts = ["low", "high"]
default_reasoning_effort = "high"

[model_providers.local.models.m-small]

[model_providers.other]
base_url = "{other}"
env_key = "OTHER_KEY"

[model_providers.other.models."o:1"]
context_window = 1000
auto_compact_token_limit = 500

[model_providers.locked]
base_url = "{other}"
env_key = "UNSET_KEY"
env_key_instructions = "ask the desk"
"""
UNUSED = "approval_policy, tui"


@pytest.fixture
async def local() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint() as running:
        yield running


@pytest.fixture
async def other() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint() as running:
        yield running


@pytest.fixture
async def host(
    home: Path, local: ResponsesEndpoint, other: ResponsesEndpoint
) -> AsyncIterator[ConfiguredHost]:
    text = TEXT.format(local=local.base_url, other=other.base_url, secret=SECRET)
    host = ConfiguredHost(home, text=text, env={"OTHER_KEY": SECRET})
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
async def client(host: ConfiguredHost) -> Client:
    return await host.client()


def set_up(result: dict[str, Any]) -> tuple[str, str]:
    """The provider and the model of a thread."""
    assert result["thread"]["modelProvider"] == result["modelProvider"]
    return result["modelProvider"], result["model"]


async def failed(client: Client, thread_id: str) -> Message:
    """How a turn fails."""
    turn = await talk(client, thread_id)
    assert turn["status"] == "failed"
    error: Message = turn["error"]
    return error


async def test_all_providers_are_listed_without_what_is_theirs_alone(
    client: Client, local: ResponsesEndpoint, other: ResponsesEndpoint
) -> None:
    listed = await client.ok("modelProvider/list")
    assert SECRET not in str(listed)
    assert (listed["defaultProviderId"], listed["canChangeDefault"]) == ("local", False)
    shown = [(p["id"], p["name"], p["baseUrl"], p["settings"]["auth"]) for p in listed["data"]]
    variable = {"envKey": "OTHER_KEY", "mode": "environmentVariable"}
    unset = {"envKey": "UNSET_KEY", "mode": "environmentVariable"}
    assert shown == [
        ("local", "The local server", local.base_url, {"mode": "none"}),
        ("other", "other", other.base_url, variable),
        ("locked", "locked", other.base_url, unset),
        ("echo", "echo", None, {"mode": "none"}),
    ]


async def test_all_known_models_are_listed_with_what_is_known_of_them(client: Client) -> None:
    listed = (await client.ok("model/list"))["data"]
    shown = [(m["id"], m["model"], m["modelProvider"], m["contextWindow"]) for m in listed]
    assert shown == [
        ("m-large", "m-large", "local", 8000),
        ("m-small", "m-small", "local", None),
        ("other:o:1", "other:o:1", "other", 1000),
    ]
    assert [m["isDefault"] for m in listed] == [True, False, False]
    large, small, far = listed
    assert (large["displayName"], small["displayName"], far["displayName"]) == (
        "Large",
        "m-small",
        "o:1",
    )
    efforts = [option["reasoningEffort"] for option in large["supportedReasoningEfforts"]]
    assert (efforts, large["defaultReasoningEffort"]) == (["low", "high"], "high")
    assert "8,000 tokens" in large["description"]
    hidden = (await client.ok("model/list", {"includeHidden": True}))["data"]
    assert [m["id"] for m in hidden if m["hidden"]] == ["echo:echo-1"]


async def test_the_models_of_one_provider_go_by_their_own_names(client: Client) -> None:
    for provider, names in (("other", ["o:1"]), ("echo", ["echo-1"]), ("locked", [])):
        listed = (await client.ok("model/list", {"modelProvider": provider}))["data"]
        assert [m["model"] for m in listed] == names
        assert not any(m["isDefault"] or m["hidden"] for m in listed)
    error = await client.refused("model/list", {"modelProvider": "gone"})
    assert error["message"] == (
        "Model provider `gone` not found; this host has `local`, `other`, `locked`, `echo`"
    )


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, ("local", "m-large")),
        ({"model": "m-small"}, ("local", "m-small")),
        ({"model": "llama3:8b"}, ("local", "llama3:8b")),
        ({"modelProvider": "other"}, ("other", "o:1")),
        ({"modelProvider": "other", "model": "x"}, ("other", "x")),
        ({"modelProvider": "local", "model": "other:x"}, ("local", "other:x")),
        ({"model": "other:o:1"}, ("other", "o:1")),
        ({"model": "other:o:1", "modelProvider": "other"}, ("other", "o:1")),
        ({"modelProvider": "locked"}, ("locked", "default")),
        ({"modelProvider": "echo"}, ("echo", "echo-1")),
        ({"config": {"model": "c", "model_provider": "other"}}, ("other", "c")),
        ({"config": {"model": "c"}, "model": "p"}, ("local", "p")),
        ({"config": {"model": "other:c"}}, ("other", "c")),
    ],
)
async def test_a_thread_has_the_provider_and_the_model_that_it_asks_for(
    client: Client, params: dict[str, Any], names: tuple[str, str]
) -> None:
    assert set_up(await client.ok("thread/start", params)) == names


async def test_a_request_goes_to_the_thread_s_provider_with_what_that_needs(
    client: Client, local: ResponsesEndpoint, other: ResponsesEndpoint
) -> None:
    await talk(client, await start(client))
    await talk(client, await start(client, model="other:o:1"))
    [to_local], [to_other] = local.received, other.received
    assert to_local.headers["x-key"] == SECRET
    assert to_local.line == f"POST /v1/responses?token={SECRET} HTTP/1.1"
    assert "authorization" not in to_local.headers
    assert (to_local.body["model"], to_other.body["model"]) == ("m-large", "o:1")
    assert to_other.headers["authorization"] == f"Bearer {SECRET}"
    assert "x-key" not in to_other.headers


@pytest.mark.parametrize("method", ["thread/start", "thread/resume", "thread/fork"])
async def test_a_provider_that_is_not_there_is_refused_with_those_that_are(
    client: Client, method: str
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    more = {} if method == "thread/start" else {"threadId": thread_id}
    known = "this host has `local`, `other`, `locked`, `echo`"
    for params in ({"modelProvider": "gone"}, {"config": {"model_provider": "gone"}}):
        error = await client.refused(method, {**more, **params})
        words = f"failed to load configuration: Model provider `gone` not found; {known}"
        assert error == {"code": -32600, "message": words}


async def test_a_thread_changes_its_provider_when_it_is_taken_up_or_forked(
    client: Client, other: ResponsesEndpoint
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    forked = await client.ok("thread/fork", {"threadId": thread_id, "modelProvider": "other"})
    assert set_up(forked) == ("other", "o:1")
    resumed = await client.ok("thread/resume", {"threadId": thread_id, "model": "other:x"})
    assert set_up(resumed) == ("other", "x")
    again = await client.ok("thread/resume", {"threadId": thread_id, "modelProvider": "other"})
    assert set_up(again) == ("other", "x"), "a thread that stays keeps its model"
    await talk(client, thread_id)
    await talk(client, forked["thread"]["id"])
    assert [received.body["model"] for received in other.received] == ["x", "o:1"]


async def test_a_turn_and_an_update_change_the_provider_by_the_name_that_is_listed(
    client: Client, local: ResponsesEndpoint, other: ResponsesEndpoint
) -> None:
    thread_id = await start(client)
    turn = await begin(client, thread_id, model="other:o:1")
    await end(client, turn)
    updated = [m for m in client.received if m.get("method") == "thread/settings/updated"][-1]
    settings = updated["params"]["threadSettings"]
    assert (settings["modelProvider"], settings["model"]) == ("other", "o:1")
    await client.ok("thread/settings/update", {"threadId": thread_id, "model": "local:m-small"})
    await talk(client, thread_id)
    assert [received.body["model"] for received in other.received] == ["o:1"]
    assert [received.body["model"] for received in local.received] == ["m-small"]


async def test_a_key_that_is_missing_fails_the_turn_and_says_how_to_come_by_one(
    client: Client,
) -> None:
    error = await failed(client, await start(client, modelProvider="locked"))
    assert error["codexErrorInfo"] == "unauthorized"
    assert "`UNSET_KEY` is not set" in error["message"]
    assert error["message"].endswith("ask the desk")


async def test_a_thread_outlives_its_provider_and_says_so_when_a_turn_begins(
    host: ConfiguredHost, client: Client
) -> None:
    thread_id = await start(client, modelProvider="other")
    await talk(client, thread_id)
    host.text = ""
    await host.restart()
    client = await host.client()
    resumed = await client.ok("thread/resume", {"threadId": thread_id, "modelProvider": "other"})
    assert set_up(resumed) == ("other", "o:1")
    assert len(resumed["thread"]["turns"]) == 1
    error = await failed(client, thread_id)
    assert error["message"] == "Model provider `other` not found; this host has `echo`"
    await client.ok("thread/resume", {"threadId": thread_id, "modelProvider": "echo"})
    assert (await talk(client, thread_id))["status"] == "completed"


async def test_a_thread_of_an_echo_goes_on_where_something_else_is_the_default(
    host: ConfiguredHost, client: Client
) -> None:
    text, host.text = host.text, ""
    await host.restart()
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    host.text = text
    await host.restart()
    client = await host.client()
    assert set_up(await client.ok("thread/resume", {"threadId": thread_id})) == ("echo", "echo-1")
    assert (await talk(client, thread_id, "go on"))["status"] == "completed"


async def test_keys_without_a_use_are_named_to_every_client_behind_its_handshake(
    host: ConfiguredHost,
) -> None:
    client = await host.connect()
    await client.initialize()
    warning = await client.until(lambda message: message.get("method") == "warning")
    file = host.home / "config.toml"
    assert warning["params"] == {
        "threadId": None,
        "message": f"{file}: not used by this host: {UNUSED}",
    }
    assert "result" in client.received[0]


async def test_the_configuration_is_told_as_it_holds_with_its_places_and_no_secret(
    host: ConfiguredHost, client: Client, local: ResponsesEndpoint
) -> None:
    told = await client.ok("config/read", {"includeLayers": True})
    assert SECRET not in str(told)
    config = told["config"]
    assert {
        key: config[key] for key in config if not key.startswith(("sandbox", "appro", "cwd"))
    } == {
        "model": "m-large",
        "model_provider": "local",
        "model_context_window": 8000,
        "model_auto_compact_token_limit": 7200,
        "model_reasoning_effort": "high",
        "model_reasoning_summary": "concise",
        "model_verbosity": "high",
        "service_tier": "fast",
        "instructions": "be brief",
        "developer_instructions": "work with care",
        "personality": "friendly",
        "profile": "usual",
        "turn_timeout_ms": 60000,
        "model_providers": config["model_providers"],
    }
    assert config["model_providers"]["local"]["base_url"] == local.base_url
    [layer] = told["layers"]
    file = str(host.home / "config.toml")
    assert layer["name"] == {"type": "user", "file": file, "profile": "usual"}
    assert layer["unusedKeys"] == UNUSED.split(", ")
    assert layer["config"]["model_verbosity"] == "low"
    assert told["origins"]["model_verbosity"] == {
        "name": layer["name"],
        "version": layer["version"],
    }
    assert "model" not in told["origins"], "nobody said it: it is the provider's first"


async def test_flags_are_a_place_of_their_own_above_the_file(host: ConfiguredHost) -> None:
    host.settings = {"model": "other:x"}
    await host.restart()
    client = await host.client()
    told = await client.ok("config/read", {"includeLayers": True})
    assert [layer["name"]["type"] for layer in told["layers"]] == ["sessionFlags", "user"]
    assert (told["config"]["model_provider"], told["config"]["model"]) == ("other", "x")
    origins = {key: origin["name"]["type"] for key, origin in told["origins"].items()}
    assert (origins["model_provider"], origins["service_tier"]) == ("sessionFlags", "user")


def sent(endpoint: ResponsesEndpoint) -> dict[str, Any]:
    """The newest request."""
    return dict(endpoint.received[-1].body)


def developer(body: dict[str, Any]) -> str:
    """What the developer says ahead of the history."""
    first = body["input"][0]
    assert first["role"] == "developer"
    text: str = first["content"][0]["text"]
    return text


async def test_what_the_file_says_of_threads_is_in_their_requests(
    client: Client, local: ResponsesEndpoint
) -> None:
    started = await client.ok("thread/start")
    assert (started["reasoningEffort"], started["serviceTier"]) == ("high", "fast")
    await talk(client, started["thread"]["id"])
    body = sent(local)
    assert body["reasoning"] == {"effort": "high", "summary": "concise"}
    assert body["text"] == {"verbosity": "high"}
    assert body["service_tier"] == "priority"
    assert body["instructions"] == "be brief"
    assert developer(body).startswith("work with care\n\nBe warm")


async def test_what_a_thread_says_goes_before_the_file_and_a_turn_before_that(
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
    turn = await client.ok("turn/start", said(thread_id, "x", serviceTier="flex", **changes))
    await end(client, turn["turn"]["id"])
    body = sent(local)
    assert body["reasoning"] == {"effort": "max", "summary": "detailed"}
    assert body["service_tier"] == "flex"
    assert developer(body).startswith("of the config\n\nBe direct")


async def test_a_config_that_comes_when_a_thread_is_taken_up_has_its_effect(
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


async def test_keys_of_a_config_that_mean_nothing_here_are_taken_without_a_word(
    client: Client,
) -> None:
    config = {
        "approval_policy": 5,
        "features": {"multi_agent": True},
        "features.goals": False,
        "mcp_servers": {"x": {"command": "y"}},
        "model_reasoning_effort": None,
        "whatever": [None],
        "request_max_retries": 10**6,
    }
    assert (await client.ok("thread/start", {"config": config}))["reasoningEffort"] == "high"
