"""`serve` and `app-server` with a configuration file: which file is read, and bad ones."""

import os
from pathlib import Path

import pytest

from tests.support.program import run_here, serving

SECRET = "sk-0123456789abcdef"
PROVIDER = '[model_providers.local]\nbase_url = "http://127.0.0.1:9/v1"\n'


def refused(*words: str, **env: str) -> str:
    """The one line of a host that cannot start; no traceback, no secret."""
    done = run_here(*words, **env)
    assert done.returncode == 1
    assert done.stdout == ""
    assert SECRET not in done.stderr
    [line] = done.stderr.splitlines()
    return line


@pytest.mark.slices
def test_the_file_in_the_home_is_read_and_its_fault_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('model = "m"\nmodle = "n"\n')
    words = "no such key: `modle`; did you mean `model`?"
    for verb in ("serve", "app-server"):
        said = refused(verb, "--home", str(tmp_path))
        assert said == f"threadhost: {file}, line 2: {words}"
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"], "nothing was begun"


@pytest.mark.slices
def test_a_file_that_is_named_goes_before_the_one_in_the_home(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("broken")
    named = tmp_path / "named.toml"
    named.write_text('model_provider = "gone"')
    words = (
        f"threadhost: {named}: `model_provider`:"
        " Model provider `gone` not found; this host has `echo`"
    )
    home = ("--home", str(tmp_path))
    assert refused("serve", *home, "--config", str(named)) == words
    assert refused("serve", *home, THREADHOST_CONFIG=str(named)) == words
    assert (
        refused("app-server", *home, "-c", "a=b", f"--config={named}", "--config", "x=y") == words
    )


def test_a_named_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    gone = tmp_path / "gone.toml"
    said = refused("serve", "--home", str(tmp_path), "--config", str(gone))
    assert said == f"threadhost: {gone}: No such file or directory"


@pytest.mark.parametrize("kind", ["folder", "pipe", "large", "binary"])
def test_a_configuration_file_that_is_a_folder_a_pipe_too_large_or_binary_stops_the_start(
    tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "config.toml"
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "large":
        with file.open("wb") as opened:
            opened.truncate(100 * 1024 * 1024)
    else:
        file.write_bytes(b"\xff\xfe")
    assert refused("serve", "--home", str(tmp_path)).startswith(f"threadhost: {file}")


def test_a_profile_without_a_configuration_file_is_a_fault(tmp_path: Path) -> None:
    said = refused("serve", "--home", str(tmp_path), "--profile", "fast")
    assert said.endswith("there is no such file, and so no profile `fast`")


def test_a_secret_that_cannot_be_used_is_not_in_the_fault(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(PROVIDER + 'env_key = "KEY"\n')
    said = refused("serve", "--home", str(tmp_path), KEY=f"{SECRET}\x01")
    assert "the variable `KEY`: the API key holds characters" in said


@pytest.mark.slices
def test_a_host_serves_with_a_configuration_file_and_names_its_unused_keys_once(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text(f'model_provider = "local"\n[tui]\n{PROVIDER}')
    with serving(tmp_path) as host:
        host.initialize()
        thread = host.ask("thread/start", cwd="/tmp")["result"]
        assert host.end_input()[0] == 0
    assert (thread["modelProvider"], thread["model"]) == ("local", "default")
    [line] = host.errors
    assert line.endswith(f"{tmp_path / 'config.toml'}: not used by this host: tui")
