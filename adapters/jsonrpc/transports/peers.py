"""The peer of a connection, as far as the kernel knows it."""

import socket
import struct
from asyncio import BaseTransport
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

_NETWORK_BITS = 64
"""The bits of an IPv6 address that name a site; one peer may have all addresses with them."""
_HERE = "this machine"
_LOCAL_LEVEL, _LOCAL_PEERPID = 0, 2
"""The socket option of macOS for the peer's process."""


def peer_of(transport: BaseTransport) -> str:
    """The peer's network address, or its user and process for a socket file."""
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
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return _HERE  # a process may use any loopback address
    if isinstance(address, IPv4Address):
        return str(address)
    return f"{int(address) >> _NETWORK_BITS:x}"
