"""A websocket with this host's rules: slots, hints for non-HTTP clients, patience for slow ones."""

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
    """A connection that takes a slot, and keeps the opcode of each message's frame."""

    opcodes: deque[Opcode]
    slots: ConnectionSlots
    read_bytes: int
    peer: str
    taken_bytes: Callable[[], int] = staticmethod(lambda: 0)
    """Returns the bytes that the client has taken so far."""
    _heard_bytes = 0
    _whole_bytes = 0
    """The bytes of received frames that the host has not read yet."""
    _unread_pongs = 0
    _is_stranger = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Set the initial state, and take a slot."""
        self.opcodes = deque()
        self.peer = peer_of(transport)
        super().connection_made(transport)
        if hasattr(transport, "max_size"):
            # asyncio's own 256 KiB hold some forty thousand frames, all parsed in one step.
            transport.max_size = self.read_bytes
        self.slots.arrive(self)

    def drop(self) -> None:
        """Hang up at once."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take received bytes; a client that does not speak HTTP gets a hint and is cut off."""
        if not self._heard_bytes and (words := non_http_reply(data)) is not None:
            self._is_stranger = True
            self.transport.write(words)
            self.transport.write_eof()
        self._heard_bytes += len(data)
        if not self._is_stranger:
            super().data_received(data)
            self._note_unheard()

    def taken(self, size_bytes: int) -> None:
        """Uncount a message of this size, which was read."""
        self._whole_bytes -= size_bytes
        self._note_unheard()

    def _note_unheard(self) -> None:
        if self.protocol.reader.eof:
            return  # the client is gone, and its input is dropped
        self.slots.unheard.note(self, len(self.protocol.reader.buffer) + self._whole_bytes)

    def send_data(self) -> None:
        """Send pending data; a non-HTTP client gets a hint, where websockets would only hang up."""
        if self.request is None and self._heard_bytes and not self._is_stranger:
            self._is_stranger = isinstance(self.protocol.handshake_exc, InvalidMessage)
            if self._is_stranger:
                self.transport.write(NOT_HTTP)
        super().send_data()

    def process_event(self, event: Event) -> None:
        """Keep the opcode, which websockets drops; hang up on a peer that pings but never reads."""
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
        event.data = b""  # the parser keeps its last frame until the next one

    def resume_writing(self) -> None:
        """Reset the count of unread pongs: the peer reads again."""
        self._unread_pongs = 0
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the slot of the connection, whatever its state."""
        super().connection_lost(exc)
        self.slots.leave(self)

    async def keepalive(self) -> None:
        """Ping at intervals; close on a peer that sends no pong, nothing else, and reads nothing.

        The pong alone does not decide: a peer with much to read sends it late, and under
        back-pressure the host does not read it.
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
        # Pongs bypass the outbox and go into a buffer without a limit.
        self._unread_pongs += 1
        if self._unread_pongs > UNREAD_PONGS_MAX:
            self.transport.abort()
