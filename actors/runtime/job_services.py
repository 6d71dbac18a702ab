"""The parts of the host that jobs use."""

from threadhost.actors.job_pacing import OnwardTime
from threadhost.actors.job_ports import JobOutside
from threadhost.actors.lifecycle import LifeCycle
from threadhost.actors.ports import Clock, Ids
from threadhost.actors.runtime.job_actor import JobActors
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.runtime.tree_budgets import TreeBudgets
from threadhost.actors.threads import Threads
from threadhost.events.named_tuple import NamedTuple


class JobServices(NamedTuple):
    """The parts of the host that jobs use."""

    threads: Threads
    life: LifeCycle
    sessions: Sessions
    trees: TreeActors
    clock: Clock
    time: OnwardTime
    ids: Ids
    outside: JobOutside
    actors: JobActors
    budgets: TreeBudgets
