"""What deletions work with: the threads, their trees and their logs."""

from typing import NamedTuple

from threadhost.actors.ports import Ids
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.actors.runtime.tree_actors import TreeActors


class DeletionServices(NamedTuple):
    """What deletions work with."""

    logs: Logs
    threads: LiveThreads
    trees: TreeActors
    stored: StoredThreads
    ids: Ids
    shutdown_deadline_ms: int
