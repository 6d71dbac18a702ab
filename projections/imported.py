"""Sets, in the view of threads, when imported threads began and last changed."""

from collections.abc import Iterable

from threadhost.events.base import Recorded
from threadhost.events.fork import is_inherited
from threadhost.events.ids import thread_of
from threadhost.events.imported import ThreadImported
from threadhost.projections.base import Projection, Write
from threadhost.projections.threads import THREADS

projection = Projection()

DATE = THREADS.update("created_at_ms", "updated_at_ms", "recency_at_ms")


@projection.on(ThreadImported)
def _thread_imported(event: ThreadImported, fact: Recorded) -> Iterable[Write]:
    if not is_inherited(fact):  # a fork begins when it is made
        changed = dict.fromkeys(("updated_at_ms", "recency_at_ms"), event.updated_at_ms)
        values = {"id": thread_of(fact.stream), "created_at_ms": event.created_at_ms}
        yield DATE, {**values, **changed}
