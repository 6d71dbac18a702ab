"""Starting a host for a joining client, also if another process locks the folder."""

import asyncio
import fcntl
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.joined import shared_home
from threadhost.adapters.cli.log_file import write_errors_to
from threadhost.adapters.joining import proxy, starting
from threadhost.adapters.joining.greeting import (
    DAEMON,
    LENGTH_BYTES,
    PROTOCOL,
    STOPPED,
    Greeting,
    body_bytes,
)
from threadhost.adapters.joining.handshake import JoinRequest
from threadhost.adapters.joining.proxy import run
from threadhost.adapters.joining.starting import NotStarted, start


def test_a_lock_on_the_folder_of_a_new_home_only_delays_the_first_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "ELECTION_S", 0.1)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    theirs = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(theirs, fcntl.LOCK_EX)
    with pytest.raises(NotStarted, match="the host ended at its start"):
        start(str(tmp_path / "deep" / "home"), (), {}, "/")
    os.close(theirs)
    assert not list(tmp_path.iterdir())


def test_the_output_of_a_host_that_could_not_start_is_passed_on_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> str:
        raise NotStarted("ERROR store.full\nWARNING of the log\nthreadhost: no space is left", 1)

    monkeypatch.setattr(starting, "start", refuse)
    request = JoinRequest(str(tmp_path), (), {}, is_codex=False)
    assert run(request, may_start=True) == 1
    said = "ERROR store.full\nWARNING of the log\nthreadhost: no space is left\n"
    assert capsys.readouterr().err == said


@each(
    ("ended", "starts"),
    [(0, 1), (2, 1), (-signal.SIGKILL, proxy.STARTS_MAX), (starting.OWNED, proxy.STARTS_MAX)],
)
def test_a_host_that_is_killed_at_its_start_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: int, starts: int
) -> None:
    started: list[str] = []

    def die(home: str, *_: object) -> str:
        started.append(home)
        raise NotStarted("gone", ended)

    monkeypatch.setattr(starting, "start", die)
    code = run(JoinRequest(str(tmp_path), (), {}, is_codex=False), may_start=True)
    assert (len(started), code) == (starts, 2 if ended == 2 else 1)


def test_a_pipe_in_the_place_of_the_log_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "host.log")
    with pytest.raises(OSError, match=r"host\.log"):
        write_errors_to(tmp_path / "host.log")


@pytest.mark.slices
async def test_a_daemon_that_is_stopped_while_a_client_joins_is_not_replaced(
    tmp_path: Path,
) -> None:
    async def stop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(body_bytes(await reader.readexactly(LENGTH_BYTES)))
        welcome = Greeting([("protocol", PROTOCOL), ("life", DAEMON), ("instance", "next")])
        writer.write(welcome.pack())
        await reader.readline()
        writer.write(STOPPED + b"\n")
        writer.close()
        (home.home / "host.sock").unlink()

    async with shared_home(tmp_path) as home:
        await home.command("daemon", "start")
        left = await home.client()
        (home.home / "host.sock").unlink()
        async with await asyncio.start_unix_server(stop, home.home / "host.sock"):
            home.kill_owner()
            assert await asyncio.wait_for(left.process.wait(), 25) == 1
        assert left.errors == f"threadhost: the host on {home.home} was stopped\n"
        assert not home.is_owned
