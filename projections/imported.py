"""When threads began and last changed that lived elsewhere before, in the view of threads."""

from collections.abc import Iterable

from threadhost.events.base import Recorded
from threadhost.events.fork import is_inherited
from threadhost.events.ids import thread_of
from threadhost.events.imported import ThreadImported
from threadhost.projections.base import Projection, Write

projection = Projection()

DATE = (
    "UPDATE threads SET created_at_ms = :began, updated_at_ms = :changed, recency_at_ms = :changed"
    " WHERE id = :of"
)


@projection.on(ThreadImported)
def _thread_imported(event: ThreadImported, fact: Recorded) -> Iterable[Write]:
    if not is_inherited(fact):  # a fork begins when it is made
        changed = event.updated_at_ms
        yield DATE, {"of": thread_of(fact.stream), "began": event.created_at_ms, "changed": changed}
