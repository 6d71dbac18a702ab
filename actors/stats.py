"""What the threads of a host hold and do at one moment, in numbers."""

from threadhost.actors.account import AccountStats
from threadhost.events.named_tuple import NamedTuple


class ThreadStats(NamedTuple):
    """The live threads in numbers, and what goes on around them."""

    live: int
    """Threads in memory."""
    working: int
    """Those of them that have a turn under way."""
    ephemeral: int
    """Those of them that live in memory alone."""
    with_history: int
    """Those of them whose history is in memory, too."""
    starting: int
    """Threads that are being taken up from the log."""
    restarting: int
    """Threads that failed and are about to be taken up again."""
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
