"""One HTTP/1.1 connection: sends requests as bytes, and parses answers as they arrive."""

import asyncio
import ssl
from typing import TYPE_CHECKING, cast

from threadhost.adapters.models.http1_answer import AnswerParser, MalformedResponse

if TYPE_CHECKING:
    from threadhost.adapters.models.idle_timer import IdleTimer

RECEIVE_BYTES = 64 * 1024
UNREAD_BYTES_MAX = 2 * RECEIVE_BYTES
"""How much may arrive unread before reading pauses; exceeds what framing alone takes."""


class Connection(asyncio.BufferedProtocol):
    """One TCP or TLS connection that carries one exchange at a time.

    Each arrival is parsed before the next one, so all connections of a loop may share `room`, the
    receive buffer.
    """

    def __init__(self, room: memoryview, timer: "IdleTimer") -> None:
        self._room = room
        self._timer = timer
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._answer: AnswerParser | None = None
        self._failure: Exception | None = None
        """Why nothing more will arrive."""
        self._waiter: asyncio.Future[None] | None = None
        self._waits_for_head = False
        self._unread_bytes = 0
        self._is_paused = False
        self.has_answered = False
        """Whether any byte arrived in this exchange."""

    # -- an exchange --

    def begin(self, request: bytes, answer: AnswerParser) -> None:
        """Pass a whole request to the transport.

        It does not wait for the transmission: a server may answer, and refuse, before it has read
        all.
        """
        self._answer = answer
        self.has_answered = False
        self._transport.write(request)

    async def wait_for_head(self) -> None:
        """Wait for the head of the answer; raises TimeoutError, OSError or MalformedResponse."""
        self._waits_for_head = True
        await self._wait()
        self._waits_for_head = False

    async def wait_for_body(self) -> None:
        """Wait for more of the body, or its end; raises as `wait_for_head` does."""
        await self._wait()

    def taken(self) -> None:
        """The caller took the pieces of the body out of the answer."""
        self._unread_bytes = 0
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()

    def end_exchange(self) -> bool:
        """Prepare another exchange; False if this connection cannot carry one."""
        answer, self._answer = self._answer, None
        if answer is None or self.is_lost:
            return False
        answer.release()
        return answer.is_over and answer.keeps_alive

    @property
    def is_lost(self) -> bool:
        """Whether the connection is unusable."""
        return self._failure is not None

    async def start_tls(self, tls: ssl.SSLContext, host: str) -> None:
        """Switch to TLS; raises OSError."""
        self.end_exchange()
        encrypted = await self._loop.start_tls(self._transport, self, tls, server_hostname=host)
        self._transport = cast("asyncio.Transport", encrypted)

    def abort(self) -> None:
        """Close at once, even during an exchange; idempotent."""
        self._lose(ConnectionAbortedError("closed here"))
        self._transport.abort()

    # -- called by the loop --

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """The buffer for received bytes."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes arrived."""
        answer = self._answer
        if self.is_lost:
            return
        if answer is None:  # no request was sent: no later answer may begin with these bytes
            self.abort()
            return
        self.has_answered = True
        try:
            answer.feed(self._room[:nbytes])
        except MalformedResponse as error:
            self._lose(error)
        self._unread_bytes += nbytes
        if self._unread_bytes >= UNREAD_BYTES_MAX and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        if self._waiter is not None and self._has_come(answer):
            self._wake()

    def eof_received(self) -> None:
        """The server sends no more."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        if exc is None:
            self._end()
        else:
            self._lose(exc)

    # -- inside --

    def _end(self) -> None:
        if self._failure is None and self._answer is not None:
            try:
                self._answer.end()
            except MalformedResponse as error:
                self._lose(error)
        self._lose(ConnectionResetError("closed by the server"))

    def _lose(self, failure: Exception) -> None:
        if self._failure is None:
            self._failure = failure
            if self._answer is not None:
                self._answer.release()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _has_come(self, answer: AnswerParser) -> bool:
        """Whether the awaited part has arrived."""
        if self._waits_for_head:
            return answer.has_head
        return bool(answer.pieces) or answer.is_over

    async def _wait(self) -> None:
        answer = self._answer
        if answer is None:
            raise ConnectionAbortedError
        if self._has_come(answer):
            return
        if self._failure is None:
            waiter = self._waiter = self._loop.create_future()
            self._timer.begin(waiter)
            try:
                await waiter
            finally:
                self._waiter = None
                self._timer.end(waiter)
        if not self._has_come(answer):
            raise self._failure or ConnectionAbortedError
