"""The parts of a host that keep data of threads, and their steps in the threads' deletion."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from threadhost.actors.errors import FAILED
from threadhost.actors.ports import Clock, FoundRollouts
from threadhost.actors.runtime.logs import Logs
from threadhost.events.base import Event
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.faults import shortage, system_words, translate_shortage
from threadhost.events.tree import TreeDeletionPlanned, TreeFilesRemoved

if TYPE_CHECKING:
    from threadhost.actors.runtime.memory_log import MemoryLog


class Obstacle(NamedTuple):
    """The first thread that cannot be deleted, with the reason; those before it can."""

    thread_id: str
    reason: str


class Participant:
    """One part of the host in one deletion; each step may be repeated after a shortage.

    Threads come leaf first. The receipt shows `removed` under the participant's name. By default a
    step does nothing.
    """

    name = ""

    def __init__(self, plan: TreeDeletionPlanned, logs: Logs, clock: Clock) -> None:
        self._plan = plan
        self._logs = logs
        self._clock = clock
        self.removed = 0

    async def before(self, thread_ids: Sequence[str]) -> Obstacle | None:
        """Remove what must go while the threads still exist."""
        return None

    def events(self) -> Sequence[Event]:
        """The events of the tree for that step."""
        return ()

    async def beside(self, thread_ids: Sequence[str]) -> Sequence[StreamAppend]:
        """Appends to other streams, for the append with the tombstones of these threads.

        Each is at the version that was read; if such a stream has grown, this is called again.
        """
        return ()

    async def after(self, thread_ids: Sequence[str]) -> None:
        """Remove what may go only once the tombstones of these threads are durable."""


class Files(Participant):
    """Removes files, first of all: a failure halts the deletion while its thread is complete.

    A thread's rollouts go before its blobs, as the follower of the log can write them again.
    """

    name = "files"

    async def before(self, thread_ids: Sequence[str]) -> Obstacle | None:
        """Remove the files of these threads, off the loop. Raises RolloutRefused before any."""
        await self._logs.rollouts.close_files()
        with translate_shortage():
            return await asyncio.to_thread(self._remove, thread_ids)

    def events(self) -> Sequence[Event]:
        """The record of the removed files, if there were any."""
        if not self.removed:
            return ()
        plan = self._plan
        return [
            TreeFilesRemoved(deletion_id=plan.deletion_id, root_id=plan.root_id, files=self.removed)
        ]

    def _remove(self, thread_ids: Sequence[str]) -> Obstacle | None:
        with self._logs.rollouts.find(thread_ids) as rollouts:
            for thread_id in thread_ids:
                reason = self._remove_rollouts(rollouts, thread_id) or self._remove_blobs(thread_id)
                if reason:
                    return Obstacle(thread_id, reason)
        return None

    def _remove_rollouts(self, rollouts: FoundRollouts, thread_id: str) -> str:
        """Why a rollout stays; "" if all are gone."""
        for path in rollouts.paths(thread_id):
            try:
                self.removed += rollouts.remove(path)
            except OSError as error:
                return f"{FAILED} rollout file `{path}`: {_reason(error)}"
        return ""

    def _remove_blobs(self, thread_id: str) -> str:
        try:
            self.removed += self._logs.durable.files.remove(thread_id)
        except OSError as error:
            reason = _reason(error)
            return f"{error.filename}: {reason}" if error.filename else reason
        return ""


def _reason(error: OSError) -> str:
    """Why a file cannot be removed. Raises the error if a retry may succeed."""
    if shortage(error):
        raise error
    return system_words(error)


class ProgramLines(Participant):
    """Writes buffered program lines while their threads exist; the tombstones remove them."""

    name = "lines"

    async def before(self, thread_ids: Sequence[str]) -> Obstacle | None:
        """Write the buffered lines of these threads."""
        await self._logs.program.flush(frozenset(thread_ids))
        return None


class JobRows(Participant):
    """Requeues the rows that are assigned to the threads, and ends the jobs that they run."""

    name = "rows"

    async def beside(self, thread_ids: Sequence[str]) -> Sequence[StreamAppend]:
        """The changes to these rows and jobs, decided on their logs."""
        if self._logs.ties is None:
            return ()
        ties = self._logs.ties()
        pages, jobs = await ties.pages_of(thread_ids), await ties.run_by(thread_ids)
        if not pages and not jobs:
            return ()
        from threadhost.actors.runtime.job_ends import ended, released

        log = self._logs.durable
        return [*await released(log, pages, thread_ids), *await ended(log, jobs)]


class Memories(Participant):
    """Drops the memories of threads, and the texts made of them, together with the tombstones."""

    name = "memories"

    def __init__(self, plan: TreeDeletionPlanned, logs: Logs, clock: Clock) -> None:
        super().__init__(plan, logs, clock)
        self._are_any = False
        self._texts: dict[tuple[str, ...], int] = {}
        """How many texts were dropped with each batch of threads."""

    async def before(self, thread_ids: Sequence[str]) -> Obstacle | None:
        """Check whether there are any memories; nothing is removed yet."""
        self._are_any = await self._logs.remember()
        return None

    async def beside(self, thread_ids: Sequence[str]) -> Sequence[StreamAppend]:
        """Drop the texts."""
        if not self._are_any:
            self._are_any = await self._logs.remember()
        if not self._are_any:
            return ()
        appends = await self._memory.forgetting(thread_ids)
        self._texts[tuple(thread_ids)] = max(0, len(appends) - 1)
        self.removed = sum(self._texts.values())
        return appends

    async def after(self, thread_ids: Sequence[str]) -> None:
        """Destroy the keys of the dropped texts."""
        if self._are_any:
            await self._memory.destroy_keys()

    @property
    def _memory(self) -> "MemoryLog":
        return self._logs.memory(self._clock)


class Keys(Participant):
    """Destroys keys, last: if a key outlives its tombstone, the next start destroys it."""

    name = "keys"

    async def after(self, thread_ids: Sequence[str]) -> None:
        """Destroy the keys of these threads."""
        streams = [thread_stream(thread_id) for thread_id in thread_ids]
        self.removed += await self._logs.durable.destroy_keys(streams)


PARTICIPANTS: Sequence[type[Participant]] = (
    Files,
    ProgramLines,
    JobRows,
    Memories,
    Keys,
)
"""In the order in which they take each step."""
