"""The tokens that a thread has used, as a client is told of them that takes it up."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.notify_turns import token_usage


def tell_usage(thread_id: str, call: Call, *, ahead: bool = False) -> None:
    """Tell the caller, behind the answer, of the tokens that the thread has used.

    `ahead`: before all else that waits for the answer.
    """
    state = call.app.host.threads.loaded(thread_id)
    if state is None or not state.usage_turn_id:
        return
    params = token_usage(thread_id, state.usage_turn_id, state.last_usage, state.usage)
    notice = call.app.hub.notice(params, thread_id, call.origin.correlation_id)
    if ahead:
        call.session.delivery.hear_ahead(notice)
    else:
        call.session.hear(notice)
