"""When the host runs out of file descriptors for connections: makes room, and logs it at times."""

import asyncio
from typing import Any, Final

from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.events.operator_log import CANNOT_ACCEPT

OUT_OF_RESOURCES: Final = "socket.accept() out of system resource"
"""The message of asyncio, a hundred times for each try; it retries after a second."""
ROOM_EVERY_S: Final = 1
QUIET_S: Final = 60


class AcceptErrors:
    """Handles the errors that an event loop reports."""

    def __init__(self, slots: ConnectionSlots) -> None:
        self._slots = slots
        self._room_after_s = self._said_after_s = float("-inf")

    def look(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle an error as an exception handler of a loop."""
        if context.get("message") != OUT_OF_RESOURCES:
            loop.default_exception_handler(context)
            return
        now_s = loop.time()
        if now_s >= self._room_after_s:
            self._room_after_s = now_s + ROOM_EVERY_S
            self._slots.make_room()
        if now_s >= self._said_after_s:
            self._said_after_s = now_s + QUIET_S
            reason = getattr(context.get("exception"), "strerror", "")
            CANNOT_ACCEPT.emit(why=reason)
