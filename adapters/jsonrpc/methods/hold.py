"""`host/hold/*`: legal holds, which clients set and release."""

from threadhost.adapters.hold_reading import shown
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.cursor import cursor, place
from threadhost.adapters.jsonrpc.large_answers import SMALLER_PAGES
from threadhost.adapters.jsonrpc.methods.common import canonical, page_limit, thread_scope
from threadhost.adapters.jsonrpc.models.hold import (
    HoldListParams,
    HoldListResponse,
    HoldReleaseParams,
    HoldReleaseResponse,
    HoldSetParams,
    HoldSetResponse,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.projections.holds import hold_page, holds_covering

BEFORE_ALL = ("", "")


@method("host/hold/set", HoldSetParams, scope=thread_scope)
async def set_hold(params: HoldSetParams, call: Call) -> HoldSetResponse:
    """Set a hold: nobody can delete the thread, loaded or stored, until it is released."""
    thread_id, log = canonical(params.thread_id), call.app.logs.durable
    matter, scope = params.matter, params.scope
    await call.app.host.holds.set(thread_id, matter, scope, params.reason, call.origin)
    rows = await holds_covering(log.reads, thread_id)
    mine = [row for row in rows if (row.thread_id, row.matter) == (thread_id, matter)]
    return HoldSetResponse(hold=(await shown(log, mine))[0])


@method("host/hold/release", HoldReleaseParams, scope=thread_scope)
async def release_hold(params: HoldReleaseParams, call: Call) -> HoldReleaseResponse:
    """Release one hold of a thread; the log keeps who set and who released it, and when."""
    thread_id = canonical(params.thread_id)
    await call.app.host.holds.release(thread_id, params.matter, params.reason, call.origin)
    return HoldReleaseResponse()


@method("host/hold/list", HoldListParams, reads=True, large=SMALLER_PAGES)
async def list_holds(params: HoldListParams, call: Call) -> HoldListResponse:
    """List the holds that cover one thread, or one page of all holds."""
    log = call.app.logs.durable
    if params.thread_id is not None:
        rows = await holds_covering(log.reads, canonical(params.thread_id))
        return HoldListResponse(data=await shown(log, rows))
    limit = page_limit(params.limit)
    matter, thread_id = place(params.cursor, str, str) if params.cursor is not None else BEFORE_ALL
    rows = await hold_page(log.reads, (str(matter), str(thread_id)), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    next_cursor = cursor(last.matter, last.thread_id) if last is not None else None
    return HoldListResponse(data=await shown(log, rows[:limit]), next_cursor=next_cursor)
