"""Tables of MCP servers: their configurations, hidden secrets, and refusals."""

from pathlib import Path

import pytest

from tests.support.configured import loaded
from threadhost.adapters.configuration.toml_file import ConfigError
from threadhost.adapters.mcp.server_config import Address, Program, ServerConfig

SECRET = "topsecret"


def server(folder: Path, body: str, **env: str) -> ServerConfig:
    """The server of a file with this table."""
    return loaded(folder, f"[mcp_servers.s]\n{body}", env=env).servers["s"]


def fault(folder: Path, text: str) -> str:
    """The error for a file; it never contains the secret."""
    with pytest.raises(ConfigError) as refused:
        loaded(folder, text)
    assert SECRET not in str(refused.value)
    return str(refused.value)


def test_an_mcp_server_gets_the_variables_of_its_table_and_a_few_of_the_host(
    tmp_path: Path,
) -> None:
    body = 'command = "run"\nargs = ["-v"]\nenv = { A = "a" }\nenv_vars = ["B", "C"]\ncwd = "sub"'
    found = server(tmp_path, body, PATH="/bin", B="b", OTHER=SECRET)
    env = {"PATH": "/bin", "A": "a", "B": "b"}
    assert found == ServerConfig("s", Program("run", ("-v",), env, tmp_path / "sub"))
    assert (found.startup_timeout_s, found.tool_timeout_s) == (10.0, 60.0)


def test_an_mcp_server_at_an_address_takes_its_token_and_headers_from_table_and_environment(
    tmp_path: Path,
) -> None:
    body = """
url = "https://example.com/mcp?key=topsecret"
bearer_token_env_var = "TOKEN"
headers = { X-A = "a" }
env_http_headers = { X-B = "B", X-C = "C" }
startup_timeout_sec = 2
tool_timeout_sec = 0.5
required = true
enabled_tools = ["x"]
disabled_tools = ["y"]
"""
    found = server(tmp_path, body, TOKEN="t", B="b")
    headers = {"X-A": "a", "X-B": "b", "Authorization": "Bearer t"}
    secrets = ("key=topsecret", "topsecret", "Bearer t")
    url = "https://example.com/mcp?key=topsecret"
    assert found.launch == Address(url, headers, has_token=True, secrets=secrets)
    assert (found.startup_timeout_s, found.tool_timeout_s, found.required) == (2.0, 0.5, True)
    assert [found.offers(name) for name in ("x", "y", "z")] == [True, False, False]


def test_nothing_secret_of_a_server_is_shown(tmp_path: Path) -> None:
    text = f"""
[mcp_servers.a]
command = "run"
args = ["{SECRET}"]
env = {{ A = "{SECRET}" }}
[mcp_servers.b]
url = "https://user:{SECRET}@example.com/{SECRET}?x={SECRET}"
headers = {{ X-A = "{SECRET}" }}
"""
    found = loaded(tmp_path, text)
    assert SECRET not in str(found.shown)
    assert SECRET not in repr(found.servers)
    assert found.shown["mcp_servers"]["b"]["url"] == "https://example.com"  # type: ignore[index]


def test_the_secrets_of_an_mcp_server_are_the_values_in_its_environment_and_url(
    tmp_path: Path,
) -> None:
    body = f'command = "run"\nenv = {{ A = "{SECRET}" }}\nenv_vars = ["B"]'
    given = server(tmp_path, body, PATH="/usr/local/bin", B="another-secret").launch.secrets
    assert set(given) == {SECRET, "another-secret"}
    url = f'url = "https://user:{SECRET}@example.com/?key=another-secret"'
    assert {SECRET, "another-secret"} < set(server(tmp_path, url).launch.secrets)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "`mcp_servers.s` has neither `command` nor `url`; give one of them"),
        ('command = "a"\nurl = "http://h"', "has both `command` and `url`; give one of them"),
        ('command = "a"\nheaders = { A = "b" }', "`mcp_servers.s.headers` means nothing here"),
        ('url = "http://h"\nargs = ["b"]', "`mcp_servers.s.args` means nothing here"),
        ('url = "ftp://h"', "`mcp_servers.s.url` is no URL of a server; give https://HOST/PATH"),
        ('url = "http://h"\nheaders = { "A b" = "c" }', "is not a valid header name"),
        ('command = "a"\nenv = { "A=B" = "c" }', "no variable of an environment can be that"),
        ('command = "a\\u0000"', "no program can be started with a NUL character"),
        ('comand = "a"', "no such key: `mcp_servers.s.comand`; did you mean `command`?"),
        ('command = "a"\ntool_timeout_sec = 0', "`mcp_servers.s.tool_timeout_sec`: should be"),
    ],
)
def test_a_table_that_describes_no_mcp_server_is_refused_with_its_place(
    tmp_path: Path, body: str, words: str
) -> None:
    assert words in fault(tmp_path, f"[mcp_servers.s]\n{body}")


def test_a_name_that_could_be_in_no_namespace_is_refused(tmp_path: Path) -> None:
    said = fault(tmp_path, '[mcp_servers."a b"]\ncommand = "x"')
    assert "a server's name has 1 to 57 letters, digits, `_` and `-`" in said


def test_keys_of_an_mcp_server_that_only_codex_uses_are_reported_as_unused(tmp_path: Path) -> None:
    found = loaded(tmp_path, '[mcp_servers.s]\ncommand = "x"\nscopes = ["a"]')
    assert found.unused == ("mcp_servers.s.scopes",)
