"""Sockets that a service manager opened for this process, by systemd's protocol."""

import os
import socket
from collections.abc import Mapping

from threadhost.adapters.cli.parse import UsageError
from threadhost.adapters.config import Listen, Settings

FIRST = 3
"""The number of the first descriptor that is passed."""


def activated(settings: Settings, env: Mapping[str, str], *, is_named: bool) -> Settings:
    """The settings with these sockets added to the named addresses, or alone if none is named.

    Raises UsageError for a descriptor that is no listening socket, and for addresses that exclude
    each other.
    """
    count = env.get("LISTEN_FDS", "")
    if not (count.isascii() and count.isdigit()):
        raise UsageError(
            "LISTEN_FDS is not a number; give the number of sockets, whose descriptors begin at 3"
        )
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)  # they are not meant for programs that this process starts
    addresses = tuple(_address(FIRST + number) for number in range(int(count)))
    if not addresses:
        return settings
    try:
        return settings._replace(listen=addresses + settings.listen * is_named).checked()
    except ValueError as error:
        raise UsageError(str(error)) from None


def _address(descriptor: int) -> Listen:
    try:
        os.set_inheritable(descriptor, False)
        with socket.socket(fileno=os.dup(descriptor)) as duplicate:
            is_listening = duplicate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            family, name = duplicate.family, duplicate.getsockname()
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(
            f"descriptor {descriptor} of LISTEN_FDS is not a socket: {reason}"
        ) from None
    if not is_listening:
        raise UsageError(f"descriptor {descriptor} of LISTEN_FDS is not a listening socket")
    if family == socket.AF_UNIX:
        from pathlib import Path

        return Listen("unix", path=Path(os.fsdecode(name)), descriptor=descriptor)
    return Listen("ws", host=name[0], port=name[1], descriptor=descriptor)
