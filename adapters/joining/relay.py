"""Relays one client's bytes to the host and back, in whole lines, while both are connected."""

import os
import select

from threadhost.adapters.joining.greeting import MARK, STOPPED
from threadhost.adapters.joining.session_state import SessionState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Callable

INPUT, OUTPUT = 0, 1
CHUNK_BYTES = 64 * 1024
WAITING_BYTES_MAX = 256 * 1024
"""While more waits for one side, the other is not read."""
LINE_BYTES_MAX = 17 * 1024 * 1024
"""A client's line that exceeds what any host accepts is passed on before it ends."""


class ClientGone(Exception):
    """The client no longer reads."""


class Relay:
    """Relays lines until the client or the host ends; see `run`."""

    def __init__(self, host: "socket", state: SessionState, answered: "Callable[[], None]") -> None:
        self.host = host
        self.state = state
        self._answered = answered
        """Called once, after the first bytes were written to the client."""
        self._has_answered = False
        self.input_ended = False
        self._is_end_sent = False
        self.was_stopped = False
        """Whether the host said that it was stopped on purpose."""
        self._client_part, self._host_part = bytearray(), bytearray()
        """Incomplete lines."""
        self.to_host, self.to_client = bytearray(), bytearray()
        self.signals: int | None = None
        """A pipe that is readable after a signal, which would otherwise wait for the next line."""

    def run(self) -> None:
        """Relay lines until the host disconnects. Raises ClientGone."""
        while True:
            reads, writes = self._interests()
            readable, writable, _ = select.select(reads, writes, ())
            if OUTPUT in writable:
                self.write()
            if self.host in readable and not self._read_host():
                return
            if self.host in writable:
                self._write_host()
            if INPUT in readable and not self.input_ended:
                self._read_client()
            if self.signals is not None and self.signals in readable:
                os.read(self.signals, CHUNK_BYTES)

    def flush(self) -> None:
        """Write all waiting lines to the client. Raises ClientGone."""
        while self.to_client:
            select.select((), (OUTPUT,), ())
            self.write()

    def read_unsent(self) -> None:
        """Note what the client sent while no host was connected, up to what may wait for one."""
        self.to_host.clear()
        while (
            not self.input_ended
            and len(self.to_host) < WAITING_BYTES_MAX
            and any(select.select((INPUT,), (), (), 0))
        ):
            self._read_client()

    def end_input(self) -> None:
        """Read no more from the client; its incomplete line is still sent."""
        self.input_ended = True
        self._queue_lines(len(self._client_part))

    def switch_host(self, host: "socket") -> None:
        """Switch to another host; the old host's incomplete line is dropped."""
        self.host.close()
        self.host = host
        self.to_host.clear()
        self._host_part.clear()
        self._is_end_sent = self.was_stopped = False

    def resume(self, unanswered: "list[bytes]", unread: bytes) -> None:
        """Repeat unanswered requests, and process bytes that were read already."""
        for line in unanswered:
            self.to_host += line
            self.to_host += b"\n"
        self._process_host_bytes(unread)

    def _interests(self) -> "tuple[list[socket | int], list[socket | int]]":
        reads: list[socket | int] = []
        writes: list[socket | int] = []
        if not self.input_ended and len(self.to_host) < WAITING_BYTES_MAX:
            reads.append(INPUT)
        if len(self.to_client) < WAITING_BYTES_MAX:
            reads.append(self.host)
        if self.to_host or (self.input_ended and not self._is_end_sent):
            writes.append(self.host)
        if self.to_client:
            writes.append(OUTPUT)
        if self.signals is not None:
            reads.append(self.signals)
        return reads, writes

    def _read_client(self) -> None:
        try:
            chunk = os.read(INPUT, CHUNK_BYTES)
        except BlockingIOError:
            return  # another process that shares the input was quicker
        except OSError:
            chunk = b""
        if not chunk:
            self.end_input()
            return
        searched = len(self._client_part)
        self._client_part += chunk
        end = self._client_part.rfind(b"\n", searched) + 1
        if end:
            self._queue_lines(end)
        elif len(self._client_part) > LINE_BYTES_MAX:
            self.to_host += self._client_part
            self._client_part.clear()

    def _queue_lines(self, end: int) -> None:
        lines = bytes(self._client_part[:end])
        del self._client_part[:end]
        self.to_host += lines
        for line in lines.split(b"\n"):
            if line:
                self.state.sent(line)

    def _write_host(self) -> None:
        try:
            if self.to_host:
                del self.to_host[: self.host.send(self.to_host[:CHUNK_BYTES])]
            if self.input_ended and not self.to_host and not self._is_end_sent:
                self._is_end_sent = True
                self.host.shutdown(1)
        except BlockingIOError:
            return
        except OSError:
            self.to_host.clear()  # the next read from the host shows that it is gone
            self._is_end_sent = True

    def _read_host(self) -> bool:
        """Read from the host; returns whether it is still connected."""
        try:
            chunk = self.host.recv(CHUNK_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._process_host_bytes(chunk)
        return bool(chunk)

    def _process_host_bytes(self, chunk: bytes) -> None:
        searched = len(self._host_part)
        self._host_part += chunk
        end = self._host_part.rfind(b"\n", searched) + 1
        lines = bytes(self._host_part[:end])
        del self._host_part[:end]
        for line in lines.split(b"\n"):
            if line == STOPPED:
                self.was_stopped = True
            elif line.startswith(MARK):
                self.state.note_mark(line)
            elif line:
                self.queue_for_client(line)

    def queue_for_client(self, line: bytes) -> None:
        """Queue a line for the client, unless it is for this process alone."""
        ahead = self.state.received(line)
        for queued in ahead if self.state.is_hidden(line) else (*ahead, line):
            self.to_client += queued
            self.to_client += b"\n"

    def write(self) -> None:
        """Write as much as cannot block. Raises ClientGone."""
        try:
            written = os.write(OUTPUT, self.to_client[: select.PIPE_BUF])
        except BlockingIOError:
            return
        except OSError:
            raise ClientGone from None
        del self.to_client[:written]
        if not self._has_answered:
            self._has_answered = True
            self._answered()
