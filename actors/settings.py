"""The command that changes the settings of a thread's next turns, and its rule."""

from collections.abc import Mapping
from typing import Any

from threadhost.actors.command import Command
from threadhost.actors.errors import SettingsLost
from threadhost.actors.thread import Events, decide
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import Thread, ThreadConfigured, ThreadSettings


class SettingsChange(NamedTuple):
    """A change of a thread's settings, applied to those in force at the decision.

    A `config` is merged key by key. `base` replaces settings that cannot be read.
    """

    values: Mapping[str, Any]
    base: ThreadSettings | None = None

    def of(self, thread: Thread) -> ThreadSettings:
        """The changed settings of the thread. Raises SettingsLost if there are none to change."""
        settings = thread.settings or self.base
        if settings is None:
            raise SettingsLost(thread.id)
        return self.applied_to(settings)

    def applied_to(self, settings: ThreadSettings) -> ThreadSettings:
        """These settings with the change."""
        values = dict(self.values)
        if "config" in values:
            values["config"] = {**settings.config, **values["config"]}
        return settings.model_copy(update=values)


class ChangeSettings(Command):
    """Change the settings of the thread from its next turn on."""

    change: SettingsChange


@decide.register
def _change_settings(command: ChangeSettings, thread: Thread) -> Events:
    return configured(command.change, thread)


def configured(change: SettingsChange, thread: Thread) -> Events:
    """The record of a change; nothing if it changes nothing. Raises SettingsLost."""
    changed = change.of(thread)
    return () if changed == thread.settings else (ThreadConfigured(settings=changed),)
