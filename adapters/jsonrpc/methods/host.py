"""This host's own methods: previews of deletions, subscriptions to the log, stats, thread logs."""

import asyncio
from collections.abc import Mapping, Sequence

from threadhost.adapters.host_stats import stats_of
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.cursor import cursor, place
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.large_answers import ONE_BY_ONE, SMALLER_PAGES
from threadhost.adapters.jsonrpc.log_cursors import LogCursors, Resumed
from threadhost.adapters.jsonrpc.methods.common import canonical, thread_reading
from threadhost.adapters.jsonrpc.models.host_events import (
    EventsSubscribeParams,
    EventsSubscribeResponse,
    EventsUnsubscribeParams,
    EventsUnsubscribeResponse,
)
from threadhost.adapters.jsonrpc.models.host_preview import (
    PreviewCounts,
    PreviewDeleteParams,
    PreviewDeleteResponse,
    PreviewFile,
    PreviewHold,
    PreviewTarget,
)
from threadhost.adapters.jsonrpc.models.host_stats import StatsReadParams, StatsReadResponse
from threadhost.adapters.jsonrpc.models.host_thread_logs import (
    ThreadLogLine,
    ThreadLogsParams,
    ThreadLogsResponse,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.projections.program_log import BEGIN, Line, LinePlace

OLDEST = 1
LINES_DEFAULT, LINES_MAX = 100, 1000
COUNTED_AT_A_TIME = 64
"""The threads whose turns and items are counted in one step, which takes some milliseconds."""
NEITHER_GIVEN = "Invalid request: missing field `afterPosition`, or `afterCursor` in its place"
BOTH_GIVEN = "Invalid request: both `afterPosition` and `afterCursor` are given, expected one"


async def _counts(number: int, thread_id: str, call: Call) -> tuple[int, int]:
    """The number of turns and items of the thread with this index; yields to the loop at times."""
    if number % COUNTED_AT_A_TIME == 0:
        await asyncio.sleep(0)
    return await call.app.reading.turns.counts(thread_id)


async def _rollouts(thread_ids: Sequence[str], call: Call) -> Mapping[str, Sequence[str]]:
    """The paths of these threads' rollout files, from the home on, by thread."""
    rollouts, home = call.app.logs.rollouts, f"{call.app.shown.home}/"
    if not rollouts.are_there:
        return {}

    def paths() -> Mapping[str, Sequence[str]]:
        with rollouts.find(thread_ids) as places:
            return {t: [path.removeprefix(home) for path in places.paths(t)] for t in thread_ids}

    return await asyncio.to_thread(paths)


@method(
    "host/thread/previewDelete",
    PreviewDeleteParams,
    scope=thread_reading,
    reads=True,
    large=ONE_BY_ONE,
)
async def preview_delete(params: PreviewDeleteParams, call: Call) -> PreviewDeleteResponse:
    """Report what deleting a thread would do now; change nothing."""
    app = call.app
    plan = await app.host.trees.preview(canonical(params.thread_id))
    edges = {t: "open" if is_open else "closed" for t, is_open in plan.open_edges.items()}
    targets = [
        PreviewTarget(
            thread_id=t.thread_id,
            depth=t.depth,
            parent_thread_id=t.parent_id,
            live=t.thread_id in plan.live,
            busy=t.thread_id in plan.busy,
            ephemeral=t.ephemeral,
            forked_from_id=t.forked_from_id,
            edge=edges.get(t.thread_id),  # type: ignore[arg-type]
        )
        for t in plan.targets
    ]
    rollouts = await _rollouts(plan.order, call)
    files = [
        PreviewFile(thread_id=t, name=name)
        for t in plan.order
        for name in (*rollouts.get(t, ()), *app.logs.durable.files.list(t))
    ]
    sizes = [await _counts(number, t.thread_id, call) for number, t in enumerate(plan.targets)]
    counts = PreviewCounts(
        threads=len(targets),
        live=len(plan.live),
        busy=len(plan.busy),
        ephemeral=sum(t.ephemeral for t in targets),
        turns=sum(turns for turns, _ in sizes),
        items=sum(items for _, items in sizes),
        files=len(files),
    )
    return PreviewDeleteResponse(
        targets=targets,
        delete_order=plan.order,
        counts=counts,
        files=files,
        surviving_forks=list(plan.surviving_forks),
        holds=[PreviewHold(thread_id=t or plan.order[-1], matter=m) for t, m in plan.holds],
    )


@method("host/events/subscribe", EventsSubscribeParams, reads=True)
async def subscribe(params: EventsSubscribeParams, call: Call) -> EventsSubscribeResponse:
    """Send notifications of all or of followed threads: past ones after a place, then new ones."""
    app = call.app
    after = await _resumed(params, app.cursors)
    if after.fault is None:
        if not params.followed_only:
            app.hub.followers.follow_all(call.session, on=True)
        app.hub.followers.note_catch_up(call.session, after.position)
        call.session.delivery.subscribe(after.position)
    return EventsSubscribeResponse(
        position=app.hub.position,
        oldest_position=OLDEST,
        complete=after.fault is None,
        reason=after.fault,
        log_id=app.logs.durable.log_id,
        cursor=app.cursors.at(app.hub.position),
    )


async def _resumed(params: EventsSubscribeParams, cursors: LogCursors) -> Resumed:
    """The place where the client resumes. Raises RpcError unless it gives exactly one."""
    position, text = params.after_position, params.after_cursor
    if position is not None and text is not None:
        raise refusal("conflictingParams", BOTH_GIVEN)
    if text is not None:
        return await cursors.resume(text)
    if position is None:
        raise refusal("conflictingParams", NEITHER_GIVEN)
    return Resumed(position, cursors.ahead(position))


@method("host/events/unsubscribe", EventsUnsubscribeParams, reads=True)
async def unsubscribe(params: EventsUnsubscribeParams, call: Call) -> EventsUnsubscribeResponse:
    """Send only notifications of threads that this connection follows."""
    call.app.hub.unfollow_all(call.session)
    call.session.delivery.unsubscribe()
    return EventsUnsubscribeResponse()


@method("host/stats/read", StatsReadParams, reads=True)
async def read_stats(params: StatsReadParams, call: Call) -> StatsReadResponse:
    """Return the host's gauges at this moment; they count this request, too."""
    return stats_of(call.app)


@method(
    "host/thread/logs",
    ThreadLogsParams,
    scope=thread_reading,
    reads=True,
    large=SMALLER_PAGES,
)
async def read_thread_logs(params: ThreadLogsParams, call: Call) -> ThreadLogsResponse:
    """Return one page of the program log of a thread, the oldest lines first."""
    from threadhost.adapters.thread_lines import page

    app, thread_id = call.app, canonical(params.thread_id)
    await call.app.reading.known(thread_id)
    await app.program_log.flush([thread_id])
    limit = max(1, min(LINES_DEFAULT if params.limit is None else params.limit, LINES_MAX))
    log, after = app.logs.of(thread_id), _after(params.cursor)
    read = await page(log, thread_id, after, limit, app.clock.now_ms())
    next_cursor = cursor(*read.last) if read.last else None
    lines = [_shown(line) for line in read.lines]
    return ThreadLogsResponse(data=lines, next_cursor=next_cursor, missing=read.missing)


def _shown(line: Line) -> ThreadLogLine:
    return ThreadLogLine.model_validate(line._asdict(), by_name=True)


def _after(text: str | None) -> LinePlace:
    """The place that a cursor names. Raises RpcError."""
    return BEGIN if text is None else LinePlace(*map(int, place(text, int, int, int)))
