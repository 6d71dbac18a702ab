"""A secret in the place of a variable's name in the file is refused and not repeated."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.configured import loaded
from tests.support.each import each
from threadhost.adapters.configuration.toml_file import ConfigError

PROVIDER = '[model_providers.p]\nbase_url = "https://h"\n'
ADDRESS = '[mcp_servers.s]\nurl = "https://h"\n'
PROGRAM = '[mcp_servers.s]\ncommand = "x"\n'
SETTINGS = {
    "model_providers.p.env_key": f'{PROVIDER}env_key = "{{}}"',
    "model_providers.p.env_http_headers.K": f'{PROVIDER}env_http_headers.K = "{{}}"',
    "mcp_servers.s.bearer_token_env_var": f'{ADDRESS}bearer_token_env_var = "{{}}"',
    "mcp_servers.s.env_http_headers.K": f'{ADDRESS}env_http_headers.K = "{{}}"',
    "mcp_servers.s.env_vars": f'{PROGRAM}env_vars = ["{{}}"]',
}
"""Every setting that names variables, with a file that has it."""
SECRETS = [
    *("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNNSEXAMPLE", "0123456789abcdef0123456789abcdef"),
    *("D41D8CD98F00B204E9800998ECF8427E", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk-proj-abcdef"),
    *("skLiveA1b2C3d4E5f6", "ghp_abcdefghijABCDEFGHIJabcdefghij123456", "JBSWY3DPEHPK3PXP"),
    *("abcdefghijklmnopqrstuvwxyzabcdefghijklmn", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMN"),
    *("K_" * 40, "two words", "abcdefghijklmnop"),
]
NAMES = [
    *("KEY", "OPENAI_API_KEY", "_K", "K8S_TOKEN", "OAUTH2_SECRET", "AWS_BEARER_TOKEN_BEDROCK"),
    *("KEY_2", "MY_2FA_KEY", "ANTHROPICAPIKEY", "AZURE_OPENAI_KEY__EU_WEST_1"),
]


@each("secret", SECRETS)
@each("setting", SETTINGS)
def test_a_secret_in_the_place_of_a_variables_name_is_refused_and_not_repeated(
    tmp_path: Path, setting: str, secret: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, SETTINGS[setting].format(secret))
    assert f"`{setting}` names no variable that is set; give the name of one" in str(refused.value)
    assert secret not in str(refused.value)


@each("name", NAMES)
@each("setting", SETTINGS)
def test_a_variable_that_is_not_set_may_be_named(tmp_path: Path, setting: str, name: str) -> None:
    assert name in str(loaded(tmp_path, SETTINGS[setting].format(name)).shown)


@each("setting", SETTINGS)
def test_a_variable_that_is_set_may_have_any_name(tmp_path: Path, setting: str) -> None:
    text = SETTINGS[setting].format(name := "of.another-form")
    assert name in str(loaded(tmp_path, text, env={name: "v" * 8}).shown)


def test_an_optional_variable_of_a_program_may_have_a_lower_case_name(tmp_path: Path) -> None:
    text = SETTINGS["mcp_servers.s.env_vars"].format("http_proxy")
    assert "http_proxy" in str(loaded(tmp_path, text).shown)


def test_arguments_in_the_command_of_a_program_are_hidden(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        '[mcp_servers.s]\ncommand = "x -k topsecret"\n' + PROVIDER + "auth.command = 'y z'",
    )
    shown: Any = found.shown
    assert shown["mcp_servers"]["s"]["command"] == "x …"
    assert shown["model_providers"]["p"]["auth"]["command"] == "y …"
    program, key = found.servers["s"].launch, found.providers["p"].key_command
    assert (repr(program), repr(key)) == ("Program('x …')", "KeyCommand('y …')")


@each("command", ["K=topsecret x", "x\\ttopsecret", "x\\ntopsecret"])
def test_no_assignment_before_a_program_is_shown_and_no_argument_behind_any_space(
    tmp_path: Path, command: str
) -> None:
    found = loaded(tmp_path, f'[mcp_servers.s]\ncommand = "{command}"')
    assert str(found.shown).count("topsecret") == repr(found.servers).count("topsecret") == 0


@each(
    "text",
    [
        f'{PROGRAM}env = {{ "T=topsecret" = 5 }}',
        f'{ADDRESS}headers = {{ "Authorization:topsecret" = "" }}',
        f'{ADDRESS}headers = {{ "Authorization: topsecret" = 5 }}',
        f'{PROVIDER}http_headers = {{ "Authorization=topsecret" = "" }}',
        f'{PROVIDER}env_http_headers = {{ "Authorization: topsecret" = "no name" }}',
        f'{PROVIDER}"api_key=topsecret" = 1',
    ],
)
def test_a_secret_in_a_key_of_the_file_is_not_repeated(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert "topsecret" not in str(refused.value)


def test_an_assignment_in_place_of_a_name_is_refused_without_its_value(tmp_path: Path) -> None:
    words = r", line 4: `mcp_servers\.s\.env\.T`: no variable"
    with pytest.raises(ConfigError, match=words) as refused:
        loaded(tmp_path, PROGRAM + '[mcp_servers.s.env]\n"T=topsecret" = ""')
    assert "topsecret" not in str(refused.value)
