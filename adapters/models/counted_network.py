"""The network backend of httpcore, with the received bytes counted for each exchange."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext, SSLObject
from typing import Any

import httpcore

HEAD_BYTES_MAX = 256 * 1024
"""The limit before the head of the answer, interim heads included."""


class ResponseTooLarge(Exception):
    """An endpoint sent more than the limit for an answer."""


class Budget:
    """The bytes that one exchange may receive over the wire."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._left_bytes = min(HEAD_BYTES_MAX, bytes_max)
        self.received_bytes = 0
        self.was_connected = False
        """Whether a new connection was requested."""
        self.opened: list[httpcore.AsyncNetworkStream] = []
        self.is_under_way = False
        """Whether the request itself is being sent."""

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Count what the same task receives meanwhile for this exchange."""
        token = _now.set(self)
        try:
            yield
        finally:
            _now.reset(token)

    async def abandon(self) -> None:
        """Close what was opened for it: a cancelled library loses track of some of it."""
        for stream in self.opened:
            await stream.aclose()

    def head_is_here(self) -> None:
        """Apply the limit of the body from now on."""
        self._left_bytes = self._bytes_max

    def take(self, count: int) -> None:
        """Count received bytes; raises ResponseTooLarge."""
        self.received_bytes += count
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise ResponseTooLarge


_now: ContextVar[Budget | None] = ContextVar("exchange", default=None)


class CountedStream(httpcore.AsyncNetworkStream):
    """A connection that counts received bytes."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._is_shared = _speaks_http2(inner)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read as the library does; raises ResponseTooLarge, too."""
        data = await self._inner.read(max_bytes, timeout)
        budget = _now.get()
        # Over HTTP/2 one reader reads for all exchanges.
        if budget is not None and not self._is_shared:
            budget.take(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write as the library does."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close as the library does."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """The same, encrypted."""
        inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        return CountedStream(inner)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the library's own signature
        """The library's information on the connection."""
        return self._inner.get_extra_info(info)


class CountedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections that count received bytes."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection."""
        budget = _now.get()
        if budget is not None:
            budget.was_connected = True
        opened = CountedStream(
            await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        )
        if budget is not None:
            budget.opened.append(opened)
        return opened

    async def sleep(self, seconds: float) -> None:
        """Sleep as the library does."""
        await self._inner.sleep(seconds)


def _speaks_http2(stream: httpcore.AsyncNetworkStream) -> bool:
    tls = stream.get_extra_info("ssl_object")
    return isinstance(tls, SSLObject) and tls.selected_alpn_protocol() == "h2"
