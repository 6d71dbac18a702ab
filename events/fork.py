"""What a fork takes over from its source: the turns and what a model has seen of them."""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Damaged, Erased, Event, Recorded
from threadhost.events.causes import by_event
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.revert import surviving
from threadhost.events.turn import TurnCompleted, TurnStarted

OF_A_THREAD = by_event(thread_stream(""), 0).removesuffix("@0")
"""How the causation begins of what an event of some thread led to."""


class Inherited(NamedTuple):
    """An event that a fork takes over, and its place in the source."""

    event: Event
    version: int


def is_inherited(fact: Recorded) -> bool:
    """Whether this did not happen to the thread itself, but to the one that it was forked from.

    A copy has its original in another thread's stream for a cause.
    """
    cause = fact.meta.causation_id
    if not cause.startswith(OF_A_THREAD) or not getattr(fact.event, "inherited", False):
        return False
    return not cause.startswith(by_event(fact.stream, 0).removesuffix("0"))


def inherited(
    recorded: Iterable[Recorded], last_turn_id: str | None, before_turn_id: str | None
) -> Sequence[Inherited]:
    """The events of a stream that a fork copies, up to a turn's end or to before its beginning.

    What was taken back is not copied, nor what cannot be read: whoever forks says so. A turn whose
    end is lost is ended where the next one begins, so that none goes on for ever in the copy.

    Raises LookupError if there is no such turn, or if it has not ended where it has to.
    """
    found: list[Inherited] = []
    running: TurnStarted | None = None
    for fact in surviving(recorded):
        event = fact.event
        if isinstance(event, Erased | Damaged) or not event.inherited:
            continue
        if isinstance(event, TurnStarted):
            if running is not None:
                cut_off = _cut_off(running, event.started_at_ms)
                found.append(Inherited(cut_off, fact.version))
            if event.turn_id == before_turn_id:
                return found
            running = event
        found.append(Inherited(event, fact.version))
        if isinstance(event, TurnCompleted):
            running = None
            if event.turn_id == last_turn_id:
                return found
    if last_turn_id or before_turn_id:
        raise LookupError(last_turn_id or before_turn_id)
    return found


def _cut_off(turn: TurnStarted, at_ms: int) -> TurnCompleted:
    return TurnCompleted(
        turn_id=turn.turn_id,
        outcome="interrupted",
        started_at_ms=turn.started_at_ms,
        completed_at_ms=max(at_ms, turn.started_at_ms),
        reason="its end cannot be read",
    )
