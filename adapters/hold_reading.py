"""Legal holds as clients and the command line show them, with their reasons from the log."""

from collections.abc import Sequence

from threadhost.adapters.jsonrpc.models.hold import Hold
from threadhost.events.hold import HoldReasoned
from threadhost.events.ids import thread_stream
from threadhost.events.store.log_reader import LogReader
from threadhost.projections.holds import HoldRow


async def shown(log: LogReader, rows: Sequence[HoldRow]) -> list[Hold]:
    """These holds; a reason that cannot be read is None."""
    return [
        Hold(
            thread_id=row.thread_id,
            matter=row.matter,
            scope="tree" if row.covers_below else "thread",
            reason=await _reason(log, row),
            set_by=row.set_by,
            set_at=row.set_at_ms // 1000,
        )
        for row in rows
    ]


async def _reason(log: LogReader, row: HoldRow) -> str | None:
    fact = await log.fact_at(thread_stream(row.thread_id), row.reason_version)
    event = fact.event if fact else None
    return event.reason if isinstance(event, HoldReasoned) else None
