"""What a method's handler works with."""

from typing import TYPE_CHECKING, Protocol

from threadhost.actors.origin import Origin
from threadhost.adapters.jsonrpc.hub import Listener
from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.cancelling import CancelKey, Cancellable
    from threadhost.adapters.jsonrpc.client_profile import ClientProfile
    from threadhost.adapters.jsonrpc.context import HostContext
    from threadhost.adapters.jsonrpc.delivery import Delivery
    from threadhost.adapters.jsonrpc.presence import Presence


class Caller(Listener, Protocol):
    """The connection over which a request came, as its handler sees it."""

    delivery: "Delivery"
    who: "ClientProfile"
    presence: "Presence"
    cancellable: "Cancellable"
    folder: str
    """Where relative paths of the client begin; empty for where this process runs."""

    @property
    def identity(self) -> str:
        """Who the client is, however often and from where it connects."""

    @property
    def is_experimental(self) -> bool:
        """Whether the client said that it knows what is experimental."""

    def cancel(self, requested: "CancelKey") -> None:
        """End this request of the client with an error, whether it runs or waits to be begun."""


class Call(NamedTuple):
    """One request under way: the host it asks, the connection it came over, who asks, and what."""

    app: "HostContext"
    session: Caller
    origin: Origin
    method: str
    request_id: str | int

    @property
    def cancel_key(self) -> "CancelKey":
        """By what its client can cancel it."""
        return self.method, self.request_id
