"""Methods on the turns of a thread: start and interrupt."""

from dataclasses import replace
from typing import Any

from threadhost.actors.turn import InterruptTurn, StartTurn
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import canonical, idempotency, thread_scope
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_start import (
    TurnInterruptParams,
    TurnInterruptResponse,
    TurnStartParams,
    TurnStartResponse,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.store.committer import Appended
from threadhost.events.thread import ThreadSettings
from threadhost.events.turn import ItemRecorded, TurnStarted

OVERRIDES = ("model", "effort", "cwd", "approval_policy", "approvals_reviewer", "service_tier")


@method("turn/start", TurnStartParams, scope=thread_scope)
async def start_turn(params: TurnStartParams, call: Call) -> TurnStartResponse:
    """Begin a turn, or add to the one that runs; a stored thread is taken up and followed."""
    thread_id = canonical(params.thread_id)
    app = call.app
    was_live = app.host.state(thread_id) is not None
    command = StartTurn(
        turn_id=app.ids.new(),
        item_id=app.ids.new(),
        content=[part.model_dump(mode="json") for part in params.input],
        at_ms=app.clock.now_ms(),
        client_id=params.client_user_message_id,
        output_schema=params.output_schema if isinstance(params.output_schema, dict) else None,
    )
    if was_live:
        command = replace(command, settings=_changed(params, call, thread_id))
    key = idempotency(params.idempotency_key, "turn/start", params)
    appended = await app.host.ask(thread_id, command, call.origin, key)
    if not was_live:
        app.hub.follow(call.session, thread_id)
    turn_id = _turn_of(appended) or _running(call, thread_id) or command.turn_id
    turn = Turn(id=turn_id, root_turn_id=turn_id, items_view="notLoaded", status="inProgress")
    return TurnStartResponse(turn=turn)


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
        name: getattr(params, name) for name in OVERRIDES if getattr(params, name) is not None
    }
    state = call.app.host.state(thread_id)
    if not changes or state is None or state.settings is None:
        return None
    plain = {
        k: v.model_dump(mode="json") if hasattr(v, "model_dump") else v for k, v in changes.items()
    }
    return state.settings.model_copy(update=plain)


@method("turn/interrupt", TurnInterruptParams, scope=thread_scope)
async def interrupt_turn(params: TurnInterruptParams, call: Call) -> TurnInterruptResponse:
    """End the running turn."""
    command = InterruptTurn(params.turn_id, call.app.clock.now_ms())
    await call.app.host.ask(canonical(params.thread_id), command, call.origin)
    return TurnInterruptResponse()
