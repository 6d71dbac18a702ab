"""Opens an address to listen on, by the transport of its scheme."""

from typing import TYPE_CHECKING

from threadhost.adapters.config import Limits, Listen
from threadhost.adapters.jsonrpc.transports.base import (
    HEALTHY,
    Accept,
    Health,
    Listener,
    Refused,
    unnoted,
)
from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.transports.admission import TokenCheck


async def open_listener(
    listen: Listen,
    accept: Accept,
    limits: Limits,
    token_fault: "TokenCheck | None" = None,
    slots: ConnectionSlots | None = None,
    refused: Refused = unnoted,
    health: Health = HEALTHY,
    *,
    begins: bool = True,
) -> Listener:
    """Open an address; `token_fault` checks the tokens of clients at a port. Raises ListenFailed.

    Listeners that share `slots` share the limits of connections. Without `begins` the address is
    only reserved: no client is served before `Listener.begin`.
    """
    slots = ConnectionSlots(limits) if slots is None else slots
    # Each transport is imported only if used: websockets costs 40 ms of a cold start.
    if listen.scheme == "stdio":
        from threadhost.adapters.jsonrpc.transports.stdio import open_stdio

        return await open_stdio(accept, limits)
    opened: Listener
    if listen.scheme == "unix":
        from threadhost.adapters.jsonrpc.transports.unix import open_unix

        opened = await open_unix(listen, accept, limits, slots, refused, health)
    else:
        from threadhost.adapters.jsonrpc.transports.websocket import open_websocket

        opened = await open_websocket(listen, accept, limits, slots, token_fault, refused, health)
    if begins:
        await opened.begin()
    return opened
