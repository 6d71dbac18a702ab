"""Deliberate faults of hosts in processes of their own, each of which a row has to notice."""

from collections.abc import Iterator
from typing import Any

from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.transports import frames, lines, places


def checks_limits_after_reading() -> None:
    """A frame or line is taken in whole, however long, before its length is looked at."""
    settings = frames.Frames.settings

    def unlimited(self: Any) -> dict[str, Any]:
        return {**settings(self), "max_size": None}

    def keep(self: Any, piece: bytes) -> Iterator[lines.Oversize]:
        self._pieces.append(piece)
        self.kept_bytes += len(piece)
        yield from ()

    frames.Frames.settings = unlimited  # type: ignore[method-assign]
    lines.Lines._keep = keep  # type: ignore[method-assign]


def never_overflows() -> None:
    """What waits for a reader has no bound."""

    def send(self: Any, message: bytes) -> None:
        if not self._closed:
            self._messages.append(message)
            self._pending_bytes += len(message)
            self._wake_reader()

    Outbox.send = send  # type: ignore[method-assign]


def admits_everyone() -> None:
    """There is always room for one more."""

    def seat(self: Any, guest: places.Guest) -> None:
        self._arriving.discard(guest)
        self._clients.add(guest)

    places.Places.seat = seat  # type: ignore[method-assign]
