"""Pictures that a message named by their paths: read once, and kept as the model is shown them."""

from threadhost.events.base import Event, history_event
from threadhost.events.thread import Thread, evolve, heard, in_turn


@history_event("turn.pictures_read.v1", since="0.1", cause="asked")
class PicturesRead(Event):
    """The pictures of a message were read; `urls` holds each as a data URL (RFC 2397), by path."""

    turn_id: str
    item_id: str
    urls: dict[str, str]


@evolve.register
def _pictures_read(fact: PicturesRead, thread: Thread) -> Thread:
    return in_turn(
        heard(thread, fact.turn_id),
        fact.turn_id,
        lambda turn: turn._replace(pictures=tuple(p for p in turn.pictures if p != fact.item_id)),
    )
