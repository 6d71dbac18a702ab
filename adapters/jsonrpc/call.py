"""The call that a method's handler receives: the host, the caller and the origin."""

from typing import TYPE_CHECKING, Protocol

from threadhost.actors.origin import Origin
from threadhost.adapters.jsonrpc.followers import Listener
from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.cancelling import CancelKey, Cancellable
    from threadhost.adapters.jsonrpc.client_profile import ClientProfile
    from threadhost.adapters.jsonrpc.context import HostContext
    from threadhost.adapters.jsonrpc.delivery import Delivery
    from threadhost.adapters.jsonrpc.presence import Presence


class Caller(Listener, Protocol):
    """The connection that sent a request, as the handler sees it."""

    delivery: "Delivery"
    who: "ClientProfile"
    presence: "Presence"
    cancellable: "Cancellable"
    folder: str
    """The folder that the client's relative paths start from; empty for this process's own."""

    @property
    def identity(self) -> str:
        """The identity of the client, the same over all its connections."""

    @property
    def is_experimental(self) -> bool:
        """Whether the client asked for the experimental API."""

    def cancel(self, requested: "CancelKey") -> None:
        """End this request of the client with an error, whether it runs or waits."""


class Call(NamedTuple):
    """One request under way: the host, the connection, the origin, the method and the id."""

    app: "HostContext"
    session: Caller
    origin: Origin
    method: str
    request_id: str | int

    @property
    def cancel_key(self) -> "CancelKey":
        """The key by which its client can cancel it."""
        return self.method, self.request_id
