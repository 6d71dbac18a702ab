"""Methods on the turns of a thread: start, steer and interrupt."""

from typing import Any

from threadhost.actors.errors import NoActiveTurn, ThreadNotFound
from threadhost.actors.settings import SettingsChange
from threadhost.actors.turn import InterruptTurn, StartTurn, SteerTurn
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.methods.common import (
    canonical,
    idempotency,
    is_unknown,
    plain,
    thread_scope,
)
from threadhost.adapters.jsonrpc.methods.setting_changes import changes_of
from threadhost.adapters.jsonrpc.methods.setup import default_settings
from threadhost.adapters.jsonrpc.methods.turn_input import content_of, context_of
from threadhost.adapters.jsonrpc.methods.warnings import take_up
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_start import (
    TurnInterruptParams,
    TurnInterruptResponse,
    TurnStartParams,
    TurnStartResponse,
)
from threadhost.adapters.jsonrpc.models.turn_steer import TurnSteerParams, TurnSteerResponse
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.store.committer import Appended, Idempotency
from threadhost.events.turn import ItemRecorded, TurnStarted


@method("turn/start", TurnStartParams, scope=thread_scope, starts=True)
async def start_turn(params: TurnStartParams, call: Call) -> TurnStartResponse:
    """Start a turn, or add input to the running one; a stored thread is loaded and followed."""
    thread_id, changes = canonical(params.thread_id), await _changes(params, call)
    app = call.app
    key = await idempotency(params, call)
    appended = await _earlier(thread_id, key, call)
    if appended is None:
        await take_up(thread_id, call)
        command = _command(params, call, changes)
        appended = await app.host.threads.ask(thread_id, command, call.origin, key)
    turn_id = _turn_of(appended) or _running(call, thread_id)
    if turn_id is None:
        raise NoActiveTurn("add to")
    if appended.replayed:
        await app.logs.require_open(thread_id, fenced_is_fine=True)
        await _join_again(thread_id, turn_id, call)
    root_turn_id = _root_of(call, thread_id, turn_id)
    turn = Turn(id=turn_id, root_turn_id=root_turn_id, items_view="notLoaded", status="inProgress")
    return TurnStartResponse(turn=turn)


async def _join_again(thread_id: str, turn_id: str, call: Call) -> None:
    """Follow the thread of a repeated request; if its turn is over, notify the client of its end.

    The reply is the same as to the first request, so the client waits for the end of the turn.
    """
    hub, log, origin = call.app.hub, call.app.logs.of(thread_id), call.origin
    place = hub.told_after(call.session, thread_id)
    hub.join_thread(call.session, thread_id, origin.correlation_id)
    turn = await call.app.reading.turns.row(thread_id, turn_id)
    if turn is None:  # it was taken back
        raise refusal("turnNotFound", f"turn not found: {turn_id} (in thread {thread_id})")
    told_after = place.durable if log.is_durable else place.in_memory
    if turn.end_position is None or turn.end_position > told_after:
        return
    ends = await log.read_at([turn.end_position])
    notifier = call.app.notifier()
    await notifier.prepare(ends)
    for end in ends:
        end_again = end._replace(meta=end.meta._replace(correlation_id=origin.correlation_id))
        # Not what goes ahead of it, the thread's status: that may be at work on another turn.
        for notice in notifier.tell(end_again, hub.position)[-1:]:
            call.session.deliver(notice)


def _root_of(call: Call, thread_id: str, turn_id: str) -> str:
    """The turn of the tree's root that a turn belongs to; the turn itself if it is not running."""
    state = call.app.host.threads.loaded(thread_id)
    turn = state.turn if state else None
    return turn_id if turn is None or turn.id != turn_id else turn.root_turn_id or turn_id


async def _earlier(thread_id: str, key: Idempotency | None, call: Call) -> Appended | None:
    """What an earlier send of this request did, if its thread is not loaded, which it can stay."""
    if key is None or call.app.host.threads.loaded(thread_id) is not None:
        return None
    return await call.app.host.earlier(key, call.origin)


def _command(params: TurnStartParams, call: Call, changes: dict[str, Any]) -> StartTurn:
    app = call.app
    change = SettingsChange(changes, default_settings(call)) if changes else None
    return StartTurn(
        turn_id=app.ids.new(),
        item_id=app.ids.new(),
        content=content_of(params),
        at_ms=app.clock.now_ms(),
        client_id=params.client_user_message_id,
        change=change,
        output_schema=params.output_schema if isinstance(params.output_schema, dict) else None,
        root_turn_id=params.root_turn_id or None,
        context=context_of(params.additional_context),
    )


def _turn_of(appended: Appended) -> str | None:
    for fact in appended.recorded:
        if isinstance(fact.event, (TurnStarted, ItemRecorded)):
            return fact.event.turn_id
    return None


def _running(call: Call, thread_id: str) -> str | None:
    state = call.app.host.threads.loaded(thread_id)
    return state.turn.id if state and state.turn else None


async def _changes(params: TurnStartParams, call: Call) -> dict[str, Any]:
    # A turn may have no environment; a thread may not.
    if params.environments == []:
        params = params.model_copy(update={"environments": None})
    return await changes_of(params, call)


@method("turn/steer", TurnSteerParams, scope=thread_scope)
async def steer_turn(params: TurnSteerParams, call: Call) -> TurnSteerResponse:
    """Add input to the running turn, if it is the turn that the client names."""
    thread_id, app = await _live_thread_id(params.thread_id, "steer", call), call.app
    command = SteerTurn(
        turn_id=params.expected_turn_id,
        item_id=app.ids.new(),
        content=[*map(plain, params.input)],
        at_ms=app.clock.now_ms(),
        client_id=params.client_user_message_id,
        expected_turn_id=params.expected_turn_id,
        context=context_of(params.additional_context),
    )
    await app.host.threads.ask(thread_id, command, call.origin)
    return TurnSteerResponse(turn_id=params.expected_turn_id)


@method("turn/interrupt", TurnInterruptParams, scope=thread_scope)
async def interrupt_turn(params: TurnInterruptParams, call: Call) -> TurnInterruptResponse:
    """Interrupt the running turn; a thread that is not loaded has none."""
    thread_id = await _live_thread_id(params.thread_id, "interrupt", call)
    command = InterruptTurn(params.turn_id, call.app.clock.now_ms())
    await call.app.host.threads.ask(thread_id, command, call.origin)
    return TurnInterruptResponse()


async def _live_thread_id(thread_id: str, purpose: str, call: Call) -> str:
    """The id of a live thread; a stored one has no running turn. Raises Refusal."""
    thread = canonical(thread_id)
    if call.app.host.threads.loaded(thread) is None:
        raise ThreadNotFound(thread) if await is_unknown(thread, call) else NoActiveTurn(purpose)
    return thread
