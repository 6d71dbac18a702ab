"""What a client keeps about a thread beside its history: the event."""

from pydantic import Field

from threadhost.events.base import Event, event
from threadhost.events.empty import no_dict


@event("thread.metadata_updated.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class MetadataUpdated(Event):
    """A client changed the metadata of the thread.

    `git` holds the changed ones of `sha`, `branch` and `origin_url`, None where one was cleared;
    `daybreak` is None where it stays as it is.
    """

    git: dict[str, str | None] = Field(default_factory=no_dict)
    daybreak: bool | None = None
