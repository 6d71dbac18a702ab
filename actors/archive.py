"""Commands that put threads away and take them out again, and their rules."""

from threadhost.actors.command import Command
from threadhost.actors.errors import AlreadyArchived, NotArchived, ThreadNotFound
from threadhost.actors.thread import Events, decide
from threadhost.events.thread import Thread, ThreadArchived, ThreadUnarchived


class ArchiveThread(Command):
    """Put the thread away, because it or a root above it is to go out of sight."""

    root_id: str


class UnarchiveThread(Command):
    """Take the thread out again."""


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
