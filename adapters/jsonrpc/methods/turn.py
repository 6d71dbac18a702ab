"""Methods on the turns of a thread: start, steer and interrupt."""

from typing import Any

from threadhost.actors.errors import NoActiveTurn, ThreadNotFound
from threadhost.actors.turn import InterruptTurn, StartTurn, SteerTurn
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods import sandbox
from threadhost.adapters.jsonrpc.methods.common import (
    absolute,
    canonical,
    idempotency,
    is_unknown,
    plain,
    thread_scope,
)
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
from threadhost.events.thread import ThreadSettings
from threadhost.events.turn import ItemRecorded, TurnStarted

OVERRIDES = {
    "model": "model",
    "effort": "effort",
    "cwd": "cwd",
    "approval_policy": "approval_policy",
    "approvals_reviewer": "approvals_reviewer",
    "service_tier": "service_tier",
}
"""What a turn's params change in the settings of its thread."""


@method("turn/start", TurnStartParams, scope=thread_scope)
async def start_turn(params: TurnStartParams, call: Call) -> TurnStartResponse:
    """Begin a turn, or add to the one that runs; a stored thread is taken up and followed."""
    thread_id = canonical(params.thread_id)
    app = call.app
    key = idempotency(params.idempotency_key, "turn/start", params)
    appended = await _earlier(thread_id, key, call)
    if appended is None:
        if app.host.state(thread_id) is None:
            await app.host.take_up(thread_id)
            app.hub.follow(call.session, thread_id)
        command = _command(params, call, thread_id)
        appended = await app.host.ask(thread_id, command, call.origin, key)
    if appended.replayed:
        app.hub.follow(call.session, thread_id)
    turn_id = _turn_of(appended) or _running(call, thread_id)
    if turn_id is None:
        raise NoActiveTurn("add to")
    turn = Turn(id=turn_id, root_turn_id=turn_id, items_view="notLoaded", status="inProgress")
    return TurnStartResponse(turn=turn)


async def _earlier(thread_id: str, key: Idempotency | None, call: Call) -> Appended | None:
    """What this request did before: a thread that is stored need not be taken up for it."""
    if key is None or call.app.host.state(thread_id) is not None:
        return None
    return await call.app.host.earlier(key, call.origin)


def _command(params: TurnStartParams, call: Call, thread_id: str) -> StartTurn:
    app = call.app
    return StartTurn(
        turn_id=app.ids.new(),
        item_id=app.ids.new(),
        content=[part.model_dump(mode="json") for part in params.input],
        at_ms=app.clock.now_ms(),
        client_id=params.client_user_message_id,
        settings=_changed(params, call, thread_id),
        output_schema=params.output_schema if isinstance(params.output_schema, dict) else None,
    )


def _turn_of(appended: Appended) -> str | None:
    for fact in appended.recorded:
        if isinstance(fact.event, (TurnStarted, ItemRecorded)):
            return fact.event.turn_id
    return None


def _running(call: Call, thread_id: str) -> str | None:
    state = call.app.host.state(thread_id)
    return state.turn.id if state and state.turn else None


def _changed(params: TurnStartParams, call: Call, thread_id: str) -> ThreadSettings | None:
    """The thread's settings with what this turn changes from now on, or None."""
    changes: dict[str, Any] = {
        setting: plain(value)
        for name, setting in OVERRIDES.items()
        if (value := getattr(params, name)) is not None
    }
    changes |= sandbox.of_policy(params.sandbox_policy, params.permissions)
    state = call.app.host.state(thread_id)
    if not changes or state is None or state.settings is None:
        return None
    if "cwd" in changes:
        changes["cwd"] = absolute(changes["cwd"])
    return state.settings.model_copy(update=changes)


@method("turn/steer", TurnSteerParams, scope=thread_scope)
async def steer_turn(params: TurnSteerParams, call: Call) -> TurnSteerResponse:
    """Add input to the running turn, if it is the one that the caller thinks it is."""
    thread_id, app = _working(params.thread_id, "steer", call), call.app
    command = SteerTurn(
        turn_id=params.expected_turn_id,
        item_id=app.ids.new(),
        content=[part.model_dump(mode="json") for part in params.input],
        at_ms=app.clock.now_ms(),
        client_id=params.client_user_message_id,
        expected_turn_id=params.expected_turn_id,
    )
    await app.host.ask(thread_id, command, call.origin)
    return TurnSteerResponse(turn_id=params.expected_turn_id)


@method("turn/interrupt", TurnInterruptParams, scope=thread_scope)
async def interrupt_turn(params: TurnInterruptParams, call: Call) -> TurnInterruptResponse:
    """End the running turn; a thread that is not loaded has none."""
    thread_id = _working(params.thread_id, "interrupt", call)
    command = InterruptTurn(params.turn_id, call.app.clock.now_ms())
    await call.app.host.ask(thread_id, command, call.origin)
    return TurnInterruptResponse()


def _working(thread_id: str, purpose: str, call: Call) -> str:
    """The id of a live thread; one that is stored has no turn. Raises Refusal."""
    found = canonical(thread_id)
    if call.app.host.state(found) is None:
        raise ThreadNotFound(found) if is_unknown(found, call) else NoActiveTurn(purpose)
    return found
