"""The notification of the tokens that a thread has used, for a client that resumes or forks it."""

from threadhost.actors.runtime.logs import off_loop
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.notify_turns import token_usage
from threadhost.events.ids import thread_stream
from threadhost.events.revert import ThreadReverted, surviving
from threadhost.events.store.log import Log
from threadhost.events.turn import TurnStarted, UsageRecorded
from threadhost.events.usage import NO_USAGE

TYPES = (ThreadReverted, TurnStarted, UsageRecorded)
AT_ONCE = 256
"""The versions of the stream that are read first; each further step back reads twice as many."""


async def notify_usage(thread_id: str, call: Call, *, ahead: bool = False) -> None:
    """Notify the caller, after the reply, of the tokens that the thread has used.

    `ahead`: before all other notifications that wait for the reply.
    """
    state = call.app.host.threads.loaded(thread_id)
    if state is None or state.usage == NO_USAGE:
        return
    turn_id, last = state.usage_turn_id, state.last_usage
    if not turn_id:  # the turn was reverted
        usage = await newest_unreverted_usage(call.app.logs.of(thread_id), thread_id, state.version)
        current = call.app.host.threads.loaded(thread_id)
        if usage is None or current is None or current.usage_turn_id:  # or a newer usage came
            return
        turn_id, last = usage.turn_id, usage.last
    params = token_usage(thread_id, turn_id, last, state.usage, call.app.window(thread_id))
    notice = call.app.hub.notice(params, thread_id, call.origin.correlation_id)
    if ahead:
        call.session.delivery.deliver_ahead(notice)
    else:
        call.session.deliver(notice)


async def newest_unreverted_usage(log: Log, thread_id: str, events: int) -> UsageRecorded | None:
    """The newest usage among the first `events` events that was not reverted; None without one.

    The cost depends on the events after it, not on the length of the history.
    """
    stream = thread_stream(thread_id)

    async def read() -> UsageRecorded | None:
        last, size = events, AT_ONCE
        while last > 0:
            before = max(0, last - size)
            pages = log.walk_stream(stream, before, last, TYPES)
            facts = [fact async for page in pages for fact in page]
            for fact in reversed(facts):
                if fact.version > last:  # reverted
                    continue
                if isinstance(fact.event, UsageRecorded):
                    return fact.event
                if isinstance(fact.event, ThreadReverted):
                    if not fact.event.from_version:
                        return await _of_all(log, stream)
                    last = fact.event.from_version - 1
            last, size = min(before, last), 2 * size
        return None

    return await off_loop(log, stream, events, read)


async def _of_all(log: Log, stream: str) -> UsageRecorded | None:
    """The same from the whole stream: reverts of an early version do not say where they began."""
    facts = surviving(await log.read_stream(stream, types=TYPES))
    events = (fact.event for fact in reversed(facts))
    return next((event for event in events if isinstance(event, UsageRecorded)), None)
