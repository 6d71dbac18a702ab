"""What a joining client does when its host is gone: whom it goes on with, and when not."""

import json
import os
import socket
from time import monotonic

import pytest

from tests.support.successive_hosts import Hosts
from threadhost.adapters.joining import proxy as module
from threadhost.adapters.joining.greeting import DAEMON, SERVICE, STOPPED, Greeting
from threadhost.adapters.joining.starting import SEE_LOG

RENAME = b'{"id":1,"method":"thread/name/set","params":{"threadId":"t"}}\n'
READ = b'{"id":2,"method":"thread/read","params":{"threadId":"t"}}\n'
HELLO = b'{"id":0,"method":"initialize","params":{}}\n'
ACCEPTED = b'{"id":0,"result":{}}\n'
ASKS = b'{"method":"item/tool/call","id":4,"params":{"threadId":"t"}}\n'


def test_a_host_that_disconnected_its_client_is_not_joined_again(
    hosts: Hosts, capfd: pytest.CaptureFixture[str]
) -> None:
    os.write(hosts.says, RENAME + READ)
    hosts.next = [again := hosts.host(instance="one")]
    assert hosts.served(hosts.host(ASKS, hears=RENAME + READ, instance="one")) == 1
    assert capfd.readouterr().err == f"threadhost: {module.HUNG_UP}\n"
    assert again[0].fileno() == -1
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
    first, second = hosts.host(hears=RENAME + READ, instance="one"), hosts.next[0]
    hosts.served(first)
    lost, answered = hosts.received()
    assert (lost["id"], answered) == (1, json.loads(answer))
    assert isinstance(second, tuple)
    assert [host.getblocking() for host, _ in (first, second)] == [False, False]


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
    hosts: Hosts,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    life: str,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setattr(module, "sleep", None)  # it is not waited for
    received = ("word", "--model"), ("env", "THREADHOST_X=a=b"), ("cwd", "/x"), ("life", life)
    host, _ = hosts.host()
    assert hosts.served((host, Greeting(received))) == 1
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
        dies := hosts.host(instance="two"),
        hosts.host(hears=HELLO, answers=refused, instance="three"),
    ]
    assert hosts.served(hosts.host(hears=HELLO, answers=ACCEPTED, instance="one")) == 1
    assert capfd.readouterr().err.startswith("threadhost: the new host refuses initialize")
    assert (hosts.looked, hosts.started, dies[0].fileno()) == (2, [], -1)


def test_a_host_that_is_stopped_while_it_is_joined_is_not_replaced(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "SUCCESSOR_TIMEOUT_S", 0)
    os.write(hosts.says, HELLO)
    hosts.next = [hosts.host(STOPPED + b"\n", hears=HELLO, instance="two")]
    assert hosts.served(hosts.host(hears=HELLO, answers=ACCEPTED, instance="one")) == 1
    assert capfd.readouterr().err == "threadhost: the host on home was stopped\n"
    assert (hosts.looked, hosts.started) == (2, [])


def test_a_request_of_the_new_host_during_a_failover_reaches_the_client(hosts: Hosts) -> None:
    os.write(hosts.says, HELLO)
    hosts.next = [
        hosts.host(hears=HELLO, answers=ASKS + ACCEPTED, instance="two"),
        hosts.host(instance="two"),
    ]
    hosts.served(hosts.host(hears=HELLO, answers=ACCEPTED, instance="one"))
    accepted, asked, *_ = hosts.received()
    assert (accepted, asked) == (json.loads(ACCEPTED), json.loads(ASKS))


def test_a_client_that_closed_its_input_and_got_all_answers_leaves_without_a_new_host(
    hosts: Hosts,
) -> None:
    os.close(hosts.says)
    hosts.says = os.dup(hosts.hears)
    first = hosts.host(b'{"method":"warning"}\n' * 1000, instance="one")
    first[0].shutdown(socket.SHUT_WR)
    assert hosts.served(first) == 0
    assert [message["method"] for message in hosts.received()] == ["warning"] * 1000
    assert hosts.looked == 0


def test_a_client_that_no_longer_reads_is_disconnected(hosts: Hosts) -> None:
    os.close(hosts.hears)
    hosts.hears = os.dup(hosts.says)
    assert hosts.served(hosts.host(b'{"method":"warning"}\n', instance="one")) == 0
    assert hosts.looked == 0
