"""Unexpected failures of commands: one line, the right exit code, and never a traceback."""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

import threadhost
from tests.support.program import COMMAND, environment, run, run_here
from threadhost.adapters.cli import commands
from threadhost.adapters.cli.command import Command
from threadhost.adapters.version import product_version

FULL = Path("/dev/full")
ROOT = Path(__file__).resolve().parents[3]
NO_HOME = ("threads list", "log tail", "jobs list", "memory show", "backup b", "stats")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a log in it."""
    import asyncio

    path = tmp_path_factory.mktemp("edges") / "home"

    async def live() -> None:
        async with threadhost.open(path, model="echo") as host, host.connect() as client:
            await client.run_turn((await client.start_thread()).id, "wörds — 世界")

    asyncio.run(live())
    return path


@pytest.mark.parametrize("words", NO_HOME)
def test_with_json_an_error_is_an_object_of_one_line(tmp_path: Path, words: str) -> None:
    done = run_here(*words.split(), "--home", str(tmp_path), "--json")
    [line] = done.stderr.splitlines()
    error = json.loads(line)["error"]
    assert (done.stdout, error["exitCode"]) == ("", done.returncode)
    assert error["message"].startswith(f"{tmp_path} is not a host's home")
    text = run_here(*words.split(), "--home", str(tmp_path))
    assert text.stderr == f"threadhost: {error['message']}\n"


def test_with_json_a_usage_error_is_an_object_too() -> None:
    done = run_here("threads", "list", "--limit", "x", "--json")
    error = json.loads(done.stderr)["error"]
    assert (error["type"], error["exitCode"], done.returncode) == ("Usage", 2, 2)
    assert error["reason"] == "usage"


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("words", "reason", "message"),
    [
        ("threads archive {}", "alreadyArchived", "it is archived already"),
        ("threads run {} again", "threadArchived", "`threadhost threads unarchive {}"),
        ("threads unarchive 0199-none", "threadNotFound", "`threadhost threads list"),
        ("jobs show 01930000-0000-7000-8000-000000000000", "jobNotFound", "`threadhost jobs list"),
    ],
)
def test_the_json_error_has_the_reason_of_the_host_and_a_remedy_that_works_in_the_cli(
    home: Path, tmp_path: Path, words: str, reason: str, message: str
) -> None:
    home = copytree(home, tmp_path / "copy")
    [listed] = threads_of(home)
    run_here("threads", "archive", listed, "--home", str(home))
    done = run_here(*words.format(listed).split(), "--home", str(home), "--json")
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert (error["reason"], done.returncode) == (reason, error["exitCode"])
    assert message.format(listed) in error["message"]
    assert "codex" not in error["message"]


def threads_of(home: Path) -> list[str]:
    """The ids of all threads of a home."""
    lists = (["threads", "list"], ["threads", "list", "--archived"])
    told = [json.loads(run_here(*words, "--home", str(home), "--json").stdout) for words in lists]
    return [thread["id"] for one in told for thread in one["data"]]


def test_a_name_that_would_be_obeyed_by_a_terminal_is_escaped_in_the_object() -> None:
    done = run_here("threads", "list", "--home", "/no/\x1b[2J", "--json")
    assert "\x1b" not in done.stderr
    assert "\x1b[2J" in json.loads(done.stderr)["error"]["message"]


@pytest.mark.parametrize("json_too", [False, True])
@pytest.mark.parametrize("error", [KeyError("secret"), RecursionError("secret")])
def test_an_unexpected_exception_of_a_command_is_one_line_with_its_place_and_exit_code_70(
    monkeypatch: pytest.MonkeyPatch, error: Exception, *, json_too: bool
) -> None:
    def fail(_: Command, *_given: object) -> int:
        raise error

    monkeypatch.setattr(Command, "run", fail)
    done = run_here("threads", "list", *["--json"] * json_too)
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1
    assert f"report it: {type(error).__name__} at {__file__}:" in done.stderr
    assert "secret" not in done.stderr


def test_an_unexpected_exception_of_a_host_is_one_line_with_its_place_and_exit_code_70(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr("threadhost.adapters.serve.serve", fail)
    done = run_here("serve", "--home", str(tmp_path / "h"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (70, "", 1)
    assert "KeyError at " in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device here")
@pytest.mark.parametrize(
    ("words", "code"),
    [("threads list", 1), ("log verify", 4), ("doctor --quick", 4), ("log tail", 1)],
)
@pytest.mark.slices
def test_a_full_standard_output_is_named_and_has_another_exit_code_than_a_finding(
    home: Path, words: str, code: int
) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*COMMAND, *words.split(), "--home", str(home)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=environment(),
        )
    said = "standard output cannot be written: No space left on device"
    assert (done.returncode, done.stderr) == (code, f"threadhost: {said}\n")


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device here")
@pytest.mark.slices
def test_a_command_does_its_work_though_standard_error_cannot_be_written(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*COMMAND, "threads", "run", "new", "hello", "--home", str(tmp_path / "h")],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
            env=environment(),
        )
    assert (done.returncode, done.stdout) == (0, "hello\n")


@pytest.mark.slices
def test_a_tilde_with_an_empty_variable_home_is_the_home_directory_of_the_system_user() -> None:
    done = run("threads", "list", "--home", "~/none-of-threadhost", HOME="")
    assert done.returncode == 1
    known = Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert done.stderr.startswith(f"threadhost: {known}/none-of-threadhost ")


def test_a_path_in_a_folder_that_is_gone_is_named(nowhere: Path) -> None:
    for words in ("threads list --home h", "serve --home h", "app-server --home h", "backup b"):
        done = run_here(*words.split())
        assert done.returncode == 2, words
        assert "is not an absolute path, and the working folder does not" in done.stderr
        assert done.stderr.count("\n") == 1
    assert not nowhere.exists()


@pytest.mark.parametrize("words", ["threads list", "threads tree", "log show", "memory show"])
@pytest.mark.slices
def test_a_terminal_that_can_print_ascii_alone_gets_ascii(home: Path, words: str) -> None:
    ascii_alone = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [*COMMAND, *words.split(), "--home", str(home)],
        capture_output=True,
        check=False,
        env=environment(PYTHONIOENCODING="ascii", **ascii_alone),
    )
    assert done.returncode == 0
    assert (done.stdout + done.stderr).isascii()
    assert b"Traceback" not in done.stderr


def test_a_restore_that_has_nothing_to_finish_makes_no_folder(tmp_path: Path) -> None:
    done = run_here("restore", "--home", str(tmp_path / "h"))
    assert (done.returncode, (tmp_path / "h").exists()) == (1, False)
    assert "no restore of" in done.stderr


def test_every_public_name_is_there_and_on_the_page_about_embedding() -> None:
    page = (ROOT / "docs" / "embedding.md").read_text()
    for name in threadhost.__all__:
        assert getattr(threadhost, name) is not None
        assert f"`{name}" in page or f"threadhost.{name}" in page, name
    assert threadhost.__version__ == product_version()


@pytest.mark.slices
def test_the_package_runs_as_the_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "threadhost", "--version"],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.stdout.startswith(f"threadhost {product_version()}, ")


def test_commands_that_report_findings_by_exit_code_1_use_another_code_for_failures() -> None:
    """Exit code 1 means a finding."""
    tell = {"log verify", "doctor"}
    assert {one.name for one in commands.COMMANDS if one.failed != 1} == tell
