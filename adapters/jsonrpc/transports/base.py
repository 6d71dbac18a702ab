"""What every transport shares: the interfaces of the session and of a listener, and the peer."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from threadhost.adapters.config import Listen
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.envelope import Malformed
    from threadhost.events.client import Authentication

AUTHENTICATED_BY: "Mapping[str, Authentication]" = {
    "stdio": "process",
    "memory": "process",
    "unix": "socketOwner",
    "websocket": "nothing",
}
"""What authenticates a client without a token, by transport."""
MESSAGES_A_TURN = 32
BYTES_A_TURN = 128 * 1024
"""The input of one client that is read in a row before the loop serves others."""


class Share:
    """Counts the input of one client since the loop served others."""

    __slots__ = ("_bytes", "_messages")

    def __init__(self) -> None:
        self._bytes = self._messages = 0

    async def after(self, size_bytes: int, reading: "asyncio.Future[None] | None") -> None:
        """Count a message, wait until it is read, and yield to the loop if it is time."""
        if reading is not None:
            await asyncio.wait([reading])  # cancelling this wait does not stop the reading
        self._messages += 1
        self._bytes += size_bytes
        if self._messages >= MESSAGES_A_TURN or self._bytes >= BYTES_A_TURN:
            self._bytes = self._messages = 0
            await asyncio.sleep(0)


class ListenFailed(Exception):
    """An address cannot be listened on; the message says which and why."""


class Peer(NamedTuple):
    """The peer of a connection, as far as the transport knows it."""

    transport: Literal["stdio", "unix", "websocket", "memory"]
    address: str
    subject: str = ""
    """The subject of its token; empty if there is none."""
    whose: str = ""
    """The user and process at the other end of a socket file."""
    token: Literal["capability-token", "signed-bearer-token"] | None = None
    """The kind of token that it had to present, if any."""
    folder: str = ""
    """The working folder of its process, for its relative paths; empty for that of this process."""
    newest_asked: int = 0
    """The newest id of another host's requests to it; ids up to this are not used again."""
    marks: "Mapping[bool, bytes] | None" = None
    """For a joining process: how a line begins that says whether its client follows a thread."""

    @property
    def where(self) -> str:
        """The peer for the operator log: user and process, else address, else transport."""
        return self.whose or self.address or self.transport

    @property
    def authenticated_by(self) -> "Authentication":
        """What authenticated it."""
        return self.token or AUTHENTICATED_BY[self.transport]


class Connection(Protocol):
    """One client's session, which does no I/O."""

    def receive(self, data: bytes) -> "asyncio.Future[None] | None":
        """Take one message's bytes; never raises, never blocks.

        A large message is read in another thread: the transport reads nothing more of the client
        until the returned future is done.
        """

    def refuse(self, malformed: "Malformed") -> None:
        """Send the error for input that the transport found to be no message."""

    @property
    def is_initialized(self) -> bool:
        """Whether the client has sent `initialize`."""

    async def close(self) -> None:
        """End the session of a peer that is gone; idempotent."""


Accept = Callable[[Outbox, Peer], Connection]
"""Begins the session of a new peer; the session sends through the outbox."""


Refused = Callable[[Peer, int, str], None]
"""Records a peer that did not become a client, with the HTTP status and the reason."""


def unnoted(_peer: Peer, _status: int, _reason: str) -> None:
    """Record nothing."""


class Health(NamedTuple):
    """The health of a host, for health checks at a port or socket."""

    fault: Callable[[], str] = lambda: ""
    """Returns why the store cannot write now; empty if it can."""
    detail: Callable[[], Mapping[str, object]] = dict
    """Returns the numbers of the detailed health check."""


HEALTHY = Health()


class Listener(Protocol):
    """An open address."""

    @property
    def address(self) -> Listen:
        """The address in use, with the actual port in place of 0."""

    async def begin(self) -> None:
        """Begin to accept clients; to be called once. Raises ListenFailed."""

    async def ended(self) -> None:
        """Wait until no client can connect any more: stdin ended, or the listener is closed."""

    def turn_away(self) -> None:
        """Accept no more clients; present ones stay."""

    async def close(self) -> None:
        """Accept no more clients, flush and close the present ones, and wait; idempotent."""
