"""What has come of clients that nobody has looked at yet: parts of messages, and messages."""

from typing import Final, Protocol

SMALL_BYTES: Final = 64 * 1024
"""Less than this of one client is not counted: it is read in one go."""


class Sender(Protocol):
    """Whose bytes they are."""

    def drop(self) -> None:
        """Hang up at once."""


class UnreadInput:
    """Bounded over all clients by hanging up on whoever has kept some for longest.

    A client that goes on sending ends its message in time; one that does not makes room.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._sizes: dict[Sender, int] = {}
        self.used_bytes = 0

    def note(self, sender: Sender, size_bytes: int) -> None:
        """So much has come of a client and was not looked at."""
        if size_bytes < SMALL_BYTES:
            self.used_bytes -= self._sizes.pop(sender, 0)
            return
        self.used_bytes += size_bytes - self._sizes.get(sender, 0)
        self._sizes[sender] = size_bytes
        while self.used_bytes > self._bytes_max:
            oldest = next(iter(self._sizes))
            self.note(oldest, 0)
            oldest.drop()
