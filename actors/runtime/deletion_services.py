"""What deletions work with: the threads, their trees and their logs."""

from threadhost.actors.ports import Ids
from threadhost.actors.runtime.copies import CopiesUnderWay
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.events.named_tuple import NamedTuple


class DeletionServices(NamedTuple):
    """What deletions work with."""

    logs: Logs
    threads: LiveThreads
    trees: TreeActors
    stored: StoredThreads
    ids: Ids
    shutdown_deadline_ms: int
    copies: CopiesUnderWay
