"""Rows of the log as they are stored, and where its streams stand."""

from collections.abc import Sequence
from typing import Any

from threadhost.events.base import StreamState
from threadhost.events.named_tuple import NamedTuple

LINKED_COLUMNS = 10
"""The columns of a row, from `position` to `key_id`, that its link covers as they are."""

Row = tuple[list[object], bytes, str | None, bytes]
"""A row on its way into the log: (linked columns, payload, blob, digest), not placed yet.

Position and decision are still 0. It is a bare tuple, like `codec.Draft`, because one is made for
each event that is written.
"""


class LogRow(NamedTuple):
    """A row in its place in the log.

    `decision` is the first position of the append that it belongs to. `payload` is None once an
    event is purged, and empty where a blob holds it.
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
"""What it takes to open a body: position, stream, version, type, key id, payload, blob, digest.

In the place of a payload may be the name of a column that keeps the event from being read. More
columns may follow, which are those of whoever asked. Bare, like `Row`: a long history has
thousands, read as they come from the database.
"""


STATES = {state.value: state for state in StreamState}


class StreamHead:
    """Where a stream stands: its last version, fencing token, state and key."""

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
        """The head in a stored row of one; in a state that nobody writes it is fenced."""
        return cls(row[0], row[1], STATES.get(row[2], StreamState.FENCED), row[3])

    @property
    def is_leaving(self) -> bool:
        """Whether the stream is deleted, or is about to be."""
        return self.state in (StreamState.FENCED, StreamState.CLOSED)


ROW_BYTES = 540
"""About what a row takes beside its payload, with its places in indices and the gaps of its page:
measured in homes of 300 and of 600 threads, 531 to 548."""


class StreamSize(NamedTuple):
    """How many rows of the log a stream has, and how large their payloads are together."""

    rows: int
    payload_bytes: int

    @property
    def bytes(self) -> int:
        """About what they take."""
        return self.rows * ROW_BYTES + self.payload_bytes


class Purged(NamedTuple):
    """How many payloads of closed streams a step took, of so many bytes.

    `is_done` where nothing more can be taken now.
    """

    rows: int = 0
    bytes: int = 0
    is_done: bool = False


class Known(NamedTuple):
    """A request that was carried out: the digest of what it asked, and what it recorded."""

    digest: bytes
    first: int
    last: int


class KeptSnapshot(NamedTuple):
    """A sealed state of a stream at a version, as it is stored."""

    version: int
    key_id: int
    payload: bytes


class Erasure(NamedTuple):
    """What became of the bytes of deleted rows; both are true once none is left in any file."""

    rows: bool
    """They are not in the tables' own files any more."""
    journal: bool
    """They are not in what the database writes beside these, to be able to recover."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left."""
        return self.rows and self.journal
