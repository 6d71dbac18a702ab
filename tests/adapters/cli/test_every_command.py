"""Rules for all commands: usage errors exit with 2, empty lists say so, closed pipes are quiet."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

import threadhost
from tests.adapters.cli.conftest import Grown
from tests.support.each import each
from tests.support.program import run_here
from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.commands import COMMANDS
from threadhost.adapters.cli.main import run
from threadhost.adapters.cli.option import Option
from threadhost.adapters.joining.starting import NotStarted

NOT_RUNNING = 3
NOWHERE = "/dev/null/home"
"""Where no folder can be made."""
ODD = ("", "\0", "x", "-1", "\udcff")
"""Of each option that takes something of a form, one of these has another."""


def arguments(command: Command) -> list[str]:
    """A valid value for each argument."""
    words = {"SHELL": "bash", "POSITION": "1", "PAGE": "jobs"}
    names = [option.flag for option in command.options if option.is_argument]
    return [words.get(name, "01a2") for name in names]


def required(command: Command) -> Iterator[str]:
    """The required options, with valid values."""
    values = {"--to": "/dev/null/folder", "--from": "/dev/null/folder"}
    for option in command.options:
        if option.is_required and not option.is_argument:
            yield option.flag
            yield values.get(option.flag, "sqlite:///x" if command.name == "project" else "x")


def wrong_lines(command: Command) -> Iterator[list[str]]:
    """All kinds of command lines of a command that are usage errors."""
    verbs, given, needed = command.name.split(), arguments(command), list(required(command))
    whole = [*verbs, *given, *needed]
    yield [*whole, "--no-such-option"]
    yield [*whole, "one-word-more"]
    if any(option.is_argument and option.is_required for option in command.options):
        yield [*verbs, *needed]
    if needed:
        yield [*verbs, *given]
    for option in command.options:
        if option.is_switch:
            yield [*whole, f"{option.flag}=x"]
        elif not option.is_argument:
            yield [*whole, option.flag]
            yield from ([*whole, f"{option.flag}={odd}"] for odd in refused_values(option))


def refused_values(option: Option) -> Iterator[str]:
    """One value that an option does not accept, if there is any."""
    for odd in ODD:
        try:
            option.read(odd)
        except ValueError:
            yield odd
            return
    if option.choices:
        yield "x"


def run_daemon_here(home: str, words: Sequence[str], env: Mapping[str, str], cwd: str) -> str:
    """The usage error of a host in a process of its own."""
    done = run_here("daemon", "run", *words, "--home", home, **env)
    raise NotStarted(done.stderr.strip(), done.returncode)


@pytest.mark.few(3)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_words_that_make_no_sense_exit_with_two_in_every_command(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadhost.adapters.joining.starting.start", run_daemon_here)

    @each("words", wrong_lines(command), ids=" ".join)
    def each_of_them(words: list[str]) -> None:
        done = run_here(*words, THREADHOST_HOME=NOWHERE)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr

    each_of_them()


@pytest.mark.slices
def test_words_that_make_no_sense_to_a_host_that_is_begun_for_a_client_exit_with_two() -> None:
    done = run_here("app-server", "--stdio=x", THREADHOST_HOME=NOWHERE)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "threadhost: --stdio takes no value; leave out `=x`\n"


EXCLUDE_EACH_OTHER = [
    ["export", "codex", "--to", "x", "--thread", "01a2", "--tree", "01a3"],
    ["daemon", "start", "--store", "memory"],
    ["restore", "--replace"],
    ["restore", "--keys", "x"],
    ["restore", "--delete-again"],
    ["backup", "x", "--keys-separate", "x"],
    ["keys", "rotate", "--key-file", "x"],
    ["log", "show", "1", "--thread", "01a2"],
    ["log", "show", "1", "--type", "turn."],
    ["log", "show", "1", "--after", "3"],
    ["docs", "no-such-page"],
    ["docs", "jobs", "--folder"],
]


@each("words", EXCLUDE_EACH_OTHER, ids=" ".join)
def test_words_that_exclude_each_other_exit_with_two_before_any_home_is_looked_at(
    words: list[str],
) -> None:
    done = run_here(*words, THREADHOST_HOME=NOWHERE)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without any thread."""
    home = tmp_path_factory.mktemp("empty") / "home"

    async def begin() -> None:
        async with threadhost.open(home):
            pass

    asyncio.run(begin())
    return home


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("threads list", "no thread here had a turn yet"),
        ("threads list --archived", "no archived thread is here"),
        ("threads list --search x", "no such thread is here"),
        ("threads tree", "no thread here had a turn yet"),
        ("threads holds", "nothing is under legal hold"),
        ("jobs list", "this home has no jobs yet"),
        ("memory show", "nothing is remembered"),
        ("log show --type turn.", "no such event is in the log"),
        ("log tail --after 9999", "there is no event after position 9999 yet; the log ends at "),
    ],
)
def test_a_list_without_rows_says_so_on_standard_error(empty: Path, words: str, said: str) -> None:
    done = run_here(*words.split(), "--home", str(empty))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


PRINT = [
    *("--help", "threads --help", "version", "docs", "docs jobs", "docs --folder"),
    *("completion bash", "completion zsh", "completion fish", "generate-ts --out protocol"),
    *("schema --json protocol", "status --json", "daemon status --json"),
    *("status", "daemon status", "daemon stop", "doctor --quick"),
    *("threads list", "threads tree", "threads show ROOT", "threads logs ROOT", "threads holds"),
    *("jobs list", "memory show", "log tail", "log show", "log show 1", "log verify", "du"),
    *("threads delete ROOT --yes", "export codex --to exported", "backup saved"),
    *("threads archive ROOT", "threads run new hello", "threads fork ROOT"),
]


@pytest.mark.few(6)
@pytest.mark.parametrize("words", PRINT)
def test_a_closed_standard_output_is_no_error_and_keeps_the_exit_code(
    grown: Grown, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THREADHOST_HOME", str(grown.home))
    reading, writing = os.pipe()
    os.close(reading)
    told: list[str] = []
    with os.fdopen(writing, "w") as closed, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", closed)
        patch.setattr("threadhost.adapters.cli.failing.note", told.append)
        code = run([word.replace("ROOT", grown.root) for word in words.split()])
    assert told == []
    assert code == (NOT_RUNNING if "status" in words else 0)
