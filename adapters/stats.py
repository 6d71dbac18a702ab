"""What is counted of a connection at one moment."""

from typing import Protocol

from threadhost.events.named_tuple import NamedTuple


class ConnectionStats(NamedTuple):
    """One connection in numbers."""

    id: str
    is_initialized: bool
    is_behind: bool
    """Whether it is told of the log later than things happen, or asked for that."""
    running_requests: int
    waiting_requests: int
    """Requests that are begun once the client has read what it asked for before."""
    open_questions: int
    """What the client was asked and has not answered."""
    waiting_notifications: int
    """Those that wait for an answer, or for the end of a catch-up."""
    unread_messages: int
    unread_bytes: int
    """What there is in memory for the client to read."""


class Counted(Protocol):
    """What is counted of a connection."""

    def stats(self) -> ConnectionStats:
        """The connection in numbers."""
