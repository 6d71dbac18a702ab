"""One websocket as this host wants it: counted, with words for strangers, patient with the slow."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Event

from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.adapters.jsonrpc.transports.non_http_reply import NOT_HTTP, non_http_reply
from threadhost.adapters.jsonrpc.transports.peers import peer_of

UNREAD_PONGS_MAX: Final = 16_384
DATA: Final = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class Socket(ServerConnection):
    """A connection that takes a place, and remembers what kind of frame each message came in."""

    opcodes: deque[Opcode]
    slots: ConnectionSlots
    read_bytes: int
    peer: str
    taken_bytes: Callable[[], int] = staticmethod(lambda: 0)
    """What its client has taken of what was there for it."""
    _heard_bytes = 0
    _whole_bytes = 0
    """Of frames that are there and that nobody has taken."""
    _unread_pongs = 0
    _is_stranger = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing noted."""
        self.opcodes = deque()
        self.peer = peer_of(transport)
        super().connection_made(transport)
        if hasattr(transport, "max_size"):
            # asyncio's own 256 KiB hold some forty thousand frames, all parsed in one go.
            transport.max_size = self.read_bytes
        self.slots.arrive(self)

    def drop(self) -> None:
        """Hang up at once."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Hear it; whoever begins with something that is no HTTP is told what is spoken here."""
        if not self._heard_bytes and (words := non_http_reply(data)) is not None:
            self._is_stranger = True
            self.transport.write(words)
            self.transport.write_eof()
        self._heard_bytes += len(data)
        if not self._is_stranger:
            super().data_received(data)
            self._note_unheard()

    def taken(self, size_bytes: int) -> None:
        """A message of this size was looked at."""
        self._whole_bytes -= size_bytes
        self._note_unheard()

    def _note_unheard(self) -> None:
        if self.protocol.reader.eof:
            return  # it is gone, and so is what it kept
        self.slots.unheard.note(self, len(self.protocol.reader.buffer) + self._whole_bytes)

    def send_data(self) -> None:
        """Send what is to be sent; in words, where websockets would only hang up."""
        if self.request is None and self._heard_bytes and not self._is_stranger:
            self._is_stranger = isinstance(self.protocol.handshake_exc, InvalidMessage)
            if self._is_stranger:
                self.transport.write(NOT_HTTP)
        super().send_data()

    def process_event(self, event: Event) -> None:
        """Note the opcode before websockets forgets it; hang up on who pings and never reads."""
        if not isinstance(event, Frame):
            super().process_event(event)
            return
        if event.opcode in DATA:
            self._whole_bytes += len(event.data)
        if event.opcode in (Opcode.TEXT, Opcode.BINARY):
            self.opcodes.append(event.opcode)
        elif event.opcode is Opcode.PING and self.paused:
            self._count_pong()
        super().process_event(replace(event))
        event.data = b""  # the parser keeps the last frame that it read until there is another

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._unread_pongs = 0
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place of a connection, however far it came."""
        super().connection_lost(exc)
        self.slots.leave(self)

    async def keepalive(self) -> None:
        """Ping now and then; close on a peer that neither answers, nor says or takes anything.

        A pong comes late from who has much to read first, and is not heard of who is not listened
        to because of that.
        """
        try:
            while self.ping_interval is not None:
                await asyncio.sleep(self.ping_interval)
                pong = asyncio.ensure_future(await self.ping())
                while not pong.done():
                    before = self._signs_of_life()
                    await asyncio.wait([pong], timeout=self.ping_timeout)
                    if not pong.done() and self._signs_of_life() == before:
                        await self._give_up()
        except ConnectionClosed:
            return

    def _signs_of_life(self) -> tuple[int, int, int]:
        unsent = self.transport.get_write_buffer_size()
        return self._heard_bytes, self.taken_bytes(), unsent

    async def _give_up(self) -> None:
        async with self.send_context():
            self.protocol.fail(CloseCode.INTERNAL_ERROR, "keepalive ping timeout")

    def _count_pong(self) -> None:
        # Pongs go past the outbox, into a buffer without a limit of its own.
        self._unread_pongs += 1
        if self._unread_pongs > UNREAD_PONGS_MAX:
            self.transport.abort()
