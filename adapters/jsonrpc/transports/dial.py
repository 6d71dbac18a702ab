"""The client's end of a websocket, over a port or over a socket file.

Import it where it is used: it imports websockets.
"""

import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.http11 import Response

from threadhost.adapters.client.link import LinkClosed
from threadhost.adapters.config import Limits, Listen

OPEN_TIMEOUT_S = 10
WORDS_BYTES_MAX = 200
"""The bytes that are shown of the answer of a server that refuses the websocket."""

_LOGGER = logging.getLogger("threadhost.wire.dial")
_LOGGER.setLevel(logging.WARNING)  # below this level websockets logs tokens and frames


class DialFailed(Exception):
    """No server speaks the protocol at this address; the message says which address and why."""


class Unauthorized(DialFailed):
    """The host requires a token, or another one; the message has the host's text."""


class _Straight(connect):
    """A connection that follows no redirect: a host never sends one."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class FrameLink:
    """One JSON message a text frame; see `Link`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    async def dial(cls, address: Listen, limits: Limits, token: str | None = None) -> Self:
        """Connect, to a port with a token if there is one; raises DialFailed or Unauthorized."""
        settings: dict[str, Any] = {
            "compression": None,
            "max_size": 2 * limits.frame_bytes_max,
            "open_timeout": OPEN_TIMEOUT_S,
            "proxy": None,
            "logger": _LOGGER,
        }
        try:
            if isinstance(address.path, Path):
                unix = unix_connect(str(address.path), **settings)
                return cls(await unix)
            straight = _Straight(str(address), additional_headers=_shown(token), **settings)
            return cls(await straight)
        except InvalidStatus as error:
            status, words = error.response.status_code, _words_of(error.response)
            if status != HTTPStatus.UNAUTHORIZED:
                raise DialFailed(f"cannot connect to {address}: {words} ({status})") from error
            raise Unauthorized(f"cannot connect to {address}: {words}") from None
        except (OSError, WebSocketException, TimeoutError) as error:
            raise DialFailed(f"cannot connect to {address}: {error}") from error

    async def send(self, message: bytes) -> None:
        """Send one message."""
        try:
            await self._socket.send(message, text=True)
        except ConnectionClosed:
            raise LinkClosed from None

    async def receive(self) -> bytes:
        """The next message."""
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed:
            raise LinkClosed from None

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close()


def _words_of(answer: Response) -> str:
    """The server's reason to refuse the websocket, made printable: it may be any server."""
    text = (answer.body or b"")[:WORDS_BYTES_MAX].decode(errors="replace")
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return words or answer.reason_phrase or "the server there is not a websocket server"


def _shown(token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise DialFailed(
            "a token may have only letters, digits and punctuation of ASCII, without spaces"
        )
    return {"Authorization": f"Bearer {token}"}
