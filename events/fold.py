"""Folds streams into states."""

from collections.abc import Iterable

from threadhost.events import catalogue as _all  # noqa: F401  (each noun declares its folds)
from threadhost.events import thread, tree
from threadhost.events.base import UNFIT, Damaged, Event, Gap, Recorded, names_of
from threadhost.events.part import FOLLOWERS
from threadhost.events.queue import QUEUE_CHANGES, SubmissionTaken
from threadhost.events.turn import TurnCompleted

Thread = thread.Thread
Tree = tree.Tree
no_tree = tree.no_tree
_OF_THE_QUEUE = frozenset(names_of(QUEUE_CHANGES))


@thread.evolve.register
def _damaged(fact: Damaged, state: Thread) -> Thread:
    """Fold a gap: only the type of the lost event still counts.

    The end of a turn still ends it. A lost change of the queue holds the queue until a client acts,
    so that nothing begins twice or against a request. A noun without a part may begin with the gap.
    """
    after = state._replace(
        gaps=state.gaps + 1,
        turn=None if fact.kind == TurnCompleted.kind else state.turn,
        queue=state.queue[fact.kind == SubmissionTaken.kind :],
        queue_held=state.queue_held or fact.kind in _OF_THE_QUEUE,
    )
    return after if after.parts else _followed(fact, state, after)


def fold_thread(recorded: Iterable[Recorded], state: Thread | None = None) -> Thread:
    """Fold these events of its stream into the thread; one that does not fit counts as a gap."""
    state = state or Thread()
    for fact in recorded:
        state = _after(fact.event, state, fact.version)
    return state


def foresee(state: Thread, events: Iterable[Event]) -> Thread:
    """Return the thread as it will be once these events are in the log."""
    for event in events:
        state = _after(event, state, state.version + 1)
    return state


def steps(state: Thread, events: Iterable[Event]) -> list[Thread]:
    """Return the thread before each of these next events, and after the last of them."""
    states = [state]
    for event in events:
        state = _after(event, state, state.version + 1)
        states.append(state)
    return states


def _after(event: Event | Gap, state: Thread, version: int) -> Thread:
    try:
        after = thread.evolve(event, state)
        if after.parts:
            after = _followed(event, state, after)
    except UNFIT as unfit:
        gap = Damaged(event.kind, type(unfit).__name__)
        after = _followed(gap, state, thread.evolve(gap, state))
    return after.at_version(version)


def _followed(event: Event | Gap, before: Thread, after: Thread) -> Thread:
    """Apply the rules of nouns' parts that follow this event; a thread without parts has none."""
    for rule in FOLLOWERS.get(type(event), ()):
        after = rule(event, before, after)
    return after


def fold_tree(recorded: Iterable[Recorded], state: Tree | None = None) -> Tree:
    """Fold these events of its stream into the tree."""
    state = state or no_tree()
    for fact in recorded:
        state = tree.evolve(fact.event, state).at_version(fact.version)
    return state
