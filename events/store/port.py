"""What a log needs of a database, of its keys and of its place: four ports for engines to fill.

An engine is tried by inheriting the contract suites of threadhost.testing.
"""

from collections.abc import Callable, Collection, Coroutine, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.rows import BodyRow, LogRow, Purged, StreamHead, StreamSize
from threadhost.events.store.rows import Erasure as Erasure  # noqa: PLC0414  (handed on)
from threadhost.events.store.rows import KeptSnapshot as KeptSnapshot  # noqa: PLC0414  (likewise)
from threadhost.events.store.rows import Known as Known  # noqa: PLC0414  (likewise)
from threadhost.events.store.seal import End, Sealer

if TYPE_CHECKING:
    from pathlib import Path

    from threadhost.events.store.aead import AESGCM
    from threadhost.events.store.findings import Verification

T = TypeVar("T")
Values = Mapping[str, object]
"""What stands at the `:places` of a statement, by name."""


class Tx(Protocol):
    """One transaction of a log's writer, on the writer's thread.

    A view's statement is portable: `INSERT INTO`, `UPDATE` or `DELETE FROM` one table, values at
    `:places`. Each method raises the database's own error; see `Engine.transaction`.
    """

    def heads(self, streams: Sequence[str]) -> Mapping[str, StreamHead]:
        """Where streams stand, all read at once; those that were never written are left out."""

    def known(self, keys: Sequence[str], since_ms: int) -> Mapping[str, Known]:
        """Which of these requests were carried out since then, all read at once."""

    def attempt(self, work: Callable[[], T]) -> T | Exception:
        """Do work that may fail alone: then nothing of it stays, and its error is the result.

        Raises what ails the whole store.
        """

    def add_events(self, values: Sequence[object]) -> None:
        """Add rows, the columns of `LogRow` one after the other. Raises WrongExpectedVersion."""

    def put_heads(self, heads: Mapping[str, StreamHead], *, anew: bool = False) -> None:
        """Store where these streams stand, save those that hold no event.

        `anew` drops what is stored of all others.
        """

    def keep_snapshot(self, stream: str, kept: KeptSnapshot) -> None:
        """Store a state in place of the one before."""

    def drop_snapshots(self, streams: Sequence[str]) -> None:
        """Store no state of these streams."""

    def know(self, key: str, known: Known, at_ms: int) -> None:
        """Note that a request was carried out."""

    def forget_known(self, before_ms: int) -> None:
        """Drop what is known of older requests."""

    def seal_end(self, end: End, seal: bytes) -> None:
        """Store where the log ends, under a seal."""

    def must_erase(self) -> None:
        """Rows of deleted threads go with this transaction: `Engine.erase` is due."""

    def forget_stream(self, stream: str) -> None:
        """Drop a stream whole; of a log that does not last."""

    def rows(self, after: int, limit: int, bytes_max: int | None = None) -> list[LogRow]:
        """Rows of the log after a position; none after so many bytes of payloads."""

    def write(self, statement: str, values: Sequence[Values]) -> int:
        """A view's statement, once for each of the values; how many rows were deleted.

        Raises LookupError for values whose names are not those of the first.
        """

    def run(self, statement: str, values: Sequence[object] = ()) -> Sequence[Sequence[Any]]:
        """Make, look at or empty tables of views, with values at `?`."""

    def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""

    def made_of(self) -> Mapping[tuple[str, str], str | None]:
        """All tables and indices, by kind and name, in words that change with what they are."""


class Reads(Protocol):
    """The reading half of an engine: what is committed.

    What is awaited here may take as long as a network does, and anything may have happened when it
    comes back: whoever decides on it appends at the version that was read. Raises StoreUnreadable
    for what is damaged, StoreUnavailable once closed or while something is scarce.
    """

    @property
    def in_memory(self) -> bool:
        """Whether nothing of it is on disk."""

    @property
    def place(self) -> "Path | Hashable":
        """What it is known by in this process: the path of its file, or itself."""

    async def of_log(
        self,
        after: int | None = None,
        limit: int | None = None,
        stop: int | None = None,
        kinds: Sequence[str] = (),
        bytes_max: int | None = None,
    ) -> list[LogRow]:
        """Rows of the whole log after a position, up to and including `stop`.

        With `bytes_max` none after that many bytes of payloads; what lies in blobs does not count.
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
        """Rows of a stream after a version, up to and including `stop`."""

    async def at(self, positions: Sequence[int]) -> list[LogRow]:
        """The rows at these positions, in log order."""

    async def bodies_at(self, positions: Sequence[int]) -> list[BodyRow]:
        """What is needed to open the bodies at these positions, in log order."""

    async def bodies_of_stream(
        self, stream: str, after: int, limit: int, stop: int
    ) -> Sequence[BodyRow]:
        """The same of a stream's events after a version, up to and including `stop`, in order."""

    async def bodies_of(self, places: str, values: Values) -> Sequence[BodyRow]:
        """The same at positions that a view gives; the last column is what it says of each.

        `places` selects (position, tag) from a view. They come in no order.
        """

    async def heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        """Where streams stand; those that were never written are left out."""

    async def link_at(self, position: int) -> bytes | None:
        """The link of the event at a position, if there is one."""

    async def has_blobs(self, stream: str) -> bool:
        """Whether a payload of the stream lies in a blob."""

    async def stream_sizes(self, streams: Sequence[str] | None = None) -> Mapping[str, StreamSize]:
        """What the rows of these streams, or of all, take in the log, blobs left out."""

    async def extent(self, stream: str, after: int, stop: int) -> tuple[int, int]:
        """How many whole versions of a stream there are after one, to `stop`, and which is last."""

    async def snapshot(self, stream: str) -> KeptSnapshot | None:
        """The newest state of a stream that was kept."""

    async def rows(
        self, query: str, values: Sequence[object] | Values = ()
    ) -> Sequence[Sequence[Any]]:
        """All rows of a query of views; bytes in the place of a text are made one."""

    async def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""

    async def apart(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Work that awaits nothing but these reads, where it keeps nobody else waiting."""


class Verifying(Protocol):
    """The checking of a log, a page of its rows at a time, by whichever thread."""

    def step(self, rows_max: int = ...) -> bool:
        """Take the next page of rows; whether there may be more."""

    def end(self) -> "Verification":
        """Take what came meanwhile, and look at all else in one moment; what all was."""


class Engine(Reads, Protocol):
    """A database that holds one log with its views; one thread writes, any reads."""

    def prepare(self, work: Callable[[Tx], object]) -> None:
        """Make what has to be there, in a transaction before all that is asked from now on."""

    def transaction(self) -> AbstractContextManager[Tx]:
        """Write, all or nothing; committed at the end of the block.

        Raises what an error means for the store, as `meaning` says; after a commit whose outcome
        cannot be settled here, StoreFailed.
        """

    def meaning(self, error: Exception) -> Exception:
        """What to report: StoreUnavailable or StoreFailed where it is not one request's own."""

    @property
    def is_erasure_due(self) -> bool:
        """Whether rows of deleted threads may have left bytes behind."""

    def erase(self, private: Sequence[str]) -> Erasure:
        """Leave nothing of deleted rows behind, in `private` tables and elsewhere, if that is due.

        What is not gone is to be tried again.
        """

    def purge(self, is_destroyed: Callable[[int], bool]) -> Purged:
        """Take some payloads of closed streams whose keys are destroyed; their digests stay.

        A step of some milliseconds, to be repeated until it is done.
        """

    def pack(self) -> bool:
        """Write rows anew whose payloads were purged, so that they take less; some at a time.

        Whether there may be more of them.
        """

    def give_back(self) -> int:
        """Give some of the space back that is free inside; how many pages, 0 if that was all."""

    def used_bytes(self) -> int:
        """What it takes in memory."""

    @property
    def can_delete(self) -> bool:
        """Whether what is deleted in it is gone for good: `erase` and `purge` do what they say.

        Where it is not, no thread is ever deleted: clients are told so before anything happens.
        """

    def scratch(self) -> "Engine":
        """An empty one of its kind, for tables of views that are thrown away; not for a log."""

    def moment(self) -> AbstractContextManager[Tx]:
        """What is committed at one moment, to be read on any thread by `rows`, `heads` and `run`.

        Nothing is written by it. Raises LookupError for a log in memory.
        """

    def verifying(
        self, blobs: "Path | None", sealer: Sealer | None
    ) -> AbstractContextManager[Verifying]:
        """The checking of the log as it is. Raises LookupError for one in memory."""

    def left(self) -> str:
        """What changes whenever somebody else writes to it, once it is closed."""

    def close(self) -> None:
        """Close it as soon as the reads under way are over; idempotent."""


class Seen(NamedTuple):
    """How far the log was when its keys were last told, and how its files stood beside them."""

    end: End
    beside: str


class Rewrapped(NamedTuple):
    """What a rotation of the host key did: the number of the key that wraps all others now.

    `keys` were wrapped again; `left` could not be opened, and are as they were.
    """

    wrapping: int
    keys: int
    left: int = 0


class Keys(Protocol):
    """The data keys of a log by number, wrapped by the host key; kept apart from the log."""

    @property
    def sealer(self) -> Sealer:
        """Seals the end of the log, under a key that comes of the host key."""

    @property
    def untold(self) -> Rewrapped | None:
        """The newest rotation of the host key, if the log was not told of it."""

    @property
    def cached(self) -> int:
        """How many lie open in memory."""

    def allocate(self) -> int:
        """The number of a key that no event uses yet, durably stored; for the writer's thread."""

    async def fetch(self, key_ids: Iterable[object]) -> None:
        """Have these keys at hand, as far as they are there: `cipher` comes next.

        What is no number is that of no key. Who has all at hand does not look at them.
        """

    def cipher(self, key_id: int) -> "AESGCM | None":
        """The cipher of a key, or None once it is destroyed.

        Raises KeyMissing for one that is lost, StoreUnavailable if they are closed, or for now.
        """

    def destroy(self, key_ids: Collection[int], end: End | None = None) -> int:
        """Destroy keys durably, and keep how far the log is; returns how many there were."""

    def see(self, end: End, beside: str = "") -> None:
        """Keep durably how far the log is, and how its files stand beside it."""

    def note_told(self) -> None:
        """The log was told of all rotations."""

    def close(self) -> None:
        """Forget all keys; idempotent."""


class Ownership(Protocol):
    """That one host alone writes a log: a lock that goes with its holder."""

    def acquire(self, owner: dict[str, Any]) -> None:
        """Own it, and say who does. Raises HomeLocked, which names whoever owns it."""

    def note(self, owner: dict[str, Any]) -> None:
        """Replace what is said of the owner."""

    def release(self) -> None:
        """Give it back; idempotent."""
