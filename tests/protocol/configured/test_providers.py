"""Providers of a configuration file: listed as they are, chosen for each thread, asked as told."""

from typing import Any

import pytest

from tests.protocol.configured.file import SECRET, UNUSED
from tests.protocol.talk import begin, end, script, start, talk
from tests.support.client import Client, Message
from tests.support.configured import ConfiguredHost
from tests.support.responses_endpoint import ResponsesEndpoint

USAGE = "thread/tokenUsage/updated"


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


async def test_all_providers_are_listed_without_secrets(
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


async def test_openai_is_listed_if_its_key_is_set(host: ConfiguredHost) -> None:
    host.text, host.env = "", {"OPENAI_API_KEY": SECRET}
    await host.restart()
    listed = await (await host.client()).ok("modelProvider/list")
    assert [(p["id"], p["settings"]["type"]) for p in listed["data"]] == [
        ("echo", "customGateway"),
        ("openai", "openai"),
    ]
    assert SECRET not in str(listed)


async def test_all_known_models_are_listed_with_their_attributes(client: Client) -> None:
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


async def test_the_models_of_one_provider_are_listed_by_their_own_names(client: Client) -> None:
    for provider, names in (("other", ["o:1"]), ("echo", ["echo-1"]), ("locked", [])):
        listed = (await client.ok("model/list", {"modelProvider": provider}))["data"]
        assert [m["model"] for m in listed] == names
        assert not any(m["isDefault"] or m["hidden"] for m in listed)
    error = await client.refused("model/list", {"modelProvider": "gone"})
    assert error["message"] == (
        "Model provider `gone` not found; this host has `local`, `other`, `locked`, `echo`"
    )


@pytest.mark.few(2)
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
async def test_a_thread_gets_the_provider_and_model_of_its_params(
    client: Client, params: dict[str, Any], names: tuple[str, str]
) -> None:
    assert set_up(await client.ok("thread/start", params)) == names


async def test_a_request_is_sent_to_the_provider_of_its_thread_with_its_headers(
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
async def test_an_unknown_provider_is_refused_with_a_list_of_the_known_ones(
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


@pytest.mark.parametrize("params", [{"model": "openai:m"}, {"config": {"model": "openai:m"}}])
async def test_a_model_of_openai_is_not_answered_by_the_echo_provider(
    params: dict[str, Any], host: ConfiguredHost
) -> None:
    client = await host.client()
    assert set_up(await client.ok("thread/start", params)) == ("local", "openai:m")
    host.text = ""
    await host.restart()
    client = await host.client()
    error = await client.refused("thread/start", params)
    assert error["message"].endswith("provider `openai` not found; this host has `echo`")


async def test_a_thread_changes_its_provider_when_it_is_resumed_or_forked(
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


async def test_a_model_named_like_one_of_another_provider_stays_with_its_provider(
    client: Client, local: ResponsesEndpoint, other: ResponsesEndpoint
) -> None:
    thread_id = await start(client, modelProvider="local", model="other:o:1")
    mode = {"mode": "default", "settings": {"model": "other:o:1", "reasoning_effort": "low"}}
    await end(client, await begin(client, thread_id, collaborationMode=mode))
    await client.ok("thread/settings/update", {"threadId": thread_id, "model": "other:o:1"})
    resumed = await client.ok("thread/resume", {"threadId": thread_id, "model": "other:o:1"})
    assert set_up(resumed) == ("local", "other:o:1")
    assert (len(local.received), len(other.received)) == (1, 0)


async def test_a_missing_api_key_fails_the_turn_with_instructions(
    client: Client,
) -> None:
    error = await failed(client, await start(client, modelProvider="locked"))
    assert error["codexErrorInfo"] == "unauthorized"
    assert "`UNSET_KEY` is not set" in error["message"]
    assert error["message"].endswith("ask the desk")


async def test_a_thread_whose_provider_was_removed_can_be_resumed_and_its_turns_fail(
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


async def test_a_thread_of_the_echo_provider_goes_on_where_another_is_the_default(
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


async def test_the_effective_configuration_is_returned_with_origins_and_without_secrets(
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


async def test_flags_are_a_configuration_layer_above_the_file(host: ConfiguredHost) -> None:
    host.settings = {"model": "other:x"}
    await host.restart()
    client = await host.client()
    told = await client.ok("config/read", {"includeLayers": True})
    assert [layer["name"]["type"] for layer in told["layers"]] == ["sessionFlags", "user"]
    assert (told["config"]["model_provider"], told["config"]["model"]) == ("other", "x")
    origins = {key: origin["name"]["type"] for key, origin in told["origins"].items()}
    assert (origins["model_provider"], origins["service_tier"]) == ("sessionFlags", "user")


WINDOWS: list[tuple[dict[str, Any], int | None]] = [
    ({}, 7_600),
    ({"model": "m-small"}, None),
    ({"model": "other:o:1"}, 950),
    ({"model": "m-small", "config": {"model_context_window": 2_000}}, 1_900),
]


@pytest.mark.few(1)
@pytest.mark.parametrize(("params", "tokens"), WINDOWS)
async def test_token_usage_is_sent_with_the_context_window_of_the_model(
    client: Client, params: dict[str, Any], tokens: int | None
) -> None:
    thread_id = await start(client, **params)
    await talk(client, thread_id)
    news = await client.notice(USAGE, threadId=thread_id)
    assert news["params"]["tokenUsage"]["modelContextWindow"] == tokens
    before = await client.level()
    await client.ok("thread/resume", {"threadId": thread_id})
    news = await client.notice(USAGE, before)
    assert news["params"]["tokenUsage"]["modelContextWindow"] == tokens


@pytest.mark.slices
async def test_token_usage_has_the_context_window_of_the_model_the_turn_began_with(
    client: Client,
) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script({"text": "a b", "deltas": 2, "gap_ms": 200}))
    await client.notice("item/agentMessage/delta")
    await client.ok("thread/settings/update", {"threadId": thread_id, "model": "other:o:1"})
    await end(client, turn_id)
    news = await client.notice(USAGE, threadId=thread_id)
    assert news["params"]["tokenUsage"]["modelContextWindow"] == 7_600
