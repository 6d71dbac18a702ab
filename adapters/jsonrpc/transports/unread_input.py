"""Limits the input that was received and not read yet: parts of messages, and messages."""

from typing import Final, Protocol

SMALL_BYTES: Final = 64 * 1024
"""The input of one client below this size is not counted: it is read in one step."""


class Sender(Protocol):
    """A connection with unread input."""

    def drop(self) -> None:
        """Hang up at once."""


class UnreadInput:
    """Unread input by client; above the limit, the client with the oldest is dropped.

    A client that goes on sending ends its message in time; one that does not is dropped.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._sizes: dict[Sender, int] = {}
        self.used_bytes = 0

    def note(self, sender: Sender, size_bytes: int) -> None:
        """Set the size of a client's unread input."""
        if size_bytes < SMALL_BYTES:
            self.used_bytes -= self._sizes.pop(sender, 0)
            return
        self.used_bytes += size_bytes - self._sizes.get(sender, 0)
        self._sizes[sender] = size_bytes
        while self.used_bytes > self._bytes_max:
            oldest = next(iter(self._sizes))
            self.note(oldest, 0)
            oldest.drop()
