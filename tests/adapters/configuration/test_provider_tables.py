"""A provider's table becomes a record, or an error with its place; secrets are never shown."""

from pathlib import Path

import pytest

from tests.support.configured import loaded
from threadhost.actors.models import CallLimits, ModelWindow
from threadhost.adapters.configuration.toml_file import ConfigError
from threadhost.adapters.models.provider import KeyCommand, KnownModel, Provider

SECRET = "sk-0123456789abcdef"
URL = 'base_url = "http://127.0.0.1:8080/v1"\n'


def provider(folder: Path, body: str, **more: object) -> Provider:
    """The provider that a table with a base URL and these lines describes."""
    return loaded(folder, f"[model_providers.p]\n{URL}{body}", **more).providers["p"]


def fault(folder: Path, text: str, **more: object) -> str:
    """The error for a file; it never contains the secret."""
    with pytest.raises(ConfigError) as refused:
        loaded(folder, text, **more)
    assert SECRET not in str(refused.value)
    return str(refused.value).removeprefix(str(folder / "config.toml"))


def test_every_key_of_a_provider_reaches_its_record(tmp_path: Path) -> None:
    text = """
    name = "P"
    wire_api = "chat"
    env_key = "P_KEY"
    env_key_instructions = "ask the desk"
    query_params = { a = "b c" }
    http_headers = { X-One = " 1 ", X-Two = "2" }
    env_http_headers = { x-two = "TWO", X-Three = "UNSET" }
    body = { top_k = 3, deep = { list = [1, 2.5, "x", true] } }
    body_omit = ["include"]
    prompt_cache_key = false
    request_max_retries = 1
    stream_max_retries = 2
    retry_wait_max_ms = 3
    connect_timeout_ms = 4
    stream_idle_timeout_ms = 5
    response_timeout_ms = 6
    slow_after_ms = 7
    [model_providers.p.models."m:8b"]
    name = "M"
    context_window = 8000
    auto_compact_token_limit = 0
    reasoning_efforts = ["low", "max"]
    default_reasoning_effort = "max"
    """
    found = provider(tmp_path, text, env={"P_KEY": SECRET, "TWO": "two"})
    assert found.key is not None
    assert found.key.get_secret_value() == SECRET
    assert found._replace(key=None) == Provider(
        "p",
        "http://127.0.0.1:8080/v1",
        "chat",
        "P",
        key_variable="P_KEY",
        key_help="ask the desk",
        headers={"X-One": "1", "x-two": "two"},
        query={"a": "b c"},
        body={"top_k": 3, "deep": {"list": [1, 2.5, "x", True]}, "include": None},
        prompt_cache_key=False,
        connect_timeout_ms=4,
        limits=CallLimits(1, 2, 3, 5, 6, 7),
        models={"m:8b": KnownModel("M", ModelWindow(8000, 0), ("low", "max"), "max")},
    )


def test_a_provider_uses_the_limits_of_the_host_where_its_table_has_none(tmp_path: Path) -> None:
    given = CallLimits(9, 9, 9, 9, 9, 9)
    assert provider(tmp_path, "", limits=given) == Provider(
        "p", "http://127.0.0.1:8080/v1", limits=given
    )


@pytest.mark.parametrize("wire", ["responses", "chat"])
def test_a_provider_without_a_base_url_is_refused(tmp_path: Path, wire: str) -> None:
    said = fault(tmp_path, f'\n[model_providers.p]\nwire_api = "{wire}"')
    assert said == ", line 2: `model_providers.p` has no `base_url`"


def test_an_api_with_an_address_of_its_own_needs_no_base_url(tmp_path: Path) -> None:
    found = loaded(tmp_path, '[model_providers.p]\nwire_api = "anthropic"').providers["p"]
    assert (found.wire, found.base_url) == ("anthropic", "")


def test_an_unknown_wire_api_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    said = fault(tmp_path, f'[model_providers.p]\n{URL}wire_api = "morse"')
    assert said.startswith(", line 3: `model_providers.p.wire_api`: should be 'responses', 'chat'")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"http://me:{SECRET}@host/v1", "must not hold a user or a password"),
        (f"ftp://host/{SECRET}", "must be of the form http://HOST[:PORT] or https://HOST[:PORT]"),
        (f"host/{SECRET}", "must be of the form"),
        (f"http://host:99999/{SECRET}", "must be of the form"),
        (f"http://host/{SECRET}\\n", ""),
        (f"http://host/ {SECRET}", "must be of the form"),
    ],
)
def test_a_base_url_that_cannot_be_used_is_refused_and_not_repeated(
    tmp_path: Path, url: str, words: str
) -> None:
    text = f'[model_providers.p]\nbase_url = "{url}"'
    if not words:
        assert loaded(tmp_path, text).providers["p"].base_url.endswith("\n")
        return
    said = fault(tmp_path, text)
    assert said.startswith(", line 2: `model_providers.p.base_url`: model URL ")
    assert words in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f'http_headers = {{ X-K = "{SECRET}\\nEvil: 1" }}', "`X-K` holds a character that a"),
        (f'http_headers = {{ X-K = "{SECRET}\\r" }}', ""),
        (f'http_headers = {{ X-K = "{SECRET}é" }}', "`X-K` holds a character that a header cannot"),
        (f'http_headers = {{ "X K" = "{SECRET}" }}', "'X K' is not a valid header name"),
        (f'http_headers = {{ "" = "{SECRET}" }}', "'' is not a valid header name"),
        (f'http_headers = {{ "X:" = "{SECRET}" }}', "is not a valid header name"),
        (
            f'http_headers = {{ Host = "{SECRET}" }}',
            "'Host' is a header that this host sets itself",
        ),
        ('http_headers = { content-length = "1" }', "is a header that this host sets itself"),
        ('http_headers = { X-K = "1", x-k = "2" }', "is given twice, in another case"),
        ("http_headers = { X-K = 5 }", "`model_providers.p.http_headers.X-K`: should be a valid"),
        ('env_http_headers = { X-K = "BAD" }', "the variable `BAD` holds a character"),
        ('env_http_headers = { "Transfer-Encoding" = "BAD" }', "that this host sets itself"),
        (
            'env_http_headers = { X-K = "A=B" }',
            "should be the name of an environment variable, without `=`",
        ),
        (f'http_headers = {{ X-K = "{"x" * 20_000}" }}', "is longer than 16384 characters"),
    ],
)
def test_a_header_that_no_request_can_carry_is_refused_by_name(
    tmp_path: Path, line: str, words: str
) -> None:
    text = f"[model_providers.p]\n{URL}{line}"
    env = {"BAD": f"{SECRET}\nEvil: 1"}
    if not words:  # white space around a value does not count
        assert loaded(tmp_path, text).providers["p"].headers == {"X-K": SECRET}
        return
    said = fault(tmp_path, text, env=env)
    assert words in said
    assert said.startswith(", line 3: ")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (f'env_key = "A"\nexperimental_bearer_token = "{SECRET}"', "both give the key; keep one"),
        ('env_key = "A"\nauth.command = "x"', "`env_key` and `auth` both give the key; keep one"),
        (
            f'env_key = "A"\nhttp_headers = {{ authorization = "Basic {SECRET}" }}',
            "`env_key` and a header both say what `Authorization` is",
        ),
        (f'experimental_bearer_token = "{SECRET} x"', "cannot carry"),
        ('env_key = "BAD"', "the variable `BAD`: the API key holds characters"),
        ("auth = {}", "`model_providers.p.auth.command` is missing"),
        ('auth.command = " "', "`model_providers.p.auth.command`: should be text that is"),
        ('auth = { command = "x", timeout_ms = 0 }', "greater than or equal to 1"),
        ('auth = { command = "x", timeout_ms = 600001 }', "less than or equal to 600000"),
        (f'auth = {{ command = "x", args = [5, "{SECRET}"] }}', "auth.args.0`: should be a valid"),
    ],
)
def test_a_key_of_a_provider_that_is_invalid_or_given_twice_is_refused(
    tmp_path: Path, lines: str, words: str
) -> None:
    env = {"BAD": f"{SECRET}\x07", "A": SECRET}
    assert words in fault(tmp_path, f"[model_providers.p]\n{URL}{lines}", env=env)


def test_the_key_of_a_provider_is_read_from_the_variable_or_the_table(tmp_path: Path) -> None:
    env = {"OPENAI_API_KEY": "o" * 8, "MINE": "m" * 8, "openAiKey": "k" * 8}
    known = {
        'env_key = "MINE"': ("m" * 8, "MINE"),
        'env_key = "MINE"\nrequires_openai_auth = true': ("m" * 8, "MINE"),
        "requires_openai_auth = true": ("o" * 8, "OPENAI_API_KEY"),
        'experimental_bearer_token = " tttttttt "': ("t" * 8, None),
        'env_key = "UNSET"': (None, "UNSET"),
        'env_key = "openAiKey"': ("k" * 8, "openAiKey"),
        "": (None, None),
    }
    for lines, (key, variable) in known.items():
        found = provider(tmp_path, lines, env=env)
        assert (found.key.get_secret_value() if found.key else None) == key, lines
        assert found.key_variable == variable, lines


def test_the_program_that_prints_a_key_runs_beside_the_file(tmp_path: Path) -> None:
    lines = 'auth = { command = "./k", args = ["a"], timeout_ms = 1, refresh_interval_ms = 0 }'
    assert provider(tmp_path, lines).key_command == KeyCommand("./k", ("a",), tmp_path, 1, 0)
    lines = 'auth = { command = "k", cwd = "sub" }'
    assert provider(tmp_path, lines).key_command == KeyCommand("k", (), tmp_path / "sub")


def test_a_table_for_openai_keeps_its_address_and_its_variable(tmp_path: Path) -> None:
    text = "[model_providers.openai]\nstream_max_retries = 1"
    found = loaded(tmp_path, text, env={"OPENAI_API_KEY": SECRET}).providers["openai"]
    assert (found.base_url, found.key_variable) == ("https://api.openai.com/v1", "OPENAI_API_KEY")
    assert found.limits.stream_retries_max == 1


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("echo", "the echo is this host's own"),
        ('""', "a provider's name has 1 to 64 printable characters and no colon"),
        ('"a:b"', "no colon"),
        ('"a\\u0007"', "printable"),
        ('"' + "x" * 65 + '"', "1 to 64"),
    ],
)
def test_a_name_that_no_provider_can_have_is_refused(tmp_path: Path, name: str, words: str) -> None:
    assert words in fault(tmp_path, f"[model_providers.{name}]\n{URL}")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("body.when = 2024-01-01", "`model_providers.p.body.when`: JSON has no dates and times"),
        ("body.deep = [[1.5, nan]]", "`model_providers.p.body.deep.0.1`: JSON has no such number"),
        ("body.x = -inf", "JSON has no such number"),
        ("body.x = 9223372036854775808", "is too large a number"),
        ("body.stream = false", "`stream` is set by this host; remove it"),
        ("body.input = []", "`input` is set by this host; remove it"),
        ('body_omit = ["model"]', "`model` is set by this host; remove it"),
        ("body = 5", "`model_providers.p.body`: should be a valid dictionary"),
    ],
)
def test_fields_that_no_request_can_have_are_refused(tmp_path: Path, body: str, words: str) -> None:
    assert words in fault(tmp_path, f"[model_providers.p]\n{URL}{body}")


def test_a_default_effort_that_the_model_does_not_accept_is_refused(tmp_path: Path) -> None:
    model = '[model_providers.p.models.m]\nreasoning_efforts = ["low"]\n'
    text = f'[model_providers.p]\n{URL}{model}default_reasoning_effort = "max"'
    said = fault(tmp_path, text)
    assert said.startswith(
        ", line 5: `model_providers.p.models.m.default_reasoning_effort`: is none"
    )


def test_no_repr_and_no_shown_configuration_contains_a_secret(tmp_path: Path) -> None:
    text = f"""
    instructions = "be brief"
    openai_base_url = "https://host/v1?key={SECRET}"
    [model_providers.a]
    base_url = "https://host/v1?key={SECRET}"
    experimental_bearer_token = "{SECRET}"
    query_params = {{ key = "{SECRET}" }}
    http_headers = {{ X-Key = "{SECRET}" }}
    env_http_headers = {{ X-Other = "OTHER" }}
    body = {{ password = "{SECRET}" }}
    [model_providers.b]
    base_url = "https://host/v1"
    auth = {{ command = "sh", args = ["-c", "echo {SECRET}"] }}
    """
    found = loaded(tmp_path, text, env={"OTHER": SECRET})
    shown = dict(found.shown)
    assert SECRET not in repr(found)
    assert SECRET not in repr(found.providers["a"])
    assert SECRET not in repr(found.providers["b"].key_command)
    assert shown == {
        "instructions": "be brief",
        "model_providers": {
            "a": {
                "base_url": "https://host/v1",
                "experimental_bearer_token": "**********",
                "query_params": {"key": "**********"},
                "http_headers": {"X-Key": "**********"},
                "env_http_headers": {"X-Other": "OTHER"},
                "body": {"password": "**********"},
            },
            "b": {
                "base_url": "https://host/v1",
                "auth": {"command": "sh", "args": ["**********", "**********"]},
            },
        },
    }
