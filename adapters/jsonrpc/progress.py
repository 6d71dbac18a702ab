"""Progress notifications for the client of a long request."""

from collections.abc import Callable
from typing import Final

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.models.base import Notification

PACE_MS: Final = 100
"""The shortest time between two notifications, in milliseconds; the last one is always sent."""


class Progress:
    """The progress of one request: only its own connection gets it, and nothing waits for it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._newest_ms = 0

    def tell(self, notification: Callable[[], Notification], *, is_over: bool) -> None:
        """Make and send the notification, unless the last one is too recent."""
        app = self._call.app
        now_ms = app.clock.now_ms()
        if now_ms - self._newest_ms >= PACE_MS or is_over:
            self._newest_ms = now_ms
            self._call.session.delivery.deliver_now(app.hub.notice(notification()))
