"""Records in the log that a client connected and that it disconnected."""

from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.client_profile import ClientProfile, kept_name
from threadhost.events.client import ClientConnected, ClientDisconnected

if TYPE_CHECKING:
    from threadhost.actors.origin import Origin
    from threadhost.adapters.jsonrpc.context import HostContext
    from threadhost.adapters.jsonrpc.transports.base import Peer


class Presence:
    """A client from the end of its handshake to the end of its connection."""

    def __init__(self, app: "HostContext", connection_id: str, peer: "Peer") -> None:
        self._facts, self._clock = app.facts, app.clock
        self._connection_id = connection_id
        self._peer = peer
        self._since: tuple[Origin, float] | None = None
        """The origin and the time of the recorded connection, until its end is recorded."""

    def begin(self, client: ClientProfile, version: str, origin: "Origin") -> None:
        """Record the client after its handshake; if the log leaves that out, its end as well."""
        peer = self._peer
        connected = ClientConnected(
            connection_id=self._connection_id,
            transport=peer.transport,
            peer=peer.whose or peer.address,
            name=client.name,
            version=kept_name(version),
            authenticated_by=peer.authenticated_by,
            subject=kept_name(peer.subject),
        )
        if self._facts.note(connected, origin):
            self._since = origin, self._clock.monotonic()

    def end(self) -> None:
        """Record the end of the connection; idempotent."""
        if self._since is None:
            return
        (origin, at_s), self._since = self._since, None
        lasted_ms = int((self._clock.monotonic() - at_s) * 1000)
        disconnected = ClientDisconnected(connection_id=self._connection_id, lasted_ms=lasted_ms)
        self._facts.note(disconnected, origin, is_due=True)
