"""The threads of workers: those that start, or end, at the same time share one append."""

from collections.abc import Awaitable, Callable, Sequence

from threadhost.actors.errors import Refusal, ThreadNotFound
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.batching import Batcher
from threadhost.actors.runtime.job_services import JobServices
from threadhost.actors.worker import StartWorker, source_of, worker_settings
from threadhost.events.bounds import is_large
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import StoreError
from threadhost.events.thread import ThreadSettings
from threadhost.events.words import AGENT_CLOSED

AT_ONCE_MAX = 64
SettingsOf = Callable[[str], Awaitable[ThreadSettings]]
Refused = Refusal | StoreError | None


class Start(NamedTuple):
    """A thread to start for a row, with its cause."""

    thread_id: str
    runner_id: str
    item: int
    cause: str


class WorkerThreads:
    """Starts and stops the threads of workers; `settings_of` reads the settings of a runner."""

    def __init__(self, services: JobServices, settings_of: SettingsOf) -> None:
        self._services = services
        self._settings_of = settings_of
        self._starts: Batcher[str, Start, Refused] = Batcher(self._start_all, AT_ONCE_MAX)
        self._ends: Batcher[str, str, None] = Batcher(self._end_all, AT_ONCE_MAX)

    async def start(self, job_id: str, start: Start) -> None:
        """Start a thread; it is live on return. Raises Refusal or StoreError."""
        refused = await self._starts.do(job_id, start)
        if refused is not None:
            raise refused

    async def stop(self, job_id: str, thread_id: str, origin: Origin, *, is_idle: bool) -> None:
        """Shut a thread down; an idle one in one append with others."""
        if is_idle:
            await self._ends.do(job_id, thread_id)
            if self._services.sessions.live.get(thread_id) is None:
                return  # else it had not ended yet, or works again
        try:
            await self._services.life.unload([thread_id], AGENT_CLOSED, origin)
        except ThreadNotFound:
            return

    async def _start_all(self, job_id: str, starts: Sequence[Start]) -> Sequence[Refused]:
        settings = worker_settings(await self._settings_of(starts[0].runner_id))
        if not is_large([settings]):
            await self._start(job_id, starts, settings)
            return [None] * len(starts)
        refused = list[Refused]()
        for start in starts:  # one append of all would be large, and delay others
            try:
                await self._start(job_id, [start], settings)
            except (Refusal, StoreError) as error:
                refused.append(error)
            else:
                refused.append(None)
        return refused

    async def _start(self, job_id: str, starts: Sequence[Start], settings: ThreadSettings) -> None:
        commands = [
            StartWorker(
                start.thread_id,
                settings,
                source=source_of(job_id),
                parent_id=start.runner_id,
                job_id=job_id,
                item=start.item,
            )
            for start in starts
        ]
        causes = [start.cause for start in starts]
        origin = policy("jobs", job_id, causes[0])
        await self._services.threads.start_workers(commands, causes, origin)

    async def _end_all(self, job_id: str, thread_ids: Sequence[str]) -> Sequence[None]:
        """Shut idle threads down; the cause of each end is its newest event."""
        origin = policy("jobs", job_id, "")
        await self._services.life.unload(thread_ids, AGENT_CLOSED, origin, only_if_idle=True)
        return [None] * len(thread_ids)
