"""Whether memories may be made of threads, in the view of threads."""

from collections.abc import Iterable

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.memory import MemoryModeSet
from threadhost.projections.base import Projection, Write

projection = Projection()

SET_MODE = "UPDATE threads SET memory_mode = :mode WHERE id = :of"


@projection.on(MemoryModeSet)
def _memory_mode_set(event: MemoryModeSet, fact: Recorded) -> Iterable[Write]:
    yield SET_MODE, {"of": thread_of(fact.stream), "mode": event.mode}
