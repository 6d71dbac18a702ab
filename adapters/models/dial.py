"""Opens connections to a model endpoint: plain or TLS, directly or through a proxy."""

import asyncio
import os
import ssl

from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.connection import RECEIVE_BYTES, Connection
from threadhost.adapters.models.happy_eyeballs import connect_happy_eyeballs
from threadhost.adapters.models.http1_answer import (
    FRAMING_BYTES_MAX,
    AnswerParser,
    MalformedResponse,
)
from threadhost.adapters.models.http1_request import head_of
from threadhost.adapters.models.http_origin import HttpOrigin
from threadhost.adapters.models.idle_timer import IdleTimer

HTTP_OK = 200


class Dialer:
    """Opens connections to one origin."""

    def __init__(
        self,
        origin: HttpOrigin,
        connect_timeout_ms: int,
        timer: IdleTimer,
        proxy: HttpOrigin | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._origin = origin
        self._connect_timeout_ms = connect_timeout_ms
        self._timer = timer
        self._room = memoryview(bytearray(RECEIVE_BYTES))
        self._proxy = proxy
        self._tls = tls

    async def prepare(self) -> None:
        """Read the trusted certificates off the loop if they will be needed."""
        if self._tls is None and self._origin.scheme == "https":
            self._tls = await asyncio.to_thread(trusting_context)

    async def connect(self) -> Connection:
        """Open a connection; raises ModelFailed."""
        try:
            await self.prepare()
            async with asyncio.timeout(self._connect_timeout_ms / 1000):
                return await self._open()
        except TimeoutError:
            waited = f"{self._connect_timeout_ms} ms (connect time-out)"
            message = f"cannot connect to {self._origin} within {waited}"
        except OSError as error:
            message = f"cannot connect to {self._origin}: {reason_of(error)}"
        raise ModelFailed(message, "httpConnectionFailed", is_transient=True)

    async def _open(self) -> Connection:
        hop = self._proxy or self._origin
        if self._origin.scheme == "http":
            return await self._reach(hop)
        if self._proxy is None:
            return await self._reach(hop, self._tls)
        connection = await self._reach(hop)
        try:
            await self._tunnel(connection)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _reach(self, hop: HttpOrigin, tls: ssl.SSLContext | None = None) -> Connection:
        loop, sock = asyncio.get_running_loop(), await connect_happy_eyeballs(hop.host, hop.port)
        try:
            _, connection = await loop.create_connection(
                self._make, sock=sock, ssl=tls, server_hostname=hop.host if tls else None
            )
        except BaseException:
            sock.close()
            raise
        return connection

    def _make(self) -> Connection:
        return Connection(self._room, self._timer)

    async def _tunnel(self, connection: Connection) -> None:
        name = self._origin.host_port
        answer = AnswerParser(FRAMING_BYTES_MAX, 0)
        connection.begin(head_of("CONNECT", name, [("Host", name)]), answer)
        try:
            await connection.wait_for_head()
        except MalformedResponse:
            raise ConnectionError(f"the proxy {self._proxy} did not answer in HTTP/1.1") from None
        if answer.status != HTTP_OK or answer.pieces:
            status = answer.status if answer.status != HTTP_OK else "too much"
            raise ConnectionError(f"the proxy {self._proxy} answered {status} to CONNECT")
        await connection.start_tls(self._tls or trusting_context(), self._origin.host)


def trusting_context() -> ssl.SSLContext:
    """A context with the system's trusted certificates; reading them takes 20 to 100 ms."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def reason_of(error: OSError) -> str:
    """Why a connection failed, as text."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if error.errno is not None and error.errno > 0 and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__
