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
    """A gap: of what was lost only its type still counts.

    It does where a turn ended; and in the queue, which waits for a client then, so that nothing
    begins twice or against what was asked. It may be the first that a noun has of the thread.
    """
    after = state._replace(
        gaps=state.gaps + 1,
        turn=None if fact.kind == TurnCompleted.kind else state.turn,
        queue=state.queue[fact.kind == SubmissionTaken.kind :],
        queue_held=state.queue_held or fact.kind in _OF_THE_QUEUE,
    )
    return after if after.parts else _followed(fact, state, after)


def fold_thread(recorded: Iterable[Recorded], state: Thread | None = None) -> Thread:
    """The thread after these events of its stream; what does not fit into it counts as a gap."""
    state = state or Thread()
    for fact in recorded:
        state = _after(fact.event, state, fact.version)
    return state


def foresee(state: Thread, events: Iterable[Event]) -> Thread:
    """The thread as it will be once these events are in the log."""
    for event in events:
        state = _after(event, state, state.version + 1)
    return state


def steps(state: Thread, events: Iterable[Event]) -> list[Thread]:
    """The thread before each of these next events, and after the last of them."""
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
    """The thread, once the parts of nouns have followed; without one there is nothing to follow."""
    for rule in FOLLOWERS.get(type(event), ()):
        after = rule(event, before, after)
    return after


def fold_tree(recorded: Iterable[Recorded], state: Tree | None = None) -> Tree:
    """The tree after these events of its stream."""
    state = state or no_tree()
    for fact in recorded:
        state = tree.evolve(fact.event, state).at_version(fact.version)
    return state
