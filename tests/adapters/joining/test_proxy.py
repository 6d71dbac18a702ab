"""A joining process whose host is gone: when it joins another, starts one, or gives up."""

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from threadhost.adapters.joining import proxy as module
from threadhost.adapters.joining import relay, starting
from threadhost.adapters.joining.greeting import DAEMON, SERVICE, STOPPED, Greeting
from threadhost.adapters.joining.handshake import JoinRequest
from threadhost.adapters.joining.proxy import ClientProxy
from threadhost.adapters.joining.starting import SEE_LOG

RENAME = b'{"id":1,"method":"thread/name/set","params":{"threadId":"t"}}\n'
READ = b'{"id":2,"method":"thread/read","params":{"threadId":"t"}}\n'
HELLO = b'{"id":0,"method":"initialize","params":{}}\n'
ACCEPTED = b'{"id":0,"result":{}}\n'
ASKS = b'{"method":"item/tool/call","id":4,"params":{"threadId":"t"}}\n'
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Hosts:
    """Hosts of a home, one after another; each reads what it expects, answers, and dies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._input, self.says = os.pipe()
        self.hears, self._output = os.pipe()
        monkeypatch.setattr(relay, "INPUT", self._input)
        monkeypatch.setattr(relay, "OUTPUT", self._output)
        monkeypatch.setattr(module, "handshake", self._found)
        monkeypatch.setattr(starting, "start", self._start)
        self.next: list[tuple[socket.socket, Greeting] | None] = []
        self.looked = 0
        self.started: list[tuple[Any, ...]] = []
        self._open: list[socket.socket] = []

    def host(
        self, *said: bytes, hears: bytes = b"", answers: bytes = b"", **fields: str
    ) -> tuple[socket.socket, Greeting]:
        """A host that sends `said`, reads `hears`, sends `answers` and dies."""
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

    def received(self) -> list[dict[str, Any]]:
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

    def _found(self, *_asked: object) -> tuple[socket.socket, Greeting] | None:
        self.looked += 1
        return self.next.pop(0) if self.next else None

    def _start(self, *words: object) -> str:
        self.started.append(words)
        return ""


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


def test_a_host_that_disconnected_its_client_is_not_joined_again(
    hosts: Hosts, capfd: pytest.CaptureFixture[str]
) -> None:
    os.write(hosts.says, RENAME + READ)
    hosts.next = [hosts.host(instance="one")]
    assert hosts.served(hosts.host(ASKS, hears=RENAME + READ, instance="one")) == 1
    assert capfd.readouterr().err == f"threadhost: {module.HUNG_UP}\n"
    asked, resolved, *failed = hosts.received()
    assert asked == json.loads(ASKS)
    assert resolved["method"] == "serverRequest/resolved"
    assert [(m["id"], m["error"]["data"]["reason"]) for m in failed] == [
        (1, "hostLost"),
        (2, "hostLost"),
    ]
    assert hosts.started == []


def test_a_lost_request_that_only_reads_is_repeated_on_the_next_host(hosts: Hosts) -> None:
    os.write(hosts.says, RENAME + READ)
    answer = b'{"id":2,"result":{}}\n'
    hosts.next = [
        hosts.host(hears=READ, answers=answer, instance="two"),
        hosts.host(instance="two"),
    ]
    hosts.served(hosts.host(hears=RENAME + READ, instance="one"))
    lost, answered = hosts.received()
    assert (lost["id"], answered) == (1, json.loads(answer))


@pytest.mark.parametrize("hello", [b"", HELLO], ids=["a stranger", "introduced"])
def test_a_client_gives_up_after_several_hosts_died_one_after_the_other(
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
    words = f"threadhost: 2 hosts on home ended within 60 s; {SEE_LOG}\n"
    assert (capfd.readouterr().err, hosts.looked, hosts.started) == (words, 2, [])


def test_hosts_that_die_at_long_intervals_are_replaced(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "FAILOVERS_MAX", 2)
    monkeypatch.setattr(module, "FAILOVERS_WITHIN_S", 0)
    hosts.next = [hosts.host(instance=f"{number}") for number in range(1, 5)]
    hosts.next.append(hosts.host(instance="4"))
    assert hosts.served(hosts.host(instance="0")) == 1
    assert (capfd.readouterr().err, hosts.looked) == (f"threadhost: {module.HUNG_UP}\n", 5)


@pytest.mark.parametrize("why", ["service", "stopped"])
def test_a_client_waits_for_a_host_that_a_service_manager_or_an_operator_starts_again(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0)
    os.write(hosts.says, b"{}\n")
    last = hosts.host(b'{"method":"warning"}\n', instance="two")
    hosts.next = [None, None, last, hosts.host(instance="two")]
    said = STOPPED + b"\n" if why == "stopped" else b""
    life = SERVICE if why == "service" else "clients"
    assert hosts.served(hosts.host(said, hears=b"{}\n", instance="one", life=life)) == 1
    assert [message["method"] for message in hosts.received()] == ["warning"]
    assert (hosts.looked, hosts.started) == (4, [])


def test_a_host_that_was_stopped_and_does_not_return_is_not_replaced(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "SUCCESSOR_TIMEOUT_S", 0)
    assert hosts.served(hosts.host(STOPPED + b"\n", instance="one")) == 1
    assert capfd.readouterr().err == "threadhost: the host on home was stopped\n"
    assert (hosts.looked, hosts.started) == (1, [])


def test_requests_made_while_a_client_waits_in_vain_for_a_host_fail_too(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask_meanwhile(_pause_s: float) -> None:
        os.write(hosts.says, RENAME + READ)
        monkeypatch.setattr(module, "monotonic", lambda: until_s)

    until_s = monotonic() + 2 * module.SUCCESSOR_TIMEOUT_S
    monkeypatch.setattr(module, "sleep", ask_meanwhile)
    assert hosts.served(hosts.host(STOPPED + b"\n")) == 1
    failed = [(said["id"], said["error"]["data"]["reason"]) for said in hosts.received()]
    assert failed == [(1, "hostLost"), (2, "hostLost")]


@pytest.mark.parametrize(("life", "words"), [("clients", (module.UNTIL_LAST,)), (DAEMON, ())])
def test_a_host_is_restarted_with_the_options_of_the_dead_one_and_several_times(
    hosts: Hosts, capfd: pytest.CaptureFixture[str], life: str, words: tuple[str, ...]
) -> None:
    told = ("word", "--model"), ("env", "THREADHOST_X=a=b"), ("cwd", "/x"), ("life", life)
    host, _ = hosts.host()
    assert hosts.served((host, Greeting(told))) == 1
    said = f"threadhost: hosts on home end as soon as they begin; {SEE_LOG}\n"
    assert capfd.readouterr().err == said
    assert len(hosts.started) == module.STARTS_MAX
    home, as_before, env, folder = hosts.started[0]
    assert (home, as_before, folder) == ("home", ("--model", *words), "/x")
    assert env["THREADHOST_X"] == "a=b"


def test_a_host_that_dies_during_the_failover_is_replaced_by_the_next(
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


def test_a_client_that_closed_its_input_and_got_all_answers_leaves_without_a_new_host(
    hosts: Hosts,
) -> None:
    os.close(hosts.says)
    hosts.says = os.dup(hosts.hears)
    first = hosts.host(b'{"method":"warning"}\n', instance="one")
    first[0].shutdown(socket.SHUT_WR)
    assert hosts.served(first) == 0
    assert [message["method"] for message in hosts.received()] == ["warning"]
    assert hosts.looked == 0
