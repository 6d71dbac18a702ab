"""Whose a connection is, as far as the kernel tells."""

import socket
import struct
from asyncio import BaseTransport
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

_NETWORK_BITS = 64
"""What a site gets of the addresses of IPv6: whoever has one address has all of these."""
_HERE = "this machine"
_LOCAL_LEVEL, _LOCAL_PEERPID = 0, 2
"""Of macOS."""


def peer_of(transport: BaseTransport) -> str:
    """The network address, or user and process at the other end of a socket file."""
    end: Any = transport.get_extra_info("socket")
    if end is None:
        return ""
    if end.family == socket.AF_UNIX:
        return _process(end)
    address = transport.get_extra_info("peername")
    return _site(address[0]) if address else ""


def _process(end: Any) -> str:  # noqa: ANN401 - asyncio's own wrapper
    with suppress(OSError, AttributeError):
        level, option = socket.SOL_SOCKET, socket.SO_PEERCRED
        pid, uid, _ = struct.unpack("3i", end.getsockopt(level, option, struct.calcsize("3i")))
        return f"user {uid} process {pid}"
    with suppress(OSError):
        return f"process {end.getsockopt(_LOCAL_LEVEL, _LOCAL_PEERPID)}"
    return _HERE


def _site(host: str) -> str:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 6:  # noqa: PLR2004
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return _HERE  # a process may come from any of these
    return str(address) if address.version == 4 else f"{int(address) >> _NETWORK_BITS:x}"  # noqa: PLR2004
