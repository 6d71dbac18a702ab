"""Threads that a method loads for its caller, which then follows them."""

from threadhost.actors.command import Command
from threadhost.actors.errors import Refusal
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.followers import Place
from threadhost.adapters.jsonrpc.methods.warnings import warn_of_gaps
from threadhost.events.compaction import InputReceived
from threadhost.events.store.committer import Appended, Idempotency
from threadhost.events.turn import ItemRecorded, TurnStarted


async def activate_and_follow(thread_id: str, call: Call) -> None:
    """Activate and follow a thread that is not live; warn the caller of its unreadable events."""
    if call.app.host.threads.loaded(thread_id) is None:
        await call.app.host.threads.activate(thread_id, call.origin.causation_id)
        call.app.hub.join_thread(call.session, thread_id, call.origin.correlation_id)
        if (state := call.app.host.threads.loaded(thread_id)) is not None:
            warn_of_gaps(state, call)


async def carry_out(
    thread_id: str, command: Command, call: Call, key: Idempotency | None
) -> Appended:
    """Carry out a command on a thread, which is loaded and followed for it.

    A repeated request does nothing, though the command might be refused by now; its caller follows
    the thread. Raises Refusal or StoreError.
    """
    appended = await earlier(thread_id, call, key)
    if appended is None:
        await activate_and_follow(thread_id, call)
        appended = await call.app.host.threads.ask(thread_id, command, call.origin, key)
    if appended.replayed:
        await follow_again(thread_id, appended, call)
    return appended


async def earlier(thread_id: str, call: Call, key: Idempotency | None) -> Appended | None:
    """What an earlier send of a request did to a thread. Raises IdempotencyKeyReused."""
    return await call.app.host.earlier(key, call.origin, thread_id) if key is not None else None


async def follow_again(thread_id: str, appended: Appended, call: Call) -> None:
    """Follow the thread of a repeated request; if its turn is over, notify the client of its end.

    The reply is the same as to the first request, so the client waits for the end of the turn.
    Raises ThreadNotFound if the thread was deleted, RpcError if the turn was reverted.
    """
    hub, session = call.app.hub, call.session
    place = hub.followers.notified_since(session, thread_id)
    hub.join_thread(session, thread_id, call.origin.correlation_id)
    try:
        await call.app.logs.require_open(thread_id, fenced_is_fine=True)
    except Refusal:
        hub.unfollow(session, thread_id)
        raise
    if (turn_id := turn_of(appended)) is not None:
        await _notify_end(thread_id, turn_id, place, call)


def turn_of(appended: Appended) -> str | None:
    """The turn that an append began, or added an item to."""
    for fact in appended.recorded:
        if isinstance(fact.event, (TurnStarted, ItemRecorded, InputReceived)):
            return fact.event.turn_id
    return None


async def _notify_end(thread_id: str, turn_id: str, place: Place, call: Call) -> None:
    """Notify the client of the end of a turn that was over at a place in the log."""
    log, origin = call.app.logs.of(thread_id), call.origin
    turn = await call.app.reading.turns.row(thread_id, turn_id)
    if turn is None:  # it was taken back
        raise refusal("turnNotFound", f"turn not found: {turn_id} (in thread {thread_id})")
    notified_since = place.durable if log.is_durable else place.in_memory
    if turn.end_position is None or turn.end_position > notified_since:
        return
    ends = await log.read_at([turn.end_position])
    notifier = call.app.notifier()
    await notifier.prepare(ends)
    for end in ends:
        end_again = end._replace(meta=end.meta._replace(correlation_id=origin.correlation_id))
        # Not what goes ahead of it, the thread's status: that may be at work on another turn.
        for notice in notifier.tell(end_again, call.app.hub.position)[-1:]:
            call.session.deliver(notice)
