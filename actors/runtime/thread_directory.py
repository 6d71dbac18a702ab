"""Where what agents have for each other is taken: threads and trees."""

from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.threads import Threads
from threadhost.events.named_tuple import NamedTuple


class ThreadDirectory(NamedTuple):
    """Where threads and trees are found."""

    threads: Threads
    trees: TreeActors
    sessions: Sessions
