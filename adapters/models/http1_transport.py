"""POST over HTTP/1.1: connections open when needed, are kept alive and reused."""

import asyncio
import ssl

from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.connection import Connection
from threadhost.adapters.models.dial import Dialer
from threadhost.adapters.models.failures import STREAM_CLOSED, broken, too_much
from threadhost.adapters.models.http1_answer import AnswerParser, MalformedResponse
from threadhost.adapters.models.http1_request import head_of
from threadhost.adapters.models.http_origin import HttpOrigin
from threadhost.adapters.models.idle_timer import IdleTimer
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.transport import Headers

# The rest of a body after its last event: a few bytes, which mostly have arrived already.
DRAIN_TIMEOUT_S = 0.05
DRAIN_PIECES_MAX = 16


class Http1Transport:
    """Connections to one origin: one for each concurrent call, and a few idle ones."""

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
        self._timer = IdleTimer(limits.idle_timeout_ms)
        self._dialer = Dialer(origin, limits.connect_timeout_ms, self._timer, proxy, tls)
        self._idle: list[tuple[Connection, float]] = []
        self._busy: set[Connection] = set()

    async def prepare(self) -> None:
        """Do off the loop what would delay the first call."""
        await self._dialer.prepare()

    async def post(self, target: str, headers: Headers, body: bytes) -> "Response":
        """Send a request and wait for the head of its answer; raises ModelFailed."""
        fixed = [("Host", self._origin.authority), ("Content-Length", str(len(body)))]
        request = head_of("POST", self._prefix + target, [*fixed, *headers]) + body
        while (connection := self._take_idle()) is not None:
            # The server may have closed it just now; without one byte of an answer the request is
            # sent again on another connection.
            if (answer := await self._exchange(connection, request)) is not None:
                return answer
        connection = await self._dialer.connect()
        if (answer := await self._exchange(connection, request)) is not None:
            return answer
        message = f"{self._origin} closed the connection without an answer"
        raise ModelFailed(message, "responseStreamConnectionFailed", is_transient=True)

    def put_back(self, connection: Connection) -> None:
        """Take back a connection after an exchange, to keep or to close it."""
        has_room = len(self._idle) < self.limits.idle_connections_max
        if connection in self._busy and has_room and connection.end_exchange():
            self._busy.discard(connection)
            self._idle.append((connection, asyncio.get_running_loop().time()))
        else:
            self.drop(connection)

    def drop(self, connection: Connection) -> None:
        """Close a connection that is in an exchange; leave others alone."""
        if connection in self._busy:
            self._busy.discard(connection)
            connection.abort()

    async def close(self) -> None:
        """Close all connections at once; idempotent."""
        for connection in [*self._busy, *(idle for idle, _ in self._idle)]:
            connection.abort()
        self._idle.clear()
        self._busy.clear()
        self._timer.close()
        await asyncio.sleep(0)  # transports close their sockets in the loop's next round

    def _take_idle(self) -> Connection | None:
        oldest = asyncio.get_running_loop().time() - self.limits.keep_alive_ms / 1000
        while self._idle:
            connection, idle_since = self._idle.pop()
            if idle_since > oldest and not connection.is_lost:
                return connection
            connection.abort()
        return None

    async def _exchange(self, connection: Connection, request: bytes) -> "Response | None":
        """Send and wait for the head; None if the connection closed before any answer."""
        self._busy.add(connection)
        limits, has_head = self.limits, False
        answer = AnswerParser(limits.response_bytes_max, limits.informational_heads_max)
        try:
            connection.begin(request, answer)
            await connection.wait_for_head()
            has_head = True
        except TimeoutError:
            waited = f"{limits.idle_timeout_ms} ms (idle time-out)"
            message = f"{self._origin} did not begin to answer within {waited}"
            raise ModelFailed(
                message, "responseStreamConnectionFailed", is_transient=True
            ) from None
        except (OSError, MalformedResponse) as error:
            if not connection.has_answered:
                return None
            reason = f": {error}" if isinstance(error, MalformedResponse) else ""
            message = f"{self._origin} did not answer in HTTP/1.1{reason}"
            raise ModelFailed(message, "responseStreamConnectionFailed") from None
        finally:
            if not has_head:
                self.drop(connection)
        return Response(connection, answer, self)


class Response:
    """An answer whose body is read piece by piece."""

    def __init__(
        self, connection: Connection, answer: AnswerParser, transport: Http1Transport
    ) -> None:
        self._connection = connection
        self._answer = answer
        self._transport = transport
        self._pieces = 0
        self.headers = answer.headers
        self.status = answer.status
        self.reason = answer.reason

    async def read(self) -> bytes | None:
        """The next piece of the body, None at its end; raises ModelFailed."""
        limits, answer = self._transport.limits, self._answer
        if not answer.pieces:
            await self._wait_for_more()
        if answer.is_too_large:
            raise too_much(f"is larger than {limits.response_bytes_max} bytes")
        if not answer.pieces:
            return None
        self._pieces += len(answer.pieces)
        if self._pieces > limits.events_max:
            raise too_much(f"came in more than {limits.events_max} pieces")
        data = b"".join(answer.pieces)
        answer.pieces.clear()
        self._connection.taken()
        return data

    async def finish(self) -> None:
        """Return the connection if it can be kept and little is left to read."""
        answer = self._answer
        if answer.keeps_alive and (answer.is_over or await self._drained()):
            self._transport.put_back(self._connection)

    def abort(self) -> None:
        """Close the connection, unless `finish` returned it; idempotent."""
        self._transport.drop(self._connection)

    async def _wait_for_more(self) -> None:
        try:
            await self._connection.wait_for_body()
        except TimeoutError:
            waited = f"{self._transport.limits.idle_timeout_ms} ms (idle time-out)"
            raise broken(f"the model endpoint sent nothing for {waited}") from None
        except (OSError, MalformedResponse):
            if not self._answer.is_too_large:
                raise broken(STREAM_CLOSED) from None

    async def _drained(self) -> bool:
        answer = self._answer
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                for _ in range(DRAIN_PIECES_MAX):
                    answer.pieces.clear()
                    self._connection.taken()
                    if answer.is_over:
                        return True
                    await self._connection.wait_for_body()
        except (OSError, MalformedResponse):  # a TimeoutError is an OSError
            pass
        return False
