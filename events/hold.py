"""Legal holds: what must not be deleted, set on the tree's stream, and every refused deletion."""

from typing import Literal

from threadhost.events.base import Damaged, Event, event
from threadhost.events.tree import Hold, Tree, evolve
from threadhost.events.words import DeletionReason, Id

Scope = Literal["thread", "tree"]
"""What a hold covers: its thread alone, or also all threads below, including later ones."""


@event("thread.hold_reasoned.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class HoldReasoned(Event):
    """The reason why a hold on the thread is set or released, in the words of the principal.

    The words are sealed with the thread, and are erased with it; that it was held, by whom and
    when, stays.
    """

    matter: str
    reason: str


@event("tree.hold_set.v1", since="0.1", stream="tree", cause="asked")
class HoldSet(Event):
    """A hold was set: the threads that it covers cannot be deleted until it is released.

    `reason_version` is the version of the reason in the thread's stream. A thread may have a hold
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

    The event names the holds in the way by their versions in the stream.
    """

    root_id: Id
    reason: DeletionReason
    hold_versions: list[int]


UNREADABLE = "unreadable-"
"""The matter of a hold whose event is damaged begins with this; its version follows."""
ALL_OF_IT = ""
"""The thread of such a hold: it may be on any thread of the tree, so it covers all."""


def unreadable(version: int) -> str:
    """Return the matter of a hold whose event, at this version of its tree, is damaged."""
    return f"{UNREADABLE}{version}"


@evolve.register
def _hold_set(fact: HoldSet, tree: Tree) -> Tree:
    hold = Hold(fact.scope == "tree", tree.version + 1)
    return tree._replace(holds=tree.holds.insert((fact.thread_id, fact.matter), hold))


@evolve.register
def _hold_released(fact: HoldReleased, tree: Tree) -> Tree:
    key = fact.thread_id, fact.matter
    return tree._replace(holds=tree.holds.discard(key))


@evolve.register
def _damaged(fact: Damaged, tree: Tree) -> Tree:
    """A hold whose event cannot be read stays in force."""
    if fact.kind != HoldSet.kind:
        return tree
    version = tree.version + 1
    key = ALL_OF_IT, unreadable(version)
    return tree._replace(holds=tree.holds.insert(key, Hold(covers_below=True, version=version)))
