"""A notification to clients, encoded once for all of them."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.envelope import notification_bytes
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.outbox import Unwritten
from threadhost.adapters.jsonrpc.shorten import shortened

if TYPE_CHECKING:
    from threadhost.events.damage import Damage


class Notice:
    """A notification with its audience and its position.

    With `thread_id` None it goes to every connection. Once a connection has this notice it has
    everything up to `position`. The last notification of an event has the event's own position; the
    others, which precede it, have the position before. A fleeting notice cannot be read from the
    log again.
    """

    __slots__ = (
        "_is_small",
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
        "size_bytes",
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
        """The position of a connection just before it gets this notice."""
        self.damage: Damage | None = None
        """What could not be read or shown, if this notice is the warning in its place."""
        self.kind = kind
        self.correlation_id = correlation_id
        self.at_ms = at_ms
        self.is_fleeting = is_fleeting
        self._params = params
        self._is_small = False
        self._message: bytes | Unwritten | None = None
        self.size_bytes = 0
        """The size of the message once it is made; an estimate while it is not written."""

    def is_of_small_event(self) -> None:
        """Mark the event as small: a notification that only repeats it needs no size check."""
        self._is_small = self._params.repeats_event

    def at(self, position: int) -> "Notice":
        """The same notice with a later position."""
        return Notice(
            self._params,
            self.at_ms,
            position,
            self.thread_id,
            self.kind,
            self.correlation_id,
            is_fleeting=self.is_fleeting,
        )

    def encode(self, bytes_max: int, cursor_at: Callable[[int], str]) -> bytes | Unwritten:
        """The message, made for the first connection that needs it; a large one is written later.

        Never raises. `cursor_at` gives the cursor of a position. Texts that make the message too
        large are cut; a warning replaces a message that cannot be written or cut far enough.
        """
        if self._message is None:
            cursor = cursor_at(self.position)
            if not self._is_small and self._params.is_large:
                from threadhost.adapters.jsonrpc.json_writing import size_bytes

                # A copy, since a message that refers to this notice would be a reference cycle.
                copy, encode = self.at(self.position), self._params.encode_in_steps
                write = partial(copy.written, bytes_max, cursor, encode)
                self._message = Unwritten(write, size_bytes(self._params))
            else:
                self._message = self.written(bytes_max, cursor, self._params.encode)
            self.size_bytes = len(self._message)
        return self._message

    def written(self, bytes_max: int, cursor: str, encode: Callable[[], bytes]) -> bytes:
        """The message with this cursor, written at once; cut, or a warning, if it is too large."""
        try:
            params = encode()
            message = notification_bytes(self.method, params, self.at_ms, self.position, cursor)
        except ValueError:
            return self._left_out("it cannot be written", cursor)
        if len(message) <= bytes_max:
            return message
        size = f"it has {len(message)} bytes, and a message at most {bytes_max}"
        return shortened(message, bytes_max) or self._left_out(size, cursor)

    def _left_out(self, reason: str, cursor: str) -> bytes:
        from threadhost.adapters.jsonrpc.models.notices import WarningNotification

        thread = getattr(self._params, "thread", None)
        thread_id = getattr(self._params, "thread_id", None) or getattr(thread, "id", None)
        message = (
            f"{self.method} of thread {thread_id} at position {self.position} was left out:"
            f" {reason}; `thread/items/list` reads its content"
        )
        warning = WarningNotification(thread_id=thread_id, message=message)
        params = warning.encode()
        return notification_bytes(warning.method, params, self.at_ms, self.position, cursor)
