"""Legal holds: what must not be deleted, in whose tree that is recorded, and every attempt."""

from typing import Literal

from threadhost.events.base import Damaged, Event, event
from threadhost.events.tree import Hold, Tree, evolve
from threadhost.events.words import DeletionReason, Id

Scope = Literal["thread", "tree"]
"""What a hold covers: its thread alone, or that and all below it, also what joins later."""


@event("thread.hold_reasoned.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class HoldReasoned(Event):
    """The reason why a hold on the thread is set or released, in the words of the principal.

    They are sealed with the thread, and go with it; that it was held, by whom and when, stays.
    """

    matter: str
    reason: str


@event("tree.hold_set.v1", since="0.1", stream="tree", cause="asked")
class HoldSet(Event):
    """A hold was set: the threads that it covers cannot be deleted until it is released.

    `reason_version` is where in the thread's stream the reason stands. A thread may have a hold
    for each of many matters.
    """

    thread_id: Id
    matter: Id
    scope: Scope
    reason_version: int = 0


@event("tree.hold_released.v1", since="0.1", stream="tree", cause="asked")
class HoldReleased(Event):
    """The hold was released; other holds stay."""

    thread_id: Id
    matter: Id
    reason_version: int = 0


@event("tree.deletion_refused.v1", since="0.1", stream="tree", cause="asked")
class DeletionRefused(Event):
    """A deletion was refused because of a hold: nothing was fenced, stopped or removed.

    The holds that were in the way are named by their places in the stream.
    """

    root_id: Id
    reason: DeletionReason
    hold_versions: list[int]


UNREADABLE = "unreadable-"
"""How the matter of a hold is called whose event is damaged; its place in the stream follows."""
ALL_OF_IT = ""
"""The thread of such a hold: it may be on any of the tree, so it is on all."""


def unreadable(version: int) -> str:
    """The matter of a hold whose event, at this version of its tree, is damaged."""
    return f"{UNREADABLE}{version}"


@evolve.register
def _hold_set(fact: HoldSet, tree: Tree) -> Tree:
    hold = Hold(fact.scope == "tree", tree.version + 1)
    return tree._replace(holds=tree.holds.set((fact.thread_id, fact.matter), hold))


@evolve.register
def _hold_released(fact: HoldReleased, tree: Tree) -> Tree:
    key = fact.thread_id, fact.matter
    return tree._replace(holds=tree.holds.delete(key)) if key in tree.holds else tree


@evolve.register
def _damaged(fact: Damaged, tree: Tree) -> Tree:
    """A hold that cannot be read is none that was released."""
    if fact.kind != HoldSet.kind:
        return tree
    version = tree.version + 1
    key = ALL_OF_IT, unreadable(version)
    return tree._replace(holds=tree.holds.set(key, Hold(covers_below=True, version=version)))
