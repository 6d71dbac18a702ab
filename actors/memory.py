"""The command that allows or forbids memories of a thread, and its rule."""

from threadhost.actors.command import Command
from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.thread import Events, decide
from threadhost.events.memory import MemoryMode, MemoryModeSet
from threadhost.events.thread import Thread


class SetMemoryMode(Command):
    """Set whether memories of the thread may be made. A restore repeats it, even if archived."""

    mode: MemoryMode
    is_repeated: bool = False


@decide.register
def _set_memory_mode(command: SetMemoryMode, thread: Thread) -> Events:
    if thread.archived and not command.is_repeated:
        raise ThreadNotFound(thread.id)
    return (MemoryModeSet(mode=command.mode),)
