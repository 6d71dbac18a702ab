"""A model call that failed and is made again: its event."""

from threadhost.events.base import Event, history_event
from threadhost.events.thread import Thread, evolve, heard, in_turn


@history_event("turn.retry_scheduled.v1", since="0.1", cause="request")
class RetryScheduled(Event):
    """A call failed in a way that may pass; the host retries after `wait_ms`.

    `attempt` is the number of calls that failed in a row.
    """

    turn_id: str
    attempt: int
    wait_ms: int
    message: str
    code: str
    http_status: int | None = None
    details: str | None = None


@evolve.register
def _retry_scheduled(fact: RetryScheduled, thread: Thread) -> Thread:
    return in_turn(
        heard(thread, fact.turn_id),
        fact.turn_id,
        lambda turn: turn._replace(asking=False, retries=fact.attempt, wait_ms=fact.wait_ms),
    )
