"""Stopping live threads together, under one deadline for all of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.actor import ActorDeadError
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.thread_actor import Shutdown, ThreadActor
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadShutdownTimedOut


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many stopped by themselves, and which had to be fenced out."""

    stopped: int
    timed_out: Sequence[str]


async def stop_all(
    actors: Sequence[ThreadActor],
    logs: Logs,
    clock: Clock,
    reason: str,
    origin: Origin,
    deadline_ms: int,
) -> Stopped:
    """Ask all to stop at once; those that have not by the deadline lose their incarnation."""
    waiting = {asyncio.ensure_future(_stop(actor, reason, origin)): actor for actor in actors}
    if not waiting:
        return Stopped(0, ())
    done, late = await asyncio.wait(waiting, timeout=deadline_ms / 1000)
    failed = [task for task in done if not task.cancelled() and task.exception()]
    overdue = [waiting[task] for task in (*late, *failed)]
    for task in late:
        task.cancel()
    for actor in overdue:
        await _fence_out(actor, logs.of(actor.state.id), clock, reason, origin, deadline_ms)
    return Stopped(len(done) - len(failed), [actor.state.id for actor in overdue])


async def _stop(actor: ThreadActor, reason: str, origin: Origin) -> None:
    try:
        await actor.actor_ref.ask(Shutdown(reason, origin), block=False)
    except ActorDeadError:
        return


async def _fence_out(
    actor: ThreadActor, log: Log, clock: Clock, reason: str, origin: Origin, deadline_ms: int
) -> None:
    actor.abandon()
    event = ThreadShutdownTimedOut(reason=reason, deadline_ms=deadline_ms)
    await log.append(
        StreamAppend(thread_stream(actor.state.id), [event]), meta=origin.at(clock.now_ms())
    )
