"""Eviction from memory: frees the memory of idle threads when all live ones hold too much."""

from collections.abc import Sequence
from typing import Protocol

from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.threads import LiveThreads

REASON = "memory"
"""The reason that such a thread's shutdown is recorded with."""
LOW_WATERMARK = 0.75
"""Eviction frees memory down to this share of the account, so that few requests have to evict."""


class Unload(Protocol):
    """Shuts threads down together; they stay stored."""

    async def __call__(
        self, thread_ids: Sequence[str], reason: str, origin: Origin, *, only_if_idle: bool = False
    ) -> object:
        """Shut these threads down; with `only_if_idle`, those with work continue."""


class Evictor:
    """Drops the histories of idle threads first, as the log has them; then unloads idle threads.

    The threads that have been live longest go first. Followers do not protect a thread: the next
    request for it makes it live again. A thread that lives only in memory is never unloaded.
    """

    def __init__(self, threads: LiveThreads, logs: Logs, unload: Unload) -> None:
        self._threads = threads
        self._logs = logs
        self._unload = unload

    async def require(self) -> None:
        """Return if memory has room for live threads, if need be after an eviction.

        Raises AccountFull if working threads hold all of it.
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
        """As many idle threads as have to be unloaded."""
        account, thread_ids = self._threads.memory, list[str]()
        excess_bytes = account.used_bytes - LOW_WATERMARK * account.bytes_max
        for actor in self._threads.actors():
            if excess_bytes <= 0:
                break
            if actor.is_quiet and not self._logs.is_ephemeral(actor.state.id):
                excess_bytes -= actor.size_bytes
                thread_ids.append(actor.state.id)
        return thread_ids
