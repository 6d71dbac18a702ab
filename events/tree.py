"""A spawn tree: its edges, its fences and its deletions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from threadhost.events.base import Event, Gap, StreamState, event
from threadhost.events.empty import no_dict, no_list
from threadhost.events.ids import thread_stream


@event("tree.thread_spawned.v1")
class ThreadSpawned(Event):
    """A thread joined the tree below its parent, over an open edge."""

    parent_id: str
    child_id: str
    depth: int


@event("tree.edge_closed.v1")
class EdgeClosed(Event):
    """The child was put aside: it does not come back when its parent does."""

    child_id: str


@event("tree.edge_reopened.v1")
class EdgeReopened(Event):
    """The child is wanted again."""

    child_id: str


@event("tree.thread_forked.v1")
class ThreadForked(Event):
    """A thread of the tree was copied into one that is the root of a tree of its own."""

    source_id: str
    fork_id: str


class DeletionTarget(BaseModel):
    """One thread of a deletion plan."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    thread_id: str
    parent_id: str | None
    depth: int
    ephemeral: bool = False


class _DeletionEvent(Event):
    """What all steps of a deletion carry."""

    deletion_id: str
    root_id: str


@event("tree.deletion_planned.v1")
class TreeDeletionPlanned(_DeletionEvent):
    """A subtree is to go: its threads breadth first; from here on it is fenced.

    The threads are removed in the reverse of this order, so leaf first and the root last.
    """

    moves_fences = True
    targets: list[DeletionTarget]

    def fences(self, stream: str) -> Mapping[str, StreamState]:
        """All threads of the plan are fenced."""
        del stream
        return {thread_stream(t.thread_id): StreamState.FENCED for t in self.targets}


@event("tree.shutdown_completed.v1")
class TreeShutdownCompleted(_DeletionEvent):
    """No thread of the plan runs any more; those that did not stop in time are fenced out."""

    stopped: int
    timed_out: list[str] = Field(default_factory=no_list)


@event("tree.files_removed.v1")
class TreeFilesRemoved(_DeletionEvent):
    """The files of the plan's threads are gone."""

    files: int


class DeletionReceipt(BaseModel):
    """What a deletion was seen to remove, by view, and what lives on.

    `resumed`: an earlier process began it; files and rows that went then are not counted.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    threads: int
    missing: int = 0
    ephemeral: int = 0
    files: int = 0
    keys: int = 0
    rows: dict[str, int] = Field(default_factory=no_dict)
    surviving_forks: list[str] = Field(default_factory=no_list)
    resumed: bool = False


@event("tree.deletion_completed.v1")
class TreeDeletionCompleted(_DeletionEvent):
    """Every thread of the plan is deleted and its key destroyed."""

    receipt: DeletionReceipt


@event("tree.deletion_halted.v1")
class TreeDeletionHalted(_DeletionEvent):
    """The deletion could not go on; what remains is unfenced and usable."""

    moves_fences = True
    reason: str
    deleted: list[str]
    remaining: list[str]

    def fences(self, stream: str) -> Mapping[str, StreamState]:
        """What remains is usable again."""
        del stream
        return {thread_stream(t): StreamState.OPEN for t in self.remaining}


class Node(NamedTuple):
    """A thread of the tree as its parent's child."""

    parent_id: str
    depth: int
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Tree:
    """What the rules of a tree need to know, folded from its stream.

    `nodes`, `children` and `forks` are shared between versions of the state and only touched here.
    """

    session_id: str = ""
    version: int = 0
    nodes: dict[str, Node] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)
    deletions: dict[str, TreeDeletionPlanned] = field(default_factory=dict)
    fenced: frozenset[str] = frozenset()
    forks: dict[str, list[str]] = field(default_factory=dict)


@singledispatch
def evolve(fact: Event | Gap, tree: Tree) -> Tree:
    """The tree after the fact. It never refuses: what is in the log happened."""
    del fact
    return tree


@evolve.register
def _(fact: ThreadSpawned, tree: Tree) -> Tree:
    _leave_parent(tree, fact.child_id)
    tree.nodes[fact.child_id] = Node(fact.parent_id, fact.depth)
    tree.children.setdefault(fact.parent_id, []).append(fact.child_id)
    return tree


@evolve.register
def _(fact: EdgeClosed, tree: Tree) -> Tree:
    return _set_open(tree, fact.child_id, is_open=False)


@evolve.register
def _(fact: EdgeReopened, tree: Tree) -> Tree:
    return _set_open(tree, fact.child_id, is_open=True)


@evolve.register
def _(fact: ThreadForked, tree: Tree) -> Tree:
    tree.forks.setdefault(fact.source_id, []).append(fact.fork_id)
    return tree


@evolve.register
def _(fact: TreeDeletionPlanned, tree: Tree) -> Tree:
    tree.deletions[fact.deletion_id] = fact
    return replace(tree, fenced=tree.fenced | {t.thread_id for t in fact.targets})


@evolve.register
def _(fact: TreeDeletionCompleted, tree: Tree) -> Tree:
    plan = tree.deletions.pop(fact.deletion_id, None)
    gone = [t.thread_id for t in plan.targets] if plan else []
    return _without(tree, gone, unfenced=gone)


@evolve.register
def _(fact: TreeDeletionHalted, tree: Tree) -> Tree:
    tree.deletions.pop(fact.deletion_id, None)
    return _without(tree, fact.deleted, unfenced=[*fact.deleted, *fact.remaining])


def _set_open(tree: Tree, child_id: str, *, is_open: bool) -> Tree:
    node = tree.nodes.get(child_id)
    if node is not None:
        tree.nodes[child_id] = node._replace(is_open=is_open)
    return tree


def _without(tree: Tree, gone: Iterable[str], unfenced: Iterable[str]) -> Tree:
    for thread_id in gone:
        _leave_parent(tree, thread_id)
        tree.forks.pop(thread_id, None)
        for orphan in tree.children.pop(thread_id, ()):
            tree.nodes.pop(orphan, None)
    return replace(tree, fenced=tree.fenced.difference(unfenced))


def _leave_parent(tree: Tree, thread_id: str) -> None:
    node = tree.nodes.pop(thread_id, None)
    siblings = tree.children.get(node.parent_id) if node else None
    if siblings and thread_id in siblings:
        siblings.remove(thread_id)
