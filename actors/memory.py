"""The command to allow or forbid memories of a thread, and its rule."""

from dataclasses import dataclass
from typing import ClassVar

from threadhost.actors.thread import Command, Events, decide
from threadhost.events.memory import MemoryMode, MemoryModeSet
from threadhost.events.thread import Thread


@dataclass(frozen=True, slots=True)
class SetMemoryMode(Command):
    """Whether memories may be made of the thread."""

    is_blind: ClassVar[bool] = True
    mode: MemoryMode


@decide.register
def _(command: SetMemoryMode, thread: Thread) -> Events:
    del thread
    return (MemoryModeSet(mode=command.mode),)
