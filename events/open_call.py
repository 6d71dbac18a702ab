"""A call of the running turn that is not answered yet, as the thread's rules see it."""

from typing import Any

from threadhost.events.host_call import HostCall
from threadhost.events.named_tuple import NamedTuple

MCP_ITEM = "mcpToolCall"
"""The type of the item of a call to an MCP server's tool."""


class OpenCall(NamedTuple):
    """An open call: of a tool (`item`), of the `host`'s own, or questions to the user."""

    call_id: str
    called_at_ms: int
    item: dict[str, Any] | None = None
    questions: list[dict[str, Any]] | None = None
    version: int = 0
    """The version of the call in the stream."""
    reached: bool = True
    """Whether a client or server was there to accept it, as far as is known."""
    host: HostCall | None = None
    asks: tuple[str, ...] = ()
    """Ids of elicitations on its behalf that the user has not answered."""

    @property
    def is_of_server(self) -> bool:
        """Whether an MCP server answers it."""
        return self.item is not None and self.item.get("type") == MCP_ITEM
