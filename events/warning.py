"""What a person should know of a turn, though nothing failed: its event."""

from threadhost.events.base import UNTIL_CLOSED, Event, event


@event(
    "turn.warned.v1",
    since="0.1",
    stream="thread",
    cause="asked",
    inherited=True,
    sealed=True,
    admitted=UNTIL_CLOSED,
)
class TurnWarned(Event):
    """Clients were warned; `code` is a word for programs, the message is fit for a user."""

    turn_id: str
    code: str
    message: str
