"""What a log needs of a database, its keys and its place: four ports that an engine implements.

To test an engine, inherit the contract suites of threadhost.testing.
"""

from collections.abc import Callable, Collection, Coroutine, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.rows import BodyRow, LogRow, Purged, StreamHead, StreamSize
from threadhost.events.store.rows import Erasure as Erasure  # noqa: PLC0414  (re-exported)
from threadhost.events.store.rows import KeptSnapshot as KeptSnapshot  # noqa: PLC0414  (likewise)
from threadhost.events.store.rows import Known as Known  # noqa: PLC0414  (likewise)
from threadhost.events.store.seal import End, Sealer

if TYPE_CHECKING:
    from pathlib import Path

    from threadhost.events.store.aead import AESGCM
    from threadhost.events.store.findings import Verification

T = TypeVar("T")
Values = Mapping[str, object]
"""The values for the `:places` of a statement, by name."""


class Tx(Protocol):
    """One transaction of a log's writer, on the writer's thread.

    A view's statement is portable: `INSERT INTO`, `UPDATE` or `DELETE FROM` one table, values at
    `:places`. Each method raises the database's own errors; see `Engine.transaction`.
    """

    def heads(self, streams: Sequence[str]) -> Mapping[str, StreamHead]:
        """Return the heads of streams, read at once, without streams that were never written."""

    def known(self, keys: Sequence[str], since_ms: int) -> Mapping[str, Known]:
        """Return which of these requests were carried out since `since_ms`, read at once."""

    def attempt(self, work: Callable[[], T]) -> T | Exception:
        """Do work that may fail alone: then its writes are undone and the error is returned.

        Raises errors that concern the whole store.
        """

    def add_events(self, values: Sequence[object]) -> None:
        """Add rows, given as the columns of `LogRow` in turn. Raises WrongExpectedVersion."""

    def put_heads(self, heads: Mapping[str, StreamHead], *, anew: bool = False) -> None:
        """Store the heads of these streams, except those without an event.

        `anew` drops all other stored heads.
        """

    def keep_snapshot(self, stream: str, kept: KeptSnapshot) -> None:
        """Store a snapshot in place of the one before."""

    def drop_snapshots(self, streams: Sequence[str]) -> None:
        """Drop the snapshots of these streams."""

    def know(self, key: str, known: Known, at_ms: int) -> None:
        """Record that a request was carried out."""

    def forget_known(self, before_ms: int) -> None:
        """Drop the records of older requests."""

    def seal_end(self, end: End, seal: bytes) -> None:
        """Store the end of the log, with its seal."""

    def must_erase(self) -> None:
        """Note that this transaction deletes rows of deleted threads: `Engine.erase` is due."""

    def forget_stream(self, stream: str) -> None:
        """Drop a whole stream; only in a log that does not last."""

    def rows(self, after: int, limit: int, bytes_max: int | None = None) -> list[LogRow]:
        """Return rows of the log after a position; none after `bytes_max` bytes of payloads."""

    def write(self, statement: str, values: Sequence[Values]) -> int:
        """Execute a view's statement once for each of the values; returns how many rows it deleted.

        Raises LookupError if the values have other names than the first ones.
        """

    def run(self, statement: str, values: Sequence[object] = ()) -> Sequence[Sequence[Any]]:
        """Create, inspect or empty tables of views, with values at `?`."""

    def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""

    def made_of(self) -> Mapping[tuple[str, str], str | None]:
        """Return all tables and indices, by kind and name, each with its definition."""


class Reads(Protocol):
    """The reading half of an engine: what is committed.

    An awaited read may take as long as a network does, and anything may have happened when it
    returns: a caller that decides on it appends at the version that was read. Raises
    StoreUnreadable for damage, StoreUnavailable once closed or during a shortage.
    """

    @property
    def in_memory(self) -> bool:
        """Whether it has no files."""

    @property
    def place(self) -> "Path | Hashable":
        """What identifies it in this process: the path of its file, or itself."""

    async def of_log(
        self,
        after: int | None = None,
        limit: int | None = None,
        stop: int | None = None,
        kinds: Sequence[str] = (),
        bytes_max: int | None = None,
    ) -> list[LogRow]:
        """Return rows of the whole log after a position, up to and including `stop`.

        With `bytes_max` none after that many bytes of payloads; blobs do not count.
        """

    async def of_stream(
        self,
        stream: str,
        after: int | None = None,
        limit: int | None = None,
        stop: int | None = None,
        *,
        kinds: Sequence[str] = (),
    ) -> list[LogRow]:
        """Return rows of a stream after a version, up to and including `stop`."""

    async def at(self, positions: Sequence[int]) -> list[LogRow]:
        """Return the rows at these positions, in log order."""

    async def bodies_at(self, positions: Sequence[int]) -> list[BodyRow]:
        """Return what opening the bodies at these positions needs, in log order."""

    async def bodies_of_stream(
        self, stream: str, after: int, limit: int, stop: int
    ) -> Sequence[BodyRow]:
        """The same for a stream's events after a version, up to and including `stop`, in order."""

    async def bodies_of(self, places: str, values: Values) -> Sequence[BodyRow]:
        """The same for positions that a view gives; the last column is the view's tag.

        `places` selects (position, tag) from a view. The rows have no order.
        """

    async def heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        """Return the heads of streams, without streams that were never written."""

    async def link_at(self, position: int) -> bytes | None:
        """Return the link of the event at a position, if there is one."""

    async def has_blobs(self, stream: str) -> bool:
        """Whether a payload of the stream is in a blob."""

    async def stream_sizes(self, streams: Sequence[str] | None = None) -> Mapping[str, StreamSize]:
        """Return the size of these streams, or of all, in the log, without blobs."""

    async def extent(self, stream: str, after: int, stop: int) -> tuple[int, int]:
        """Count a stream's whole versions after one, up to `stop`; returns the last, too."""

    async def snapshot(self, stream: str) -> KeptSnapshot | None:
        """Return the newest snapshot of a stream."""

    async def rows(
        self, query: str, values: Sequence[object] | Values = ()
    ) -> Sequence[Sequence[Any]]:
        """Return all rows of a query of views; bytes in place of a text are decoded."""

    async def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""

    async def apart(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run work that awaits only these reads, where it delays nobody else."""


class Verifying(Protocol):
    """A check of a log, page by page, on any thread."""

    def step(self, rows_max: int = ...) -> bool:
        """Check the next page of rows; returns whether more may follow."""

    def end(self) -> "Verification":
        """Check the rows added meanwhile and everything else in one moment; returns the result."""


class Engine(Reads, Protocol):
    """A database that holds one log with its views; one thread writes, any reads."""

    def prepare(self, work: Callable[[Tx], object]) -> None:
        """Create what has to exist, in a transaction before all later requests."""

    def transaction(self) -> AbstractContextManager[Tx]:
        """Write, all or nothing; committed at the end of the block.

        Raises what an error means for the store, see `meaning`; StoreFailed if the outcome of the
        commit is unknown.
        """

    def meaning(self, error: Exception) -> Exception:
        """Return what to raise: StoreUnavailable or StoreFailed if it concerns all requests."""

    @property
    def is_erasure_due(self) -> bool:
        """Whether rows of deleted threads may have left bytes behind."""

    def erase(self, private: Sequence[str]) -> Erasure:
        """If due, erase the bytes of deleted rows, in `private` tables and elsewhere.

        What could not be erased has to be tried again.
        """

    def purge(self, is_destroyed: Callable[[int], bool]) -> Purged:
        """Remove some payloads of closed streams whose keys are destroyed; their digests stay.

        A step of some milliseconds, to be repeated until done.
        """

    def compact_rows(self) -> bool:
        """Rewrite some rows whose payloads were purged, so that they take less space.

        Returns whether more may follow.
        """

    def release_pages(self) -> int:
        """Give some free pages back to the file system; returns how many, 0 when done."""

    def used_bytes(self) -> int:
        """Return its size in memory."""

    @property
    def can_delete(self) -> bool:
        """Whether deletion is final: `erase` and `purge` do what they promise.

        If not, no thread is ever deleted: clients are refused before anything happens.
        """

    def scratch(self) -> "Engine":
        """Return an empty engine of the same kind, for temporary tables of views; not for a log."""

    def moment(self) -> AbstractContextManager[Tx]:
        """Return the committed state of one moment, for `rows`, `heads` and `run` on any thread.

        It is read-only. Raises LookupError for a log in memory.
        """

    def verifying(
        self, blobs: "Path | None", sealer: Sealer | None
    ) -> AbstractContextManager[Verifying]:
        """Return a check of the log as it is. Raises LookupError for a log in memory."""

    def files_fingerprint(self) -> str:
        """Return a value that changes with every write by others once it is closed."""

    def close(self) -> None:
        """Close it once the running reads are over; idempotent."""


class RecordedEnd(NamedTuple):
    """How far the log was when its keys last stored that, and the state of its files then."""

    end: End
    beside: str


class Rewrapped(NamedTuple):
    """What a rotation of the host key did: the number of the key that now wraps all others.

    `keys` were wrapped again; `left` could not be opened and are unchanged.
    """

    wrapping: int
    keys: int
    left: int = 0


class Keys(Protocol):
    """The data keys of a log by number, wrapped by the host key; kept apart from the log."""

    @property
    def sealer(self) -> Sealer:
        """Seals the end of the log, under a key derived from the host key."""

    @property
    def unrecorded_rotation(self) -> Rewrapped | None:
        """The newest rotation of the host key that is not recorded in the log yet."""

    @property
    def cached(self) -> int:
        """How many keys are open in memory."""

    def allocate(self) -> int:
        """Return the number of an unused key, durably stored; for the writer's thread."""

    async def fetch(self, key_ids: Iterable[object]) -> None:
        """Load these keys, as far as they exist: `cipher` is called next.

        A value that is not a number names no key. An implementation that has all keys in memory
        does not look at the values.
        """

    def cipher(self, key_id: int) -> "AESGCM | None":
        """Return the cipher of a key, or None once it is destroyed.

        Raises KeyMissing for a lost key, StoreUnavailable if the keys are closed or cannot be read
        now.
        """

    def destroy(self, key_ids: Collection[int], end: End | None = None) -> int:
        """Destroy keys durably and store how far the log is; returns how many existed."""

    def record_end(self, end: End, beside: str = "") -> None:
        """Store durably how far the log is, and the state of its files."""

    def note_rotation_recorded(self) -> None:
        """Note that all rotations are recorded in the log."""

    def close(self) -> None:
        """Forget all keys; idempotent."""


class Ownership(Protocol):
    """Ensures that only one host writes a log: a lock that ends with its holder."""

    def acquire(self, owner: dict[str, Any]) -> None:
        """Take ownership and record the owner. Raises HomeLocked, which names the current owner."""

    def note(self, owner: dict[str, Any]) -> None:
        """Replace the note about the owner."""

    def release(self) -> None:
        """Release ownership; idempotent."""
