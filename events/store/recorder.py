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
    """Puts rows at their places in the log, in the transactions of its one writer.

    It assigns positions, which grow by one and are never reused. Rows are never deleted.
    """

    def __init__(self, log_id: str, end: End, last_at_ms: int) -> None:
        self.log_id = log_id
        """The identity of this log, made when it was created."""
        self.epoch = 0
        """The epoch of the log's starts and cursors: raised by each restore of a backup."""
        self.position, self.chain = end
        self.last_at_ms = last_at_ms
        """The time of the newest event: time does not go back in a log."""
        self.sealer: Sealer | None = None
        """Seals the end of the log with each commit, if there is one."""
        self._heads: dict[str, StreamHead] = {}

    @property
    def end(self) -> End:
        """The end of the log as this writer knows it."""
        return End(self.position, self.chain)

    def head(self, tx: Tx, stream: str) -> StreamHead:
        """Return the stream's head as this transaction sees it.

        A caller that changes it calls `put_heads`, or `forget_heads` after a rollback.
        """
        head = self._heads.get(stream)
        if head is None:
            head = self._keep_head(stream, tx.heads((stream,)).get(stream) or StreamHead())
        return head

    def heads(self, tx: Tx, streams: Sequence[str]) -> dict[str, StreamHead]:
        """Return the heads of many streams, read at once, without those never written."""
        cached = self._heads
        heads = {stream: cached[stream] for stream in streams if stream in cached}
        missing = [stream for stream in dict.fromkeys(streams) if stream not in heads]
        read = tx.heads(missing)
        for stream in missing:
            heads[stream] = self._keep_head(stream, read.get(stream) or StreamHead())
        return {stream: head for stream, head in heads.items() if head.version}

    def is_leaving(self, stream: str) -> bool:
        """Whether a recently written stream is deleted or about to be."""
        head = self._heads.get(stream)
        return head is not None and head.is_leaving

    def _keep_head(self, stream: str, head: StreamHead) -> StreamHead:
        if len(self._heads) >= STREAM_CACHE_MAX:
            self._heads.pop(next(iter(self._heads)))
        self._heads[stream] = head
        return head

    def forget_heads(self, streams: Iterable[str]) -> None:
        """Drop the cached heads of streams whose changes were rolled back."""
        for stream in streams:
            self._heads.pop(stream, None)

    def put_heads(self, tx: Tx, heads: Mapping[str, StreamHead]) -> None:
        """Store the new heads of streams, except those without an event."""
        if heads:
            tx.put_heads(heads)

    def repair_heads(self, tx: Tx, heads: Mapping[str, StreamHead]) -> None:
        """Replace the heads of all streams by these."""
        self._heads.clear()
        tx.put_heads(heads, anew=True)

    def insert(self, tx: Tx, decisions: Sequence[Sequence[Row]]) -> list[list[tuple[int, bytes]]]:
        """Insert the rows of decisions at the next positions and extend the chain.

        Returns the position and the chain of each event, as bare tuples because there is one for
        each event. Raises WrongExpectedVersion if a version is taken.
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
        """Seal the current end of the log; to be called last in the transaction."""
        if self.sealer is not None:
            end = self.end
            tx.seal_end(end, self.sealer.seal(end))

    def rewind(self, position: int, chain: bytes) -> None:
        """Take back the positions of a transaction or attempt that was rolled back."""
        self.position, self.chain = position, chain


class ShutdownState(Enum):
    """The state of a log's files, compared with how the last host left them."""

    CLEAN = auto()
    CHANGED = auto()
    """Something else wrote them since (a restore, a copy, an edit), or the check found them
    damaged.

    No blob is swept then: its event may be among what was lost.
    """
    UNCLEAN = auto()
    """The last host did not close it."""


E_co = TypeVar("E_co", bound=Engine, covariant=True)
K_co = TypeVar("K_co", bound=Keys, covariant=True)


class Opened(NamedTuple, Generic[E_co, K_co]):
    """A store, open for writing; another engine's store is passed to `Log` in this form."""

    engine: E_co
    recorder: Recorder
    keys: K_co
    shutdown_state: ShutdownState = ShutdownState.CLEAN

    def close(self) -> None:
        """Close the keys and the engine."""
        self.keys.close()
        self.engine.close()
