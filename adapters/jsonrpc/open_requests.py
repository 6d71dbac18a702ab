"""The requests of one connection that wait for their reply: their ids and sizes."""

from threadhost.actors.account import Account
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.errors import OVERLOADED, excerpt, refusal

SMALL_BYTES = 64 * 1024
"""A connection's only request is admitted up to this size, even if the host is full."""


class OpenRequests:
    """Bounds open requests in number and bytes; the bytes also over all connections."""

    def __init__(self, limits: Limits, host: Account) -> None:
        self._requests_max = limits.in_flight_requests_max
        self._sizes: dict[str | int, int] = {}
        self._account = Account(
            "the requests of this connection",
            limits.in_flight_bytes_max,
            "wait for a reply before you send more",
        )
        self._host = host

    def open(self, id: str | int, size_bytes: int) -> None:
        """Admit a request of this size. Raises RpcError or AccountFull."""
        if id in self._sizes:
            words = f"request id {excerpt(repr(id))} is already in flight"
            raise refusal("requestIdInUse", words)
        if len(self._sizes) >= self._requests_max:
            raise refusal("overloaded", "Server overloaded; retry later.", code=OVERLOADED)
        if self._sizes and not self._account.has_room(size_bytes):
            raise self._account.full(size_bytes)
        is_modest = not self._sizes and size_bytes <= SMALL_BYTES
        if not is_modest and not self._host.has_room(size_bytes):
            raise self._host.full(size_bytes)
        self._sizes[id] = size_bytes
        self._book(size_bytes)

    def close(self, id: str | int) -> None:
        """Remove a request that is answered, or never will be."""
        self._book(-self._sizes.pop(id, 0))

    def _book(self, size_bytes: int) -> None:
        self._account.book(size_bytes)
        self._host.book(size_bytes)
