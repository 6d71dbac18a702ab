"""The command that changes the metadata of a thread, and its rule."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from threadhost.actors.command import Command
from threadhost.actors.thread import Events, decide
from threadhost.events.metadata import MetadataUpdated
from threadhost.events.thread import Thread

NOTHING: Mapping[str, str | None] = MappingProxyType({})


class UpdateMetadata(Command):
    """Change the given ones of `sha`, `branch` and `origin_url` (None clears), and `daybreak`."""

    ignores_state: ClassVar[bool] = True
    git: Mapping[str, str | None] = NOTHING
    daybreak: bool | None = None


@decide.register
def _update_metadata(command: UpdateMetadata, thread: Thread) -> Events:
    if not command.git and command.daybreak is None:
        return ()
    return (MetadataUpdated(git=dict(command.git), daybreak=command.daybreak),)
