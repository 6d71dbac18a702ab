"""A server on loopback that says what it is told to, from a thread of its own."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import NamedTuple

Behaviour = Callable[[socket.socket], None]
"""What is done with one connection; it is closed afterwards."""


class Running(NamedTuple):
    """A server that runs."""

    port: int
    gone: Event
    """Set when a connection was closed by its client."""

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def raw_server(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Running]:
    """Serves one connection after the other until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = Running(listening.getsockname()[1], Event())
        thread = Thread(target=_serve, args=(listening, behaviour, tls, running.gone), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            # Closing alone leaves a thread that waits in accept where it is.
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join(timeout=10)
            assert not thread.is_alive()


def _serve(
    listening: socket.socket, behaviour: Behaviour, tls: ssl.SSLContext | None, gone: Event
) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with suppress(OSError), connection:
            connection.settimeout(20)
            speaking = tls.wrap_socket(connection, server_side=True) if tls else connection
            try:
                behaviour(speaking)
                until_gone(speaking)
            finally:
                gone.set()
                speaking.close()


def read_request(connection: socket.socket) -> bytes:
    """The head and the body of a request; raises ConnectionError if the client goes instead."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    wanted = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < wanted:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def until_gone(connection: socket.socket) -> None:
    """Wait until the client closes the connection."""
    while connection.recv(65536):
        pass


def saying(*data: bytes) -> Behaviour:
    """Answers each request with this, and says that there is no more."""

    def say(connection: socket.socket) -> None:
        read_request(connection)
        for piece in data:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)

    return say


def repeating(head: bytes, piece: bytes, times: int = 10**9) -> Behaviour:
    """Answers with a head and then says one thing again and again."""
    block = piece * max(1, 65536 // len(piece))

    def repeat(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(head)
        for _ in range(-(-times * len(piece) // len(block))):
            connection.sendall(block)

    return repeat
