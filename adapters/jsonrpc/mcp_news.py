"""Notifications of MCP servers that are no events: their start, and the progress of calls."""

from threadhost.actors.ports import ToolCall
from threadhost.adapters.jsonrpc.hub import Hub
from threadhost.adapters.jsonrpc.models.mcp import (
    McpServerFailureReason,
    McpServerStartupState,
    McpServerStatusUpdatedNotification,
    McpToolCallProgressNotification,
)
from threadhost.adapters.mcp.server import ServerStatus, State

TOLD: dict[State, McpServerStartupState] = {
    "starting": "starting",
    "connected": "ready",
    "authenticationRequired": "failed",
    "failed": "failed",
}
"""The wire names of the states that clients are notified of."""
REASONS: dict[State, McpServerFailureReason] = {
    "authenticationRequired": "reauthenticationRequired"
}


class McpNews:
    """Notifies the clients of a host."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def server_is(
        self,
        name: str,
        status: ServerStatus,
        thread_id: str | None = None,
        correlation_id: str = "",
    ) -> None:
        """Notify everyone of a server's state; with a thread, its followers alone."""
        wire_status = TOLD.get(status.state)
        if wire_status is not None:
            notification = McpServerStatusUpdatedNotification(
                thread_id=thread_id,
                name=name,
                status=wire_status,
                error=status.error or status.offered.left_out or None,
                failure_reason=REASONS.get(status.state),
            )
            self._hub.say(notification, thread_id, correlation_id)

    def progressed(self, call: ToolCall, words: str) -> None:
        """A server reported the progress of a call."""
        notification = McpToolCallProgressNotification(
            thread_id=call.thread_id, turn_id=call.turn_id, item_id=call.call_id, message=words
        )
        self._hub.say(notification, call.thread_id)
