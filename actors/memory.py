"""The command to allow or forbid memories of a thread, and its rule."""

from threadhost.actors.command import Command
from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.thread import Events, decide
from threadhost.events.memory import MemoryMode, MemoryModeSet
from threadhost.events.thread import Thread


class SetMemoryMode(Command):
    """Whether memories may be made of the thread."""

    mode: MemoryMode


@decide.register
def _set_memory_mode(command: SetMemoryMode, thread: Thread) -> Events:
    if thread.archived:
        raise ThreadNotFound(thread.id)
    return (MemoryModeSet(mode=command.mode),)
