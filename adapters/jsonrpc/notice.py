"""One notification on its way to clients, encoded once for all of them."""

from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.envelope import notification_bytes
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.shorten import shortened

if TYPE_CHECKING:
    from threadhost.events.damage import Damage


class Notice:
    """A notification, whom it is for, and the cursor it carries.

    `thread_id` None is for every connection. `position` is the position up to which a connection
    has everything once it has this: the event's own for the notification that states it, the one
    before for others made of the same event, which come ahead of it. A fleeting one is of a thread
    that is in no log that could be read again.
    """

    __slots__ = (
        "_message",
        "_params",
        "at_ms",
        "correlation_id",
        "cursor_before",
        "damage",
        "is_experimental",
        "is_fleeting",
        "kind",
        "method",
        "position",
        "thread_id",
    )

    def __init__(
        self,
        params: Notification,
        at_ms: int,
        position: int,
        thread_id: str | None = None,
        kind: str = "",
        correlation_id: str = "",
        *,
        is_fleeting: bool = False,
        states: bool = False,
    ) -> None:
        self.method = params.method
        self.is_experimental = params.is_experimental
        self.thread_id = thread_id
        self.position = position
        self.cursor_before = position - states
        """The cursor of a connection that is about to get this."""
        self.damage: Damage | None = None
        """What could not be read or told, where this is the warning in its place."""
        self.kind = kind
        self.correlation_id = correlation_id
        self.at_ms = at_ms
        self.is_fleeting = is_fleeting
        self._params = params
        self._message: bytes | None = None

    def at(self, position: int) -> "Notice":
        """The same news with a later cursor."""
        return Notice(
            self._params, self.at_ms, position, self.thread_id, self.kind, self.correlation_id
        )

    def encode(self, bytes_max: int) -> bytes:
        """The message, made when the first connection wants it; never raises.

        Texts that make it larger than a message may be are cut; what cannot be written, or not be
        cut to that size, is a warning in its place.
        """
        if self._message is None:
            self._message = self._written(bytes_max) or self._warning()
        return self._message

    def _written(self, bytes_max: int) -> bytes | None:
        try:
            params = self._params.encode()
        except ValueError:
            return None
        message = notification_bytes(self.method, params, self.at_ms, self.position)
        return message if len(message) <= bytes_max else shortened(message, bytes_max)

    def _warning(self) -> bytes:
        from threadhost.adapters.jsonrpc.models.notices import WarningNotification

        fault = "cannot be written, or is larger than a message may be"
        warning = WarningNotification(
            thread_id=self.thread_id, message=f"a notification is left out: {self.method} {fault}"
        )
        return notification_bytes(warning.method, warning.encode(), self.at_ms, self.position)
