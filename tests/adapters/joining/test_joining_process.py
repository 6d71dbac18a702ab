"""What a process does that joins a host for a client: its start, its remarks, its signals."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.support.successive_hosts import Hosts
from threadhost.adapters.joining import proxy as module
from threadhost.adapters.joining.greeting import Greeting
from threadhost.adapters.joining.handshake import JoinRefused, JoinRequest

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def joins(hosts: Hosts, *, may_start: bool) -> int | None:
    """The exit code of a process that looks for a host itself; one that joined is hung up on."""
    hosts.next.append(hosts.host(instance="one"))
    request = JoinRequest("home", ("--model", "echo"), {}, is_codex=True)
    return module.run(request, may_start=may_start)


def test_a_client_joins_the_running_host_and_prints_the_remarks_of_the_host(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor == 0)
    host, _ = hosts.host()
    told = ("note", "a remark"), ("word", "-"), ("note", "and\x1b[1mone"), ("instance", "one")
    hosts.next = [(host, Greeting(told))]
    assert joins(hosts, may_start=True) == 1
    assert capfd.readouterr().err.splitlines() == [
        "threadhost: a remark",
        "threadhost: and?[1mone",
        f"joined the host on home: {module.AT_A_TERMINAL}",
        f"threadhost: {module.HUNG_UP}",
    ]
    assert (hosts.looked, hosts.started) == (2, [])


def test_a_client_without_a_host_starts_one_with_its_own_options_if_allowed(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor == 0)
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    hosts.next = [None]
    assert joins(hosts, may_start=False) is None
    assert capfd.readouterr().err == ""
    monkeypatch.setattr(os, "isatty", lambda _: False)
    hosts.next = [None, hosts.host(instance="one")]
    hosts.remarks = "WARNING: one\nWARNING: two\n"
    assert joins(hosts, may_start=True) == 1
    assert capfd.readouterr().err == f"{hosts.remarks}threadhost: {module.HUNG_UP}\n"
    [(home, words, env, folder)] = hosts.started
    assert (home, words, folder) == (
        "home",
        ("--model", "echo", module.UNTIL_LAST),
        str(Path.cwd()),
    )
    assert (env["OPENAI_API_KEY"], "NOTIFY_SOCKET" in env) == ("k", False)


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (JoinRefused("too many clients", 75), 75, "too many clients"),
        (OSError(13, "Permission denied"), 1, "Permission denied"),
        (OSError("it is no socket"), 1, "it is no socket"),
    ],
)
def test_a_process_that_cannot_join_prints_the_reason(
    hosts: Hosts, capfd: pytest.CaptureFixture[str], fault: Exception, code: int, words: str
) -> None:
    hosts.next = [fault]
    assert joins(hosts, may_start=True) == code
    assert (capfd.readouterr().err, hosts.started) == (f"threadhost: {words}\n", [])


def test_a_client_is_served_though_its_standard_error_is_not_read(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(sys.stderr, "write", broken)
    host, _ = hosts.host(b'{"method":"warning"}\n')
    hosts.next = [(host, Greeting((("note", "a remark"), ("instance", "one"))))]
    joins(hosts, may_start=False)
    assert [message["method"] for message in hosts.received()] == ["warning"]


@pytest.fixture
def default_signals() -> Iterator[None]:
    """The dispositions of a new process: other tests may have left handlers."""
    before = {one: signal.signal(one, signal.SIG_DFL) for one in SIGNALS}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.usefixtures("default_signals")
@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_ends_the_input_of_a_client_and_the_second_ends_its_process(
    hosts: Hosts, number: signal.Signals
) -> None:
    ours, its = socket.socketpair()
    heard = []

    def live() -> None:
        its.settimeout(10)
        its.sendall(b'{"method":"warning"}\n')
        until_s = monotonic() + 10
        while signal.getsignal(signal.SIGHUP) is signal.SIG_DFL and monotonic() < until_s:
            sleep(0.001)
        os.kill(os.getpid(), number)
        with suppress(TimeoutError):
            heard.append(its.recv(99))
        its.close()

    host = threading.Thread(target=live)
    host.start()
    assert hosts.served((ours, Greeting(()))) == 0
    host.join()
    assert heard == [b""]
    assert [one for one in SIGNALS if signal.getsignal(one) is signal.SIG_DFL] == [number]


def test_a_client_is_served_without_a_free_descriptor_for_signals(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left() -> tuple[int, int]:
        raise OSError(24, "Too many open files")

    first = hosts.host(b'{"method":"warning"}\n', instance="one")
    hosts.next = [hosts.host(instance="one")]
    monkeypatch.setattr(os, "pipe", none_left)
    assert hosts.served(first) == 1
    assert [message["method"] for message in hosts.received()] == ["warning"]
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL


def test_a_signal_that_was_ignored_stays_ignored(hosts: Hosts) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    hosts.next = [hosts.host(instance="one")]
    hosts.served(hosts.host(b'{"method":"warning"}\n', instance="one"))
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
