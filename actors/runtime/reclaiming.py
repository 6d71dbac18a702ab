"""Returns the disk space of deleted threads, in small steps with rests, so that nobody waits."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from threadhost.actors.origin import policy
from threadhost.actors.ports import Clock
from threadhost.events.host import SpaceReclaimed
from threadhost.events.ids import host_stream
from threadhost.events.operator_log import SPACE_KEPT
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log

DELAY_S = 1.0
"""Gathers deletions, and lets their checkpoint go first."""
REST = 4
"""The rest after a step, as a multiple of the step's own time."""
T = TypeVar("T")


class Reclaimer:
    """Removes the payloads of deleted threads from the log, and returns free pages of its file."""

    def __init__(self, log: Log, clock: Clock, host_id: str) -> None:
        self._log = log
        self._clock = clock
        self._host_id = host_id
        self._task: asyncio.Task[None] | None = None
        self._is_asked_again = False

    def begin(self, cause: str) -> None:
        """Look after DELAY_S whether there is space to return, for this cause."""
        self._is_asked_again = True
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(cause))

    async def close(self) -> None:
        """Stop at once; the next start continues."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, cause: str) -> None:
        try:
            while self._is_asked_again:
                await asyncio.sleep(DELAY_S)
                self._is_asked_again = False
                await self._reclaim(cause)
        except Exception as error:  # noqa: BLE001  (the next deletion, or start, tries again)
            SPACE_KEPT.emit(fault=error)
        finally:
            self._task = None

    async def _reclaim(self, cause: str) -> None:
        rows = size = pages = 0
        while not (step := await self._rested(self._log.purge())).is_done:
            rows, size = rows + step.rows, size + step.bytes
        while await self._rested(self._log.compact_rows()):
            continue
        while released := await self._rested(self._log.release_pages()):
            pages += released
        if not (rows or pages):
            return
        await self._log.checkpoint()
        reclaimed = SpaceReclaimed(payloads=rows, payload_bytes=size, pages=pages)
        meta = policy("erasure", self._host_id, cause).at(self._clock.now_ms())
        await self._log.append(StreamAppend(host_stream(self._host_id), [reclaimed]), meta=meta)

    async def _rested(self, step: Awaitable[T]) -> T:
        """The result of a step; then the writer is free for others, for REST times as long."""
        began_s = self._clock.monotonic()
        result = await step
        await asyncio.sleep(REST * (self._clock.monotonic() - began_s))
        return result
