"""Which model a host gets from its command line and environment."""

import pytest

from tests.support.each import each
from tests.support.model_calls import collect, text_of, user
from tests.support.responses_endpoint import ResponsesEndpoint
from threadhost.adapters.models.select import model_client

KEY = {"OPENAI_API_KEY": "sk-secret"}
BASE = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}


@each(
    ("spec", "url", "env", "name", "model"),
    [
        (None, None, {}, "echo", "echo-1"),
        ("", "", KEY, "echo", "echo-1"),
        ("echo", None, BASE, "echo", "echo-1"),
        ("echo:ok", None, {}, "echo", "echo-1"),
        (None, "http://127.0.0.1:9", {}, "openai", "default"),
        (None, None, BASE, "openai", "default"),
        ("gpt-x", None, KEY, "openai", "gpt-x"),
        ("openai:gpt-x", None, KEY, "openai", "gpt-x"),
        ("openai:llama3:8b", None, BASE, "openai", "llama3:8b"),
        ("llama3:8b", None, BASE, "openai", "llama3:8b"),
        ("org/model@v1", "http://127.0.0.1:9", {}, "openai", "org/model@v1"),
    ],
)
def test_a_spec_selects_provider_and_model(
    spec: str | None, url: str | None, env: dict[str, str], name: str, model: str
) -> None:
    client = model_client(spec, url, env)
    assert (client.name, client.default_model) == (name, model)


async def test_an_echo_with_a_reply_answers_with_that_reply() -> None:
    assert text_of(await collect(model_client("echo:a b: c", None, {}), user("x"))) == "a b: c"


@each("spec", ["openai:", "two words", "opnai:gpt-x", ":x", "m\n", "m" * 201])
def test_an_unusable_model_spec_is_refused_with_the_valid_forms(spec: str) -> None:
    with pytest.raises(ValueError, match="`echo`, `echo:REPLY`, `PROVIDER:MODEL` or `MODEL`"):
        model_client(spec if spec != "m\n" else "m\nn", None, KEY)


@pytest.mark.parametrize(
    ("spec", "url", "env", "words"),
    [
        ("gpt-x", None, {}, "OPENAI_API_KEY is not set"),
        (None, "127.0.0.1:9", {}, "model URL must be"),
        (None, None, {"OPENAI_BASE_URL": "nowhere"}, "model URL must be"),
        ("gpt-x", None, {**KEY, "HTTPS_PROXY": "socks4://p"}, "proxy must be"),
    ],
)
def test_contradictory_or_missing_settings_of_a_model_are_named(
    spec: str | None, url: str | None, env: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        model_client(spec, url, env)
    assert "sk-secret" not in str(refused.value)


async def test_key_and_url_of_the_environment_are_used() -> None:
    async with ResponsesEndpoint() as endpoint:
        client = model_client("m", None, {"OPENAI_BASE_URL": endpoint.base_url, **KEY})
        await collect(client, user("hello"))
        await client.close()

    assert endpoint.received[0].headers["authorization"] == "Bearer sk-secret"


async def test_a_given_url_goes_before_that_of_the_environment() -> None:
    async with ResponsesEndpoint() as endpoint:
        client = model_client(None, endpoint.base_url, BASE)
        assert text_of(await collect(client, user("hello"))) == "ok"
        await client.close()
