"""Turns that an earlier process left running: ended in the log, their threads stay stored."""

import asyncio
from collections.abc import Sequence

from threadhost.actors.errors import Refusal, ThreadNotFound
from threadhost.actors.origin import policy
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.thread import RecoverThread
from threadhost.events.operator_log import NOT_RECORDED
from threadhost.events.store.errors import StoreError


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
    except (Refusal, StoreError) as error:
        # One damaged thread must not keep the host from starting.
        NOT_RECORDED.tell(what=f"the end of the turn that thread {thread_id} left", fault=error)
