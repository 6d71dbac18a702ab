"""What a fork copies from its source: the turns, and what a model has seen of them."""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Damaged, Erased, Event, Recorded, event
from threadhost.events.causes import EVENT, by_event
from threadhost.events.damage import DamageReport
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.revert import ThreadReverted, start_of, surviving
from threadhost.events.thread import Thread, evolve
from threadhost.events.turn import TurnCompleted, TurnStarted
from threadhost.events.words import Id

OF_A_THREAD = by_event(thread_stream(""), 0).removesuffix("@0")
"""The prefix of a causation that names an event of some thread."""


@event("thread.copy_begun.v1", since="0.1", stream="thread", cause="asked")
class ThreadCopyBegun(Event):
    """A fork copies its history in several appends; it is visible after the last one."""

    thread_id: Id
    source_id: Id


@event("thread.copied.v1", since="0.1", stream="thread", cause="asked")
class ThreadCopied(Event):
    """A fork has copied all its turns, and exists from here on."""

    thread_id: Id
    source_id: Id
    turns: int


@evolve.register
def _copy_begun(fact: ThreadCopyBegun, thread: Thread) -> Thread:
    return thread._replace(copying=True)


@evolve.register
def _copied(fact: ThreadCopied, thread: Thread) -> Thread:
    return thread._replace(copying=False, failed=False)


class Inherited(NamedTuple):
    """An event that a fork copies, with its version in the source."""

    event: Event
    version: int

    @property
    def kind(self) -> str:
        """The event's stable type name."""
        return self.event.kind


def is_inherited(fact: Recorded) -> bool:
    """Whether this event is a copy: it happened to the source of the fork, not to this thread.

    The causation of a copy is its original in another thread's stream.
    """
    cause = fact.meta.causation_id
    if not cause.startswith(OF_A_THREAD) or not getattr(fact.event, "inherited", False):
        return False
    return not cause.startswith(f"{fact.stream}@", len(EVENT))


def inherited(
    recorded: Iterable[Recorded],
    last_turn_id: str | None,
    before_turn_id: str | None,
    damages: DamageReport,
) -> Sequence[Inherited]:
    """Return the events of a stream that a fork copies, up to a turn's end or before its beginning.

    Reverted events are not copied, nor those that cannot be read; damaged ones are counted in
    `damages`. A turn whose end is lost is ended where the next one begins, so that the copy has no
    turn that runs for ever.

    Raises LookupError if there is no such turn, or if `last_turn_id` names one that has not ended.
    """
    copies: list[Inherited] = []
    selector = ForkSelector(last_turn_id, before_turn_id)
    for fact in damages.noted(surviving(recorded)):
        event = fact.event
        if isinstance(event, Erased | Damaged) or not event.inherited:
            continue
        copies += (Inherited(selected, fact.version) for selected in selector.of(event))
        if selector.is_over:
            return copies
    missing = before_turn_id if last_turn_id is None else last_turn_id
    if missing is not None:
        raise LookupError(missing)
    return copies


class ForkSelector:
    """Goes through the events that a fork could copy, in their order, and selects the copies."""

    def __init__(self, last_turn_id: str | None, before_turn_id: str | None) -> None:
        self._last, self._before = last_turn_id, before_turn_id
        self._running: TurnStarted | None = None
        self.is_over = False
        """Whether the selection is complete."""

    def of(self, event: Event) -> Sequence[Event]:
        """Return what to copy: the event, after a turn's end that is missing; or nothing of it."""
        preceding: list[Event] = []
        if isinstance(event, TurnStarted):
            if self._running is not None:
                preceding.append(_cut_off(self._running, event.started_at_ms))
            if event.turn_id == self._before:
                self.is_over = True
                return preceding
            self._running = event
        elif isinstance(event, TurnCompleted):
            self._running = None
            self.is_over = event.turn_id == self._last
        return [*preceding, event]


def taken_back(recorded: Iterable[Recorded]) -> list[range]:
    """Return the ranges of versions that were reverted, given the starts of turns and the reverts.

    Each range ends right before its revert.
    """
    ranges: list[range] = []
    survivors: list[Recorded] = []
    for fact in recorded:
        if isinstance(fact.event, ThreadReverted):
            begun_at = fact.event.from_version or start_of(fact.event.turn_id, survivors)
            if begun_at < fact.version:
                ranges.append(range(int(begun_at), fact.version))
            survivors = [survivor for survivor in survivors if survivor.version < begun_at]
        else:
            survivors.append(fact)
    return ranges


def _cut_off(turn: TurnStarted, at_ms: int) -> TurnCompleted:
    return TurnCompleted(
        turn_id=turn.turn_id,
        outcome="interrupted",
        started_at_ms=turn.started_at_ms,
        completed_at_ms=max(at_ms, turn.started_at_ms),
        reason="its end cannot be read",
    )
