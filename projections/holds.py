"""The view of legal holds: their matters, threads and scopes."""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Recorded
from threadhost.events.damage import printable
from threadhost.events.hold import HoldReleased, HoldSet
from threadhost.events.ids import TREE
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.projections.base import Projection, Write
from threadhost.projections.table import Column, Index, Table

HOLDS = Table(
    "thread_holds",
    (
        Column("matter", "key"),
        Column("thread_id", "key"),
        Column("session_id", "key"),
        Column("covers_below", "boolean"),
        Column("set_by"),
        Column("set_at_ms", "long"),
        Column("reason_version", "long"),
    ),
    key=("matter", "thread_id"),
    indices=(
        Index("thread_holds_thread", ("thread_id", "matter")),
        Index("thread_holds_session", ("session_id",)),
    ),
    goes_with=("thread_id",),
)

projection = Projection(HOLDS)

DROP = HOLDS.delete()
INSERT = HOLDS.insert()
_SELECT = (
    "SELECT matter, thread_id, session_id, covers_below, set_by, set_at_ms, reason_version"
    " FROM thread_holds"
)
_PAGE = f"{_SELECT} WHERE (matter, thread_id) > (?, ?) ORDER BY matter, thread_id LIMIT ?"
_COVERING = (
    "WITH RECURSIVE above (id, is_own) AS (SELECT CAST(:of AS TEXT), TRUE"  # noqa: S608  (of ours)
    " UNION SELECT parent_id, FALSE FROM threads JOIN above USING (id)"
    " WHERE parent_id IS NOT NULL)"
    f" {_SELECT} JOIN above ON above.id = thread_id WHERE is_own OR covers_below"
    " ORDER BY matter, thread_id"
)
_SESSIONS = "SELECT DISTINCT session_id FROM thread_holds"


class HoldRow(NamedTuple):
    """A hold, who set it, and when (milliseconds since the epoch)."""

    matter: str
    thread_id: str
    session_id: str
    covers_below: bool
    set_by: str
    set_at_ms: int
    reason_version: int
    """The version of its reason in the thread's stream."""

    @classmethod
    def of(cls, row: Sequence[object]) -> "HoldRow":
        """Make a hold of a row, in which booleans are numbers; accepts rows with any damage."""
        texts = [
            value if isinstance(value, str) else printable(value) for value in (*row[:3], row[4])
        ]
        numbers = [value if type(value) is int else 0 for value in row[5:]]
        return cls._make([*texts[:3], bool(row[3]), texts[3], *numbers])


@projection.on(HoldSet)
def _hold_set(event: HoldSet, fact: Recorded) -> Iterable[Write]:
    yield DROP, {"matter": event.matter, "thread_id": event.thread_id}
    yield (
        INSERT,
        {
            "matter": event.matter,
            "thread_id": event.thread_id,
            "session_id": fact.stream.removeprefix(TREE),
            "covers_below": event.scope == "tree",
            "set_by": fact.meta.principal,
            "set_at_ms": fact.meta.recorded_at_ms,
            "reason_version": event.reason_version,
        },
    )


@projection.on(HoldReleased)
def _hold_released(event: HoldReleased, fact: Recorded) -> Iterable[Write]:
    yield DROP, {"matter": event.matter, "thread_id": event.thread_id}


async def hold_page(reads: Reads, after: tuple[str, str], limit: int) -> list[HoldRow]:
    """Return the next holds after a (matter, thread), in that order."""
    return list(map(HoldRow.of, await reads.rows(_PAGE, (*after, limit))))


async def holds_covering(reads: Reads, thread_id: str) -> list[HoldRow]:
    """Return the holds that cover a thread: its own, and those of threads above it."""
    return list(map(HoldRow.of, await reads.rows(_COVERING, {"of": thread_id})))


async def sessions_with_holds(reads: Reads) -> list[str]:
    """Return the trees that contain a hold."""
    return [row[0] for row in await reads.rows(_SESSIONS)]
