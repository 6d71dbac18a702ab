"""The parts of a host that keep something of threads, and what each does when these are deleted."""

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
    """The first thread that cannot be deleted, and why; those before it can."""

    thread_id: str
    reason: str


class Participant:
    """One part of the host in one deletion; each step may be taken again after a shortage.

    Threads come leaf first. `removed` is what is said of it on the receipt, under its name. Here
    nothing is done at any step.
    """

    name = ""

    def __init__(self, plan: TreeDeletionPlanned, logs: Logs, clock: Clock) -> None:
        self._plan = plan
        self._logs = logs
        self._clock = clock
        self.removed = 0

    async def before(self, thread_ids: Sequence[str]) -> Obstacle | None:
        """Remove what has to go while the threads are still there."""
        return None

    def events(self) -> Sequence[Event]:
        """What the tree records of that step."""
        return ()

    async def beside(self, thread_ids: Sequence[str]) -> Sequence[StreamAppend]:
        """What other streams record in the same append as the tombstones of these threads.

        Each is at the version that was read, and it is asked again where such a stream went on.
        """
        return ()

    async def after(self, thread_ids: Sequence[str]) -> None:
        """Remove what may go only once the tombstones of these threads are durable."""


class Files(Participant):
    """Files go first: one that cannot go halts the deletion while its thread is still whole.

    A thread's rollouts go before its blobs, as whoever follows the log can write them again.
    """

    name = "files"

    async def before(self, thread_ids: Sequence[str]) -> Obstacle | None:
        """Remove the files of these threads, off the loop. Raises RolloutRefused ahead of all."""
        await self._logs.rollouts.let_go()
        with translate_shortage():
            return await asyncio.to_thread(self._remove, thread_ids)

    def events(self) -> Sequence[Event]:
        """That files are gone, if there were any."""
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
        """Why one of them stays, "" if all are gone."""
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
    """Why a file cannot be removed. Raises the error if it may be in a moment."""
    if shortage(error):
        raise error
    return system_words(error)


class ProgramLines(Participant):
    """Lines that wait are written while their threads are there, and go with the tombstones."""

    name = "lines"

    async def before(self, thread_ids: Sequence[str]) -> Obstacle | None:
        """Write what waits of these threads."""
        await self._logs.program.flush(frozenset(thread_ids))
        return None


class JobRows(Participant):
    """Rows that are assigned to the threads wait again, and what runs for them is over."""

    name = "rows"

    async def beside(self, thread_ids: Sequence[str]) -> Sequence[StreamAppend]:
        """What becomes of these rows and jobs, as the log has them."""
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
    """What is remembered of threads, and what was made of it, is dropped with the tombstones."""

    name = "memories"

    def __init__(self, plan: TreeDeletionPlanned, logs: Logs, clock: Clock) -> None:
        super().__init__(plan, logs, clock)
        self._are_any = False
        self._texts: dict[tuple[str, ...], int] = {}
        """How many texts go with threads that go together."""

    async def before(self, thread_ids: Sequence[str]) -> Obstacle | None:
        """Look whether there is anything; nothing of it goes yet."""
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
        """Destroy the keys of the texts that were dropped."""
        if self._are_any:
            await self._memory.destroy_keys()

    @property
    def _memory(self) -> "MemoryLog":
        return self._logs.memory(self._clock)


class Keys(Participant):
    """Keys go last: a tombstone without its key destroyed is finished at the next start."""

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
