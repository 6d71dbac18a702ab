"""The statistics of a connection at one moment."""

from typing import Protocol

from threadhost.events.named_tuple import NamedTuple


class ConnectionStats(NamedTuple):
    """One connection in numbers."""

    id: str
    is_initialized: bool
    is_behind: bool
    """Whether it gets the log's events with a delay, by catch-up or on its own request."""
    running_requests: int
    waiting_requests: int
    """Requests that begin once the client has read earlier answers."""
    open_questions: int
    """Requests of the host that the client has not answered."""
    waiting_notifications: int
    """Notifications that wait for an answer, or for the end of a catch-up."""
    unread_messages: int
    unread_bytes: int
    """The bytes in memory that wait for the client to read them."""


class Counted(Protocol):
    """A connection with statistics."""

    def stats(self) -> ConnectionStats:
        """The statistics of the connection."""
