"""The ends of a log and its streams, as its only writer knows them: positions, chain, heads."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Generic, TypeVar

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.chain import link
from threadhost.events.store.port import Engine, Keys, Tx
from threadhost.events.store.rows import Row, StreamHead
from threadhost.events.store.seal import End, Sealer

STREAM_CACHE_MAX = 65_536


class Recorder:
    """Puts rows into their places in the log, in the transactions of its one writer.

    Positions are given out here, grow by one and are never used twice. Rows are never deleted.
    """

    def __init__(self, log_id: str, end: End, last_at_ms: int) -> None:
        self.log_id = log_id
        """The identity of this log, made when it was created."""
        self.epoch = 0
        """What its starts and cursors are numbered from: raised whenever a backup is put back."""
        self.position, self.chain = end
        self.last_at_ms = last_at_ms
        """When the newest event was recorded: time does not go back in a log."""
        self.sealer: Sealer | None = None
        """Seals the end of the log with each commit, if there is one."""
        self._heads: dict[str, StreamHead] = {}

    @property
    def end(self) -> End:
        """Where the log ends as this writer knows it."""
        return End(self.position, self.chain)

    def head(self, tx: Tx, stream: str) -> StreamHead:
        """The stream's head as this transaction sees it.

        Whoever changes it calls `put_heads`, or `forget_heads` once that is rolled back.
        """
        head = self._heads.get(stream)
        if head is None:
            head = self._keep_head(stream, tx.heads((stream,)).get(stream) or StreamHead())
        return head

    def heads(self, tx: Tx, streams: Sequence[str]) -> dict[str, StreamHead]:
        """As `head`, of many streams, read all at once; without those that were never written."""
        cached = self._heads
        heads = {stream: cached[stream] for stream in streams if stream in cached}
        missing = [stream for stream in dict.fromkeys(streams) if stream not in heads]
        if missing:
            read = tx.heads(missing)
            for stream in missing:
                heads[stream] = self._keep_head(stream, read.get(stream) or StreamHead())
        return {stream: head for stream, head in heads.items() if head.version}

    def is_leaving(self, stream: str) -> bool:
        """Whether a stream, of those that were written of late, is deleted or is about to be."""
        head = self._heads.get(stream)
        return head is not None and head.is_leaving

    def _keep_head(self, stream: str, head: StreamHead) -> StreamHead:
        if len(self._heads) >= STREAM_CACHE_MAX:
            self._heads.pop(next(iter(self._heads)))
        self._heads[stream] = head
        return head

    def forget_heads(self, streams: Iterable[str]) -> None:
        """Drop what is known of streams whose changes were rolled back."""
        for stream in streams:
            self._heads.pop(stream, None)

    def put_heads(self, tx: Tx, heads: Mapping[str, StreamHead]) -> None:
        """Store the new heads of streams; nothing of those that hold no event."""
        if heads:
            tx.put_heads(heads)

    def put_right_heads(self, tx: Tx, heads: Mapping[str, StreamHead]) -> None:
        """Store these as the heads of all streams."""
        self._heads.clear()
        tx.put_heads(heads, anew=True)

    def insert(self, tx: Tx, decisions: Sequence[Sequence[Row]]) -> list[list[tuple[int, bytes]]]:
        """Insert the rows of decisions at the next positions and extend the chain.

        The position and the chain of each, bare, as one is made for each event. Raises
        WrongExpectedVersion if a version is taken.
        """
        at, chain = self.position, self.chain
        values: list[object] = []
        places: list[list[tuple[int, bytes]]] = []
        for rows in decisions:
            first, decision_places = at + 1, list[tuple[int, bytes]]()
            for at, (columns, payload, blob, digest) in enumerate(rows, first):
                columns[0], columns[1] = at, first
                chain = link(chain, columns, digest)
                values += columns
                values += (payload, blob, digest, chain)
                decision_places.append((at, chain))
            places.append(decision_places)
        if values:
            tx.add_events(values)
        self.position, self.chain = at, chain
        return places

    def seal_end(self, tx: Tx) -> None:
        """Seal where the log ends now; for the last moment of the transaction."""
        if self.sealer is not None:
            end = self.end
            tx.seal_end(end, self.sealer.seal(end))

    def rewind(self, position: int, chain: bytes) -> None:
        """Take back positions whose transaction or attempt was rolled back."""
        self.position, self.chain = position, chain


class ShutdownState(Enum):
    """How the files of a log stand, beside how they were when the last host closed it."""

    CLEAN = auto()
    CHANGED = auto()
    """Somebody else wrote them since, by a restore, a copy or an edit; or they were not in order.

    No blob is swept away then: its event may have been.
    """
    UNCLEAN = auto()
    """The last host did not come to close it."""


E_co = TypeVar("E_co", bound=Engine, covariant=True)
K_co = TypeVar("K_co", bound=Keys, covariant=True)


class Opened(NamedTuple, Generic[E_co, K_co]):
    """A store, open for writing; whoever opens another than ours gives one to `Log`."""

    engine: E_co
    recorder: Recorder
    keys: K_co
    left: ShutdownState = ShutdownState.CLEAN

    def close(self) -> None:
        """Close all of it."""
        self.keys.close()
        self.engine.close()
