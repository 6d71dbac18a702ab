"""Each command on each kind of home that it cannot use: an exit code, one line, no traceback."""

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from unittest.mock import patch

import pytest

from tests.adapters.cli.conftest import Grown
from tests.adapters.cli.test_every_command import arguments, required
from tests.support.databases import changed
from tests.support.program import run_here
from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.commands import COMMANDS
from threadhost.events.store.lock import HomeLock

NEED_NO_HOME = {"schema", "generate-ts", "generate-json-schema", "version", "docs", "completion"}
NEED_NO_HOME |= {"demo", "config show", "config check"}
BY_THEMSELVES = {"proxy", "app-server", "daemon start"}
"""Start another program, of which other tests are: here one process is to see all."""
LOOKS = {"status", "daemon status", "daemon stop", "doctor", "log verify", "restore", "erase", "gc"}
"""Of these the exit code says what was found, or a home that is none is no fault."""
CODES = {0, 1, 2, 3, 4, 5}
OWNED = 75
DATABASE = "threadhost.db"


def nothing(home: Path, _: Grown) -> None:
    home.mkdir()
    (home / "theirs").write_text("of somebody else")


def a_file(home: Path, _: Grown) -> None:
    home.touch()


def of_a_newer_version(home: Path, grown: Grown) -> None:
    copytree(grown.home, home)
    with changed(home / DATABASE) as log:
        log.execute("UPDATE store SET value = '9.10' WHERE name = 'release'")


def no_database(home: Path, grown: Grown) -> None:
    copytree(grown.home, home)
    (home / DATABASE).write_bytes(b"no database" * 1000)


def another_database(home: Path, grown: Grown) -> None:
    copytree(grown.home, home)
    for file in home.glob(f"{DATABASE}*"):
        file.unlink()
    with changed(home / DATABASE) as log:
        log.execute("CREATE TABLE theirs (id TEXT)")


def without_keys(home: Path, grown: Grown) -> None:
    copytree(grown.home, home)
    for file in home.glob("keys.db*"):
        file.unlink()


HOMES = (nothing, a_file, of_a_newer_version, no_database, another_database, without_keys)
ON_A_HOME = [one for one in COMMANDS if one.name not in {*NEED_NO_HOME, *BY_THEMSELVES}]
THAT_PRINT = [one for one in ON_A_HOME if one.name not in {"serve", "daemon run"}]
"""All but those that serve: what these print is the protocol."""


@pytest.fixture(autouse=True)
def aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command writes files with relative names outside of the project's folder."""
    monkeypatch.chdir(tmp_path)


def line_of(command: Command, grown: Grown, folder: Path) -> list[str]:
    """The command line for a home; output files are placed elsewhere."""
    places = {"--to": str(folder / "to"), "--from": str(folder)}
    given = [grown.root if word == "01a2" else word for word in arguments(command)]
    words = [*command.name.split(), *given]
    needed = iter(required(command))
    for flag, value in zip(needed, needed, strict=True):
        words += [flag, places.get(flag, value)]
    flags = {option.flag for option in command.options}
    return [*words, *(["--yes"] if "--yes" in flags else [])]


def kept(folder: Path) -> dict[str, str]:
    """The contents of a folder, without locks and the files that reading makes."""
    passing = ("host.lock", "-shm", "-wal", "host.log")
    return {
        str(file): sha256(file.read_bytes()).hexdigest()
        for file in (sorted(folder.rglob("*")) if folder.is_dir() else [folder])
        if file.is_file() and not str(file).endswith(passing)
    }


@pytest.mark.few(10)
@pytest.mark.parametrize("command", ON_A_HOME, ids=lambda one: one.name)
@pytest.mark.parametrize("make", HOMES, ids=lambda make: make.__name__)
def test_a_home_that_a_command_cannot_use_is_one_line_of_error_and_stays_unchanged(
    grown: Grown, tmp_path: Path, command: Command, make: Callable[[Path, Grown], None]
) -> None:
    home = tmp_path / "other"
    make(home, grown)
    before = kept(home)
    words = [*line_of(command, grown, tmp_path), "--home", str(home)]
    done = run_here(*words)
    _is_in_order(done.returncode, done.stderr, command)
    if make in (nothing, a_file) or (done.returncode and command.name not in LOOKS):
        assert kept(home) == before, done
    if any(option.flag == "--json" for option in command.options) and done.returncode in (1, 2):
        again = run_here(*words, "--json")
        if again.stderr and command.name not in LOOKS:
            error = json.loads(again.stderr.splitlines()[-1])["error"]
            assert (error["exitCode"], again.returncode) == (done.returncode, done.returncode)


def _is_in_order(code: int, errors: str, command: Command) -> None:
    assert code in {*CODES, OWNED}, errors
    assert "Traceback" not in errors
    assert "fault of threadhost" not in errors
    if code and command.name not in LOOKS:
        assert errors.splitlines()[-1].startswith("threadhost: "), errors


@pytest.fixture
def locked(grown: Grown) -> Iterator[Grown]:
    """A process that offers no socket holds the home."""
    lock = HomeLock(grown.home)
    lock.acquire({"pid": os.getpid()})
    yield grown
    lock.release()


@pytest.mark.few(1)
@pytest.mark.parametrize("command", ON_A_HOME, ids=lambda one: one.name)
def test_a_home_that_another_holds_is_named_in_one_line(
    locked: Grown, tmp_path: Path, command: Command
) -> None:
    done = run_here(*line_of(command, locked, tmp_path), "--home", str(locked.home))
    _is_in_order(done.returncode, done.stderr, command)


@pytest.mark.few(10)
@pytest.mark.parametrize("command", ON_A_HOME, ids=lambda one: one.name)
def test_a_home_that_cannot_be_written_is_named_in_one_line(
    grown: Grown, tmp_path: Path, command: Command
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    def read_only(path: object, flags: int, *more: object, **named: object) -> int:
        if str(path).startswith(str(grown.home)) and flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(30, "Read-only file system", str(path))
        return opened(path, flags, *more, **named)  # type: ignore[arg-type]

    opened = os.open
    words = line_of(command, grown, tmp_path)
    with patch.object(os, "open", read_only):
        done = run_here(*words, "--home", str(grown.home))
    _is_in_order(done.returncode, done.stderr, command)


@pytest.mark.few(10)
@pytest.mark.parametrize("command", THAT_PRINT, ids=lambda one: one.name)
def test_a_command_whose_output_is_closed_ends_without_a_message_about_the_pipe(
    grown: Grown, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    from threadhost.adapters.cli.main import run

    reading, writing = os.pipe()
    os.close(reading)
    words = [*line_of(command, grown, tmp_path), "--home", str(grown.home)]
    with os.fdopen(writing, "w") as closed, patch.object(sys, "stdout", closed):
        code = run(words)
    errors = capsys.readouterr().err
    assert code in CODES, errors
    assert "Broken pipe" not in errors
    assert "Traceback" not in errors
