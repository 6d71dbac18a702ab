"""Who is connected to one listener: websockets that take a place, and how many there may be."""

import asyncio
from collections import deque
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from threadhost.adapters.config import Limits

UNREAD_PONGS_MAX: Final = 16_384


class Socket(ServerConnection):
    """One websocket, which also remembers what kind of frame each message came in."""

    opcodes: deque[Opcode]
    crowd: "Crowd"
    _unread_pongs = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing noted; hang up where too many have not yet said what they want."""
        self.opcodes = deque()
        super().connection_made(transport)
        if hasattr(transport, "max_size"):
            # asyncio's own 256 KiB hold some forty thousand frames, all parsed in one go.
            transport.max_size = self.crowd.read_bytes
        if not self.crowd.comes(self):
            self.transport.abort()

    def process_event(self, event: Event) -> None:
        """Note the opcode before websockets forgets it; hang up on who pings and never reads."""
        if isinstance(event, Frame):
            if event.opcode in (Opcode.TEXT, Opcode.BINARY):
                self.opcodes.append(event.opcode)
            elif event.opcode is Opcode.PING and self.paused:
                self._count_pong()
        super().process_event(event)

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._unread_pongs = 0
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place of a connection, however far it came."""
        super().connection_lost(exc)
        self.crowd.goes(self)

    def _count_pong(self) -> None:
        # Pongs go past the outbox, into a buffer without a limit of its own.
        self._unread_pongs += 1
        if self._unread_pongs > UNREAD_PONGS_MAX:
            self.transport.abort()


class Crowd:
    """The clients of a listener, and those whose handshake is not over."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.read_bytes = limits.read_chunk_bytes
        self._arriving: set[Socket] = set()
        self._clients: set[Socket] = set()

    def __len__(self) -> int:
        return len(self._arriving) + len(self._clients)

    def comes(self, socket: Socket) -> bool:
        """Whether one more may say what it wants."""
        if len(self._arriving) >= self._limits.handshakes_max:
            return False
        self._arriving.add(socket)
        return True

    def seats(self, socket: Socket) -> bool:
        """Whether there is a place for one more client; if so, it is taken."""
        if len(self._clients) >= self._limits.connections_max:
            return False
        self._arriving.discard(socket)
        self._clients.add(socket)
        return True

    def goes(self, socket: Socket) -> None:
        """The connection is gone, whatever it was."""
        self._arriving.discard(socket)
        self._clients.discard(socket)
