"""Turns that an earlier process left running: ended in the log, their threads stay stored."""

import asyncio
import logging
from collections.abc import Sequence

from threadhost.actors.errors import Refusal, ThreadNotFound
from threadhost.actors.origin import policy
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.thread import RecoverThread
from threadhost.events.store.errors import StoreError

logger = logging.getLogger("threadhost.actors")


async def end_interrupted_turns(
    thread_ids: Sequence[str], stored: StoredThreads, cause: str
) -> None:
    """End what these threads left; one that is damaged keeps no other from being ended."""
    await asyncio.gather(*(_end_interrupted_turn(t, stored, cause) for t in thread_ids))


async def _end_interrupted_turn(thread_id: str, stored: StoredThreads, cause: str) -> None:
    command = RecoverThread("host restarted", stored.clock.now_ms())
    try:
        await stored.change(thread_id, command, policy("recovery", thread_id, cause))
    except ThreadNotFound:
        pass  # a deletion that the earlier process had begun is over by now
    except (Refusal, StoreError):
        # One damaged thread must not keep the host from starting.
        logger.exception("the turn that thread %s left could not be ended", thread_id)
