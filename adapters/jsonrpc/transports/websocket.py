"""websocket: one JSON object a text frame, on a port that also answers health checks."""

import socket
from typing import Any

from websockets.asyncio.server import serve

from threadhost.adapters.config import Limits, Listen
from threadhost.adapters.jsonrpc.transports.admission import (
    Admission,
    TokenCheck,
    loopback_host,
    one_host,
)
from threadhost.adapters.jsonrpc.transports.base import (
    HEALTHY,
    Accept,
    Health,
    ListenFailed,
    Peer,
    Refused,
    unnoted,
)
from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.adapters.jsonrpc.transports.frame_listener import FrameListener, listen_failed
from threadhost.adapters.jsonrpc.transports.frames import Address, Frames


async def open_websocket(
    listen: Listen,
    accept: Accept,
    limits: Limits,
    slots: ConnectionSlots,
    token_fault: TokenCheck | None = None,
    refused: Refused = unnoted,
    health: Health = HEALTHY,
) -> FrameListener:
    """Listen on a port, 0 for any free one; raises ListenFailed."""
    if token_fault is None and not listen.is_local:
        raise ListenFailed(f"{listen} is open to other machines and requires no token")

    # With port 0 each address family of `localhost` would get a different free port.
    host = "127.0.0.1" if (listen.host, listen.port) == ("localhost", 0) else listen.host
    admission = Admission(loopback_host if listen.is_local else one_host, token_fault)
    frames = Frames(accept, limits, _peer, admission, slots, refused, health)
    try:
        settings = frames.settings()
        address: dict[str, Any] = {"host": host, "port": listen.port}
        if listen.descriptor is not None:
            address = {"sock": socket.socket(fileno=listen.descriptor)}
        server = await serve(start_serving=False, **address, **settings)
    except OSError as error:
        raise listen_failed(listen, error) from error
    port = next(iter(server.sockets)).getsockname()[1]
    return FrameListener(frames, server, listen._replace(port=port))


def _peer(address: Address) -> Peer:
    host, port = (address, 0) if isinstance(address, str) else address[:2]
    return Peer("websocket", Listen("ws", host=host, port=port).authority)
