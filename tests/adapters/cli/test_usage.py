"""Usage errors: one line on standard error, and the exit code 2."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.program import COMMAND
from threadhost.actors.agent_limits import JobPolicy
from threadhost.actors.job_request import ATTEMPTS, CONCURRENCY
from threadhost.adapters.cli.commands import COMMANDS, GROUPS
from threadhost.adapters.cli.main import run

ID = "01a20000-0000-7000-8000-000000000000"
FULL = Path("/dev/full")
NOWHERE = ("--home", "/no/where")
WRONG = [
    ["serve", "--listen", "4500"],
    ["serve", "--listen", "tcp://127.0.0.1:1"],
    ["serve", "--listen", "ws://0.0.0.0:1"],
    ["serve", "--drain-timeout", "x"],
    ["serve", "--tree-depth-max", "-1"],
    ["serve", "--home", ""],
    ["serve", "--key-file="],
    ["serve", "--ws-auth", "capability-token"],
    ["serve", "--ws-auth", "signed-bearer-token"],
    ["serve", "--ws-issuer", "x"],
    ["serve", "--model-url", "nonsense"],
    ["serve", "--model", "echo", "--model-url", "http://127.0.0.1:9"],
    ["serve", "--store", "tape"],
    ["serve", "now"],
    ["app-server", "--listen", "4500"],
    ["-c", "a=b", "serve"],
    ["schema"],
    ["schema", "--json="],
    ["project"],
    ["project", "--to"],
    ["project", "--to", "u:hunter2@nonsense", *NOWHERE],
    ["threads", "list", "--home", ""],
    ["threads", "list", "--key-file", ""],
    ["threads", "list", "--limit", "0", *NOWHERE],
    ["threads", "list", "x", *NOWHERE],
    ["threads", "list", "--hom", "x"],
    ["threads", "list", "--json=yes"],
    ["threads", "show"],
    ["threads", "show", "", *NOWHERE],
    ["threads", "tree", "", *NOWHERE],
    ["threads", "delete", "a\nb", *NOWHERE],
    ["threads", "lst"],
    ["threads", "--json"],
    ["log", "show", "abc", *NOWHERE],
    ["log", "show", "0", *NOWHERE],
    ["log", "show", "9" * 20, *NOWHERE],
    ["log", "show", "--thread", "", *NOWHERE],
    ["log", "tail", "--after", "-1", *NOWHERE],
    ["log", "verify", "--at", "x", *NOWHERE],
    ["log", "verify", "--expect", "x", *NOWHERE],
    ["log", "verify", ""],
    ["swerve"],
    ["--frobnicate"],
    [""],
]
RIGHT_BUT_IN_VAIN = [
    (["threads", "list", *NOWHERE], 1),
    (["threads", "show", ID, *NOWHERE], 1),
    (["log", "show", "1", *NOWHERE], 1),
    (["log", "verify", *NOWHERE], 4),
]


def shown(words: Sequence[str]) -> str:
    return " ".join(words) or "nothing"


@each("words", WRONG, ids=shown)
def test_a_usage_error_is_one_line_that_says_what_to_give_instead(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("threadhost: ")
    assert err.count("\n") == 1
    assert "hunter2" not in err
    assert "; " in err or "must be" in err


@pytest.mark.parametrize(("words", "code"), RIGHT_BUT_IN_VAIN, ids=str)
def test_a_correct_command_line_that_fails_on_its_files_has_another_exit_code_than_2(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("threadhost: ")


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (["sevre"], "did you mean serve?"),
        (["thread"], "did you mean threads?"),
        (["threads", "lst"], "did you mean threads list?"),
        (["threads", "help"], "`threadhost threads --help` lists them"),
        (["help"], "`threadhost --help` lists them"),
        (["hold"], "did you mean threads hold?"),
        (["run"], "did you mean daemon run or threads run or jobs run?"),
    ],
)
def test_an_unknown_command_is_refused_with_the_nearest_command(
    words: list[str], right: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    said = f"threadhost: no such command: {' '.join(words)}; {right}\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("group", ["", *GROUPS])
def test_a_missing_command_is_a_usage_error_and_lists_the_commands(
    group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([group] if group else []) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"Usage: threadhost {group} COMMAND".replace("  ", " ") in err


@pytest.mark.parametrize("columns", [80, 40])
@each("command", [*GROUPS, *(command.name for command in COMMANDS), ""])
def test_help_cuts_nothing_on_a_narrow_terminal(
    command: str, columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert run([*command.split(), "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for line in out.splitlines():
        assert len(line) <= columns or " " not in line.strip()
    words = " ".join(out.split())
    for found in COMMANDS:
        if found.name == command:
            assert " ".join(found.help.split()) in words
            for option in found.options:
                assert f" {option.written} {option.help}" in words
    assert "…" not in out
    assert "<" not in out


@pytest.mark.skipif(not FULL.exists(), reason="no device here is always full")
def test_standard_output_without_space_is_one_line_of_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FULL.open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert run(["--help"]) == 1
    said = "threadhost: standard output cannot be written: No space left on device\n"
    assert capsys.readouterr().err == said


@pytest.mark.slices
@pytest.mark.parametrize(("more", "code"), [("version >&-", 0), ("swerve 2>&-", 2)])
def test_output_that_is_closed_keeps_no_command_from_its_end(more: str, code: int) -> None:
    command = f"{shlex.join(COMMAND)} {more}"
    done = subprocess.run(command, shell=True, capture_output=True, check=False, timeout=25)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


def test_help_marks_required_options_and_shows_the_defaults_of_jobs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["jobs", "run", "--help"])
    told = capsys.readouterr().out
    assert told.startswith("Usage: threadhost jobs run --instruction TEXT [OPTIONS] FILE\n")
    [command] = [one for one in COMMANDS if one.name == "jobs run"]
    given = {option.flag: option.default for option in command.options}
    assert (given["--workers"], given["--attempts"]) == (str(CONCURRENCY), str(ATTEMPTS))
    assert f"that of the host's configuration, {JobPolicy().item_ms // 1000}." in " ".join(
        told.split()
    )


def test_help_says_which_commands_of_jobs_need_a_running_host() -> None:
    by_host = {
        one.name.removeprefix("jobs ")
        for one in COMMANDS
        if one.name.startswith("jobs ") and "by the host that runs" in one.help
    }
    assert by_host == {"run", "watch", "export", "cancel", "pause", "resume", "retry", "delete"}
