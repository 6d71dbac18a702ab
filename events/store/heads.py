"""What an event does to the heads of streams: for the writer, and for checks of a log."""

from threadhost.events.base import Event, StreamState
from threadhost.events.store.rows import StreamHead

CLOSED, FENCED = StreamState.CLOSED, StreamState.FENCED


def refusal(event: Event, head: StreamHead) -> str | None:
    """Return why a stream with this head does not admit the event; None if it does."""
    if head.state not in event.admitted:
        return "it is deleted" if head.state is CLOSED else "it is shutting down"
    incarnation = getattr(event, "incarnation", None) if event.activates else None
    if event.activates and incarnation != head.incarnation + 1:
        return f"incarnation {incarnation} does not follow {head.incarnation}"
    return None


def move(head: StreamHead, state: StreamState, *, by_itself: bool) -> None:
    """Move a stream to the state that an event of its own or of its tree demands.

    A closed stream stays closed. Only the tree opens a fenced stream; its own events can only close
    it.
    """
    if head.state is CLOSED or (head.state is FENCED and by_itself and state is not CLOSED):
        return
    head.state = state


class HeadFold:
    """The heads of all streams, folded from the events of a log in their order."""

    def __init__(self) -> None:
        self.heads: dict[str, StreamHead] = {}

    def move(self, stream: str, event: Event) -> None:
        """Apply an event to states and incarnations; its version is already counted."""
        own_head = self.heads[stream]
        own_head.incarnation += event.activates + event.supersedes
        if not event.moves_fences:
            return
        for affected, state in event.fences(stream).items():
            if head := self.heads.get(affected):
                move(head, state, by_itself=affected == stream)
