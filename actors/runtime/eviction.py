"""Eviction from memory: what idle threads hold is let go of once all live ones hold too much."""

from collections.abc import Sequence
from typing import Protocol

from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.threads import LiveThreads

REASON = "memory"
"""The reason that such a thread's shutdown is recorded with."""
LOW_WATERMARK = 0.75
"""Down to this share of the account, so that not every request has to look for room."""


class Unload(Protocol):
    """Shuts threads down together; they stay stored."""

    async def __call__(
        self, thread_ids: Sequence[str], reason: str, origin: Origin, *, only_if_idle: bool = False
    ) -> object:
        """Those of them that work go on if `only_if_idle`."""


class Evictor:
    """Lets go of histories first, which the log has, then of whole threads that do nothing.

    Those that came to life first go first. A thread that is unloaded is taken up by the next
    request for it, whoever follows it; one that lives only in memory is never unloaded for room.
    """

    def __init__(self, threads: LiveThreads, logs: Logs, unload: Unload) -> None:
        self._threads = threads
        self._logs = logs
        self._unload = unload

    async def require(self) -> None:
        """Return if more may be kept of live threads, now or once others are let go of.

        Raises AccountFull where all of it is of threads that work.
        """
        account = self._threads.memory
        if not account.is_full:
            return
        for actor in self._threads.actors():
            if self._is_enough:
                return
            if actor.is_idle:
                actor.drop_history()
        if not self._is_enough:
            await self._unload_some()
        if account.is_full:
            raise account.full()

    async def _unload_some(self) -> None:
        if thread_ids := self._idle_to_unload():
            origin = policy("memory", thread_ids[0], "")
            await self._unload(thread_ids, REASON, origin, only_if_idle=True)

    @property
    def _is_enough(self) -> bool:
        account = self._threads.memory
        return account.used_bytes <= LOW_WATERMARK * account.bytes_max

    def _idle_to_unload(self) -> list[str]:
        """As many idle threads as it takes."""
        account, thread_ids = self._threads.memory, list[str]()
        excess_bytes = account.used_bytes - LOW_WATERMARK * account.bytes_max
        for actor in self._threads.actors():
            if excess_bytes <= 0:
                break
            if actor.is_quiet and not self._logs.is_ephemeral(actor.state.id):
                excess_bytes -= actor.size_bytes
                thread_ids.append(actor.state.id)
        return thread_ids
