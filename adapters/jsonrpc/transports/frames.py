"""Websocket frames over any socket: the handshake, and a client's read and write loops.

It imports websockets; import it where it is used.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode, Opcode
from websockets.http11 import Request, Response

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.envelope import not_text
from threadhost.adapters.jsonrpc.outbox import Outbox, OutboxClosed
from threadhost.adapters.jsonrpc.transports.admission import Admission, Refusal
from threadhost.adapters.jsonrpc.transports.base import (
    HEALTHY,
    Accept,
    Connection,
    Health,
    Peer,
    Refused,
    Share,
    unnoted,
)
from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.adapters.jsonrpc.transports.frame_socket import Socket
from threadhost.events.operator_log import CLIENT_GIVEN_UP

_READY, _LIVES = "/readyz", "/healthz"
_DETAIL = "detail=1"
_OK = HTTPStatus.OK, "ok\n"
_TOO_SLOW = "the client reads too slowly"
_SHUTDOWN = "the host is shutting down"
_LEAVING = HTTPStatus.SERVICE_UNAVAILABLE, f"{_SHUTDOWN}\n"


Address = tuple[str, int] | str
"""The peer's address from a socket: host and port, or an empty text for a unix socket."""


def _is_health(target: str) -> bool:
    return target.partition("?")[0] in (_READY, _LIVES)


def _is_no_refusal(answer: Refusal, target: str) -> bool:
    is_down = answer[0] is HTTPStatus.SERVICE_UNAVAILABLE and _is_health(target)
    return answer[0] is HTTPStatus.OK or answer == _LEAVING or is_down


class _WithoutContents(logging.Filter):
    """Keeps the content of a failed handshake out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg == "opening handshake failed":
            record.exc_info = record.exc_text = None
        return True


_LOGGER = logging.getLogger("threadhost.wire.frames")
_LOGGER.setLevel(logging.WARNING)  # below this level websockets logs clients and frames
_LOGGER.addFilter(_WithoutContents())


class Frames:
    """The clients of one listener."""

    def __init__(
        self,
        accept: Accept,
        limits: Limits,
        peer_of: Callable[[Address], Peer],
        admission: Admission,
        slots: ConnectionSlots,
        refused: Refused = unnoted,
        health: Health = HEALTHY,
    ) -> None:
        self._refused = refused
        self._health = health
        self._accept = accept
        self._limits = limits
        self._peer_of = peer_of
        self._admission = admission
        self._slots = slots
        self._clients: set[Client] = set()
        self._closing = False

    def settings(self) -> dict[str, Any]:
        """The arguments of `serve`, with every limit explicit.

        The size limit of websockets, which ends the connection, is twice this host's, which only
        refuses the message.
        """
        limits = self._limits
        return {
            "handler": self._serve,
            "create_connection": self._socket,
            "process_request": self._admit,
            "compression": None,
            "subprotocols": None,
            "server_header": None,
            "max_size": 2 * limits.frame_bytes_max,
            "max_queue": limits.websocket_queue_frames_max,
            "write_limit": limits.websocket_write_bytes,
            "open_timeout": limits.open_timeout_ms / 1000,
            "close_timeout": limits.close_timeout_ms / 1000,
            "ping_interval": limits.ping_interval_ms / 1000,
            "ping_timeout": limits.ping_timeout_ms / 1000,
            "logger": _LOGGER,
        }

    def turn_away(self) -> None:
        """Accept no more clients, and answer the readiness check with that."""
        self._closing = True

    async def close(self, server: Server) -> None:
        """Accept no more clients, flush the present ones, close them with 1001, and wait."""
        self.turn_away()
        server.close(close_connections=False)
        await asyncio.gather(*(client.leave(_SHUTDOWN) for client in tuple(self._clients)))
        await server.wait_closed()

    def _socket(self, *arguments: Any, **settings: Any) -> Socket:  # noqa: ANN401 - theirs
        socket = Socket(*arguments, **settings)
        socket.slots = self._slots
        socket.read_bytes = self._limits.read_chunk_bytes
        return socket

    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        answer = self._answer(cast(Socket, socket), request)
        if answer is None:
            return None
        if not _is_no_refusal(answer, request.path):
            self._refused(self._peer(cast(Socket, socket)), answer[0], answer[1].strip())
        response = socket.respond(*answer)
        if answer[0] is HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = "Bearer"
        if answer[1].startswith("{"):
            del response.headers["Content-Type"]
            response.headers["Content-Type"] = "application/json"
        return response

    def _answer(self, socket: Socket, request: Request) -> Refusal | None:
        """The answer to a request that does not become a client; None if it does."""
        headers, admission = request.headers, self._admission
        answer = (
            admission.refusal(headers.get_all("Origin"), headers.get_all("Host"))
            or self._state(request.path)
            or admission.unauthorized(headers.get_all("Authorization"))
            or self._detail(request.path)
        )
        if answer is not None:
            return answer
        if self._closing:
            return _LEAVING
        full = self._slots.seat(socket)
        return None if full is None else (HTTPStatus.SERVICE_UNAVAILABLE, f"{full}\n")

    def _state(self, target: str) -> Refusal | None:
        """The answer to a health check that needs no token; None for other requests."""
        path, _, query = target.partition("?")
        if path == _LIVES and _DETAIL not in query.split("&"):
            return _OK
        if path != _READY:
            return None
        fault = self._health.fault()
        unwritable = HTTPStatus.SERVICE_UNAVAILABLE, f"nothing can be written: {fault}\n"
        return _LEAVING if self._closing else unwritable if fault else _OK

    def _detail(self, target: str) -> Refusal | None:
        """The answer to a detailed health check; None for other requests."""
        if not _is_health(target):
            return None
        from json import dumps

        fault = self._health.fault()
        status = "stopping" if self._closing else "cannot write" if fault else "ok"
        document = {"status": status, "fault": fault or None, **self._health.detail()}
        return HTTPStatus.OK, dumps(document) + "\n"

    def _authenticated_peer(self, socket: ServerConnection) -> Peer:
        authorizations = socket.request.headers.get_all("Authorization") if socket.request else []
        check = self._admission.token_fault
        peer, subject = self._peer(cast(Socket, socket)), self._admission.subject(authorizations)
        return peer._replace(subject=subject, token=check.mode if check else None)

    def _peer(self, socket: Socket) -> Peer:
        peer = self._peer_of(socket.remote_address)
        return peer._replace(whose=socket.peer) if peer.transport == "unix" else peer

    async def _serve(self, socket: ServerConnection) -> None:
        if self._closing:
            await socket.close(CloseCode.GOING_AWAY, _SHUTDOWN)
            return
        peer = self._authenticated_peer(socket)
        client = Client(cast(Socket, socket), self._accept, self._limits, peer, self._refused)
        self._clients.add(client)
        try:
            await client.run()
        finally:
            self._clients.discard(client)


class Client:
    """One client behind a websocket."""

    def __init__(
        self, socket: Socket, accept: Accept, limits: Limits, peer: Peer, refused: Refused
    ) -> None:
        self._peer = peer
        self._refused = refused
        self._socket = socket
        self._limits = limits
        self._outbox = Outbox(limits, self._too_slow, socket.transport.get_write_buffer_size)
        socket.taken_bytes = lambda: self._outbox.taken_bytes
        self._session: Connection = accept(self._outbox, peer)
        self._writing = asyncio.create_task(self._write(), name="websocket writer")
        self._giving_up: asyncio.Task[None] | None = None
        hello_s = limits.initialize_timeout_ms / 1000
        self._expecting = asyncio.get_running_loop().call_later(hello_s, self._expect_hello)

    async def run(self) -> None:
        """Read from the client until it is gone, then end its session."""
        try:
            await self._read()
        except ConnectionClosed:
            pass
        finally:
            self._expecting.cancel()
            await self._session.close()
            self._outbox.close()
            self._writing.cancel()
            await asyncio.wait([self._writing])
            self._outbox.abandon()

    async def leave(self, reason: str) -> None:
        """End the session, let the client take the rest of its outbox, and close."""
        await self._session.close()
        self._outbox.close()
        await asyncio.wait([self._writing], timeout=self._limits.close_timeout_ms / 1000)
        await self._close(CloseCode.GOING_AWAY, reason)

    async def _read(self) -> None:
        share = Share()
        while True:
            await self._hear_next(share)
            if self._outbox.above_high_water:
                await self._outbox.drained()

    async def _hear_next(self, share: Share) -> None:
        # Undecoded: this host answers text that is not UTF-8, where websockets would hang up.
        # Not in a variable, which would keep the message until the next one arrives.
        size_bytes, reading = self._hear(await self._socket.recv(decode=False))
        await share.after(size_bytes, reading)
        self._socket.taken(size_bytes)

    def _hear(self, data: bytes) -> tuple[int, asyncio.Future[None] | None]:
        if self._socket.opcodes.popleft() is Opcode.BINARY:
            self._session.refuse(not_text(data))
            return len(data), None
        return len(data), self._session.receive(data)

    async def _write(self) -> None:
        try:
            while True:
                for message in await self._outbox.next_batch():
                    await self._socket.send(message, text=True)
        except (OutboxClosed, asyncio.CancelledError):
            return  # a cancelled task would keep its frames, and the message in them
        except ConnectionClosed:
            self._outbox.abandon()  # ends the waits for it to be drained

    def _too_slow(self) -> None:
        waited = self._limits.slow_reader_timeout_ms // 1000
        CLIENT_GIVEN_UP.emit(peer=f"the client at {self._peer.where}", seconds=waited)
        self._outbox.abandon()
        self._give_up(CloseCode.TRY_AGAIN_LATER, _TOO_SLOW)

    def _expect_hello(self) -> None:
        if not self._session.is_initialized:
            waited = self._limits.initialize_timeout_ms / 1000
            reason = f"no initialize within {waited:g} s"
            self._refused(self._peer, HTTPStatus.REQUEST_TIMEOUT, reason)
            self._give_up(CloseCode.POLICY_VIOLATION, reason)

    def _give_up(self, code: CloseCode, reason: str) -> None:
        self._giving_up = asyncio.create_task(self._close(code, reason))

    async def _close(self, code: CloseCode, reason: str) -> None:
        # Before its own time-out websockets waits without limit for a peer that reads nothing.
        try:
            async with asyncio.timeout(self._limits.close_timeout_ms / 1000):
                await self._socket.close(code, reason)
        except TimeoutError:
            self._socket.transport.abort()
