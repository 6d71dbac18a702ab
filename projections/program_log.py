"""A host's own notes about its work for threads, beside the events: the table, and its upkeep.

The lines follow from no event, so a rebuild leaves them alone, and views in other databases lack
them.
"""

from collections.abc import Iterable, Mapping, Sequence

from pydantic_core import to_json

from threadhost.events.base import StreamState
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads, Tx
from threadhost.events.store.rules import AT_MS_MAX
from threadhost.projections.base import Projection
from threadhost.projections.table import Column, Index, Table

LINES_A_THREAD_MAX = 1000
DETAILS_CHARS_MAX = 2000
WORD_CHARS_MAX = 128
"""With these limits a line takes less than ten KiB, and the log of a thread less than ten MiB."""
KEPT_MS = 10 * 24 * 3600 * 1000

LINES = Table(
    "thread_log",
    (
        Column("thread_id", "key"),
        Column("seq", "long"),
        Column("at_ms", "long"),
        Column("level"),
        Column("event"),
        Column("turn_id", may_be_null=True),
        Column("version", "long"),
        Column("details"),
    ),
    key=("thread_id", "seq"),
    indices=(Index("thread_log_by_time", ("at_ms",)),),
    goes_with=("thread_id",),
    of_events=False,
    lie_as_written=True,
)
projection = Projection(LINES)

INSERT = LINES.insert()
TRIM = LINES.delete("thread_id", "seq <=")
EXPIRE = LINES.delete("at_ms <")
_NEWEST = "SELECT seq FROM thread_log WHERE thread_id = ? ORDER BY seq DESC LIMIT 1"
_PLACED = "seq = CAST(seq AS BIGINT) AND at_ms = CAST(at_ms AS BIGINT)"
"""A row without a proper number or time, which no host writes, is in no page."""
_REACHED = (
    "SELECT seq, at_ms FROM thread_log"  # noqa: S608  (of ours)
    f" WHERE thread_id = :of AND seq >= :after AND {_PLACED} ORDER BY seq LIMIT 1"
)
_LINES = (
    "SELECT seq, at_ms, substr(level, 1, 9), substr(event, 1, {0}), substr(turn_id, 1, {0}),"
    " version, substr(details, 1, {1}) FROM thread_log WHERE thread_id = :of AND seq > :after"
    " AND at_ms BETWEEN :since AND :last_ms AND {2} ORDER BY seq {3} LIMIT :most"
)
_PAGE, _LAST = (
    _LINES.format(WORD_CHARS_MAX + 1, DETAILS_CHARS_MAX + 1, _PLACED, way)
    for way in ("ASC", "DESC")
)


class Line(NamedTuple):
    """One line about a thread, without any text of a client or a model.

    `version` is that of the event in the thread's stream with more details, 0 if there is none.
    """

    thread_id: str
    at_ms: int
    level: str
    event: str
    turn_id: str | None
    version: int
    details: Mapping[str, object]


class KeptLine(NamedTuple):
    """A stored line with its number in the log of its thread; details are JSON.

    Number and time are checked; all other values are as stored, cut if too long.
    """

    seq: int
    at_ms: int
    level: str
    event: str
    turn_id: str | None
    version: int
    details: str


def keep(tx: Tx, lines: Iterable[Line]) -> int:
    """Add lines to their threads' logs, and drop the oldest beyond the limit; returns how many.

    Lines of a thread that is deleted, or never existed, are ignored.
    """
    by_thread: dict[str, list[Line]] = {}
    for line in lines:
        by_thread.setdefault(line.thread_id, []).append(line)
    heads = tx.heads([thread_stream(thread_id) for thread_id in by_thread])
    rows, trims = list[Mapping[str, object]](), list[Mapping[str, object]]()
    for thread_id, thread_lines in by_thread.items():
        head = heads.get(thread_stream(thread_id))
        if head is None or head.state is StreamState.CLOSED:
            continue
        newest_kept = tx.run(_NEWEST, (thread_id,))
        newest = newest_kept[0][0] if newest_kept else 0
        rows += [{"seq": n, **_row(line)} for n, line in enumerate(thread_lines, newest + 1)]
        upto = newest + len(thread_lines) - LINES_A_THREAD_MAX
        if upto > 0:
            trims.append({"thread_id": thread_id, "seq": upto})
    for statement, values in ((INSERT, rows), (TRIM, trims)):
        if values:
            tx.write(statement.text, values)
    return len(rows)


def _row(line: Line) -> dict[str, object]:
    details = to_json(line.details).decode()
    return line._asdict() | {"details": details if len(details) <= DETAILS_CHARS_MAX else "{}"}


def expire(tx: Tx, now_ms: int) -> None:
    """Drop lines that are too old."""
    tx.write(EXPIRE.text, [{"at_ms": now_ms - KEPT_MS}])


class LinePlace(NamedTuple):
    """How far a thread's lines were read; the default is the beginning.

    Lines of events up to `version` of its stream; the others up to this number and time.
    """

    version: int = 0
    seq: int = 0
    at_ms: int = 0


BEGIN = LinePlace()


async def log_page(
    reads: Reads, thread_id: str, after: LinePlace, limit: int, now_ms: int
) -> Sequence[KeptLine]:
    """Return lines of a thread after a place, the oldest first.

    If another line has that number, or no line has one that high, the log was emptied since, and is
    read from its beginning.
    """
    place = _place(thread_id, after.seq, limit, now_ms)
    if after.seq:
        rows = await reads.rows(_REACHED, {"of": thread_id, "after": after.seq})
        if not rows or (rows[0][0] == after.seq and rows[0][1] != after.at_ms):
            place["after"] = 0
    return [KeptLine._make(row) for row in await reads.rows(_PAGE, place)]


async def last_lines(reads: Reads, thread_id: str, limit: int, now_ms: int) -> Sequence[KeptLine]:
    """Return the newest lines of a thread, the oldest of them first."""
    place = _place(thread_id, 0, limit, now_ms)
    return [KeptLine._make(row) for row in reversed(await reads.rows(_LAST, place))]


def _place(thread_id: str, after: int, limit: int, now_ms: int) -> dict[str, object]:
    since = now_ms - KEPT_MS
    return {"of": thread_id, "after": after, "since": since, "last_ms": AT_MS_MAX, "most": limit}
