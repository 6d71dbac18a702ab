"""A spawn tree: its edges, its fences and its deletions."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from threadhost.events.base import UPCASTERS, Event, Gap, StreamState, Upcaster, event
from threadhost.events.dispatch import by_type
from threadhost.events.empty import no_dict, no_list
from threadhost.events.ids import thread_stream
from threadhost.events.lazy_model import LazyModel
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import DeletionReason, Id, SystemLine

if TYPE_CHECKING:
    from rpds import HashTrieMap, HashTrieSet


@event("tree.thread_spawned.v1", since="0.1", stream="tree", cause="asked")
class ThreadSpawned(Event):
    """A thread joined the tree below its parent, over an open edge.

    As its agent, as the worker of a job that runs for it, or of its own.
    """

    parent_id: Id
    child_id: Id
    depth: int
    is_agent: bool = False
    is_worker: bool = False


@event("tree.edge_closed.v1", since="0.1", stream="tree", cause="asked")
class EdgeClosed(Event):
    """The edge to the child was closed: the child is not loaded with its parent."""

    child_id: Id


@event("tree.edge_reopened.v1", since="0.1", stream="tree", cause="asked")
class EdgeReopened(Event):
    """The edge to the child was opened again."""

    child_id: Id


@event("tree.thread_forked.v1", since="0.1", stream="tree", cause="asked")
class ThreadForked(Event):
    """A thread of the tree was copied into a new thread, the root of its own tree."""

    source_id: Id
    fork_id: Id


class DeletionTarget(BaseModel, metaclass=LazyModel):
    """A thread of a plan; one with `forked_from_id` is in memory, and of another tree."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    thread_id: Id
    parent_id: Id | None
    depth: int
    ephemeral: bool = False
    forked_from_id: Id | None = None


class _DeletionEvent(Event):
    """The base of all steps of a deletion."""

    deletion_id: Id
    root_id: Id


@event("tree.deletion_planned.v2", since="0.1", stream="tree", cause="asked")
class TreeDeletionPlanned(_DeletionEvent):
    """The deletion of a subtree is planned: its threads, breadth first; it is fenced from here on.

    The threads are removed in reverse order: leaves first, the root last.
    """

    moves_fences = True
    targets: list[DeletionTarget]
    reason: DeletionReason = "requested"

    def fences(self, stream: str) -> Mapping[str, StreamState]:
        """All threads of the plan are fenced."""
        return {thread_stream(t.thread_id): StreamState.FENCED for t in self.targets}


UPCASTERS["tree.deletion_planned.v1"] = Upcaster(TreeDeletionPlanned.kind, dict)


@event("tree.shutdown_completed.v1", since="0.1", stream="tree", cause="plan")
class TreeShutdownCompleted(_DeletionEvent):
    """All threads of the plan stopped; those that did not stop in time are fenced out."""

    stopped: int
    timed_out: list[Id] = Field(default_factory=no_list)


@event("tree.files_removed.v1", since="0.1", stream="tree", cause="plan")
class TreeFilesRemoved(_DeletionEvent):
    """The files of the plan's threads were removed."""

    files: int


@event("tree.targets_released.v1", since="0.1", stream="tree", cause="plan")
class TreeTargetsReleased(_DeletionEvent):
    """Threads of the plan without a stream, and so without a tombstone, were released."""

    thread_ids: list[Id]


class DeletionReceipt(BaseModel, metaclass=LazyModel):
    """What a deletion was seen to remove, by view, and what lives on.

    When it began, `calls` were under way and `questions` to their users were open. `memories` are
    texts made of these threads, alone or with others. `forks_in_memory` held words of these threads
    in no file, and were deleted with them. `key_numbers` are the numbers of the destroyed keys.
    Rows of jobs: `requeued` wait again, `unassigned` were not being worked on and lost their
    thread. `resumed`: an earlier process began it; files and rows that it removed are not counted.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    threads: int
    missing: int = 0
    ephemeral: int = 0
    files: int = 0
    keys: int = 0
    memories: int = 0
    calls: int = 0
    questions: int = 0
    key_numbers: list[int] = Field(default_factory=no_list)
    rows: dict[Id, int] = Field(default_factory=no_dict)
    requeued: int = 0
    unassigned: int = 0
    jobs_cancelled: int = 0
    surviving_forks: list[Id] = Field(default_factory=no_list)
    forks_in_memory: list[Id] = Field(default_factory=no_list)
    resumed: bool = False


@event("tree.deletion_completed.v1", since="0.1", stream="tree", cause="plan")
class TreeDeletionCompleted(_DeletionEvent):
    """Every thread of the plan is deleted and its key destroyed."""

    receipt: DeletionReceipt


@event("tree.deletion_halted.v1", since="0.1", stream="tree", cause="plan")
class TreeDeletionHalted(_DeletionEvent):
    """The deletion could not continue; the remaining threads are unfenced and usable."""

    moves_fences = True
    reason: SystemLine
    deleted: list[Id]
    remaining: list[Id]

    def fences(self, stream: str) -> Mapping[str, StreamState]:
        """What remains is usable again."""
        return {thread_stream(t): StreamState.OPEN for t in self.remaining}


@event("tree.agent_lost.v1", since="0.1", stream="tree", cause="asked")
class AgentLost(Event):
    """An agent was deleted below a parent that exists and will get a message."""

    child_id: Id
    parent_id: Id


@event("tree.agent_loss_told.v1", since="0.1", stream="tree", cause="asked")
class AgentLossTold(Event):
    """The parent of a deleted agent got the message, or was deleted."""

    child_id: Id


class Node(NamedTuple):
    """A thread of the tree as its parent's child."""

    parent_id: str
    depth: int
    is_open: bool = True
    is_agent: bool = False
    is_worker: bool = False


class Hold(NamedTuple):
    """A hold that keeps threads from being deleted; `version` is where in the stream it was set."""

    covers_below: bool
    version: int


def no_map() -> "HashTrieMap[Any, Any]":
    """Return an empty persistent map; its library is imported with the first tree."""
    from rpds import HashTrieMap

    return HashTrieMap()


def no_set() -> "HashTrieSet[str]":
    """Return an empty persistent set."""
    from rpds import HashTrieSet

    return HashTrieSet()


class Tree(NamedTuple):
    """What the rules of a tree need to know, folded from its stream.

    Its maps are persistent: an older state stays valid, and a new one costs only as much as what
    changed, however large the tree is.
    """

    session_id: str
    version: int
    nodes: "HashTrieMap[str, Node]"
    children: "HashTrieMap[str, HashTrieSet[str]]"
    deletions: "HashTrieMap[str, TreeDeletionPlanned]"
    fenced: frozenset[str]
    forks: "HashTrieMap[str, tuple[str, ...]]"
    lost: "HashTrieMap[str, str]"
    """Deleted agents whose parents do not know of it yet, with these parents."""
    holds: "HashTrieMap[tuple[str, str], Hold]"
    """Legal holds, by thread and matter."""
    open_agents: "HashTrieSet[str]"
    """The agents that are not closed; kept, as walking through all nodes takes 1 us for each."""

    def others_below(self, parent_id: str) -> int:
        """Return how many children a thread has that are not workers of jobs."""
        below = self.children.get(parent_id, ())
        return sum(not self.nodes[child_id].is_worker for child_id in below)

    @property
    def others(self) -> int:
        """How many threads below the root are not workers of jobs."""
        return sum(not node.is_worker for node in self.nodes.values())

    def at_version(self, version: int) -> "Tree":
        """Set the version; each fold calls this, and `_replace` takes twice as long."""
        values = list(self)
        values[_VERSION] = version
        return tuple.__new__(Tree, values)

    def without(self, thread_ids: Iterable[str]) -> "Tree":
        """Return the tree without these threads; threads below them then belong to no tree."""
        nodes, children, forks, agents = self.nodes, self.children, self.forks, self.open_agents
        for thread_id in thread_ids:
            nodes, children = _without_edge(nodes, children, thread_id)
            forks, agents = forks.discard(thread_id), agents.discard(thread_id)
            for orphan in children.get(thread_id, ()):
                nodes, agents = nodes.discard(orphan), agents.discard(orphan)
            children = children.discard(thread_id)
        return self._replace(nodes=nodes, children=children, forks=forks, open_agents=agents)

    def merged(self, other: "Tree") -> "Tree":
        """Return the tree with the threads of another one added."""
        children = self.children
        for parent_id, below in other.children.items():
            children = children.insert(parent_id, children.get(parent_id, no_set()).update(below))
        nodes, agents = self.nodes.update(other.nodes), self.open_agents.update(other.open_agents)
        return self._replace(nodes=nodes, children=children, open_agents=agents)


_VERSION = Tree._fields.index("version")


def no_tree(session_id: str = "") -> Tree:
    """Return a tree without any recorded event."""
    empty = no_map()
    return Tree(session_id, 0, empty, empty, empty, frozenset(), empty, empty, empty, no_set())


@by_type
def evolve(fact: Event | Gap, tree: Tree) -> Tree:
    """Return the tree after the fact. Never refuses: what is in the log happened."""
    return tree


@evolve.register
def _thread_spawned(fact: ThreadSpawned, tree: Tree) -> Tree:
    nodes, children = _without_edge(tree.nodes, tree.children, fact.child_id)
    siblings = children.get(fact.parent_id, no_set())
    node = Node(fact.parent_id, fact.depth, is_agent=fact.is_agent, is_worker=fact.is_worker)
    return tree._replace(
        nodes=nodes.insert(fact.child_id, node),
        children=children.insert(fact.parent_id, siblings.insert(fact.child_id)),
        open_agents=_open_agents(tree, fact.child_id, node),
    )


@evolve.register
def _edge_closed(fact: EdgeClosed, tree: Tree) -> Tree:
    return _set_open(tree, fact.child_id, is_open=False)


@evolve.register
def _edge_reopened(fact: EdgeReopened, tree: Tree) -> Tree:
    return _set_open(tree, fact.child_id, is_open=True)


@evolve.register
def _thread_forked(fact: ThreadForked, tree: Tree) -> Tree:
    forks = (*tree.forks.get(fact.source_id, ()), fact.fork_id)
    return tree._replace(forks=tree.forks.insert(fact.source_id, forks))


@evolve.register
def _tree_deletion_planned(fact: TreeDeletionPlanned, tree: Tree) -> Tree:
    return tree._replace(
        deletions=tree.deletions.insert(fact.deletion_id, fact),
        fenced=tree.fenced | {target.thread_id for target in fact.targets},
    )


@evolve.register
def _tree_targets_released(fact: TreeTargetsReleased, tree: Tree) -> Tree:
    return tree.without(fact.thread_ids)


@evolve.register
def _tree_deletion_completed(fact: TreeDeletionCompleted, tree: Tree) -> Tree:
    plan = tree.deletions.get(fact.deletion_id)
    thread_ids = [target.thread_id for target in plan.targets] if plan else []
    return _ended(tree, fact.deletion_id, thread_ids, unfenced=thread_ids)


@evolve.register
def _tree_deletion_halted(fact: TreeDeletionHalted, tree: Tree) -> Tree:
    return _ended(tree, fact.deletion_id, fact.deleted, [*fact.deleted, *fact.remaining])


@evolve.register
def _agent_lost(fact: AgentLost, tree: Tree) -> Tree:
    return tree._replace(lost=tree.lost.insert(fact.child_id, fact.parent_id))


@evolve.register
def _agent_loss_told(fact: AgentLossTold, tree: Tree) -> Tree:
    return tree._replace(lost=tree.lost.discard(fact.child_id))


def _ended(tree: Tree, deletion_id: str, deleted: Iterable[str], unfenced: Iterable[str]) -> Tree:
    return tree.without(deleted)._replace(
        deletions=tree.deletions.discard(deletion_id),
        fenced=tree.fenced.difference(unfenced),
    )


def _set_open(tree: Tree, child_id: str, *, is_open: bool) -> Tree:
    node = tree.nodes.get(child_id)
    if node is None:
        return tree
    node = node._replace(is_open=is_open)
    nodes, agents = tree.nodes.insert(child_id, node), _open_agents(tree, child_id, node)
    return tree._replace(nodes=nodes, open_agents=agents)


def _open_agents(tree: Tree, thread_id: str, node: Node) -> "HashTrieSet[str]":
    """Return the open agents after a thread has become this node."""
    is_one = node.is_agent and node.is_open
    return tree.open_agents.insert(thread_id) if is_one else tree.open_agents.discard(thread_id)


def _without_edge(
    nodes: "HashTrieMap[str, Node]",
    children: "HashTrieMap[str, HashTrieSet[str]]",
    child_id: str,
) -> "tuple[HashTrieMap[str, Node], HashTrieMap[str, HashTrieSet[str]]]":
    """Return the edges without the one that leads to this thread."""
    node = nodes.get(child_id)
    if node is None:
        return nodes, children
    siblings = children.get(node.parent_id, no_set()).discard(child_id)
    if siblings:
        return nodes.remove(child_id), children.insert(node.parent_id, siblings)
    return nodes.remove(child_id), children.discard(node.parent_id)
