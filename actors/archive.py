"""Commands that archive and unarchive threads, and their rules."""

from threadhost.actors.command import Command
from threadhost.actors.errors import AlreadyArchived, NotArchived, ThreadNotFound
from threadhost.actors.thread import Events, decide
from threadhost.events.thread import Thread, ThreadArchived, ThreadUnarchived


class ArchiveThread(Command):
    """Archive the thread, because it or a root above it is archived."""

    root_id: str


class UnarchiveThread(Command):
    """Unarchive the thread."""


@decide.register
def _archive_thread(command: ArchiveThread, thread: Thread) -> Events:
    if not thread.exists:
        raise ThreadNotFound(thread.id)
    if thread.archived:
        raise AlreadyArchived(thread.id)
    return (ThreadArchived(root_id=command.root_id),)


@decide.register
def _unarchive_thread(command: UnarchiveThread, thread: Thread) -> Events:
    if not thread.exists:
        raise ThreadNotFound(thread.id)
    if not thread.archived:
        raise NotArchived(thread.id)
    return (ThreadUnarchived(),)
