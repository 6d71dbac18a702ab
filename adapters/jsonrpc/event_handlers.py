"""The handlers by which events are told, a noun's own in its own file, and what they give."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.thread_notifications import ThreadStatusChangedNotification
from threadhost.events.base import Event, Recorded
from threadhost.events.nouns import noun_of
from threadhost.events.turn import ErrorRecorded
from threadhost.projections.listing import ThreadRow

Addressed = Iterable[tuple[Notification, bool]]
"""Notifications in order, and for each whether it goes to every connection."""
Handler = Callable[[Any, str, Recorded], Addressed]
"""`handler(notifier, thread_id, fact)`."""


Window = Callable[[str], int | None]
"""The tokens that the history of a thread is measured by, as far as they are known."""


class Source(Protocol):
    """Where a notifier reads what events do not say. Raises OutOfResources, for now."""

    def begun(self, recorded: Sequence[Recorded]) -> Mapping[str, ThreadRow]:
        """Threads that began in events which were just committed, where these say all of them."""

    async def rows(self, thread_ids: Sequence[str], at: int) -> Mapping[str, ThreadRow]:
        """These threads, as far as there are any, as news of them at a position is told."""

    async def final_item(self, thread_id: str, turn_id: str) -> dict[str, Any] | None:
        """The last message of a turn, if it has one to be shown."""

    async def error(self, thread_id: str, turn_id: str) -> ErrorRecorded | None:
        """Why a turn failed, if it did."""

    async def objective(self, thread_id: str, version: int) -> str:
        """What a goal is, by where that stands. Raises LookupError if that cannot be read."""


class _Handlers(dict[type, Handler | None]):
    """How events are told, by type; None for those of which nothing is.

    Handlers that are not imported yet are those of nouns: the nouns' table says where.
    """

    def __missing__(self, event: type) -> Handler | None:
        noun = noun_of(event)
        if noun is not None and noun.told_by:
            import_module(f"{__package__}.{noun.told_by}")
        return self.setdefault(event, None)


HANDLERS = _Handlers()


def handles(*types: type[Event]) -> Callable[[Handler], Handler]:
    """Declare how events of these types are told."""

    def declare(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(types, handler))
        return handler

    return declare


def status_changed(thread_id: str, name: str) -> tuple[Notification, bool]:
    """Everyone hears the status of a thread."""
    return ThreadStatusChangedNotification(thread_id=thread_id, status=render.status(name)), True
