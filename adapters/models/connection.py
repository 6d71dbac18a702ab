"""One HTTP/1.1 connection over asyncio streams; h11 does the framing."""

import asyncio
import ssl

import h11

from threadhost.adapters.models.time_slices import TimeSlices

CHUNK_BYTES = 64 * 1024
HEAD_BYTES_MAX = 64 * 1024


class Connection:
    """One TCP or TLS connection that carries one exchange at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
        self.has_answered = False
        self.received_bytes = 0
        """Of the exchange under way, as they came over the wire."""
        self.pieces = 0
        """Into which the body was cut."""
        self._kept: h11.Event | None = None
        self._pace = TimeSlices()

    def send(self, request: h11.Request, body: bytes) -> None:
        """Hand a whole request to the transport.

        Nothing waits for it to leave: a server may answer, and refuse, before it has read all.
        """
        head = self._http.send(request) or b""
        if body:
            self._http.send_with_data_passthrough(h11.Data(data=body))
        self._http.send(h11.EndOfMessage())
        self._writer.write(head + body)

    async def next_event(self, timeout_s: float) -> h11.Event | type[h11.PAUSED]:
        """The next piece of the answer; raises TimeoutError, OSError or h11.RemoteProtocolError."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        while True:
            event = self._http.next_event()
            if not isinstance(event, type):
                return event
            if event is h11.PAUSED:
                return h11.PAUSED
            async with asyncio.timeout(timeout_s):
                data = await self._reader.read(CHUNK_BYTES)
            self.has_answered = self.has_answered or bool(data)
            self.received_bytes += len(data)
            self._http.receive_data(data)

    async def next_data(self, timeout_s: float) -> bytes | None:
        """What has come of the body, None at its end; raises as `next_event` does."""
        event = await self.next_event(timeout_s)
        if not isinstance(event, h11.Data):
            return None
        pieces = [bytes(event.data)]
        await self._pace.rest()
        while not self._pace.is_over and (piece := self._piece_at_hand()) is not None:
            pieces.append(piece)
        self.pieces += len(pieces)
        return b"".join(pieces)

    def _piece_at_hand(self) -> bytes | None:
        """A further piece of the body that came along with the last one."""
        try:
            event = self._http.next_event()
        except h11.RemoteProtocolError:
            return None  # the connection is in that state for good: who asks next, hears of it
        if isinstance(event, h11.Data):
            return bytes(event.data)
        self._kept = None if isinstance(event, type) else event
        return None

    async def start_tls(self, tls: ssl.SSLContext, host: str) -> "Connection":
        """Speak TLS from here on, as a fresh connection; raises OSError."""
        await self._writer.start_tls(tls, server_hostname=host)
        return Connection(self._reader, self._writer)

    def start_again(self) -> bool:
        """Make ready for another exchange; False if this connection cannot carry one."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self.has_answered = False
        self.received_bytes = self.pieces = 0
        return True

    def abort(self) -> None:
        """Close at once, whatever is under way; idempotent."""
        self._writer.transport.abort()
