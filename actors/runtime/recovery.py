"""Turns that an earlier process left running: ended in the log, their threads stay stored."""

import asyncio
import logging
from collections.abc import Sequence

from threadhost.actors.errors import Refusal
from threadhost.actors.origin import policy
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.thread import RecoverThread, decide
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreError

logger = logging.getLogger("threadhost.actors")


async def end_interrupted_turns(thread_ids: Sequence[str], logs: Logs, clock: Clock) -> None:
    """End what these threads left; one that is damaged keeps no other from being ended."""
    await asyncio.gather(*(_end_interrupted_turn(t, logs, clock) for t in thread_ids))


async def _end_interrupted_turn(thread_id: str, logs: Logs, clock: Clock) -> None:
    try:
        found = await logs.stored(thread_id)
        now_ms = clock.now_ms()
        events = decide(RecoverThread("host restarted", now_ms), found.state)
        if events:
            meta = policy("recovery", thread_id).at(now_ms)
            append = StreamAppend(thread_stream(thread_id), events, found.state.version)
            await logs.durable.append(append, meta=meta)
    except (Refusal, StoreError):
        # One damaged thread must not keep the host from starting.
        logger.exception("the turn that thread %s left could not be ended", thread_id)
