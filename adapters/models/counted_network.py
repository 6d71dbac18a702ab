"""The network as httpcore sees it, with what comes over it counted for each exchange."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext, SSLObject
from typing import Any

import httpcore

HEAD_BYTES_MAX = 256 * 1024
"""Before the head of an answer has come, however many heads came ahead of it."""


class ResponseTooLarge(Exception):
    """An endpoint sent more than an answer may hold."""


class Budget:
    """What one exchange may receive, in bytes over the wire."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._left_bytes = min(HEAD_BYTES_MAX, bytes_max)
        self.received_bytes = 0
        self.was_connected = False
        """Whether a connection was asked for."""
        self.opened: list[httpcore.AsyncNetworkStream] = []
        self.is_under_way = False
        """Whether the request itself is being sent."""

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """What is received meanwhile, by the same task, is of this exchange."""
        token = _now.set(self)
        try:
            yield
        finally:
            _now.reset(token)

    async def abandon(self) -> None:
        """Close what was opened for it: the library forgets some of it when it is cancelled."""
        for stream in self.opened:
            await stream.aclose()

    def head_is_here(self) -> None:
        """From now on it is the body that counts."""
        self._left_bytes = self._bytes_max

    def take(self, count: int) -> None:
        """So many bytes came; raises ResponseTooLarge."""
        self.received_bytes += count
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise ResponseTooLarge


_now: ContextVar[Budget | None] = ContextVar("exchange", default=None)


class CountedStream(httpcore.AsyncNetworkStream):
    """A connection that counts what it receives."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._is_shared = _speaks_http2(inner)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """As the library reads; raises ResponseTooLarge, too."""
        data = await self._inner.read(max_bytes, timeout)
        budget = _now.get()
        # Over HTTP/2 whoever reads, reads for all.
        if budget is not None and not self._is_shared:
            budget.take(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """As the library writes."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """As the library closes."""
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
        """What the library knows of the connection."""
        return self._inner.get_extra_info(info)


class CountedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections that count."""

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
        """As the library sleeps."""
        await self._inner.sleep(seconds)


def _speaks_http2(stream: httpcore.AsyncNetworkStream) -> bool:
    tls = stream.get_extra_info("ssl_object")
    return isinstance(tls, SSLObject) and tls.selected_alpn_protocol() == "h2"
