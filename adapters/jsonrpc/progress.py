"""Telling who asked how far a long request has come."""

from collections.abc import Callable
from typing import Final

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.models.base import Notification

PACE_MS: Final = 100
"""How often that is told, at most, but for the end."""


class Progress:
    """Of one request; only its own connection hears, and nothing waits for it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._newest_ms = 0

    def tell(self, notification: Callable[[], Notification], *, is_over: bool) -> None:
        """Tell it, unless that was done just now; it is made only then."""
        app = self._call.app
        now_ms = app.clock.now_ms()
        if now_ms - self._newest_ms >= PACE_MS or is_over:
            self._newest_ms = now_ms
            self._call.session.delivery.deliver_now(app.hub.notice(notification()))
