"""What a client keeps about threads beside their history, in the view of threads."""

from collections.abc import Iterable

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.metadata import MetadataUpdated
from threadhost.projections.base import Projection, Write

projection = Projection()

SET_SHA = "UPDATE thread_texts SET git_sha = :value WHERE thread_id = :of"
SET_BRANCH = "UPDATE thread_texts SET git_branch = :value WHERE thread_id = :of"
SET_ORIGIN = "UPDATE thread_texts SET git_origin_url = :value WHERE thread_id = :of"
SET_DAYBREAK = "UPDATE thread_texts SET daybreak = :value WHERE thread_id = :of"
GIT = {"sha": SET_SHA, "branch": SET_BRANCH, "origin_url": SET_ORIGIN}


@projection.on(MetadataUpdated)
def _metadata_updated(event: MetadataUpdated, fact: Recorded) -> Iterable[Write]:
    thread_id = thread_of(fact.stream)
    for name, statement in GIT.items():
        if name in event.git:
            yield statement, {"of": thread_id, "value": event.git[name]}
    if event.daybreak is not None:
        yield SET_DAYBREAK, {"of": thread_id, "value": event.daybreak}
