"""Where a log and its streams stand, as its one writer knows: positions, the chain, the heads."""

from collections.abc import Iterable, Mapping, Sequence

from threadhost.events.store.chain import link
from threadhost.events.store.port import Tx
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

    def look_up(self, tx: Tx, streams: Iterable[str]) -> None:
        """Read the heads of streams that are not known, all at once."""
        heads = self._heads
        missing = [stream for stream in streams if stream not in heads]
        if not missing:
            return
        found = tx.heads(missing)
        self._make_room(len(missing))
        for stream in missing:
            heads[stream] = found.get(stream) or StreamHead()

    def head(self, tx: Tx, stream: str) -> StreamHead:
        """The stream's head as this transaction sees it.

        Whoever changes it calls `put_heads`, or `forget_heads` once that is rolled back.
        """
        found = self._heads.get(stream)
        if found is None:
            found = tx.heads((stream,)).get(stream) or StreamHead()
            self._make_room(1)
            self._heads[stream] = found
        return found

    def _make_room(self, count: int) -> None:
        heads = self._heads
        while heads and len(heads) + count > STREAM_CACHE_MAX:
            del heads[next(iter(heads))]

    def forget_heads(self, streams: Iterable[str]) -> None:
        """Drop what is known of streams whose changes were rolled back."""
        for stream in streams:
            self._heads.pop(stream, None)

    def put_heads(self, tx: Tx, heads: Mapping[str, StreamHead]) -> None:
        """Store the new heads of streams."""
        if heads:
            tx.put_heads(heads)
            self._heads.update(heads)

    def put_right_heads(self, tx: Tx, heads: Mapping[str, StreamHead]) -> None:
        """Store these as the heads of all streams."""
        self._heads.clear()
        tx.put_heads(heads, anew=True)

    def insert(self, tx: Tx, rows: Sequence[Row]) -> list[tuple[int, bytes]]:
        """Insert the rows of one append at the next positions and extend the chain.

        The position and the chain of each, bare, as one is made for each event. Raises
        WrongExpectedVersion if a version is taken.
        """
        first, chain = self.position + 1, self.chain
        values: list[object] = []
        places: list[tuple[int, bytes]] = []
        for position, (columns, payload, blob, digest) in enumerate(rows, first):
            columns[0], columns[1] = position, first
            chain = link(chain, columns, digest)
            values += columns
            values += (payload, blob, digest, chain)
            places.append((position, chain))
        if values:
            tx.add_events(values)
        self.position, self.chain = first + len(rows) - 1, chain
        return places

    def seal_end(self, tx: Tx) -> None:
        """Seal where the log ends now; for the last moment of the transaction."""
        if self.sealer is not None:
            end = self.end
            tx.seal_end(end, self.sealer.seal(end))

    def rewind(self, position: int, chain: bytes) -> None:
        """Take back positions whose transaction or attempt was rolled back."""
        self.position, self.chain = position, chain
