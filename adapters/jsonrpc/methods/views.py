"""`host/views/rebuild`: rebuilds the views from the log while the host runs."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.models.host_views import (
    ViewsRebuildParams,
    ViewsRebuildProgressNotification,
    ViewsRebuildResponse,
)
from threadhost.adapters.jsonrpc.progress import Progress
from threadhost.adapters.jsonrpc.registry import method
from threadhost.adapters.jsonrpc.scopes import ScopeKey
from threadhost.events.operator_log_store import VIEWS_REMADE
from threadhost.projections import all_views

IN_MEMORY = (
    "Invalid request: this host keeps everything in memory, and has no log to rebuild"
    " its views from"
)


@method(
    "host/views/rebuild",
    ViewsRebuildParams,
    scope=lambda _: ScopeKey("views"),
    experimental=True,
)
async def rebuild_views(params: ViewsRebuildParams, call: Call) -> ViewsRebuildResponse:
    """Rebuild all views from the log; reads use the old ones until all are replaced at once."""
    from threadhost.projections.online_rebuild import OnlineRebuild

    app = call.app
    if not app.logs.durable.is_durable:
        raise refusal("inMemory", IN_MEMORY)

    progress = Progress(call)

    def tell(done: int, total: int) -> None:
        progress.tell(
            lambda: ViewsRebuildProgressNotification(
                request_id=call.request_id, done=done, total=total
            ),
            is_over=done >= total,
        )

    renewed = await OnlineRebuild(app.logs.durable, all_views()).run(tell)
    VIEWS_REMADE.emit(count=renewed.events)
    return ViewsRebuildResponse(events=renewed.events, changed=dict(renewed.changed))
