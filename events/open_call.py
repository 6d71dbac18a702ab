"""A call of the running turn that nobody has answered yet, as the thread's rules see it."""

from typing import Any

from threadhost.events.host_call import HostCall
from threadhost.events.named_tuple import NamedTuple

MCP_ITEM = "mcpToolCall"
"""The type of item that a call of an MCP server's tool is."""


class OpenCall(NamedTuple):
    """An open call: of a tool (`item`), of the `host`'s own, or questions to the user."""

    call_id: str
    called_at_ms: int
    item: dict[str, Any] | None = None
    questions: list[dict[str, Any]] | None = None
    version: int = 0
    """Where in the stream it stands."""
    reached: bool = True
    """Whether somebody outside was there to take it on, as far as is known."""
    host: HostCall | None = None
    asks: tuple[str, ...] = ()
    """What the user was asked on its behalf and has not answered, by id."""

    @property
    def is_of_server(self) -> bool:
        """Whether an MCP server answers it."""
        return self.item is not None and self.item.get("type") == MCP_ITEM
