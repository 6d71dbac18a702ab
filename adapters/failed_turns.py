"""Telling the operator of turns that failed: which, and by which code; nothing that was said."""

import logging
from collections.abc import Sequence

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.imported import is_past
from threadhost.events.turn import TurnCompleted

logger = logging.getLogger("threadhost")


def warn_of_failed_turns(recorded: Sequence[Recorded]) -> None:
    """Write a line for each turn that failed just now; a fork's copies failed before."""
    for fact in recorded:
        event = fact.event
        if not isinstance(event, TurnCompleted) or event.outcome != "failed" or is_past(fact):
            continue
        place = event.turn_id, thread_of(fact.stream)
        logger.warning("turn %s of thread %s failed: %s", *place, event.reason)
