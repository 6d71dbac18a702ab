"""What a goal is, read from the log: its events name only where that stands."""

from threadhost.actors.runtime.logs import Logs
from threadhost.events.goal import GoalObjectiveSet
from threadhost.events.ids import thread_stream


async def objective_of(logs: Logs, thread_id: str, version: int) -> str:
    """The objective of a thread's goal at a version of its stream. Raises LookupError."""
    stream = thread_stream(thread_id)
    for fact in await logs.of(thread_id).read_stream(stream, version - 1, 1):
        if isinstance(fact.event, GoalObjectiveSet):
            return fact.event.objective
    raise LookupError("the objective of the goal cannot be read")
