"""How a thread that is loaded now is set up, as clients are told, and its whole history."""

from typing import Any

from threadhost.actors.errors import ThreadNotFound
from threadhost.adapters.jsonrpc import render, render_history
from threadhost.adapters.jsonrpc.call import Call


def setup(thread_id: str, call: Call) -> dict[str, Any]:
    """The fields of a `ThreadSetup`. Raises ThreadNotFound if the thread is not live."""
    row, state = call.app.reading.row(thread_id), call.app.host.state(thread_id)
    if row is None or state is None or state.settings is None:
        raise ThreadNotFound(thread_id)
    chosen = state.settings
    return {
        "thread": render.thread(row, call.app.host.status(thread_id)),
        "model": chosen.model,
        "model_provider": chosen.model_provider,
        "service_tier": chosen.service_tier,
        "cwd": chosen.cwd,
        "runtime_workspace_roots": [chosen.cwd],
        "approval_policy": chosen.approval_policy,
        "approvals_reviewer": chosen.approvals_reviewer,
        "sandbox": chosen.sandbox,
        "active_permission_profile": render.profile(chosen),
        "reasoning_effort": chosen.effort,
    }


async def whole_history(thread_id: str, call: Call) -> bytes:
    """All turns of a thread, as `ThreadResult.with_turns` takes them."""
    return render_history.turns(await call.app.reading.turns.all(thread_id))
