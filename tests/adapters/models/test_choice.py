"""The provider and model of threads that name none, with a configuration file."""

from pathlib import Path

import pytest

from tests.support.configured import loaded
from tests.support.model_calls import request
from threadhost.actors.models import ModelFailed, ModelSettings, ModelWindow
from threadhost.adapters.models.echo import EchoClient
from threadhost.adapters.models.providers import Providers, offers_of
from threadhost.adapters.models.select import model_client

KEY = {"OPENAI_API_KEY": "sk-secret"}
BASE = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
PROVIDERS = """
[model_providers.local]
base_url = "http://127.0.0.1:8080/v1"
[model_providers.local.models."qwen3:8b"]
context_window = 8000
[model_providers.other]
base_url = "http://127.0.0.1:8081/v1"
"""
LOCAL = f'model_provider = "local"\n{PROVIDERS}'


def chosen(
    folder: Path, text: str, spec: str = "", url: str | None = None, env: object = None
) -> Providers:
    """The providers of a host with this file."""
    return model_client(spec, url, dict(env or {}), configuration=loaded(folder, text))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("text", "spec", "url", "env", "names"),
    [
        (PROVIDERS, "", None, {}, ("echo", "echo-1")),
        (PROVIDERS, "", None, KEY, ("echo", "echo-1")),
        (PROVIDERS, "", None, BASE, ("openai", "default")),
        (LOCAL, "", None, {}, ("local", "qwen3:8b")),
        (LOCAL, "", None, BASE, ("local", "qwen3:8b")),
        ('model = "m"\n' + LOCAL, "", None, {}, ("local", "m")),
        ('model = "local:m"\n' + PROVIDERS, "", None, {}, ("local", "m")),
        ('model = "local:m"\n' + LOCAL, "", None, {}, ("local", "m")),
        ('model = "other:m"\n' + LOCAL, "", None, {}, ("local", "other:m")),
        ('model = "gpt-x"\n' + PROVIDERS, "", None, KEY, ("openai", "gpt-x")),
        (LOCAL, "m", None, {}, ("local", "m")),
        (LOCAL, "llama3:8b", None, {}, ("local", "llama3:8b")),
        (LOCAL, "other:m", None, {}, ("other", "m")),
        (LOCAL, "other", None, {}, ("other", "default")),
        (LOCAL, "local", None, {}, ("local", "qwen3:8b")),
        (LOCAL, "openai:gpt-x", None, KEY, ("openai", "gpt-x")),
        (LOCAL, "echo", None, KEY, ("echo", "echo-1")),
        (LOCAL, "", "http://127.0.0.1:7", {}, ("openai", "default")),
        (LOCAL, "m", "http://127.0.0.1:7", {}, ("openai", "m")),
        (LOCAL, "other:m", "http://127.0.0.1:7", {}, ("other", "m")),
        ('openai_base_url = "http://h/v1"\nmodel = "a:b"', "", None, {}, ("openai", "a:b")),
        ('model_provider = "echo"', "", None, {}, ("echo", "echo-1")),
    ],
)
def test_flags_go_before_the_environment_and_that_before_the_file(
    tmp_path: Path,
    text: str,
    spec: str,
    url: str | None,
    env: dict[str, str],
    names: tuple[str, str],
) -> None:
    client = chosen(tmp_path, text, spec, url, env)
    assert (client.name, client.default_model) == names
    assert next(iter(client.offers)) == client.name


@pytest.mark.parametrize(
    ("text", "spec", "env", "words"),
    [
        (
            'model_provider = "gone"\n' + PROVIDERS,
            "",
            {},
            "Model provider `gone` not found; this host has `local`, `other`, `echo`",
        ),
        ('model = "gpt-x"', "", {}, "OPENAI_API_KEY is not set"),
        ('model = "gpt x"\n' + LOCAL, "", {}, "no such model: 'gpt x'"),
        ('model = "local:"\n' + PROVIDERS, "", {}, "no such model: 'local:'"),
        ('model = "lcal:m"\n' + PROVIDERS, "", KEY, "no such model: 'lcal:m'"),
        (LOCAL, "other:", {}, "`PROVIDER:MODEL` or `MODEL`"),
        (LOCAL, "", {"HTTP_PROXY": "socks5://p"}, ""),
        (
            'model_provider = "far"\n[model_providers.far]\nbase_url = "http://far.example"',
            "",
            {"HTTP_PROXY": "socks4://p"},
            "proxy must be",
        ),
        (
            'model_provider = "openai"',
            "",
            {"OPENAI_API_KEY": "a\nb"},
            "OPENAI_API_KEY: the API key",
        ),
    ],
)
def test_a_model_or_provider_that_is_not_available_is_refused_with_the_available_ones(
    tmp_path: Path, text: str, spec: str, env: dict[str, str], words: str
) -> None:
    if not words:
        assert chosen(tmp_path, text, spec, env=env).name == "local"
        return
    with pytest.raises(ValueError, match=words):
        chosen(tmp_path, text, spec, env=env)


def test_a_fault_in_an_unused_provider_does_not_stop_the_host(tmp_path: Path) -> None:
    env = {"OPENAI_API_KEY": "a\nb", "HTTPS_PROXY": "socks5://p"}
    far = '[model_providers.far]\nbase_url = "https://far.example"'
    assert list(chosen(tmp_path, far, env=env).offers) == ["echo", "far"]


@pytest.mark.parametrize(
    ("env", "text", "names"),
    [
        ({}, "", ["echo"]),
        (KEY, "", ["echo", "openai"]),
        (KEY, LOCAL, ["local", "other", "openai", "echo"]),
        ({}, "[model_providers.openai]", ["echo", "openai"]),
        ({}, 'openai_base_url = "http://h/v1"', ["openai", "echo"]),
    ],
)
def test_the_echo_provider_always_exists_and_openai_if_a_key_or_a_table_is_given(
    tmp_path: Path, env: dict[str, str], text: str, names: list[str]
) -> None:
    if "openai_base_url" in text:
        text += '\nmodel = "m"'
    assert list(chosen(tmp_path, text, env=env).offers) == names


def test_the_base_url_in_the_environment_changes_openai_alone(tmp_path: Path) -> None:
    text = 'openai_base_url = "http://file/v1"\n[model_providers.openai]\n' + PROVIDERS
    moved = chosen(tmp_path, text, env=BASE).offers
    assert moved["openai"].provider.base_url == BASE["OPENAI_BASE_URL"]
    assert moved["local"].provider.base_url == "http://127.0.0.1:8080/v1"
    given = chosen(tmp_path, text, "other:m", "http://given/v1", BASE).offers
    assert given["other"].provider.base_url == "http://given/v1"


def test_the_window_of_a_model_goes_before_that_of_all_models(tmp_path: Path) -> None:
    text = "model_context_window = 100\nmodel_auto_compact_token_limit = 90\n" + LOCAL
    client = chosen(tmp_path, text)
    assert client.window("local", "qwen3:8b") == ModelWindow(8000, None)
    assert client.window("local", "m") == ModelWindow(100, 90)
    assert client.window("gone", "m") == ModelWindow(100, 90)


def test_a_call_of_an_unknown_provider_fails_with_the_known_ones(tmp_path: Path) -> None:
    client = chosen(tmp_path, LOCAL)
    wanted = request(settings=ModelSettings("m", "gone"))
    with pytest.raises(
        ModelFailed, match="`gone` not found; this host has `local`, `other`, `echo`"
    ):
        client.stream(wanted)


@pytest.mark.slices
async def test_a_provider_whose_library_is_missing_fails_its_own_calls_only(tmp_path: Path) -> None:
    client = chosen(tmp_path, LOCAL + '\n[model_providers.far]\nwire_api = "xai"')
    await client.warm_up()
    with pytest.raises(ModelFailed, match="model provider `far`: "):
        client.stream(request(settings=ModelSettings("m", "far")))
    await client.close()


def test_a_chosen_provider_whose_library_is_missing_is_named_at_the_start(tmp_path: Path) -> None:
    far = 'model_provider = "far"\n[model_providers.far]\nwire_api = "xai"'
    with pytest.raises(ValueError, match=r"pip install 'pydantic-ai-slim\[xai\]'"):
        chosen(tmp_path, far)


def test_a_model_client_of_the_embedding_program_is_one_provider() -> None:
    client = EchoClient()
    assert list(offers_of(client)) == ["echo"]
    assert offers_of(client)["echo"].client is client
