"""What every transport shares: the session it drives, and what an open address is."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from threadhost.adapters.config import Listen
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.envelope import Malformed
    from threadhost.events.client import Authentication

LET_IN_BY: "Mapping[str, Authentication]" = {
    "stdio": "process",
    "memory": "process",
    "unix": "socketOwner",
    "websocket": "nothing",
}
"""What lets a client in that has no token to show."""
MESSAGES_A_TURN = 32
BYTES_A_TURN = 128 * 1024
"""How much of one client is taken in a row before the loop serves others."""


class Share:
    """How much of one client was heard since the loop served others."""

    __slots__ = ("_bytes", "_messages")

    def __init__(self) -> None:
        self._bytes = self._messages = 0

    async def after(self, size_bytes: int, reading: "asyncio.Future[None] | None") -> None:
        """One message more was heard: wait until it is read, and let others have their turn."""
        if reading is not None:
            await asyncio.wait([reading])  # which goes on, whatever becomes of the client
        self._messages += 1
        self._bytes += size_bytes
        if self._messages >= MESSAGES_A_TURN or self._bytes >= BYTES_A_TURN:
            self._bytes = self._messages = 0
            await asyncio.sleep(0)


class ListenFailed(Exception):
    """An address cannot be listened on; the message says which and why."""


class Peer(NamedTuple):
    """Who is at the other end, as far as the transport can tell."""

    transport: Literal["stdio", "unix", "websocket", "memory"]
    address: str
    subject: str = ""
    """Whom its token is of, where tokens say so."""
    whose: str = ""
    """User and process at the other end of a socket file."""
    token: Literal["capability-token", "signed-bearer-token"] | None = None
    """What kind of token it had to show, if any."""
    folder: str = ""
    """Where its process runs, where the paths that it names begin; empty for where ours does."""
    newest_asked: int = 0
    """The newest request that another host made of it, whose ids are never used again."""

    @property
    def where(self) -> str:
        """Where it is, as an operator is told: user and process, address, or transport."""
        return self.whose or self.address or self.transport

    @property
    def let_in_by(self) -> "Authentication":
        """What it was let in by."""
        return self.token or LET_IN_BY[self.transport]


class Connection(Protocol):
    """One client's session, which does no I/O."""

    def receive(self, data: bytes) -> "asyncio.Future[None] | None":
        """Take one message's bytes; never raises, never blocks.

        A large one is read beside the loop: whoever hears the client hears nothing more of it until
        what is returned is done.
        """

    def refuse(self, malformed: "Malformed") -> None:
        """Answer what the transport found to be no message."""

    @property
    def is_initialized(self) -> bool:
        """Whether the client has said who it is."""

    async def close(self) -> None:
        """The peer is gone; idempotent."""


Accept = Callable[[Outbox, Peer], Connection]
"""Begin the session of a peer that just came; what it sends goes into the outbox."""


Refused = Callable[[Peer, int, str], None]
"""Take note of who did not become a client: with which HTTP status, and in which words."""


def unnoted(_peer: Peer, _status: int, _reason: str) -> None:
    """Take no note."""


class Health(NamedTuple):
    """What a host says of itself to who asks at a port or socket."""

    fault: Callable[[], str] = lambda: ""
    """Why nothing can be written just now; empty if it can."""
    detail: Callable[[], Mapping[str, object]] = dict
    """How it is, in numbers."""


HEALTHY = Health()


class Listener(Protocol):
    """An open address."""

    @property
    def address(self) -> Listen:
        """Where it really listens: port 0 has become a number."""

    async def begin(self) -> None:
        """Take clients from now on; once. Raises ListenFailed."""

    async def ended(self) -> None:
        """Wait until no client can come any more: stdin ended, or the listener is closed."""

    def turn_away(self) -> None:
        """Take no more clients; those there are go on."""

    async def close(self) -> None:
        """Take no more clients, flush and close those there are, and wait for it; idempotent."""
