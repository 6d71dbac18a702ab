"""Methods on the turns of a thread: start, steer and interrupt."""

from typing import Any

from threadhost.actors.errors import NoActiveTurn, ThreadNotFound
from threadhost.actors.settings import SettingsChange
from threadhost.actors.turn import InterruptTurn, StartTurn, SteerTurn
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import invalid_field_error
from threadhost.adapters.jsonrpc.methods.common import (
    canonical,
    idempotency,
    is_unknown,
    plain,
    thread_scope,
)
from threadhost.adapters.jsonrpc.methods.following import carry_out, turn_of
from threadhost.adapters.jsonrpc.methods.setting_changes import changes_of
from threadhost.adapters.jsonrpc.methods.setup import default_settings
from threadhost.adapters.jsonrpc.methods.turn_input import content_of, context_of
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_start import (
    TurnInterruptParams,
    TurnInterruptResponse,
    TurnStartParams,
    TurnStartResponse,
)
from threadhost.adapters.jsonrpc.models.turn_steer import TurnSteerParams, TurnSteerResponse
from threadhost.adapters.jsonrpc.registry import method


@method("turn/start", TurnStartParams, scope=thread_scope, starts=True)
async def start_turn(params: TurnStartParams, call: Call) -> TurnStartResponse:
    """Start a turn, or add input to the running one; a stored thread is loaded and followed."""
    thread_id, changes = canonical(params.thread_id), await _changes(params, call)
    key = await idempotency(params, call)
    appended = await carry_out(thread_id, _command(params, call, changes), call, key)
    turn_id = turn_of(appended) or _running(call, thread_id)
    if turn_id is None:
        raise NoActiveTurn("add to")
    root_turn_id = _root_of(call, thread_id, turn_id)
    turn = Turn(id=turn_id, root_turn_id=root_turn_id, items_view="notLoaded", status="inProgress")
    return TurnStartResponse(turn=turn)


def _root_of(call: Call, thread_id: str, turn_id: str) -> str:
    """The turn of the tree's root that a turn belongs to; the turn itself if it is not running."""
    state = call.app.host.threads.loaded(thread_id)
    turn = state.turn if state else None
    return turn_id if turn is None or turn.id != turn_id else turn.root_turn_id or turn_id


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
    if not params.expected_turn_id:
        raise invalid_field_error("expectedTurnId", "expectedTurnId must not be empty")
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
    if not params.turn_id and _running(call, thread_id) is None:
        return TurnInterruptResponse()  # an empty id stands for whichever turn runs
    command = InterruptTurn(params.turn_id, call.app.clock.now_ms())
    await call.app.host.threads.ask(thread_id, command, call.origin)
    return TurnInterruptResponse()


async def _live_thread_id(thread_id: str, purpose: str, call: Call) -> str:
    """The id of a live thread; a stored one has no running turn. Raises Refusal."""
    thread = canonical(thread_id)
    if call.app.host.threads.loaded(thread) is None:
        raise ThreadNotFound(thread) if await is_unknown(thread, call) else NoActiveTurn(purpose)
    return thread
