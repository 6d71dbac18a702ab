"""The statistics of a log at one moment."""

from threadhost.events.named_tuple import NamedTuple


class LogStats(NamedTuple):
    """A log's statistics. Its views are never behind: they change in the same transaction."""

    position: int
    """The newest published position."""
    queued_bytes: int
    """Bytes that wait to be written."""
    followers: int
    """Followers within the host that wait for the next commit."""
    cached_keys: int
    """Keys that are open in memory, including those reserved for new streams."""
    memory_bytes: int
    """The size of a log in memory; 0 for one on disk."""
