"""Commands on legal holds and their rules: nobody can delete what is held."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar

from threadhost.actors.command import Command
from threadhost.actors.errors import Refusal, ThreadBeingDeleted
from threadhost.actors.thread import Events
from threadhost.actors.thread import decide as decide_thread
from threadhost.actors.tree import decide, deletion_refused, subtree
from threadhost.events.base import Meta
from threadhost.events.hold import ALL_OF_IT, HoldReasoned, HoldReleased, HoldSet, Scope
from threadhost.events.thread import Thread
from threadhost.events.tree import DeletionTarget, Hold, Tree, no_tree
from threadhost.events.words import JOB_DELETION

HOLDS_MAX = 10_000
"""Holds that one tree may have."""
RELEASES = "host/hold/release"


class ReasonHold(Command):
    """Record why a hold on the thread is set or released."""

    ignores_state: ClassVar[bool] = True
    matter: str
    reason: str


class SetHold(Command):
    """Protect a thread, and by its scope those below it, from deletion."""

    thread_id: str
    matter: str
    scope: Scope
    reason_version: int = 0


class ReleaseHold(Command):
    """End a hold."""

    thread_id: str
    matter: str
    reason_version: int = 0


class DeleteJobOf(Command):
    """Refuse, on record, to delete a job if the thread that it runs for is held.

    Else there is no event: the deletion begins in the job's stream, in the same append.
    """

    thread_id: str


class ThreadHeld(Refusal):
    """A legal hold prevents the deletion; the message says who set it and when."""

    def __init__(self, thread_id: str, matter: str, set_by: Meta | None, other_holds: int) -> None:
        setter = f", set by {set_by.principal} at {_utc(set_by.recorded_at_ms)}" if set_by else ""
        further = f", and under {other_holds} more" if other_holds else ""
        super().__init__(
            f"thread is under legal hold: {thread_id} (matter {matter}{setter}{further});"
            f" {RELEASES} ends a hold"
        )
        self.thread_id = thread_id


class HoldNotFound(Refusal):
    """The thread has no hold of this matter, or it was released."""

    def __init__(self, thread_id: str, matter: str) -> None:
        super().__init__(f"thread {thread_id} is not under a hold of matter {matter}")


class HoldsNotKept(Refusal):
    """An ephemeral thread cannot be held, as it is not stored."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"ephemeral thread does not support legal holds: {thread_id}")


class HeldOtherwise(Refusal):
    """The matter has a hold with another scope; to change a hold, release it and set a new one."""

    def __init__(self, thread_id: str, matter: str, scope: Scope) -> None:
        super().__init__(
            f"thread {thread_id} is under a hold of matter {matter} with scope `{scope}`;"
            " release that first, or name another matter"
        )


class HoldsFull(Refusal):
    """The tree already has the maximum number of holds."""

    sort = "overloaded"


@decide_thread.register
def _reason_hold(command: ReasonHold, thread: Thread) -> Events:
    return (HoldReasoned(matter=command.matter, reason=command.reason),)


@decide.register
def _set_hold(command: SetHold, tree: Tree) -> Events:
    thread_id, matter = command.thread_id, command.matter
    for covered in _covered(command, tree):
        if covered in tree.fenced:  # the deletion came first
            raise ThreadBeingDeleted(covered)
    before = tree.holds.get((thread_id, matter))
    if before is not None:
        if scope_of(before) != command.scope:
            raise HeldOtherwise(thread_id, matter, scope_of(before))
        return ()
    if len(tree.holds) >= HOLDS_MAX:
        raise HoldsFull(f"this tree has {HOLDS_MAX} holds, which is the limit; release one first")
    scope, version = command.scope, command.reason_version
    return (HoldSet(thread_id=thread_id, matter=matter, scope=scope, reason_version=version),)


def _covered(command: SetHold, tree: Tree) -> Iterable[str]:
    if command.scope == "thread" or not tree.fenced:
        return (command.thread_id,)
    return (target.thread_id for target in subtree(command.thread_id, tree, no_tree()))


@decide.register
def _release_hold(command: ReleaseHold, tree: Tree) -> Events:
    key = key_of(tree, command.thread_id, command.matter)
    if key is None:
        raise HoldNotFound(command.thread_id, command.matter)
    thread_id, matter = key
    version = command.reason_version
    return (HoldReleased(thread_id=thread_id, matter=matter, reason_version=version),)


@decide.register
def _delete_job_of(command: DeleteJobOf, tree: Tree) -> Events:
    runner = DeletionTarget(thread_id=command.thread_id, parent_id=None, depth=0)
    return deletion_refused(command.thread_id, (runner,), JOB_DELETION, tree)


def key_of(tree: Tree, thread_id: str, matter: str) -> tuple[str, str] | None:
    """The key of this matter's hold on a thread; a hold that cannot be read is on every thread."""
    keys = ((thread_id, matter), (ALL_OF_IT, matter))
    return next((key for key in keys if key in tree.holds), None)


def scope_of(hold: Hold) -> Scope:
    """The scope of a hold."""
    return "tree" if hold.covers_below else "thread"


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
