"""`thread/revert`: removes a turn and all later ones."""

from contextlib import suppress
from functools import partial

from threadhost.actors.errors import NoActiveTurn, TurnRunning, WrongTurn
from threadhost.actors.revert import RevertThread
from threadhost.actors.turn import InterruptTurn
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.event_handlers import Addressed, handles
from threadhost.adapters.jsonrpc.methods.common import canonical, idempotency, thread_scope
from threadhost.adapters.jsonrpc.methods.history import newest
from threadhost.adapters.jsonrpc.models.revert import ThreadRevertParams, ThreadRevertResponse
from threadhost.adapters.jsonrpc.models.thread_notifications import ThreadRevertedNotification
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.base import Recorded
from threadhost.events.revert import ThreadReverted


@handles(ThreadReverted)
def _reverted(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    yield ThreadRevertedNotification(thread_id=thread_id), True


@method(
    "thread/revert",
    ThreadRevertParams,
    scope=thread_scope,
    holds=frozenset({ThreadReverted.kind}),
)
async def revert_thread(params: ThreadRevertParams, call: Call) -> ThreadRevertResponse:
    """Remove a turn and all later ones from the history; a running turn is interrupted first.

    The thread may be loaded or stored; the log keeps what was taken out.
    """
    app, thread_id = call.app, canonical(params.thread_id)
    key = await idempotency(params, call)
    if key is None or not await app.host.earlier(key, call.origin, thread_id):
        revert = partial(
            app.host.threads.amend, thread_id, RevertThread(params.before_turn_id), call.origin, key
        )
        try:
            await revert()
        except TurnRunning:
            await _interrupt(thread_id, call)
            await revert()
    row = await app.reading.known(thread_id)
    turns, items = await newest(thread_id, call)
    return ThreadRevertResponse(
        thread=app.shown.thread(row),
        turns_backwards_cursor=turns,
        items_backwards_cursor=items,
    )


async def _interrupt(thread_id: str, call: Call) -> None:
    state = call.app.host.threads.loaded(thread_id)
    if state is not None and state.turn is not None:
        command = InterruptTurn(state.turn.id, call.app.clock.now_ms())
        with suppress(NoActiveTurn, WrongTurn):  # the turn ended meanwhile
            await call.app.host.threads.ask(thread_id, command, call.origin)
