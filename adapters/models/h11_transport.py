"""POST over HTTP/1.1 by h11: connections are opened when needed, kept alive and reused."""

import asyncio
import ssl

import h11

from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.connection import Connection
from threadhost.adapters.models.dial import Dialer
from threadhost.adapters.models.failures import STREAM_CLOSED, broken, too_much
from threadhost.adapters.models.http_origin import HttpOrigin
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.transport import Headers

# What follows the last event on a reused connection is a few bytes that mostly came along.
DRAIN_TIMEOUT_S = 0.05
DRAIN_EVENTS_MAX = 16


class H11Transport:
    """Connections to one origin; opens as many as there are calls, keeps a few idle ones."""

    def __init__(
        self,
        origin: HttpOrigin,
        limits: TransportLimits,
        proxy: HttpOrigin | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.limits = limits
        self._origin = origin
        self._prefix = str(origin) if proxy is not None and origin.scheme == "http" else ""
        self._dialer = Dialer(origin, limits.connect_timeout_ms, proxy, tls)
        self._idle: list[tuple[Connection, float]] = []
        self._busy: set[Connection] = set()

    async def prepare(self) -> None:
        """Do off the loop what the first call would have to wait for."""
        await self._dialer.prepare()

    async def post(self, target: str, headers: Headers, body: bytes) -> "Response":
        """Send a request and wait for the head of its answer; raises ModelFailed."""
        fixed = [("Host", self._origin.authority), ("Content-Length", str(len(body)))]
        request = h11.Request(
            method="POST", target=self._prefix + target, headers=[*fixed, *headers]
        )
        while (connection := self._take_idle()) is not None:
            # The server may have closed it a moment ago; without one byte of an answer the
            # request goes out again on another connection.
            if (answer := await self._exchange(connection, request, body)) is not None:
                return answer
        connection = await self._dialer.connect()
        if (answer := await self._exchange(connection, request, body)) is not None:
            return answer
        message = f"{self._origin} closed the connection without an answer"
        raise ModelFailed(message, "responseStreamConnectionFailed", is_transient=True)

    def put_back(self, connection: Connection) -> None:
        """Take a connection back after an exchange, to keep or to close."""
        has_room = len(self._idle) < self.limits.idle_connections_max
        if connection in self._busy and has_room and connection.start_again():
            self._busy.discard(connection)
            self._idle.append((connection, asyncio.get_running_loop().time()))
        else:
            self.drop(connection)

    def drop(self, connection: Connection) -> None:
        """Close a connection that is in an exchange; one that is not is left alone."""
        if connection in self._busy:
            self._busy.discard(connection)
            connection.abort()

    async def close(self) -> None:
        """Close all connections at once; idempotent."""
        for connection in [*self._busy, *(idle for idle, _ in self._idle)]:
            connection.abort()
        self._idle.clear()
        self._busy.clear()
        await asyncio.sleep(0)  # transports close their sockets in the loop's next round

    def _take_idle(self) -> Connection | None:
        oldest = asyncio.get_running_loop().time() - self.limits.keep_alive_ms / 1000
        while self._idle:
            connection, idle_since = self._idle.pop()
            if idle_since > oldest:
                return connection
            connection.abort()
        return None

    async def _exchange(
        self, connection: Connection, request: h11.Request, body: bytes
    ) -> "Response | None":
        """Send and wait for the head; None if the connection was closed before any answer."""
        self._busy.add(connection)
        answer: Response | None = None
        try:
            connection.send(request, body)
            answer = Response(connection, await self._head(connection), self)
        except TimeoutError:
            waited = f"{self.limits.idle_timeout_ms} ms (idle time-out)"
            message = f"{self._origin} did not begin to answer within {waited}"
            raise ModelFailed(
                message, "responseStreamConnectionFailed", is_transient=True
            ) from None
        except (OSError, h11.RemoteProtocolError):
            if connection.has_answered:
                message = f"{self._origin} did not answer in HTTP/1.1"
                raise ModelFailed(message, "responseStreamConnectionFailed") from None
        finally:
            if answer is None:
                self.drop(connection)
        return answer

    async def _head(self, connection: Connection) -> h11.Response:
        timeout_s = self.limits.idle_timeout_ms / 1000
        async with asyncio.timeout(timeout_s):
            for _ in range(self.limits.informational_heads_max):
                event = await connection.next_event(timeout_s)
                if isinstance(event, h11.Response):
                    return event
                if not isinstance(event, h11.InformationalResponse):
                    break
        raise h11.RemoteProtocolError("no head")


class Response:
    """An answer whose body is read piece by piece."""

    def __init__(self, connection: Connection, head: h11.Response, transport: H11Transport) -> None:
        self._connection = connection
        self._transport = transport
        self.headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers
        }
        self.status = head.status_code
        self.reason = head.reason.decode("latin-1")

    async def read(self) -> bytes | None:
        """The next piece of the body, None at its end; raises ModelFailed."""
        limits = self._transport.limits
        try:
            data = await self._connection.next_data(limits.idle_timeout_ms / 1000)
        except TimeoutError:
            waited = f"{limits.idle_timeout_ms} ms (idle time-out)"
            raise broken(f"the model endpoint sent nothing for {waited}") from None
        except (OSError, h11.RemoteProtocolError):
            raise broken(STREAM_CLOSED) from None
        if data is None:
            return None
        if self._connection.received_bytes > limits.response_bytes_max:
            raise too_much(f"is larger than {limits.response_bytes_max} bytes")
        if self._connection.pieces > limits.events_max:
            raise too_much(f"came in more than {limits.events_max} pieces")
        return data

    async def finish(self) -> None:
        """Give the connection back if it can be kept and no more than a little is left to read."""
        closes = "close" in self.headers.get("connection", "").lower()
        framed = not self.headers.keys().isdisjoint({"content-length", "transfer-encoding"})
        if not closes and framed and await self._drained():
            self._transport.put_back(self._connection)

    async def _drained(self) -> bool:
        try:
            for _ in range(DRAIN_EVENTS_MAX):
                event = await self._connection.next_event(DRAIN_TIMEOUT_S)
                if isinstance(event, h11.EndOfMessage):
                    return True
        except (OSError, h11.RemoteProtocolError):
            pass
        return False

    def abort(self) -> None:
        """Close the connection, unless `finish` gave it back; idempotent."""
        self._transport.drop(self._connection)
