"""Commands that fork threads, and their rules: a fork owns what it takes over."""

from collections.abc import Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING

from threadhost.actors.command import Command
from threadhost.actors.errors import ThreadBeingDeleted
from threadhost.actors.goal import set_goal
from threadhost.actors.thread import Events, RecoverThread, StartThread, decide
from threadhost.actors.tree import decide as decide_tree
from threadhost.events.causes import by_event
from threadhost.events.damage import DamageReport
from threadhost.events.fold import foresee
from threadhost.events.fork import Inherited, ThreadCopied, ThreadCopyBegun
from threadhost.events.goal_state import Goal, GoalStatus
from threadhost.events.ids import thread_stream
from threadhost.events.memory import MemoryMode, MemoryModeSet
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import (
    Thread,
    ThreadActivated,
    ThreadConfigured,
    ThreadRenamed,
    ThreadStarted,
)
from threadhost.events.tree import ThreadForked, Tree

if TYPE_CHECKING:
    from threadhost.events.base import Event


class CopyPlan(NamedTuple):
    """The plan of a fork that copies more than one append should hold.

    The fork copies its source up to version `until`: all, up to the end of a turn, or up to before
    its beginning. `damages` notes what cannot be copied.
    """

    until: int
    last_turn_id: str | None
    before_turn_id: str | None
    damages: DamageReport


class ForkThread(StartThread):
    """Start a thread that continues from a copy of another.

    A turn that runs in the source at that moment is interrupted in the fork.
    """

    source_id: str = ""
    name: str | None = None
    """The name of the source."""
    inherited: Sequence[Inherited] = ()
    copy_plan: CopyPlan | None = None
    """Instead of `inherited`: the fork begins, the plan is copied, the command comes again."""
    at_ms: int = 0
    goal: Goal | None = None
    """The goal of the source, if the fork shall have it; it is held until a client releases it."""
    goal_id: str = ""
    memory_mode: MemoryMode = "enabled"
    """The mode of the source: if its memories are forbidden, so are the fork's."""

    def causes(self, events: Events) -> Sequence[str]:
        """The original of each copied event; the end of the source's turn takes the last one."""
        source = thread_stream(self.source_id)
        originals = [by_event(source, copied.version) for copied in self.inherited]
        if self.copy_plan is not None:
            last = by_event(source, self.copy_plan.until)
        else:
            last = originals[-1] if originals else ""
        causes = chain(originals, repeat(last))
        return [next(causes) if event.inherited else "" for event in events]


class RecordFork(Command):
    """Record in the source's tree that there is a fork, which survives the source's deletion."""

    source_id: str
    fork_id: str


@decide.register
def _fork_thread(command: ForkThread, thread: Thread) -> Events:
    """The events of a fork; with a copy plan they come in two parts, around the copying."""
    source = {"thread_id": command.thread_id, "source_id": command.source_id}
    born: list[Event] = []
    if not thread.version:
        born += (*_born(command), *(copied.event for copied in command.inherited))
        if command.copy_plan is not None:
            return [*born, ThreadCopyBegun(**source)]
    born.append(ThreadCopied(**source, turns=foresee(thread, born).turns))
    recovery = decide(RecoverThread("forked", command.at_ms), foresee(thread, born))
    events = [*born, *recovery, ThreadActivated(incarnation=1)]
    if command.memory_mode != "enabled" and not command.ephemeral:
        events.append(MemoryModeSet(mode=command.memory_mode))
    return [*events, *_goal(command, foresee(thread, events))]


def _born(command: ForkThread) -> "list[Event]":
    named = [ThreadRenamed(name=command.name)] if command.name else []
    return [
        ThreadStarted(
            thread_id=command.thread_id,
            session_id=command.thread_id,
            forked_from_id=command.source_id,
            ephemeral=command.ephemeral,
            source=command.source,
            history_mode=command.history_mode,
        ),
        ThreadConfigured(settings=command.settings),
        *named,
    ]


def _goal(command: ForkThread, fork: Thread) -> Events:
    """The goal of the source under a new id, with nothing spent yet."""
    goal = command.goal
    if goal is None or not goal.objective or fork.ephemeral:
        return ()
    status: GoalStatus = "active" if goal.status == "budgetLimited" else goal.status
    goal_of_fork = Goal(
        command.goal_id,
        status=status,
        token_budget=goal.token_budget,
        covers_tree=goal.covers_tree,
        created_at_ms=command.at_ms,
    )
    return set_goal(fork, goal_of_fork, goal.objective, command.at_ms, hold="hold")


@decide_tree.register
def _record_fork(command: RecordFork, tree: Tree) -> Events:
    if command.source_id in tree.fenced:
        raise ThreadBeingDeleted(command.source_id)
    return (ThreadForked(source_id=command.source_id, fork_id=command.fork_id),)
