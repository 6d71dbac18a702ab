"""What a person should know of a turn, though nothing failed: its event."""

from threadhost.events.base import UNTIL_CLOSED, Event, history_event


@history_event("turn.warned.v1", since="0.1", cause="asked", admitted=UNTIL_CLOSED)
class TurnWarned(Event):
    """Clients were warned; `code` is a word for programs, the message is fit for a user."""

    turn_id: str
    code: str
    message: str
