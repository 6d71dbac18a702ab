"""The command that adds items to a thread's history from outside, and its rule."""

from collections.abc import Sequence
from typing import Any, ClassVar

from threadhost.actors.command import Command
from threadhost.actors.errors import NothingToInject
from threadhost.actors.thread import Events, decide
from threadhost.events.injection import ItemsInjected
from threadhost.events.thread import Thread


class InjectItems(Command):
    """Add Responses API items to the model's history; `unknown` ones are kept, but not sent."""

    ignores_state: ClassVar[bool] = True
    items: Sequence[dict[str, Any]]
    unknown: Sequence[dict[str, Any]] = ()


@decide.register
def _inject_items(command: InjectItems, thread: Thread) -> Events:
    if not command.items and not command.unknown:
        raise NothingToInject
    return (ItemsInjected(items=list(command.items), unknown=list(command.unknown)),)
