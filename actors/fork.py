"""Commands that fork threads, and their rules: a fork owns what it takes over."""

from collections.abc import Sequence

from threadhost.actors.command import Command
from threadhost.actors.errors import ThreadBeingDeleted
from threadhost.actors.thread import Events, RecoverThread, StartThread, decide
from threadhost.actors.tree import decide as decide_tree
from threadhost.events.base import Event
from threadhost.events.fold import foresee
from threadhost.events.thread import Thread, ThreadActivated, ThreadConfigured, ThreadStarted
from threadhost.events.tree import ThreadForked, Tree


class ForkThread(StartThread):
    """Bring a thread to life that goes on from where another stands.

    What ran in the source at that moment is interrupted in the fork.
    """

    source_id: str = ""
    inherited: Sequence[Event] = ()
    at_ms: int = 0


class RecordFork(Command):
    """Note in the source's tree that there is a fork, which outlives it."""

    source_id: str
    fork_id: str


@decide.register
def _(command: ForkThread, thread: Thread) -> Events:
    born: list[Event] = [
        ThreadStarted(
            thread_id=command.thread_id,
            session_id=command.thread_id,
            forked_from_id=command.source_id,
            ephemeral=command.ephemeral,
            source=command.source,
            history_mode=command.history_mode,
        ),
        ThreadConfigured(settings=command.settings),
        *command.inherited,
    ]
    left = decide(RecoverThread("forked", command.at_ms), foresee(thread, born))
    return (*born, *left, ThreadActivated(incarnation=1))


@decide_tree.register
def _(command: RecordFork, tree: Tree) -> Events:
    if command.source_id in tree.fenced:
        raise ThreadBeingDeleted(command.source_id)
    return (ThreadForked(source_id=command.source_id, fork_id=command.fork_id),)
