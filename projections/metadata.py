"""A client's own data on threads, such as git metadata, in the view of threads."""

from collections.abc import Iterable

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.metadata import MetadataUpdated
from threadhost.projections.base import Projection, Write
from threadhost.projections.threads import TEXTS

projection = Projection()

SET_SHA = TEXTS.update("git_sha")
SET_BRANCH = TEXTS.update("git_branch")
SET_ORIGIN = TEXTS.update("git_origin_url")
SET_DAYBREAK = TEXTS.update("daybreak")
GIT = {"sha": SET_SHA, "branch": SET_BRANCH, "origin_url": SET_ORIGIN}


@projection.on(MetadataUpdated)
def _metadata_updated(event: MetadataUpdated, fact: Recorded) -> Iterable[Write]:
    thread_id = thread_of(fact.stream)
    for name, statement in GIT.items():
        if name in event.git:
            yield statement, {"thread_id": thread_id, f"git_{name}": event.git[name]}
    if event.daybreak is not None:
        yield SET_DAYBREAK, {"thread_id": thread_id, "daybreak": event.daybreak}
