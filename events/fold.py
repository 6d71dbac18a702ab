"""Folding streams into states."""

from collections.abc import Iterable
from dataclasses import replace

from threadhost.events import compaction as _compaction  # noqa: F401  (declares compactions)
from threadhost.events import injection as _injection  # noqa: F401  (declares what is injected)
from threadhost.events import memory as _memory  # noqa: F401  (declares the modes of memory)
from threadhost.events import metadata as _metadata  # noqa: F401  (declares metadata)
from threadhost.events import picture as _picture  # noqa: F401  (registers pictures of a turn)
from threadhost.events import queue as _queue  # noqa: F401  (registers how queues change a thread)
from threadhost.events import retry as _retry  # noqa: F401  (registers calls that are made again)
from threadhost.events import revert as _revert  # noqa: F401  (registers what reverting does)
from threadhost.events import thread, tree
from threadhost.events import turn as _turn  # noqa: F401  (registers how turns change a thread)
from threadhost.events import warning as _warning  # noqa: F401  (declares warnings)
from threadhost.events.base import Event, Recorded

Thread = thread.Thread
Tree = tree.Tree


def fold_thread(recorded: Iterable[Recorded], state: Thread | None = None) -> Thread:
    """The thread after these events of its stream."""
    state = state or Thread()
    for fact in recorded:
        state = thread.evolve(fact.event, state)._replace(version=fact.version)
    return state


def foresee(state: Thread, events: Iterable[Event]) -> Thread:
    """The thread as it will be once these events are in the log."""
    for event in events:
        state = thread.evolve(event, state)._replace(version=state.version + 1)
    return state


def fold_tree(recorded: Iterable[Recorded], state: Tree | None = None) -> Tree:
    """The tree after these events of its stream."""
    state = state or Tree()
    for fact in recorded:
        state = replace(tree.evolve(fact.event, state), version=fact.version)
    return state
