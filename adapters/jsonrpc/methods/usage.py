"""The tokens that a thread has used, as a client is told of them that takes it up."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.notify_turns import token_usage


def tell_usage(thread_id: str, call: Call, *, ahead: bool = False) -> None:
    """Tell the caller, behind the answer, of the tokens that the thread has used.

    `ahead`: before all else that waits for the answer.
    """
    app, state = call.app, call.app.host.threads.state(thread_id)
    if state is None or not state.usage_turn_id:
        return
    params = token_usage(thread_id, state.usage_turn_id, state.last_usage, state.usage)
    correlation_id, now_ms = call.origin.correlation_id, app.clock.now_ms()
    notice = Notice(params, now_ms, app.hub.position, thread_id, correlation_id=correlation_id)
    if ahead:
        call.session.delivery.hear_ahead(notice)
    else:
        call.session.hear(notice)
