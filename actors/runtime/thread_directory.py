"""The threads and trees that deliveries between threads go to."""

from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.threads import Threads
from threadhost.events.named_tuple import NamedTuple


class ThreadDirectory(NamedTuple):
    """Finds threads and trees."""

    threads: Threads
    trees: TreeActors
    sessions: Sessions
