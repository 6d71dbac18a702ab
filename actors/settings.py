"""The command to change how a thread's next turns work, and its rule."""

from collections.abc import Mapping
from typing import Any

from threadhost.actors.command import Command
from threadhost.actors.errors import SettingsLost
from threadhost.actors.thread import Events, decide
from threadhost.events.thread import Thread, ThreadConfigured


class ChangeSettings(Command):
    """Give these settings of the thread these values."""

    changes: Mapping[str, Any]


@decide.register
def _(command: ChangeSettings, thread: Thread) -> Events:
    if thread.settings is None:
        raise SettingsLost(thread.id)
    changed = thread.settings.model_copy(update=dict(command.changes))
    return () if changed == thread.settings else (ThreadConfigured(settings=changed),)
