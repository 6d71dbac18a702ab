"""The table `[host]` of a configuration file, beside the options of `serve`."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.configured import loaded
from threadhost.adapters.cli.options import SERVE
from threadhost.adapters.config import Listen, parse_listen
from threadhost.adapters.configuration.host_tables import HostTable, WsAuthTable
from threadhost.adapters.configuration.toml_file import ConfigError

NOT_IN_A_FILE = {
    "allow_missing_keys",
    "config_file",
    "home",
    "key_file",
    "model",
    "model_url",
    "profile",
    "stdio",
    "store",
}
"""What says which home it is and how it is opened, or what the file has other keys for."""


def test_the_host_table_has_a_key_for_every_option_of_serve() -> None:
    keys = {*HostTable.model_fields, *(f"ws_auth.{name}" for name in WsAuthTable.model_fields)}
    assert {option.key for option in SERVE} - NOT_IN_A_FILE == keys - {"ws_auth"}


def test_every_option_of_serve_with_a_key_has_an_environment_variable_of_its_own() -> None:
    without = [option.flag for option in SERVE if option.variable is None]
    assert without == ["--stdio", "--allow-missing-keys"]
    variables = [option.variable for option in SERVE if option.variable]
    assert len(set(variables)) == len(variables)


def test_values_of_the_host_table_become_the_settings_that_the_options_set(tmp_path: Path) -> None:
    text = """
    [host]
    listen = ["ws://127.0.0.1:4500", "unix://run/s", "unix://"]
    idle_unload_ms = 60000
    user_input = true
    log_level = "debug"
    [host.ws_auth]
    mode = "signed-bearer-token"
    shared_secret_file = "secret"
    """
    said = dict(loaded(tmp_path, text).host)
    assert said.pop("listen") == [
        parse_listen("ws://127.0.0.1:4500"),
        Listen("unix", path=tmp_path / "run" / "s"),
        Listen("unix"),
    ]
    assert said == {
        "idle_unload_ms": 60_000,
        "user_input": True,
        "log_level": "debug",
        "ws_auth.mode": "signed-bearer-token",
        "ws_auth.shared_secret_file": tmp_path / "secret",
    }


def test_a_digest_of_a_token_is_read_and_never_shown(tmp_path: Path) -> None:
    text = f'[host.ws_auth]\nmode = "capability-token"\ntoken_sha256 = "{"ab" * 32}"'
    found = loaded(tmp_path, text)
    assert found.host["ws_auth.token_sha256"] == b"\xab" * 32
    assert found.shown["host"] == {
        "ws_auth": {"mode": "capability-token", "token_sha256": "**********"}
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[host]\nlisten = []", "line 2: `host.listen`: list should have at least 1 item"),
        (
            '[host]\nlisten = ["tcp://x"]',
            ("line 2: `host.listen`: `tcp://x` is not a listen address"),
        ),
        ('[host]\nlisten = ["off", "off"]', "line 2: `host.listen` has off twice; say it once"),
        ("[host]\nidle_unload_ms = -1", "line 2: `host.idle_unload_ms`: should be greater than"),
        ("[host]\ninitialize_timeout_ms = 0", "`host.initialize_timeout_ms`: should be greater"),
        ("[host]\nuser_input = 1", "`host.user_input`: should be a valid boolean"),
        ("[host]\nidle_unload = 1", "no such key: `host.idle_unload`; did you mean `idle_unload_"),
        ("[host]\nhome = 'x'", "no such key: `host.home`"),
        ("[host]\nlog_level = 'loud'", "`host.log_level`: should be 'debug', 'info'"),
        ("[host.ws_auth]\ntoken_file = 'x'", "line 1: `host.ws_auth.mode` is missing"),
        (
            "[host.ws_auth]\nmode = 'capability-token'",
            "line 1: `host.ws_auth`: --ws-auth capability-token has no token; give either",
        ),
    ],
)
def test_an_invalid_value_of_the_host_table_is_named_with_its_line(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert words in str(refused.value)


@pytest.mark.parametrize("value", ["secret-of-mine", 'x"y'])
def test_an_invalid_digest_of_a_token_is_not_repeated_in_the_error(
    tmp_path: Path, value: Any
) -> None:
    text = f"[host.ws_auth]\nmode = 'capability-token'\ntoken_sha256 = '{value}'"
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert value not in str(refused.value)
