"""Notifies a service manager of a host's state: datagrams to its socket, by systemd's protocol."""

import socket
from collections.abc import Mapping


def sd_notify(env: Mapping[str, str], *words: str) -> None:
    """Send these assignments to the socket in the environment; never fails.

    A name that begins with `@` is in Linux' abstract namespace, which has no files.
    """
    path = env["NOTIFY_SOCKET"]
    address = "\0" + path[1:] if path.startswith("@") else path
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.sendto("\n".join(words).encode(), address)
    except (OSError, ValueError) as error:
        from threadhost.events.operator_log import GOES_WITHOUT

        GOES_WITHOUT.emit(what="the service manager was not notified", fault=error)
