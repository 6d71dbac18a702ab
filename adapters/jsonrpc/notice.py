"""One notification on its way to clients, encoded once for all of them."""

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
    """A notification, whom it is for, and the cursor it carries.

    `thread_id` None is for every connection. `position` is the position up to which a connection
    has everything once it has this: the event's own for the notification that states it, the one
    before for others made of the same event, which come ahead of it. A fleeting one is of a thread
    that is in no log that could be read again.
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
        """The cursor of a connection that is about to get this."""
        self.damage: Damage | None = None
        """What could not be read or told, where this is the warning in its place."""
        self.kind = kind
        self.correlation_id = correlation_id
        self.at_ms = at_ms
        self.is_fleeting = is_fleeting
        self._params = params
        self._is_small = False
        self._message: bytes | Unwritten | None = None
        self.size_bytes = 0
        """Of the message, once it is made; about, of one that is not written yet."""

    def is_of_small_event(self) -> None:
        """Nothing in the event can be large, so nobody need look whether what repeats it is."""
        self._is_small = self._params.repeats_event

    def at(self, position: int) -> "Notice":
        """The same news with a later cursor."""
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
        """The message, made when the first connection wants it; a large one is written later.

        Never raises. `cursor_at` says what cursor a position has. Texts that make it larger than a
        message may be are cut; a warning stands in the place of what cannot be written, or not be
        cut so far.
        """
        if self._message is None:
            cursor = cursor_at(self.position)
            if not self._is_small and self._params.is_large:
                from threadhost.adapters.jsonrpc.json_writing import size_bytes

                # Of a copy: what keeps the message would keep itself alive with it otherwise.
                copy, encode = self.at(self.position), self._params.encode_in_steps
                write = partial(copy.written, bytes_max, cursor, encode)
                self._message = Unwritten(write, size_bytes(self._params))
            else:
                self._message = self.written(bytes_max, cursor, self._params.encode)
            self.size_bytes = len(self._message)
        return self._message

    def written(self, bytes_max: int, cursor: str, encode: Callable[[], bytes]) -> bytes:
        """The message, however large it is, under this cursor."""
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
            f" {reason}; `thread/items/list` reads what it told of"
        )
        warning = WarningNotification(thread_id=thread_id, message=message)
        params = warning.encode()
        return notification_bytes(warning.method, params, self.at_ms, self.position, cursor)
