"""Limits the connections to a host, over all its listeners, and picks which one to drop."""

from collections.abc import Mapping
from typing import Protocol

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.transports.unread_input import UnreadInput


class SlotHolder(Protocol):
    """A connection, from its acceptance on."""

    @property
    def peer(self) -> str:
        """The peer that it belongs to, as far as the kernel knows."""

    def drop(self) -> None:
        """Hang up at once."""


class ConnectionSlots:
    """The slots of arriving connections, before their handshake, and of clients.

    When too many connections arrive, the oldest one of the peer with most of them is dropped: an
    honest client ends its handshake in time. When there are too many clients, the next one is
    refused. Each peer also has a limit of its own, so that one cannot keep all others out.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._arriving = _Groups()
        self._clients = _Groups()
        self.unheard = UnreadInput(limits.host_unheard_bytes_max)

    def __len__(self) -> int:
        return len(self._arriving) + len(self._clients)

    def arrive(self, holder: SlotHolder) -> None:
        """Add an arriving connection, and make room for it if needed."""
        if len(self._arriving) >= self._limits.handshakes_max:
            self.make_room()
        self._arriving.add(holder)

    def make_room(self) -> None:
        """Drop one arriving connection, if there is any."""
        oldest = self._arriving.oldest_of_largest()
        if oldest is not None:
            self._arriving.discard(oldest)
            oldest.drop()

    def seat(self, holder: SlotHolder) -> str | None:
        """Give a connection the slot of a client; returns why not if none is free, else None."""
        if len(self._clients) >= self._limits.connections_max:
            return "too many connections"
        if len(self._clients.of(holder.peer)) >= self._limits.connections_per_peer_max:
            return "too many connections of one peer"
        self._arriving.discard(holder)
        self._clients.add(holder)
        return None

    def leave(self, holder: SlotHolder) -> None:
        """Free the slot of a connection that is gone, of either kind."""
        self._arriving.discard(holder)
        self._clients.discard(holder)
        self.unheard.note(holder, 0)


class _Groups:
    """Holders by peer, each group in the order of arrival."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[SlotHolder, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def of(self, peer: str) -> Mapping[SlotHolder, None]:
        return self._groups.get(peer, {})

    def add(self, holder: SlotHolder) -> None:
        self._groups.setdefault(holder.peer, {})[holder] = None
        self._count += 1

    def discard(self, holder: SlotHolder) -> None:
        group = self._groups.get(holder.peer, {})
        if holder not in group:
            return
        del group[holder]
        self._count -= 1
        if not group:
            del self._groups[holder.peer]

    def oldest_of_largest(self) -> SlotHolder | None:
        largest = max(self._groups.values(), key=len, default={})
        return next(iter(largest), None)
