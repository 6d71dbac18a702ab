"""What a joining client does when its host is gone: whom it goes on with, and when not."""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from threadhost.adapters.joining import proxy as module
from threadhost.adapters.joining import relay, starting
from threadhost.adapters.joining.greeting import DAEMON, SERVICE, STOPPED, Greeting
from threadhost.adapters.joining.handshake import JoinRefused, JoinRequest
from threadhost.adapters.joining.proxy import ClientProxy

RENAME = b'{"id":1,"method":"thread/name/set","params":{"threadId":"t"}}\n'
READ = b'{"id":2,"method":"thread/read","params":{"threadId":"t"}}\n'
HELLO = b'{"id":0,"method":"initialize","params":{}}\n'
ACCEPTED = b'{"id":0,"result":{}}\n'
ASKS = b'{"method":"item/tool/call","id":4,"params":{"threadId":"t"}}\n'
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Hosts:
    """Hosts that follow each other on a home; each is there for what it is to hear, and dies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._input, self.says = os.pipe()
        self.hears, self._output = os.pipe()
        monkeypatch.setattr(relay, "INPUT", self._input)
        monkeypatch.setattr(relay, "OUTPUT", self._output)
        monkeypatch.setattr(module, "handshake", self._found)
        monkeypatch.setattr(starting, "start", self._start)
        self.next: list[tuple[socket.socket, Greeting] | Exception | None] = []
        self.looked = 0
        self.started: list[tuple[Any, ...]] = []
        self.remarks = ""
        """What a host prints that is started."""
        self._open: list[socket.socket] = []

    def host(
        self, *said: bytes, hears: bytes = b"", answers: bytes = b"", **fields: str
    ) -> tuple[socket.socket, Greeting]:
        """A host that says this, hears that, answers it and dies."""
        ours, its = socket.socketpair()
        self._open.append(ours)
        its.sendall(b"".join(said))

        def live() -> None:
            left = len(hears)
            while left > 0:
                left -= len(its.recv(left))
            its.sendall(answers)
            its.close()

        if hears:
            threading.Thread(target=live).start()
        else:
            live()
        return ours, Greeting(fields.items())

    def served(self, first: tuple[socket.socket, Greeting]) -> int:
        """The exit code of a process that joined this host."""
        return ClientProxy(JoinRequest("home", (), {}, is_codex=True), *first).run()

    def told(self) -> list[dict[str, Any]]:
        os.set_blocking(self.hears, False)
        try:
            return [json.loads(line) for line in os.read(self.hears, 65536).splitlines()]
        except BlockingIOError:
            return []

    def close(self) -> None:
        for descriptor in (self._input, self.says, self.hears, self._output):
            os.close(descriptor)
        for end in self._open:
            end.close()

    def _found(
        self, home: str, greeting: Greeting, *_: object
    ) -> tuple[socket.socket, Greeting] | None:
        assert (home, greeting.one("marks")) == ("home", "True")
        self.looked += 1
        found = self.next.pop(0) if self.next else None
        if isinstance(found, Exception):
            raise found
        return found

    def _start(self, *words: object) -> str:
        self.started.append(words)
        return self.remarks


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    handlers = [(number, signal.getsignal(number)) for number in SIGNALS]
    hosts = Hosts(monkeypatch)
    yield hosts
    hosts.close()
    wakeup = signal.set_wakeup_fd(-1)
    if wakeup >= 0:
        os.close(wakeup)
    for number, handler in handlers:
        signal.signal(number, handler)


def joins(hosts: Hosts, *, may_start: bool) -> int | None:
    """The exit code of a process that looks for a host itself; one that joined is hung up on."""
    hosts.next.append(hosts.host(instance="one"))
    request = JoinRequest("home", ("--model", "echo"), {}, is_codex=True)
    return module.run(request, may_start=may_start)


def test_a_client_joins_the_host_that_is_there_and_prints_its_remarks(
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


def test_a_client_without_a_host_starts_one_with_its_own_words_if_it_may(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor == 0)
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    hosts.next = [None]
    assert joins(hosts, may_start=False) is None
    assert capfd.readouterr().err == ""
    hosts.next = [None, hosts.host(instance="one")]
    hosts.remarks = "WARNING: one\nWARNING: two\n"
    assert joins(hosts, may_start=True) == 1
    *remarks, joined, hung_up = capfd.readouterr().err.splitlines()
    assert (remarks, joined[:6], hung_up[:11]) == (
        ["WARNING: one", "WARNING: two"],
        "joined",
        "threadhost:",
    )
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
def test_a_client_that_cannot_join_says_why(
    hosts: Hosts, capfd: pytest.CaptureFixture[str], fault: Exception, code: int, words: str
) -> None:
    hosts.next = [fault]
    assert joins(hosts, may_start=True) == code
    assert (capfd.readouterr().err, hosts.started) == (f"threadhost: {words}\n", [])


def test_a_client_is_served_though_nobody_reads_its_remarks(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(sys.stderr, "write", broken)
    host, _ = hosts.host(b'{"method":"warning"}\n')
    hosts.next = [(host, Greeting((("note", "a remark"), ("instance", "one"))))]
    joins(hosts, may_start=False)
    assert [message["method"] for message in hosts.told()] == ["warning"]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_input_of_a_client_at_once_and_the_next_one_the_client(
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

    assert {signal.getsignal(one) for one in SIGNALS} <= {
        signal.SIG_DFL,
        signal.default_int_handler,
    }
    host = threading.Thread(target=live)
    host.start()
    assert hosts.served((ours, Greeting(()))) == 0
    host.join()
    assert heard == [b""]
    assert [one for one in SIGNALS if signal.getsignal(one) is signal.SIG_DFL] == [number]


def test_a_client_without_a_free_descriptor_for_signals_is_served_all_the_same(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left() -> tuple[int, int]:
        raise OSError(24, "Too many open files")

    first = hosts.host(b'{"method":"warning"}\n', instance="one")
    hosts.next = [hosts.host(instance="one")]
    monkeypatch.setattr(os, "pipe", none_left)
    assert hosts.served(first) == 1
    assert [message["method"] for message in hosts.told()] == ["warning"]
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL


def test_a_host_that_hung_up_on_its_client_is_not_joined_again(
    hosts: Hosts, capfd: pytest.CaptureFixture[str]
) -> None:
    os.write(hosts.says, RENAME + READ)
    hosts.next = [hosts.host(instance="one")]
    assert hosts.served(hosts.host(ASKS, hears=RENAME + READ, instance="one")) == 1
    assert capfd.readouterr().err == f"threadhost: {module.HUNG_UP}\n"
    asked, resolved, *failed = hosts.told()
    assert asked == json.loads(ASKS)
    assert resolved["method"] == "serverRequest/resolved"
    assert [(m["id"], m["error"]["data"]["reason"]) for m in failed] == [
        (1, "hostLost"),
        (2, "hostLost"),
    ]
    assert hosts.started == []


def test_what_changes_nothing_is_asked_of_the_next_host(hosts: Hosts) -> None:
    os.write(hosts.says, RENAME + READ)
    answer = b'{"id":2,"result":{}}\n'
    hosts.next = [
        hosts.host(hears=READ, answers=answer, instance="two"),
        hosts.host(instance="two"),
    ]
    first, second = hosts.host(hears=RENAME + READ, instance="one"), hosts.next[0]
    hosts.served(first)
    lost, answered = hosts.told()
    assert (lost["id"], answered) == (1, json.loads(answer))
    assert isinstance(second, tuple)
    assert [host.getblocking() for host, _ in (first, second)] == [False, False]


@pytest.mark.parametrize("hello", [b"", HELLO], ids=["a stranger", "introduced"])
def test_hosts_that_die_one_after_the_other_are_given_up(
    hosts: Hosts,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    hello: bytes,
) -> None:
    monkeypatch.setattr(module, "FAILOVERS_MAX", 2)
    os.write(hosts.says, hello)
    hosts.next = [hosts.host(instance=f"{number}") for number in range(1, 5)]
    accepted = ACCEPTED if hello else b""
    assert hosts.served(hosts.host(hears=hello, answers=accepted, instance="0")) == 1
    words = "threadhost: 2 hosts on home ended within 60 s; see host.log there\n"
    assert (capfd.readouterr().err, hosts.looked, hosts.started) == (words, 2, [])


def test_hosts_that_die_now_and_then_are_replaced(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "FAILOVERS_MAX", 2)
    monkeypatch.setattr(module, "FAILOVERS_WITHIN_S", 0)
    hosts.next = [hosts.host(instance=f"{number}") for number in range(1, 5)]
    hosts.next.append(hosts.host(instance="4"))
    assert hosts.served(hosts.host(instance="0")) == 1
    assert (capfd.readouterr().err, hosts.looked) == (f"threadhost: {module.HUNG_UP}\n", 5)


@pytest.mark.parametrize("why", ["service", "stopped"])
def test_a_host_that_somebody_else_starts_again_is_waited_for(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0)
    os.write(hosts.says, b"{}\n")
    last = hosts.host(b'{"method":"warning"}\n', instance="two")
    hosts.next = [None, None, last, hosts.host(instance="two")]
    said = STOPPED + b"\n" if why == "stopped" else b""
    life = SERVICE if why == "service" else "clients"
    assert hosts.served(hosts.host(said, hears=b"{}\n", instance="one", life=life)) == 1
    assert [message["method"] for message in hosts.told()] == ["warning"]
    assert (hosts.looked, hosts.started) == (4, [])


def test_a_host_that_was_stopped_and_does_not_return_is_not_replaced(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "SUCCESSOR_TIMEOUT_S", 0)
    assert hosts.served(hosts.host(STOPPED + b"\n", instance="one")) == 1
    assert capfd.readouterr().err == "threadhost: the host on home was stopped\n"
    assert (hosts.looked, hosts.started) == (1, [])


def test_what_is_asked_while_a_host_is_awaited_in_vain_fails_too(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask_meanwhile(_pause_s: float) -> None:
        os.write(hosts.says, RENAME + READ)
        monkeypatch.setattr(module, "monotonic", lambda: until_s)

    until_s = monotonic() + 2 * module.SUCCESSOR_TIMEOUT_S
    monkeypatch.setattr(module, "sleep", ask_meanwhile)
    assert hosts.served(hosts.host(STOPPED + b"\n")) == 1
    failed = [(said["id"], said["error"]["data"]["reason"]) for said in hosts.told()]
    assert failed == [(1, "hostLost"), (2, "hostLost")]


@pytest.mark.parametrize(("life", "words"), [("clients", (module.UNTIL_LAST,)), (DAEMON, ())])
def test_a_host_is_started_as_the_one_that_died_was_and_that_is_tried_some_times(
    hosts: Hosts, capfd: pytest.CaptureFixture[str], life: str, words: tuple[str, ...]
) -> None:
    told = ("word", "--model"), ("env", "THREADHOST_X=a=b"), ("cwd", "/x"), ("life", life)
    host, _ = hosts.host()
    assert hosts.served((host, Greeting(told))) == 1
    said = "threadhost: hosts on home end as soon as they begin; see host.log there\n"
    assert capfd.readouterr().err == said
    assert len(hosts.started) == module.STARTS_MAX
    home, as_before, env, folder = hosts.started[0]
    assert (home, as_before, folder) == ("home", ("--model", *words), "/x")
    assert env["THREADHOST_X"] == "a=b"


def test_a_host_that_dies_while_it_is_joined_is_replaced_by_the_next(
    hosts: Hosts, capfd: pytest.CaptureFixture[str]
) -> None:
    os.write(hosts.says, HELLO)
    refused = b'{"error":{"code":-32600,"message":"no"},"id":0}\n'
    hosts.next = [
        hosts.host(instance="two"),
        hosts.host(hears=HELLO, answers=refused, instance="three"),
    ]
    assert hosts.served(hosts.host(hears=HELLO, answers=ACCEPTED, instance="one")) == 1
    assert capfd.readouterr().err.startswith("threadhost: the new host refuses initialize")
    assert (hosts.looked, hosts.started) == (2, [])


def test_a_signal_that_was_ignored_stays_so(hosts: Hosts) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    hosts.next = [hosts.host(instance="one")]
    hosts.served(hosts.host(b'{"method":"warning"}\n', instance="one"))
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL


def test_a_client_that_has_said_all_and_heard_the_last_of_it_leaves(hosts: Hosts) -> None:
    os.close(hosts.says)
    hosts.says = os.dup(hosts.hears)
    first = hosts.host(b'{"method":"warning"}\n' * 1000, instance="one")
    first[0].shutdown(socket.SHUT_WR)
    assert hosts.served(first) == 0
    assert [message["method"] for message in hosts.told()] == ["warning"] * 1000
    assert hosts.looked == 0


def test_a_client_that_no_longer_reads_is_over(hosts: Hosts) -> None:
    os.close(hosts.hears)
    hosts.hears = os.dup(hosts.says)
    assert hosts.served(hosts.host(b'{"method":"warning"}\n', instance="one")) == 0
    assert hosts.looked == 0
