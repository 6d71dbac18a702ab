"""Commands on a spawn tree, and the rules that turn them into events: joining and deletion."""

from collections.abc import Iterable, Mapping, Sequence

from threadhost.actors.agent_limits import AgentLimits
from threadhost.actors.command import Command
from threadhost.actors.errors import (
    AgentNotFound,
    AgentsFull,
    ApprovalNeeded,
    BudgetUsedUp,
    SpawnRefused,
    ThreadBeingDeleted,
    TreeGrown,
)
from threadhost.actors.thread import Events
from threadhost.events.dispatch import by_type
from threadhost.events.goal_state import TreeCover
from threadhost.events.hold import ALL_OF_IT, DeletionRefused
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.tree import (
    AgentLossTold,
    AgentLost,
    DeletionReceipt,
    DeletionTarget,
    EdgeClosed,
    EdgeReopened,
    ThreadSpawned,
    Tree,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
    no_tree,
)


class TreeLimits(NamedTuple):
    """The size limits of a spawn tree."""

    depth_max: int = 64
    children_max: int = 1000
    threads_max: int = 100_000


class SpawnThread(Command):
    """Add a new thread below `parent_id`."""

    parent_id: str
    child_id: str
    root_id: str
    limits: TreeLimits = TreeLimits()
    agents: AgentLimits | None = None
    """The limits under which an agent joins; None for a thread that is no agent."""
    cover: TreeCover | None = None
    """The goal that the thread would spend tokens for."""
    is_worker: bool = False
    """Whether it works for a job; jobs have limits of their own."""


class OpenAgent(Command):
    """Reopen the edge of an agent, within the limits of agents."""

    agent_id: str
    limits: AgentLimits


class CloseAgents(Command):
    """Close the edge of an agent, and the edges of all open agents below it."""

    agent_id: str


class RunJob(Command):
    """Let a job run for the thread, unless the thread is being deleted.

    There is no event: the job begins in its own stream, in the same append.
    """

    thread_id: str


class SettleLoss(Command):
    """Record that the parent of a deleted agent knows of the loss, or is deleted itself."""

    child_id: str


class DeletionTerms(NamedTuple):
    """The reason of a deletion, and which threads it may delete at most; None for any.

    `expected_versions` maps each thread to the version that its stream must still have.
    """

    reason: str = "requested"
    expected_versions: Mapping[str, int] | None = None


DEFAULT_TERMS = DeletionTerms()
"""For a deletion by request, which takes everything below along."""


class PlanDeletion(Command):
    """Fence a subtree, and plan which of its threads are deleted in which order."""

    deletion_id: str
    root_id: str
    targets: Sequence[DeletionTarget]
    terms: DeletionTerms = DEFAULT_TERMS


class HaltDeletion(Command):
    """Stop a deletion that cannot be completed."""

    deletion_id: str
    reason: str
    deleted: Sequence[str]
    released: Sequence[str] = ()
    """Threads without a stream of their own, and so without a tombstone."""


class CompleteDeletion(Command):
    """Record that a deletion is complete."""

    deletion_id: str
    receipt: DeletionReceipt


@by_type
def decide(command: Command, tree: Tree) -> Events:
    """The events that a command leads to in this state. Raises Refusal; has no side effects."""
    raise TypeError(f"no rule for {type(command).__name__} on tree {tree.session_id}")


@decide.register
def _spawn_thread(command: SpawnThread, tree: Tree) -> Events:
    parent, child = command.parent_id, command.child_id
    if parent in tree.fenced:
        raise ThreadBeingDeleted(parent)
    if (cover := command.cover) is not None and cover.is_used_up:
        raise BudgetUsedUp(cover.used, cover.budget)
    if child in ancestry(tree, parent) or child == command.root_id:
        raise SpawnRefused(f"thread {child} is an ancestor of {parent}: a tree has no cycles")
    if child in tree.nodes:
        raise SpawnRefused(f"thread {child} is in the tree already")
    depth = tree.nodes[parent].depth + 1 if parent in tree.nodes else 1
    _require_place(command, depth, tree)
    if command.agents is not None:
        _require_room(command.agents, depth, tree)
    joins = {"is_agent": command.agents is not None, "is_worker": command.is_worker}
    return (ThreadSpawned(parent_id=parent, child_id=child, depth=depth, **joins),)


def _require_place(command: SpawnThread, depth: int, tree: Tree) -> None:
    """Refuse a thread beyond the limits; a worker of a job is held to the depth alone."""
    parent, limits = command.parent_id, command.limits
    measures = [("depth", depth, limits.depth_max)]
    if not command.is_worker:
        below, all_threads = len(tree.children.get(parent, ())) + 1, len(tree.nodes) + 2
        if below > limits.children_max:
            below = tree.others_below(parent) + 1
        if all_threads > limits.threads_max:
            all_threads = tree.others + 2
        measures.append(("number of children", below, limits.children_max))
        measures.append(("number of threads", all_threads, limits.threads_max))
    for measure, value, limit in measures:
        if value > limit:
            raise SpawnRefused(f"tree limit reached: {measure} {value} is over {limit}")


def _require_room(limits: AgentLimits, depth: int, tree: Tree) -> None:
    if depth > limits.depth_max:
        raise AgentsFull(f"agents may be no deeper than {limits.depth_max} below the root")
    _require_opening(limits, tree)


def _require_opening(limits: AgentLimits, tree: Tree) -> None:
    """Refuse one more open agent if there is no room, or if it needs an approval."""
    open_max, unapproved = limits.open_max, limits.unapproved_max
    if len(tree.nodes) < (open_max if unapproved is None else min(open_max, unapproved)):
        return
    count = len(tree.open_agents)
    if count >= open_max:
        raise AgentsFull(f"{open_max} agents are open, which is the limit; close one first")
    if unapproved is not None and count >= unapproved:
        raise ApprovalNeeded(unapproved)


@decide.register
def _open_agent(command: OpenAgent, tree: Tree) -> Events:
    node = tree.nodes.get(command.agent_id)
    if node is None or not node.is_agent:
        raise AgentNotFound(command.agent_id)
    if node.is_open:
        return ()
    _require_opening(command.limits, tree)
    return (EdgeReopened(child_id=command.agent_id),)


@decide.register
def _close_agents(command: CloseAgents, tree: Tree) -> Events:
    node = tree.nodes.get(command.agent_id)
    if node is None or not node.is_agent or not node.is_open:
        raise AgentNotFound(command.agent_id)
    below = subtree(command.agent_id, tree, no_tree())
    nodes = {target.thread_id: tree.nodes[target.thread_id] for target in below}
    return [
        EdgeClosed(child_id=t) for t, agent in nodes.items() if agent.is_agent and agent.is_open
    ]


@decide.register
def _run_job(command: RunJob, tree: Tree) -> Events:
    if command.thread_id in tree.fenced:
        raise ThreadBeingDeleted(command.thread_id)
    return ()


@decide.register
def _settle_loss(command: SettleLoss, tree: Tree) -> Events:
    return (AgentLossTold(child_id=command.child_id),) if command.child_id in tree.lost else ()


@decide.register
def _plan_deletion(command: PlanDeletion, tree: Tree) -> Events:
    """Plan nothing while a legal hold is in the way; the attempt is recorded instead."""
    for target in command.targets:
        if target.thread_id in tree.fenced:
            raise ThreadBeingDeleted(target.thread_id)
    reason, as_seen = command.terms
    if as_seen is not None and not as_seen.keys() >= {t.thread_id for t in command.targets}:
        raise TreeGrown(command.root_id)
    return deletion_refused(command.root_id, command.targets, reason, tree) or (
        TreeDeletionPlanned(
            deletion_id=command.deletion_id,
            root_id=command.root_id,
            targets=list(command.targets),
            reason=reason,
        ),
    )


@decide.register
def _halt_deletion(command: HaltDeletion, tree: Tree) -> Events:
    plan = tree.deletions.get(command.deletion_id)
    if plan is None:
        return ()
    gone = {*command.deleted, *command.released}
    return (
        *_lost_agents(tree, command.deleted),
        TreeDeletionHalted(
            deletion_id=plan.deletion_id,
            root_id=plan.root_id,
            reason=command.reason,
            deleted=list(command.deleted),
            remaining=[t.thread_id for t in plan.targets if t.thread_id not in gone],
        ),
    )


def _lost_agents(tree: Tree, thread_ids: Iterable[str]) -> Events:
    """Losses to report: deleted agents whose parents are not deleted with them."""
    deleted_ids = frozenset(thread_ids)
    nodes = {child_id: tree.nodes[child_id] for child_id in deleted_ids if child_id in tree.nodes}
    return [
        AgentLost(child_id=child_id, parent_id=node.parent_id)
        for child_id, node in nodes.items()
        if node.is_agent and node.parent_id not in deleted_ids
    ]


@decide.register
def _complete_deletion(command: CompleteDeletion, tree: Tree) -> Events:
    plan = tree.deletions.get(command.deletion_id)
    if plan is None:
        return ()
    return (
        *_lost_agents(tree, (target.thread_id for target in plan.targets)),
        TreeDeletionCompleted(
            deletion_id=plan.deletion_id, root_id=plan.root_id, receipt=command.receipt
        ),
    )


def ancestry(tree: Tree, thread_id: str) -> list[str]:
    """The thread and all its known ancestors, bottom up; ends even on a cycle."""
    path = [thread_id]
    seen = {thread_id}
    while (node := tree.nodes.get(path[-1])) and node.parent_id not in seen:
        path.append(node.parent_id)
        seen.add(node.parent_id)
    return path


def subtree(root_id: str, durable: Tree, ephemeral: Tree) -> list[DeletionTarget]:
    """The root and all below it over open and closed edges, breadth first: by depth, then by id.

    `ephemeral` holds the edges of threads that live only in memory. A cycle in damaged data is
    walked once.
    """
    targets = [DeletionTarget(thread_id=root_id, parent_id=_parent(durable, root_id), depth=0)]
    seen = {root_id}
    level = [root_id]
    while level:
        below = {
            child: (parent, tree is ephemeral)
            for parent in level
            for tree in (durable, ephemeral)
            for child in tree.children.get(parent, ())
            if child not in seen
        }
        level = sorted(below)
        seen.update(level)
        depth = targets[-1].depth + 1
        for child in level:
            parent, fleeting = below[child]
            targets.append(
                DeletionTarget(thread_id=child, parent_id=parent, depth=depth, ephemeral=fleeting)
            )
    return targets


def deletion_refused(
    root_id: str, targets: Sequence[DeletionTarget], reason: str, tree: Tree
) -> Events:
    """The record of a refused deletion, if a hold is in its way; else nothing."""
    versions = [tree.holds[key].version for key in holds_against(root_id, targets, tree)]
    if not versions:
        return ()
    return (DeletionRefused(root_id=root_id, reason=reason, hold_versions=versions),)


def holds_against(
    root_id: str, targets: Sequence[DeletionTarget], tree: Tree
) -> list[tuple[str, str]]:
    """The holds that prevent a deletion, (thread, matter) each, oldest first.

    These are the holds on the targets, and those on ancestors that cover all threads below.
    """
    if not tree.holds:
        return []
    target_ids = {target.thread_id for target in targets}
    above = {ALL_OF_IT, *ancestry(tree, root_id)}
    holds = [
        (hold.version, key)
        for key, hold in tree.holds.items()
        if key[0] in target_ids or (hold.covers_below and key[0] in above)
    ]
    return [key for _, key in sorted(holds)]


def leaf_first(targets: Sequence[DeletionTarget]) -> list[DeletionTarget]:
    """The order of removal: the reverse of breadth first, the root last."""
    return list(reversed(targets))


def _parent(tree: Tree, thread_id: str) -> str | None:
    node = tree.nodes.get(thread_id)
    return node.parent_id if node else None
