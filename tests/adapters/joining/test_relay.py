"""The relay between a client and its host: lines both ways, and the end of either."""

import json
import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from unittest.mock import Mock

import pytest

from threadhost.adapters.joining import relay as module
from threadhost.adapters.joining.greeting import STOPPED
from threadhost.adapters.joining.relay import ClientGone, Relay
from threadhost.adapters.joining.session_state import SessionState

WAIT_S = 10
"""For what has to come."""
PATIENCE_S = 0.2
"""For what must not."""
MANY_BYTES = 2 * 1024 * 1024
"""More than a relay and what lies between can hold."""


def request_line(number: int) -> bytes:
    return json.dumps({"id": number, "method": "thread/list", "params": {}}).encode()


def flooded(end: socket.socket, line: bytes) -> int:
    """Send a line again and again until it blocks; how many bytes were accepted."""
    end.settimeout(PATIENCE_S)
    said = 0
    with suppress(TimeoutError):
        while said < MANY_BYTES:
            said += end.send(line[said % len(line) :])
    return said


class Ends:
    """A relay, and the client and the host at its ends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._input, self.says = os.pipe()
        self.hears, self._output = os.pipe()
        monkeypatch.setattr(module, "INPUT", self._input)
        monkeypatch.setattr(module, "OUTPUT", self._output)
        self.state = SessionState()
        self.answered = 0
        host, self.host = self.joined()
        self.relay = Relay(host, self.state, self._note_answer)
        self._closed: set[int] = set()

    def joined(self) -> tuple[socket.socket, socket.socket]:
        """The relay's end of a connection, and the end of a new host."""
        ours, its = socket.socketpair()
        ours.setblocking(False)
        its.settimeout(WAIT_S)
        return ours, its

    def go_on(self) -> None:
        """Replace the host by a new one."""
        self.host.close()
        host, self.host = self.joined()
        self.relay.switch_host(host)

    def say(self, *data: bytes) -> None:
        os.write(self.says, b"".join(data))

    def all_for_client(self) -> list[bytes]:
        """All lines for the client, also those that are still buffered."""
        told = self.read_by_client()
        while self.relay.to_client:
            self.relay.write()
            told += self.read_by_client()
        return told.splitlines()

    def read_by_client(self) -> bytes:
        """The bytes that the client can read now."""
        ready = select.select((self.hears,), (), (), 0)[0]
        return os.read(self.hears, MANY_BYTES) if ready else b""

    def run(self, *said: bytes) -> None:
        """Relay until the host ends, which sends this first."""
        self.host.sendall(b"".join(said))
        self.host.shutdown(socket.SHUT_WR)
        self.relay.run()

    def close(self, descriptor: int) -> None:
        if descriptor not in self._closed:
            self._closed.add(descriptor)
            os.close(descriptor)

    def close_all(self) -> None:
        self.host.close()
        self.relay.host.close()
        for descriptor in (self._input, self.says, self.hears, self._output):
            self.close(descriptor)

    def _note_answer(self) -> None:
        self.answered += 1

    @property
    def open_ids(self) -> list[Any]:
        self.state.fold_gathered()
        return [request.id for request in self.state.open.values()]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    ends = Ends(monkeypatch)
    yield ends
    ends.close_all()


def test_whole_lines_are_relayed_both_ways_and_noted(ends: Ends) -> None:
    ends.state.sent(request_line(1))
    ends.say(request_line(2), b"\n", request_line(3), b"\n", request_line(4))
    ends.run(b'{"id":1,"result":{}}\n\n{"method":"warning"}\n{"id":2,"re')
    assert ends.all_for_client() == [b'{"id":1,"result":{}}', b'{"method":"warning"}']
    assert ends.open_ids == [2, 3]


def test_a_last_line_without_a_newline_is_relayed_and_answered(ends: Ends) -> None:
    ends.say(request_line(1), b"\n", request_line(2))
    ends.close(ends.says)
    relaying = threading.Thread(target=ends.relay.run)
    relaying.start()
    arrived = b"".join(iter(lambda: ends.host.recv(4096), b""))
    assert ends.open_ids == [1, 2]
    ends.host.sendall(b'{"id":2,"result":{}}\n')
    ends.host.close()
    relaying.join(WAIT_S)
    assert arrived.splitlines() == [request_line(1), request_line(2)]
    assert ends.all_for_client() == [b'{"id":2,"result":{}}']
    assert ends.relay.input_ended


@pytest.mark.parametrize("is_over", [False, True], ids=["open", "over"])
def test_a_relay_with_nothing_to_pass_on_sleeps(
    ends: Ends, monkeypatch: pytest.MonkeyPatch, *, is_over: bool
) -> None:
    wait = Mock(side_effect=select.select)
    monkeypatch.setattr(select, "select", wait)
    relaying = threading.Thread(target=ends.relay.run)
    relaying.start()
    if is_over:
        ends.close(ends.says)
        assert ends.host.recv(1) == b""
    relaying.join(PATIENCE_S)
    ends.host.shutdown(socket.SHUT_WR)
    relaying.join(WAIT_S)
    assert wait.call_count < 10


def test_an_input_that_cannot_be_read_counts_as_ended(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "read", Mock(side_effect=OSError))
    ends.say(request_line(1))
    ends.run(b"{}\n")
    assert ends.relay.input_ended


def test_a_read_of_the_input_that_another_process_won_blocks_nothing(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = os.read

    def late(descriptor: int, bytes_max: int) -> bytes:
        monkeypatch.setattr(os, "read", read)
        read(descriptor, bytes_max)
        raise BlockingIOError

    monkeypatch.setattr(os, "read", late)
    ends.say(request_line(1), b"\n")
    relaying = threading.Thread(target=ends.relay.run, daemon=True)
    relaying.start()
    ends.host.sendall(b'{"method":"warning"}\n')
    assert select.select((ends.hears,), (), (), WAIT_S)[0]
    ends.say(request_line(2), b"\n")
    assert ends.host.recv(4096) == request_line(2) + b"\n"
    ends.host.shutdown(socket.SHUT_WR)
    relaying.join(WAIT_S)
    assert ends.all_for_client() == [b'{"method":"warning"}']
    assert ends.open_ids == [2]


class Closing(socket.socket):
    """A connection whose other end is closed as soon as anything is sent."""

    other: socket.socket

    def send(self, *what: Any) -> int:
        self.other.close()
        return super().send(*what)


def test_a_host_that_closes_during_a_send_ends_the_relay_without_an_error(ends: Ends) -> None:
    ours, its = ends.joined()
    host = Closing(fileno=ours.detach())
    host.setblocking(False)
    host.other = its
    ends.relay.switch_host(host)
    ends.say(request_line(1), b"\n")
    ends.close(ends.says)
    ends.relay.run()
    assert ends.open_ids == [1]


def test_a_line_that_arrives_in_pieces_is_passed_on_as_one(ends: Ends) -> None:
    relaying = threading.Thread(target=ends.relay.run)
    relaying.start()
    for piece in (
        request_line(1)[:9],
        request_line(1)[9:] + b"\n" + request_line(2)[:5],
        request_line(2)[5:] + b"\n",
    ):
        ends.say(piece)
        ends.host.sendall(piece)
        select.select((), (), (), PATIENCE_S / 4)
    arrived = b""
    while arrived.count(b"\n") < 2:
        arrived += ends.host.recv(4096)
    ends.host.shutdown(socket.SHUT_WR)
    relaying.join(WAIT_S)
    assert arrived.splitlines() == ends.all_for_client() == [request_line(1), request_line(2)]
    assert ends.open_ids == [1, 2]


def test_the_next_host_gets_only_repeated_requests_and_no_rest_of_earlier_lines(ends: Ends) -> None:
    ends.run(b'{"method":"warning"}\n', STOPPED, b'\n{"id":1,"re')
    assert ends.relay.was_stopped
    ends.go_on()
    assert not ends.relay.was_stopped
    ends.relay.to_host += b"for the host before"
    ends.go_on()
    ends.relay.resume([request_line(1), request_line(2)], b'{"id":1,"result":{}}\n{"id":2,')
    ends.run(b'"result":{}}\n')
    told = [b'{"method":"warning"}', b'{"id":1,"result":{}}', b'{"id":2,"result":{}}']
    assert ends.all_for_client() == told
    assert ends.host.recv(4096).splitlines() == [request_line(1), request_line(2)]


def test_the_end_of_the_input_is_passed_on_to_the_next_host_too(ends: Ends) -> None:
    ends.close(ends.says)
    ends.run()
    ends.go_on()
    ends.relay.end_input()
    ends.run(b'{"method":"warning"}\n')
    assert ends.host.recv(1) == b""
    assert ends.all_for_client() == [b'{"method":"warning"}']


def test_a_line_longer_than_a_host_accepts_is_passed_on_before_its_end(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINE_BYTES_MAX", 100)
    relaying = threading.Thread(target=ends.relay.run)
    relaying.start()
    long = json.dumps({"id": 1, "method": "x" * 100}).encode()
    ends.say(long[:101])
    assert ends.host.recv(4096) == long[:101]
    ends.say(long[101:], b"\n", request_line(2), b"\n", request_line(3)[:7])
    assert ends.host.recv(4096) == long[101:] + b"\n" + request_line(2) + b"\n"
    ends.host.shutdown(socket.SHUT_WR)
    relaying.join(WAIT_S)
    assert ends.open_ids == [2]


def test_a_client_that_reads_nothing_slows_its_host_and_can_still_send(ends: Ends) -> None:
    relaying = threading.Thread(target=ends.relay.run, daemon=True)
    relaying.start()
    line = b'{"method":"%s"}\n' % (b"x" * 1000)
    said = flooded(ends.host, line)
    assert said < MANY_BYTES
    ends.say(request_line(1), b"\n")
    assert ends.host.recv(4096) == request_line(1) + b"\n"
    ends.host.shutdown(socket.SHUT_WR)
    told = b""
    while select.select((ends.hears,), (), (), PATIENCE_S)[0]:
        told += os.read(ends.hears, MANY_BYTES)
    relaying.join(WAIT_S)
    lines = [*told.split(b"\n"), *ends.all_for_client()]
    assert b"".join(lines) == line[:-1] * (said // len(line))


def test_a_host_that_reads_nothing_slows_its_client_and_can_still_send(ends: Ends) -> None:
    relaying = threading.Thread(target=ends.relay.run, daemon=True)
    relaying.start()
    os.set_blocking(ends.says, False)
    line, said = request_line(1) + b"\n", 0
    while said < MANY_BYTES and select.select((), (ends.says,), (), PATIENCE_S)[1]:
        said += os.write(ends.says, line * 20)
    assert said < MANY_BYTES
    ends.host.sendall(b'{"method":"warning"}\n')
    assert select.select((ends.hears,), (), (), WAIT_S)[0]
    assert ends.read_by_client() == b'{"method":"warning"}\n'
    ends.close(ends.says)
    arrived = b"".join(iter(lambda: ends.host.recv(MANY_BYTES), b""))
    ends.host.close()
    relaying.join(WAIT_S)
    assert len(arrived) == said


def test_the_first_answer_is_noted_once_it_is_written(ends: Ends) -> None:
    ends.relay.queue_for_client(b"{}")
    assert ends.answered == 0
    ends.relay.flush()
    ends.relay.queue_for_client(b"{}")
    ends.relay.flush()
    assert ends.answered == 1
    assert not ends.relay.to_client


def test_a_client_that_closed_its_end_ends_the_relay(ends: Ends) -> None:
    ends.close(ends.hears)
    ends.host.sendall(b"{}\n")
    with pytest.raises(ClientGone):
        ends.relay.run()


def test_a_host_that_dies_with_unread_input_ends_the_relay_without_an_error(ends: Ends) -> None:
    ends.relay.host.send(b"unread")
    ends.say(request_line(1), b"\n")
    ends.host.close()
    ends.relay.run()


def test_a_signal_is_read_from_its_pipe_and_the_relay_continues(ends: Ends) -> None:
    ends.relay.signals, signalled = os.pipe()
    os.set_blocking(ends.relay.signals, False)
    os.write(signalled, b"\x0f")
    ends.run(b'{"method":"warning"}\n')
    assert ends.all_for_client() == [b'{"method":"warning"}']
    with pytest.raises(BlockingIOError):
        os.read(ends.relay.signals, 1)
    for descriptor in (ends.relay.signals, signalled):
        os.close(descriptor)
