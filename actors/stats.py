"""Numbers of a host's threads at one moment."""

from threadhost.actors.account import AccountStats
from threadhost.events.named_tuple import NamedTuple


class ThreadStats(NamedTuple):
    """Numbers of the live threads, and of the work around them."""

    live: int
    """Threads in memory."""
    working: int
    """Live threads with a running turn."""
    ephemeral: int
    """Live threads that exist only in memory."""
    with_history: int
    """Live threads whose history is in memory, too."""
    starting: int
    """Threads whose actors are being made from the log."""
    restarting: int
    """Threads that failed and are about to be restarted."""
    given_up: int
    """Threads that failed too often."""
    waiting_messages: int
    """Messages in all mailboxes."""
    longest_mailbox: int
    """Messages in the fullest of them."""
    trees: int
    """Spawn trees in memory."""
    deletions: int
    """Deletions under way."""
    memory: AccountStats
    """Settings and histories of all live threads."""
