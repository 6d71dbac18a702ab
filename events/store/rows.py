"""Rows of the log as they are stored, and the heads of streams."""

from collections.abc import Sequence
from typing import Any

from threadhost.events.base import StreamState
from threadhost.events.named_tuple import NamedTuple

LINKED_COLUMNS = 10
"""The columns of a row, from `position` to `key_id`, that its link covers."""

Row = tuple[list[object], bytes, str | None, bytes]
"""A row to be written: (linked columns, payload, blob, digest), without its place.

Position and decision are still 0. It is a bare tuple, like `codec.Draft`, because one is made for
each event that is written.
"""


class LogRow(NamedTuple):
    """A row with its place in the log.

    `decision` is the first position of its append. `payload` is None once the event is purged, and
    empty if a blob holds it.
    """

    position: int
    decision: int
    stream: str
    version: int
    kind: str
    recorded_at_ms: int
    principal: str
    correlation_id: str
    causation_id: str
    key_id: int | None
    payload: bytes | None
    blob: str | None
    digest: bytes
    chain: bytes


PAYLOAD_COLUMN = LogRow._fields.index("payload")

BodyRow = tuple[int, str, int, str, int | None, bytes | str | None, str | None, bytes]
"""What opening a body needs: position, stream, version, type, key id, payload, blob, digest.

Instead of a payload it may have the name of a column that makes the event unreadable. More columns
may follow, for the caller's use. It is a bare tuple, like `Row`, because a long history has
thousands, used as the database returns them.
"""


STATES = {state.value: state for state in StreamState}


class StreamHead:
    """The head of a stream: its last version, fencing token, state and key."""

    __slots__ = ("incarnation", "key_id", "state", "version")

    def __init__(
        self,
        version: int = 0,
        incarnation: int = 0,
        state: StreamState = StreamState.OPEN,
        key_id: int | None = None,
    ) -> None:
        self.version = version
        self.incarnation = incarnation
        self.state = state
        self.key_id = key_id

    @classmethod
    def of(cls, row: Sequence[Any]) -> "StreamHead":
        """Return the head in a stored row; an unknown state counts as fenced."""
        return cls(row[0], row[1], STATES.get(row[2], StreamState.FENCED), row[3])

    @property
    def is_leaving(self) -> bool:
        """Whether the stream is deleted or about to be."""
        return self.state in (StreamState.FENCED, StreamState.CLOSED)


ROW_BYTES = 210
"""About what a row takes besides its payload, with its index entries and the gaps of its page:
measured in a home of one long thread, 162, and in those of 300 and 1,000 threads, 234 and 208."""


class StreamSize(NamedTuple):
    """How many rows of the log a stream has, and the total size of their payloads."""

    rows: int
    payload_bytes: int

    @property
    def bytes(self) -> int:
        """About how many bytes they take."""
        return self.rows * ROW_BYTES + self.payload_bytes


class Purged(NamedTuple):
    """How many payloads of closed streams a step removed, and their bytes.

    `is_done` if nothing more can be removed now.
    """

    rows: int = 0
    bytes: int = 0
    is_done: bool = False


class Known(NamedTuple):
    """A request that was carried out: its digest, and the positions of its events."""

    digest: bytes
    first: int
    last: int


class KeptSnapshot(NamedTuple):
    """A sealed snapshot of a stream at a version, as it is stored."""

    version: int
    key_id: int
    payload: bytes


class Erasure(NamedTuple):
    """Which places have no bytes of deleted rows any more."""

    rows: bool
    """The files of the tables."""
    journal: bool
    """The files that the database writes beside these for recovery."""

    @property
    def is_whole(self) -> bool:
        """Whether no byte is left in any file."""
        return self.rows and self.journal
