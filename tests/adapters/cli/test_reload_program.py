"""A running host reads its file again at a command, or at a hang-up without a terminal."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.configured import ConfiguredHost
from tests.support.operator_lines import logged_line
from tests.support.program import END_S, Serving, run_here, serving
from threadhost.adapters.cli.reload_signal import reload_at_signal

FILE = "config.toml"
IN_A_SESSION = """
import os, sys
os.setsid()
if sys.argv[1]:
    os.close(os.open(sys.argv[1], os.O_RDWR))
os.execv(sys.executable, [sys.executable, "-m", "threadhost.adapters.cli.main", *sys.argv[2:]])
"""
"""A program in a session of its own, with the terminal of this name if there is one."""
WS = ("--listen", "ws://127.0.0.1:0")


def in_a_session(terminal: str = "") -> tuple[str, ...]:
    return sys.executable, "-c", IN_A_SESSION, terminal


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serving]:
    """A service that writes its log as JSON."""
    (tmp_path / FILE).write_text("turn_timeout_ms = 1000\n")
    words = *WS, "--log-format", "json"
    with serving(tmp_path, *words, command=in_a_session()) as host:
        assert newest_logged(host, "host.listens")
        yield host


def newest_logged(host: Serving, code: str) -> dict[str, Any]:
    """Wait for a line with this code; the newest one."""
    while True:
        for line in tuple(host.errors)[::-1]:
            document: dict[str, Any] = json.loads(line)
            if document.get("code") == code:
                return document
        assert host.process.poll() is None, host.errors


@pytest.mark.slices
def test_config_reload_has_the_running_host_read_its_file_again(
    served: Serving, tmp_path: Path
) -> None:
    file = tmp_path / FILE
    file.write_text("turn_timeout_ms = 2000\n[host]\ntree_depth_max = 3\n")
    done = run_here("config", "reload", "--home", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, f"{file} was read again\n")
    assert done.stdout.splitlines() == ["turn_timeout_ms", "host.tree_depth_max  needs a restart"]
    file.write_text("broken")
    done = run_here("config", "reload", "--home", str(tmp_path), "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "line 1: expected '='" in json.loads(done.stderr)["error"]["message"]
    assert newest_logged(served, "config.reloaded")["names"] == "turn_timeout_ms"


@pytest.mark.slices
def test_a_hang_up_reads_the_file_again_where_no_terminal_hangs_up(
    served: Serving, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text("turn_timeout_ms = 2000\n[host]\nlog_level = 'error'\n")
    served.process.send_signal(signal.SIGHUP)
    while served.errors == (before := list(served.errors)):
        assert served.process.poll() is None
        if len(before) > 2:
            break
    (tmp_path / FILE).write_text("broken")
    served.process.send_signal(signal.SIGHUP)
    assert "line 1: expected '='" in newest_logged(served, "config.not_reloaded")["what"]
    assert served.signal(signal.SIGTERM) == 0


@pytest.mark.slices
def test_a_service_manager_is_notified_when_a_reload_begins_and_ends(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(path)
        manager.settimeout(END_S)
        home = tmp_path / "h"
        with serving(home, *WS, command=in_a_session(), NOTIFY_SOCKET=path) as host:
            assert manager.recv(4096).startswith(b"READY=1\n")
            host.process.send_signal(signal.SIGHUP)
            reloading, _, at = manager.recv(4096).partition(b"\nMONOTONIC_USEC=")
            assert (reloading, at.isdigit()) == (b"RELOADING=1", True)
            assert manager.recv(4096) == b"READY=1"
            assert host.signal(signal.SIGTERM) == 0


@pytest.mark.slices
def test_a_hang_up_of_its_terminal_ends_a_host(tmp_path: Path) -> None:
    ours, its = os.openpty()
    try:
        with serving(tmp_path, *WS, command=in_a_session(os.ttyname(its))) as host:
            host.address()
            assert host.signal(signal.SIGHUP) == 0
    finally:
        os.close(ours)
        os.close(its)


async def test_a_fault_in_the_file_at_a_reload_by_signal_is_logged_for_the_operator(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with ConfiguredHost(tmp_path, text="turn_timeout_ms = 1000\n") as host:
        (tmp_path / FILE).write_text("turn_timeout_ms = 'x'\n")
        await reload_at_signal(host.running)
    words = f"{tmp_path / FILE}, line 1: `turn_timeout_ms`: should be a valid integer"
    assert logged_line(caplog, "config.not_reloaded")["what"] == words
