"""`threadhost config show` and `check`: the values that a host would use, and their origins."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import environment, run_here
from threadhost.adapters.cli.config_commands import SHOW
from threadhost.adapters.cli.serve import configured, made_out
from threadhost.events.store.home import prepare_home
from threadhost.events.store.lock import HomeLock

SECRET = "sk-0123456789abcdef"
FILE = f"""
model_provider = "local"
model_verbosity = "low"
turn_timeout_ms = 60000
[profiles.careful]
model_verbosity = "high"
[host]
idle_unload_ms = 5000
[host.ws_auth]
mode = "capability-token"
token_sha256 = "{"ab" * 32}"
[model_providers.local]
base_url = "http://127.0.0.1:9/v1?key={SECRET}"
experimental_bearer_token = "{SECRET}"
http_headers = {{ X-Key = "{SECRET}" }}
body = {{ user = "{SECRET}" }}
[mcp_servers.tiny]
command = "x"
args = ["{SECRET}"]
env = {{ KEY = "{SECRET}" }}
[tui]
"""
HEAVY = {
    "cryptography",
    "eventsourcing",
    "h11",
    "httptools",
    "pykka",
    "rich",
    "sqlalchemy",
    "sqlite3",
    "websockets",
}
"""What none of this needs."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(FILE)
    return tmp_path


def shown(*words: str, **env: str) -> dict[str, Any]:
    """Each key with its value and its origin."""
    done = run_here("config", "show", "--json", *words, **env)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout
    return {row["key"]: row for row in json.loads(done.stdout)["values"]}


def test_config_show_names_the_flag_variable_or_file_that_each_value_comes_from(home: Path) -> None:
    words = "--home", str(home), "--profile", "careful", "--tree-depth-max", "3"
    rows = shown(*words, THREADHOST_DRAIN_TIMEOUT="2")
    file = str(home / "config.toml")

    def said(key: str) -> tuple[object, dict[str, Any]]:
        return rows[key]["value"], rows[key]["origin"]

    flag = {"kind": "flag", "name": "--tree-depth-max"}
    variable = {"kind": "environment", "name": "THREADHOST_DRAIN_TIMEOUT"}
    careful = {"kind": "profile", "name": "careful", "file": file, "line": 6}
    assert said("host.tree_depth_max") == (3, flag)
    assert said("host.drain_timeout_ms") == (2000, variable)
    assert said("model_verbosity") == ("high", careful)
    assert said("turn_timeout_ms") == (60_000, {"kind": "file", "file": file, "line": 4})
    assert said("host.idle_unload_ms") == (5000, {"kind": "file", "file": file, "line": 8})
    assert said("host.tree_width_max") == (1000, {"kind": "default"})
    assert said("host.listen") == (["stdio://"], {"kind": "default"})
    assert said("model_provider") == ("local", {"kind": "file", "file": file, "line": 2})
    assert said("home") == (str(home), {"kind": "flag", "name": "--home"})
    assert said("agents.max_depth") == (1, {"kind": "default"})
    assert said("mcp_servers.tiny.command")[1] == {"kind": "file", "file": file, "line": 18}


def test_config_show_hides_secrets_in_text_and_in_json(home: Path) -> None:
    words = "--home", str(home), "--model-url", f"http://h/v1?key={SECRET}"
    rows = shown(*words)
    assert rows["host.ws_auth.token_sha256"]["value"] == "**********"
    assert rows["model_providers.local.experimental_bearer_token"]["value"] == "**********"
    done = run_here("config", "show", "--origin", *words)
    assert done.returncode == 0
    assert SECRET not in done.stdout + done.stderr
    assert "ab" * 32 not in done.stdout
    assert done.stderr == "not used by this host: tui\n"


def test_config_show_as_text_prints_a_key_with_its_value_and_on_request_its_origin_a_line(
    home: Path,
) -> None:
    lines = run_here("config", "show", "--home", str(home)).stdout.splitlines()
    assert "host.idle_unload_ms = 5000" in lines
    assert 'model_verbosity = "low"' in lines
    lines = run_here("config", "show", "--origin", "--home", str(home)).stdout.splitlines()
    assert f"host.idle_unload_ms = 5000  # {home / 'config.toml'}:8" in lines
    assert "host.tree_size_max = 100000  # default" in lines


def test_config_show_prints_the_values_that_a_host_is_started_with(home: Path) -> None:
    words = ["--home", str(home), "--tool-timeout", "7"]
    settings = configured(made_out("serve", words, {"PATH": ""})).settings
    rows = shown(*words)
    for option in SHOW:
        group = settings.limits if option.group == "limits" else settings
        key = f"host.{option.setting}"
        if option.group != "ws_auth" and option.name != "listen" and key in rows:
            assert rows[key]["value"] == getattr(group, option.setting or ""), key


def test_config_show_notes_that_a_running_host_uses_the_options_that_it_was_started_with(
    tmp_path: Path,
) -> None:
    prepare_home(tmp_path)
    lock = HomeLock(tmp_path)
    lock.acquire({})
    try:
        done = run_here("config", "show", "--home", str(tmp_path))
    finally:
        lock.release()
    words = f"a host runs on {tmp_path}; it uses the options that it was started with\n"
    assert (done.returncode, done.stderr) == (0, words)
    assert run_here("config", "show", "--home", str(tmp_path)).stderr == ""


def test_config_show_names_the_origin_of_the_model_and_of_its_provider(home: Path) -> None:
    at_home = "--home", str(home)
    assert shown(*at_home, "--model", "echo")["model"]["origin"]["name"] == "--model"
    rows = shown(*at_home, THREADHOST_MODEL="local:m")
    assert (rows["model"]["value"], rows["model_provider"]["value"]) == ("m", "local")
    assert rows["model"]["origin"] == {"kind": "environment", "name": "THREADHOST_MODEL"}
    (home / "config.toml").unlink()
    rows = shown(*at_home)
    assert (rows["model"]["value"], rows["model"]["origin"]) == ("echo-1", {"kind": "default"})
    rows = shown(*at_home, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert rows["model_provider"]["value"] == "openai"
    assert rows["model_provider"]["origin"]["name"] == "OPENAI_BASE_URL"


@pytest.mark.parametrize("command", ["show", "check"])
def test_a_bad_configuration_file_is_one_line_and_exit_code_1(tmp_path: Path, command: str) -> None:
    (tmp_path / "config.toml").write_text("modle = 'x'")
    done = run_here("config", command, "--home", str(tmp_path))
    file = tmp_path / "config.toml"
    words = f"threadhost: {file}, line 1: no such key: `modle`; did you mean `model`?\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", words)
    done = run_here("config", command, "--nothing")
    assert done.returncode == 2


def test_config_check_reports_on_a_file_that_no_host_uses_yet(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    file.write_text(FILE.replace("experimental_bearer_token", "env_key", 1).replace(SECRET, "K"))
    done = run_here("config", "check", str(file))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{file} can be used\n"
    assert done.stderr.splitlines() == [
        "not used by this host: tui",
        "K is not set, the variable with the key of provider local",
        "the program of MCP server tiny is not found: x",
    ]
    done = run_here("config", "check", "--home", str(home), "--json")
    assert json.loads(done.stdout)["unusedKeys"] == ["tui"]
    file.write_text('model_provider = "gone"')
    done = run_here("config", "check", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Model provider `gone` not found" in done.stderr
    done = run_here("config", "check", str(tmp_path / "none.toml"))
    assert done.stderr == f"threadhost: {tmp_path / 'none.toml'}: No such file or directory\n"
    done = run_here("config", "check", "--home", str(tmp_path / "no"))
    gone = tmp_path / "no/config.toml"
    assert done.stderr == f"threadhost: {gone} does not exist; give a FILE, or another --home\n"


def test_config_check_names_mcp_servers_whose_programs_are_missing(tmp_path: Path) -> None:
    (tmp_path / "beside").write_text("#!/bin/sh\n")
    (tmp_path / "beside").chmod(0o700)
    file = tmp_path / "config.toml"
    file.write_text(
        "mcp_servers.found.command = 'sh'\nmcp_servers.near.command = './beside'\n"
        "mcp_servers.shell.command = 'sh -c true'\nmcp_servers.gone.command = 'no-such-program'\n"
        "mcp_servers.off = {command = 'sh', env = {PATH = '/nowhere'}}\n"
        "mcp_servers.unused = {command = 'no-such-program', enabled = false}\n"
    )
    done = run_here("config", "check", str(file))
    assert (done.returncode, done.stdout) == (0, f"{file} can be used\n")
    assert done.stderr.splitlines() == [
        "the program of MCP server shell is not found: sh …; its arguments go into `args`",
        "the program of MCP server gone is not found: no-such-program",
        "the program of MCP server off is not found: sh",
    ]
    done = run_here("config", "check", str(file), "--json")
    assert json.loads(done.stdout)["programsNotFound"] == ["shell", "gone", "off"]


def test_config_check_fails_if_the_program_of_a_required_mcp_server_is_missing(
    tmp_path: Path,
) -> None:
    file = tmp_path / "config.toml"
    gone = "{command = 'no-such-program', required = true"
    file.write_text(f"mcp_servers.gone = {gone}}}\nmcp_servers.off = {gone}, enabled = false}}\n")
    done = run_here("config", "check", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "the program of MCP server gone is not found: no-such-program",
        f"threadhost: {file}: no thread can start without the required MCP servers: gone",
    ]
    done = run_here("config", "check", str(file), "--json")
    assert (done.returncode, json.loads(done.stdout)["requiredServersMissing"]) == (1, ["gone"])


@pytest.mark.parametrize(("required", "code"), [("false", 0), ("true", 1)])
def test_config_check_names_the_missing_library_if_mcp_servers_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, required: str, code: int
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    file = tmp_path / "config.toml"
    file.write_text(f"mcp_servers.s = {{command = 'sh', required = {required}}}\n")
    done = run_here("config", "check", str(file))
    assert (done.returncode, done.stdout) == (code, "" if code else f"{file} can be used\n")
    assert done.stderr.startswith("MCP servers need the extra `mcp`; pip install ")
    done = run_here("config", "check", str(file), "--json")
    assert (done.returncode, json.loads(done.stdout)["extrasMissing"]) == (code, ["mcp"])
    file.write_text("mcp_servers.s = {command = 'sh', enabled = false, required = true}\n")
    done = run_here("config", "check", str(file))
    assert (done.returncode, done.stderr) == (0, "")


def test_config_reload_refuses_a_folder_that_was_never_a_home(home: Path) -> None:
    done = run_here("config", "reload", "--home", str(home))
    assert done.returncode == 1
    assert "is not a host's home" in done.stderr


@pytest.mark.slices
@pytest.mark.parametrize("command", ["show", "check"])
def test_config_show_and_check_import_no_heavy_libraries(home: Path, command: str) -> None:
    looks = (
        "import sys; from threadhost.adapters.cli.main import run;"
        f" code = run(['config', '{command}', '--home', {str(home)!r}]);"
        " print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", looks], capture_output=True, text=True, env=environment(), check=True
    )
    modules = {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}
    assert "threadhost" in modules
    assert modules & HEAVY == set()
