"""What a client keeps about a thread beside its history: the event."""

from pydantic import Field

from threadhost.events.base import Event, event
from threadhost.events.empty import no_dict


@event("thread.metadata_updated.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class MetadataUpdated(Event):
    """A client changed the metadata of the thread.

    `git` holds the changed keys among `sha`, `branch` and `origin_url`, with None for a cleared
    one; `daybreak` is None if it did not change.
    """

    git: dict[str, str | None] = Field(default_factory=no_dict)
    daybreak: bool | None = None
