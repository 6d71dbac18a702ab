"""What a method's handler works with."""

from typing import TYPE_CHECKING

from threadhost.actors.origin import Origin
from threadhost.events.records import NamedTuple

if TYPE_CHECKING:
    from threadhost.adapters.app import App
    from threadhost.adapters.jsonrpc.session import Session


class Call(NamedTuple):
    """One request under way: the host it asks, the connection it came over, who asks, and what."""

    app: "App"
    session: "Session"
    origin: Origin
    method: str
    request_id: str | int
