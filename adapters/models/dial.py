"""Opening connections to a model endpoint: plain or TLS, directly or through a proxy."""

import asyncio
import os
import ssl

import h11

from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.connection import Connection
from threadhost.adapters.models.http_origin import HttpOrigin

HTTP_OK = 200


class Dialer:
    """Opens connections to one origin."""

    def __init__(
        self,
        origin: HttpOrigin,
        connect_timeout_ms: int,
        proxy: HttpOrigin | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._origin = origin
        self._connect_timeout_ms = connect_timeout_ms
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
            return Connection(*await asyncio.open_connection(hop.host, hop.port))
        if self._proxy is None:
            return Connection(*await asyncio.open_connection(hop.host, hop.port, ssl=self._tls))
        connection = Connection(*await asyncio.open_connection(hop.host, hop.port))
        try:
            return await self._tunnel(connection)
        except BaseException:
            connection.abort()
            raise

    async def _tunnel(self, connection: Connection) -> Connection:
        name = self._origin.host_port
        connection.send(h11.Request(method="CONNECT", target=name, headers=[("Host", name)]), b"")
        try:
            event = await connection.next_event(self._connect_timeout_ms / 1000)
        except h11.RemoteProtocolError:
            raise ConnectionError(f"the proxy {self._proxy} did not answer in HTTP/1.1") from None
        if not isinstance(event, h11.Response) or event.status_code != HTTP_OK:
            status = event.status_code if isinstance(event, h11.Response) else "too early"
            raise ConnectionError(f"the proxy {self._proxy} answered {status} to CONNECT")
        return await connection.start_tls(self._tls or trusting_context(), self._origin.host)


def trusting_context() -> ssl.SSLContext:
    """A context that trusts whom the system trusts; reading them takes 20 to 100 ms."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def reason_of(error: OSError) -> str:
    """Why a connection failed, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if error.errno is not None and error.errno > 0 and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__
