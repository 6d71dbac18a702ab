"""What a goal is, read from the log: its events name only where that stands."""

from collections.abc import Callable

from threadhost.actors.runtime.logs import Logs
from threadhost.events.goal import GoalObjectiveSet
from threadhost.events.ids import thread_stream


def objective_reader(logs: Logs) -> Callable[[str, int], str]:
    """Finds the objective of a thread's goal at a version of its stream. Raises LookupError."""

    def objective(thread_id: str, version: int) -> str:
        for fact in logs.of(thread_id).read_stream(thread_stream(thread_id), version - 1, 1):
            if isinstance(fact.event, GoalObjectiveSet):
                return fact.event.objective
        raise LookupError("the objective of the goal cannot be read")

    return objective
