"""Methods of this host's own: what a deletion would do, and notifications from a position on."""

from threadhost.adapters.jsonrpc.call import Call
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
    PreviewTarget,
)
from threadhost.adapters.jsonrpc.registry import method

OLDEST = 1


@method("host/thread/previewDelete", PreviewDeleteParams, scope=thread_reading)
async def preview_delete(params: PreviewDeleteParams, call: Call) -> PreviewDeleteResponse:
    """What deleting a thread would do now; changes nothing."""
    app = call.app
    plan = app.host.trees.preview(canonical(params.thread_id))
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
    files = [
        PreviewFile(thread_id=t, name=name)
        for t in plan.order
        for name in app.logs.durable.files.list(t)
    ]
    sizes = [app.reading.turns.counts(t.thread_id) for t in plan.targets]
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
    )


@method("host/events/subscribe", EventsSubscribeParams)
async def subscribe(params: EventsSubscribeParams, call: Call) -> EventsSubscribeResponse:
    """Notifications of all threads, first those after a position, then each as it happens."""
    app = call.app
    newest = app.hub.position
    if params.after_position > newest:
        return EventsSubscribeResponse(
            position=newest,
            oldest_position=OLDEST,
            complete=False,
            reason=f"position {params.after_position} is ahead of this log, which ends at {newest}",
        )
    app.hub.follow_all(call.session, on=True)
    call.session.news.subscribe(app.replay(call.session, params.after_position))
    return EventsSubscribeResponse(position=newest, oldest_position=OLDEST, complete=True)


@method("host/events/unsubscribe", EventsUnsubscribeParams)
async def unsubscribe(params: EventsUnsubscribeParams, call: Call) -> EventsUnsubscribeResponse:
    """Hear only of threads that this connection follows."""
    del params
    call.app.hub.follow_all(call.session, on=False)
    call.session.news.unsubscribe()
    return EventsUnsubscribeResponse()
