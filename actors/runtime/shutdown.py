"""Stopping live threads together, under one deadline for all of them."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.actor import ActorDeadError
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.thread_actor import Shutdown, ThreadActor
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.actors.thread import RecoverThread, decide
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreError
from threadhost.events.thread import ThreadShutdownTimedOut

logger = logging.getLogger("threadhost.actors")


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many stopped by themselves, and which had to be fenced out."""

    stopped: int
    timed_out: Sequence[str]


async def stop_all(
    thread_ids: Sequence[str],
    threads: LiveThreads,
    logs: Logs,
    clock: Clock,
    reason: str,
    origin: Origin,
    deadline_ms: int,
    *,
    only_if_idle: bool = False,
) -> Stopped:
    """Ask those that live to stop, at once; who has not by the deadline loses its incarnation.

    `only_if_idle`: those that took up work in the meantime go on, and count as stopped.
    """
    actors = await threads.settled(thread_ids)
    shutdown = Shutdown(reason, origin, only_if_idle)
    waiting = {asyncio.ensure_future(_stop(actor, shutdown)): actor for actor in actors}
    if not waiting:
        return Stopped(0, ())
    done, late = await asyncio.wait(waiting, timeout=deadline_ms / 1000)
    stopped = {task for task in done if task.result()}
    overdue = [actor for task, actor in waiting.items() if task not in stopped]
    timed_out = ThreadShutdownTimedOut(reason=reason, deadline_ms=deadline_ms)
    ids = [actor.state.id for actor in overdue]
    with threads.kept_down(ids):
        for actor in overdue:
            actor.abandon()
        if late:
            await asyncio.wait(late)  # abandoned actors answer at once
        await asyncio.gather(*(_fence_out(t, timed_out, logs, clock, origin) for t in ids))
    return Stopped(len(stopped), ids)


async def _stop(actor: ThreadActor, shutdown: Shutdown) -> bool:
    try:
        await actor.actor_ref.ask(shutdown, block=False)
    except ActorDeadError:
        return True
    except Exception as error:  # noqa: BLE001  (whatever it was, this thread did not stop)
        logger.warning("thread %s did not stop: %s", actor.state.id, type(error).__name__)
        return False
    return True


async def _fence_out(
    thread_id: str, timed_out: ThreadShutdownTimedOut, logs: Logs, clock: Clock, origin: Origin
) -> None:
    """End the incarnation first, so that what the turn's end is decided on stands still."""
    log, stream, now_ms = logs.of(thread_id), thread_stream(thread_id), clock.now_ms()
    try:
        await log.append(StreamAppend(stream, [timed_out]), meta=origin.at(now_ms))
        found = await logs.stored(thread_id)
        rest = decide(RecoverThread(timed_out.reason, now_ms), found.state)
        if rest:
            await log.append(StreamAppend(stream, rest), meta=origin.at(now_ms))
    except (StoreError, ThreadNotFound) as error:
        logger.warning("the end of thread %s was not recorded: %s", thread_id, error)
