"""Erasure from files: a checkpoint soon after each deletion, so that no file holds deleted data."""

import asyncio
from typing import TYPE_CHECKING

from threadhost.actors.origin import policy
from threadhost.actors.ports import Clock
from threadhost.events.host import ErasureConfirmed
from threadhost.events.ids import host_stream
from threadhost.events.operator_log import ERASURE_WAITS
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log

if TYPE_CHECKING:
    from threadhost.actors.runtime.reclaiming import Reclaimer

DELAY_S = 0.5
AFTER_A_START_S = 5.0


class Eraser:
    """Makes one checkpoint for all recent deletions, and records that it was complete."""

    def __init__(self, log: Log, clock: Clock, host_id: str) -> None:
        self._log = log
        self._clock = clock
        self._host_id = host_id
        self._pending: dict[str, str] = {}
        """Deletions that wait, each with the causation of its erasure."""
        self._task: asyncio.Task[None] | None = None
        self._reclaimer: Reclaimer | None = None
        self._later: asyncio.TimerHandle | None = None

    def reclaim_later(self, cause: str) -> None:
        """Reclaim space a while after a start, so that the start imports nothing for it."""
        loop = asyncio.get_running_loop()
        self._later = loop.call_later(AFTER_A_START_S, self.reclaim, cause)

    def reclaim(self, cause: str) -> None:
        """Return the disk space of deleted threads, after a delay."""
        if self._reclaimer is None:
            from threadhost.actors.runtime.reclaiming import Reclaimer

            self._reclaimer = Reclaimer(self._log, self._clock, self._host_id)
        self._reclaimer.begin(cause)

    def deleted(self, deletion_id: str, cause: str) -> None:
        """Schedule the erasure of an ended deletion; `cause` is its last event."""
        if deletion_id in self._pending:
            return
        self._pending[deletion_id] = cause
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._confirm_soon())

    async def close(self) -> None:
        """Erase what is pending at once."""
        if self._later is not None:
            self._later.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._confirm(is_last=True)
        if self._reclaimer is not None:
            await self._reclaimer.close()

    async def _confirm_soon(self) -> None:
        try:
            while self._pending:
                await asyncio.sleep(DELAY_S)
                await self._confirm()
        finally:
            self._task = None

    async def _confirm(self, *, is_last: bool = False) -> None:
        if not self._pending:
            return
        due = dict(self._pending)
        try:
            if not (await self._log.checkpoint()).is_whole:
                return
            events = [ErasureConfirmed(deletion_ids=[deletion_id]) for deletion_id in due]
            first, causes = next(iter(due)), list(due.values())
            meta = policy("erasure", first, causes[0]).at(self._clock.now_ms())
            append = StreamAppend(host_stream(self._host_id), events, causes=causes)
            await self._log.append(append, meta=meta)
        except Exception as error:  # noqa: BLE001  (any error: the next time tries again)
            ERASURE_WAITS.emit(fault=error)
            return
        for deletion_id in due:
            del self._pending[deletion_id]
        if not is_last:
            self.reclaim(causes[0])
