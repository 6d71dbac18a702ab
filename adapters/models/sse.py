"""An incremental parser of server-sent events (the WHATWG HTML standard's event stream)."""

import re
from itertools import starmap

from threadhost.events.named_tuple import NamedTuple

NOISE_BYTES_MAX = 16 * 1024
IGNORED = frozenset({b"", b"id", b"retry"})
"""Fields of a stream that are ignored; a line with an empty field name is a comment."""
PLAIN = rb"(?:event: ?(.*+)\n)?data: ?(.*+)\n\n"
"""The form in which most servers write all of their events, with line feeds alone."""
PLAIN_EVENT = re.compile(PLAIN)
PLAIN_EVENTS = re.compile(rb"(?:%b)++" % PLAIN)


class ServerSentEvent(NamedTuple):
    """One dispatched event; `name` is empty if the stream named none."""

    name: bytes
    data: bytes


class EventTooLarge(Exception):
    """One event has more bytes than allowed."""


class EventStreamParser:
    """Parses chunks of bytes, cut anywhere, into events; keeps at most one event in memory."""

    def __init__(self, event_bytes_max: int) -> None:
        self.noise: list[bytes] = []
        """The first lines that belong to no event."""
        self._noise_left_bytes = NOISE_BYTES_MAX
        self._event_bytes_max = event_bytes_max
        self._unfinished: list[bytes] = []
        self._unfinished_bytes = 0
        self._after_cr = False
        self._at_start = True
        self._name = b""
        self._data: list[bytes] = []
        self._data_bytes = 0

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Parse a chunk; returns the events it completed. Raises EventTooLarge."""
        events: list[ServerSentEvent] = []
        at = 0
        if not self._is_between_events:
            at = chunk.find(b"\n\n") + 2 if b"\n\n" in chunk else len(chunk)
            self._feed_lines(chunk[:at], events)
        if self._is_between_events and b"\r" not in chunk:
            plain = PLAIN_EVENTS.match(chunk, at)
            if plain is not None:
                self._at_start = False
                events += starmap(ServerSentEvent, PLAIN_EVENT.findall(chunk, at, plain.end()))
                at = plain.end()
        if at < len(chunk):
            self._feed_lines(chunk[at:], events)
        if self._unfinished_bytes + self._data_bytes > self._event_bytes_max:
            raise EventTooLarge
        return events

    @property
    def _is_between_events(self) -> bool:
        return not (self._unfinished or self._data or self._name or self._after_cr)

    def _feed_lines(self, chunk: bytes, events: list[ServerSentEvent]) -> None:
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        for line in self._whole_lines(chunk):
            if line:
                self._take_field(line)
            elif (event := self._dispatch()) is not None:
                events.append(event)

    def end(self) -> list[ServerSentEvent]:
        """The last event of the stream, if only its blank line is missing.

        The standard drops it; but servers omit that line, and an event that was cut off is no valid
        JSON anyway.
        """
        if self._unfinished:
            self._take_field(b"".join(self._unfinished))
            self._unfinished.clear()
        event = self._dispatch()
        return [event] if event is not None else []

    def _whole_lines(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk ends; the rest after the last one is kept in pieces.

        Joining the pieces for each chunk would take quadratic time on a long line.
        """
        if b"\n" not in chunk and b"\r" not in chunk:
            self._keep(chunk)
            return []
        self._after_cr = chunk.endswith(b"\r")
        self._unfinished.append(chunk)
        lines = b"".join(self._unfinished).splitlines()
        self._unfinished.clear()
        self._unfinished_bytes = 0
        if not chunk.endswith((b"\n", b"\r")):
            self._keep(lines.pop())
        if self._at_start and lines:
            self._at_start = False
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        return lines

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._unfinished.append(piece)
            self._unfinished_bytes += len(piece)

    def _take_field(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
            self._data_bytes += len(value) + 1
        elif field == b"event":
            self._name = value
        elif field not in IGNORED and self._noise_left_bytes > 0:
            self.noise.append(line[: self._noise_left_bytes])
            self._noise_left_bytes -= len(line)

    def _dispatch(self) -> ServerSentEvent | None:
        event = ServerSentEvent(self._name, b"\n".join(self._data)) if self._data else None
        self._name = b""
        self._data.clear()
        self._data_bytes = 0
        return event
