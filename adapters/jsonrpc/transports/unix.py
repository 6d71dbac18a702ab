"""unix: websocket frames over a socket file that only its owner can use."""

import errno
import os
import socket
import stat
from functools import partial
from pathlib import Path

from websockets.asyncio.server import unix_serve

from threadhost.adapters.config import Limits, Listen
from threadhost.adapters.jsonrpc.transports.admission import Admission, any_caller
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
from threadhost.adapters.jsonrpc.transports.frame_listener import FrameListener
from threadhost.adapters.jsonrpc.transports.frames import Frames

_PATH_BYTES_MAX = 107
_SOCKET_MODE = 0o600


async def open_unix(
    listen: Listen,
    accept: Accept,
    limits: Limits,
    slots: ConnectionSlots,
    refused: Refused = unnoted,
    health: Health = HEALTHY,
) -> FrameListener:
    """Listen on a socket file, and replace one that no process listens on. Raises ListenFailed."""
    if listen.path is None:
        raise ListenFailed(f"listen address `{listen}` names no socket path")
    path = listen.path.absolute()
    peer = Peer("unix", str(path))
    frames = Frames(accept, limits, lambda _: peer, Admission(any_caller), slots, refused, health)
    if listen.descriptor is not None:
        inherited = socket.socket(fileno=listen.descriptor)
        server = await unix_serve(sock=inherited, start_serving=False, **frames.settings())
        return FrameListener(frames, server, listen)
    bound = _bind(path)
    identity = _identity(path)
    server = await unix_serve(sock=bound, start_serving=False, **frames.settings())
    return FrameListener(frames, server, listen, partial(_remove, path, identity))


def _bind(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _PATH_BYTES_MAX:
        raise ListenFailed(
            f"the socket path {path} is too long; give one of up to {_PATH_BYTES_MAX} bytes"
        )
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _require_folder(path)
        _clear(path)
        bound.bind(str(path))
        # No client can connect before it listens, so the mode is set in time. It listens before it
        # serves: another host would take a socket file without a listener for a stale one.
        path.chmod(_SOCKET_MODE)
        bound.listen()
    except OSError as error:
        bound.close()
        raise ListenFailed(f"cannot listen on {path}: {error.strerror or error}") from error
    except ListenFailed:
        bound.close()
        raise
    return bound


def _require_folder(path: Path) -> None:
    """Raise ListenFailed if the folder is missing: its owner makes it and decides who may enter."""
    if not path.parent.is_dir():
        lacks = "is not a folder" if path.parent.exists() else "does not exist"
        raise ListenFailed(f"cannot listen on {path}: {path.parent} {lacks}; make that folder")


def _clear(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ListenFailed(
            f"cannot listen on {path}: the file there is not a socket; give another path"
        )
    if _is_alive(path):
        raise ListenFailed(
            f"cannot listen on {path}: another process listens there; give another path"
        )
    path.unlink(missing_ok=True)


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        result = probe.connect_ex(str(path))
    # A full backlog gives EAGAIN: a process listens there, but is busy.
    return result not in (errno.ECONNREFUSED, errno.ENOENT)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _remove(path: Path, identity: tuple[int, int] | None) -> None:
    """Remove the socket file, unless another process has replaced it."""
    if _identity(path) == identity:
        path.unlink(missing_ok=True)
