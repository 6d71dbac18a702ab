"""The command that records a thread of another program, and its rules: facts, not work."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from threadhost.actors.command import Command
from threadhost.actors.errors import SpawnRefused, ThreadBeingDeleted
from threadhost.actors.fork import RecordFork
from threadhost.actors.goal import set_goal
from threadhost.actors.thread import Events, StartThread, decide
from threadhost.actors.tree import ancestry
from threadhost.actors.tree import decide as decide_tree
from threadhost.events.goal_state import Goal
from threadhost.events.imported import ForeignLinesKept, ThreadImported
from threadhost.events.memory import MemoryMode, MemoryModeSet
from threadhost.events.metadata import MetadataUpdated
from threadhost.events.thread import (
    Thread,
    ThreadArchived,
    ThreadConfigured,
    ThreadRenamed,
    ThreadStarted,
)
from threadhost.events.tree import EdgeClosed, ThreadSpawned, Tree

if TYPE_CHECKING:
    from threadhost.events.base import Event


class ImportThread(StartThread):
    """Record a thread of another program, with its past; this does not make it live.

    `past` are its events, oldest first, with no turn left running.
    """

    imported: ThreadImported | None = None
    past: Sequence["Event"] = ()
    kept: Sequence[ForeignLinesKept] = ()
    forked_from_id: str | None = None
    name: str | None = None
    git: Mapping[str, str | None] = {}
    goal: Goal | None = None
    """Its goal in the other program; here the goal is held until a client releases it."""
    memory_mode: MemoryMode = "enabled"
    archived: bool = False
    is_agent: bool = False
    is_open: bool = False
    """Whether the edge to its parent is open."""
    is_large: bool | None = None
    """Whether the events are too large to be encoded on the loop; None if that is not known."""
    noted_in: str = ""
    """The session whose tree records its edge, or that it is a fork; "" if no tree does."""


class JoinTree(Command):
    """Record an edge of another program; the limits of spawning do not apply, as no work begins."""

    parent_id: str
    child_id: str
    root_id: str
    is_agent: bool = False
    is_open: bool = False


@decide.register
def _import_thread(command: ImportThread, thread: Thread) -> Events:
    events: list[Event] = [
        ThreadStarted(
            thread_id=command.thread_id,
            session_id=command.session_id or command.thread_id,
            parent_id=command.parent_id,
            forked_from_id=command.forked_from_id,
            depth=command.depth,
            source=command.source,
            history_mode=command.history_mode,
        ),
        ThreadConfigured(settings=command.settings),
        *((command.imported,) if command.imported else ()),
        *command.past,
        *command.kept,
    ]
    if command.name:
        events.append(ThreadRenamed(name=command.name))
    if command.git:
        events.append(MetadataUpdated(git=dict(command.git)))
    if command.memory_mode != "enabled":
        events.append(MemoryModeSet(mode=command.memory_mode))
    if (goal := command.goal) is not None:
        state, at_ms = Thread(version=len(events)), goal.updated_at_ms
        events += set_goal(state, goal, goal.objective, at_ms, hold="hold")
    if command.archived:
        events.append(ThreadArchived(root_id=command.thread_id))
    return events


@decide_tree.register
def _join_tree(command: JoinTree, tree: Tree) -> Events:
    parent, child = command.parent_id, command.child_id
    if parent in tree.fenced:
        raise ThreadBeingDeleted(parent)
    if child in ancestry(tree, parent) or child == command.root_id:
        raise SpawnRefused(f"thread {child} is an ancestor of {parent}: a tree has no cycles")
    if child in tree.nodes:
        return ()
    depth = tree.nodes[parent].depth + 1 if parent in tree.nodes else 1
    spawned = ThreadSpawned(
        parent_id=parent, child_id=child, depth=depth, is_agent=command.is_agent
    )
    return (spawned,) if command.is_open else (spawned, EdgeClosed(child_id=child))


def joined(command: ImportThread, tree: Tree) -> tuple[Events, ImportThread]:
    """The events of the tree for the thread, and the command with its depth. Raises Refusal."""
    if (parent_id := command.parent_id) is None:
        fork = RecordFork(command.forked_from_id or "", command.thread_id)
        return decide_tree(fork, tree), command
    root_id, child_id = command.session_id, command.thread_id
    join = JoinTree(parent_id, child_id, root_id, command.is_agent, command.is_open)
    edge = decide_tree(join, tree)
    parent = tree.nodes.get(parent_id)
    return edge, command.but(depth=parent.depth + 1 if parent else 1)
