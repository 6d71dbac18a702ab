"""Reports failed turns to the operator log: their ids and reasons, no content."""

from collections.abc import Sequence

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.imported import is_past
from threadhost.events.operator_log import TURN_FAILED
from threadhost.events.turn import TurnCompleted


def warn_of_failed_turns(recorded: Sequence[Recorded]) -> None:
    """Write a line for each turn that failed now; copies in a fork are skipped."""
    for fact in recorded:
        event = fact.event
        if not isinstance(event, TurnCompleted) or event.outcome != "failed" or is_past(fact):
            continue
        thread_id = thread_of(fact.stream)
        TURN_FAILED.emit(turn_id=event.turn_id, thread_id=thread_id, reason=event.reason)
