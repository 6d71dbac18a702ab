"""Commands on a spawn tree and the rules that turn them into events: who may join, who must go."""

from collections.abc import Sequence
from functools import singledispatch
from typing import NamedTuple

from threadhost.actors.command import Command
from threadhost.actors.errors import SpawnRefused, ThreadBeingDeleted
from threadhost.actors.thread import Events
from threadhost.events.tree import (
    DeletionReceipt,
    DeletionTarget,
    EdgeClosed,
    EdgeReopened,
    ThreadSpawned,
    Tree,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
)


class TreeLimits(NamedTuple):
    """How far a spawn tree may grow."""

    depth_max: int = 64
    children_max: int = 1000
    threads_max: int = 100_000


class SpawnThread(Command):
    """Let a new thread join below `parent_id`."""

    parent_id: str
    child_id: str
    root_id: str
    limits: TreeLimits = TreeLimits()


class SetEdgeOpen(Command):
    """Close a child's edge, or open it again."""

    child_id: str
    is_open: bool


class PlanDeletion(Command):
    """Fence a subtree and lay down which of its threads go, in which order."""

    deletion_id: str
    root_id: str
    targets: Sequence[DeletionTarget]
    reason: str = "requested"


class HaltDeletion(Command):
    """Give up a deletion in the middle."""

    deletion_id: str
    reason: str
    deleted: Sequence[str]
    released: Sequence[str] = ()
    """Those that had no stream of their own, and so no tombstone."""


class CompleteDeletion(Command):
    """Everything of a deletion is done."""

    deletion_id: str
    receipt: DeletionReceipt


@singledispatch
def decide(command: Command, tree: Tree) -> Events:
    """The events that follow from a command in this state. Raises Refusal; never does anything."""
    raise TypeError(f"no rule for {type(command).__name__} on tree {tree.session_id}")


@decide.register
def _spawn_thread(command: SpawnThread, tree: Tree) -> Events:
    parent, child, limits = command.parent_id, command.child_id, command.limits
    if parent in tree.fenced:
        raise ThreadBeingDeleted(parent)
    if child in ancestry(tree, parent) or child == command.root_id:
        raise SpawnRefused(f"thread {child} is an ancestor of {parent}: a tree has no cycles")
    if child in tree.nodes:
        raise SpawnRefused(f"thread {child} is in the tree already")
    depth = tree.nodes[parent].depth + 1 if parent in tree.nodes else 1
    for what, value, most in (
        ("depth", depth, limits.depth_max),
        ("number of children", len(tree.children.get(parent, ())) + 1, limits.children_max),
        ("number of threads", len(tree.nodes) + 2, limits.threads_max),
    ):
        if value > most:
            raise SpawnRefused(f"tree limit reached: {what} {value} is over {most}")
    return (ThreadSpawned(parent_id=parent, child_id=child, depth=depth),)


@decide.register
def _set_edge_open(command: SetEdgeOpen, tree: Tree) -> Events:
    node = tree.nodes.get(command.child_id)
    if node is None:
        raise SpawnRefused(f"thread {command.child_id} has no parent in this tree")
    if node.is_open == command.is_open:
        return ()
    event = EdgeReopened if command.is_open else EdgeClosed
    return (event(child_id=command.child_id),)


@decide.register
def _plan_deletion(command: PlanDeletion, tree: Tree) -> Events:
    for target in command.targets:
        if target.thread_id in tree.fenced:
            raise ThreadBeingDeleted(target.thread_id)
    return (
        TreeDeletionPlanned(
            deletion_id=command.deletion_id,
            root_id=command.root_id,
            targets=list(command.targets),
            reason=command.reason,
        ),
    )


@decide.register
def _halt_deletion(command: HaltDeletion, tree: Tree) -> Events:
    plan = tree.deletions.get(command.deletion_id)
    if plan is None:
        return ()
    gone = {*command.deleted, *command.released}
    return (
        TreeDeletionHalted(
            deletion_id=plan.deletion_id,
            root_id=plan.root_id,
            reason=command.reason,
            deleted=list(command.deleted),
            remaining=[t.thread_id for t in plan.targets if t.thread_id not in gone],
        ),
    )


@decide.register
def _complete_deletion(command: CompleteDeletion, tree: Tree) -> Events:
    plan = tree.deletions.get(command.deletion_id)
    if plan is None:
        return ()
    return (
        TreeDeletionCompleted(
            deletion_id=plan.deletion_id, root_id=plan.root_id, receipt=command.receipt
        ),
    )


def ancestry(tree: Tree, thread_id: str) -> list[str]:
    """The thread and those above it, as far as the edges tell; ends even on a cycle."""
    path = [thread_id]
    seen = {thread_id}
    while (node := tree.nodes.get(path[-1])) and node.parent_id not in seen:
        path.append(node.parent_id)
        seen.add(node.parent_id)
    return path


def subtree(root_id: str, durable: Tree, ephemeral: Tree) -> list[DeletionTarget]:
    """The root and all below it over open and closed edges, breadth first: by depth, then by id.

    Threads that live only in memory come from a tree of their own. A cycle in damaged data is
    walked once.
    """
    found = [DeletionTarget(thread_id=root_id, parent_id=_parent(durable, root_id), depth=0)]
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
        depth = found[-1].depth + 1
        for child in level:
            parent, fleeting = below[child]
            found.append(
                DeletionTarget(thread_id=child, parent_id=parent, depth=depth, ephemeral=fleeting)
            )
    return found


def leaf_first(targets: Sequence[DeletionTarget]) -> list[DeletionTarget]:
    """The order of removal: the reverse of breadth first, the root last."""
    return list(reversed(targets))


def _parent(tree: Tree, thread_id: str) -> str | None:
    node = tree.nodes.get(thread_id)
    return node.parent_id if node else None
