"""What a log holds at one moment, in numbers."""

from threadhost.events.named_tuple import NamedTuple


class LogStats(NamedTuple):
    """A log in numbers. Its views are never behind it: they change in the same transaction."""

    position: int
    """The newest event that was published."""
    queued_bytes: int
    """Events that wait to be on disk."""
    followers: int
    """Readers within the host that wait for the next commit."""
    cached_keys: int
    """Keys that lie open in memory, those for streams to come among them."""
    memory_bytes: int
    """What a log takes that lives in memory; 0 of one on disk."""
