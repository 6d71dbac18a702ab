"""An option goes before its variable, that before the file, and the file before the default."""

import signal
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.program import run_here, serving
from threadhost.adapters.cli.option import Option
from threadhost.adapters.cli.options import SERVE
from threadhost.adapters.cli.parse import UsageError
from threadhost.adapters.cli.serve import ServeInvocation, configured, made_out
from threadhost.adapters.config import Settings, WsAuth, parse_listen
from threadhost.adapters.joining import starting
from threadhost.adapters.joining.starting import NotStarted

WS = "ws://127.0.0.1:0"
FILE = """
[host]
listen = ["ws://127.0.0.1:0"]
idle_unload_ms = 1000
tree_depth_max = 3
user_input = true
slow_reader_timeout_ms = 7000
log_level = "error"
log_format = "json"
[host.ws_auth]
mode = "capability-token"
token_file = "token"
"""


def running(home: Path, *words: str, verb: str = "serve", **env: str) -> ServeInvocation:
    return configured(made_out(verb, ["--home", str(home), *words], env))


def settings(home: Path, *words: str, **env: str) -> Settings:
    return running(home, *words, **env).settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(FILE)
    return tmp_path


def test_the_file_goes_before_the_defaults(home: Path) -> None:
    found = running(home)
    assert found.settings.listen == (parse_listen(WS),)
    assert found.settings.ws_auth == WsAuth("capability-token", token_file=home / "token")
    assert found.settings.limits.slow_reader_timeout_ms == 7000
    assert (found.settings.tree_depth_max, found.settings.tree_width_max) == (3, 1000)
    assert (found.level, found.form, found.life) == ("error", "json", "service")


def test_a_variable_goes_before_the_file_and_an_option_before_that(home: Path) -> None:
    env = {"THREADHOST_IDLE_UNLOAD": "2", "THREADHOST_TREE_DEPTH_MAX": "4"}
    found = settings(home, "--tree-depth-max", "5", **env)
    assert (found.idle_unload_ms, found.tree_depth_max, found.user_input) == (2000, 5, True)
    assert not settings(home, THREADHOST_USER_INPUT="off").user_input
    assert running(home, THREADHOST_LOG="info").level == "info"


def test_a_given_address_replaces_all_addresses_of_the_file(home: Path) -> None:
    assert list(map(str, settings(home, "--stdio").listen)) == ["stdio://"]
    assert settings(home, "--listen", "off").listen == ()
    assert settings(home, THREADHOST_LISTEN="unix:///s").listen == (parse_listen("unix:///s"),)


def test_options_of_authentication_replace_those_of_the_file_as_a_whole(home: Path) -> None:
    words = "--ws-auth", "signed-bearer-token", "--ws-shared-secret-file", "/s"
    found = settings(home, *words).ws_auth
    assert found == WsAuth("signed-bearer-token", shared_secret_file=Path("/s"))
    with pytest.raises(UsageError, match="--ws-issuer has no effect here; give --ws-auth"):
        settings(home, "--ws-issuer", "x")


def test_an_address_for_others_may_have_its_token_in_the_file(home: Path) -> None:
    assert settings(home, "--listen", "ws://0.0.0.0:0").ws_auth.mode == "capability-token"
    (home / "config.toml").write_text("")
    with pytest.raises(UsageError, match="refusing to start non-loopback websocket listener"):
        settings(home, "--listen", "ws://0.0.0.0:0")


def test_a_daemon_is_started_if_the_file_completes_its_options(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(*_: object) -> str:
        raise NotStarted("threadhost: it was tried", 7)

    monkeypatch.setattr(starting, "start", tried)
    done = run_here("daemon", "start", "--home", str(home), "--listen", "ws://0.0.0.0:0")
    assert (done.returncode, done.stderr) == (7, "threadhost: it was tried\n")


@each("option", [o for o in SERVE if o.variable], ids=lambda o: o.flag)
def test_a_variable_that_is_not_utf_8_is_named_for_every_option(option: Option) -> None:
    with pytest.raises(UsageError, match=f"{option.variable}: `x.*` is not UTF-8"):
        made_out("serve", [], {option.variable or "": "x\udcff"})


@pytest.mark.slices
def test_a_host_listens_and_formats_its_log_as_its_file_says(tmp_path: Path) -> None:
    text = f'[host]\nlisten = ["{WS}"]\nlog_format = "json"\n'
    (tmp_path / "config.toml").write_text(text)
    with serving(tmp_path) as host:
        assert host.process.stderr is not None
        while not any('"host.listens"' in line for line in host.errors):
            assert host.process.poll() is None
        assert host.signal(signal.SIGTERM) == 0
    assert all(line.startswith('{"time":') for line in host.errors)
