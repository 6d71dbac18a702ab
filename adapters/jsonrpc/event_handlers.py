"""The handlers that turn events into notifications: each noun has its own in its own file."""

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
"""Gives the usable tokens of a thread's model, by the thread's id; None if not known."""


class Source(Protocol):
    """Reads what notifications need beside the events. Raises OutOfResources: try again later."""

    def begun(self, recorded: Sequence[Recorded]) -> Mapping[str, ThreadRow]:
        """The threads that began in these new events, as far as the events alone describe them."""

    async def rows(self, thread_ids: Sequence[str], at: int) -> Mapping[str, ThreadRow]:
        """Those of these threads that exist, for notifications at a position."""

    async def final_item(self, thread_id: str, turn_id: str) -> dict[str, Any] | None:
        """The last message of a turn, if it has one that can be shown."""

    async def error(self, thread_id: str, turn_id: str) -> ErrorRecorded | None:
        """The error of a turn, if it failed."""

    async def objective(self, thread_id: str, version: int) -> str:
        """A goal's objective, by the version of its event. Raises LookupError if unreadable."""


class _Handlers(dict[type, Handler | None]):
    """The handler by type of event; None for a type without notifications.

    A noun's handlers are imported on demand, from the module that the table of nouns names.
    """

    def __missing__(self, event: type) -> Handler | None:
        noun = noun_of(event)
        if noun is not None and noun.notified_by:
            import_module(f"{__package__}.{noun.notified_by}")
        return self.setdefault(event, None)


HANDLERS = _Handlers()


def handles(*types: type[Event]) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of these types of event."""

    def declare(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(types, handler))
        return handler

    return declare


def status_changed(thread_id: str, name: str) -> tuple[Notification, bool]:
    """The notification of a thread's status, for every connection."""
    return ThreadStatusChangedNotification(thread_id=thread_id, status=render.status(name)), True
