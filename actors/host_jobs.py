"""Jobs from input file to output file: created, resumed, exported and deleted."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from weakref import WeakValueDictionary

from threadhost.actors.agent_limits import JobPolicy
from threadhost.actors.errors import DeletionNotSupported, Refusal, ThreadNotFound
from threadhost.actors.job import (
    BeginJobDeletion,
    DeleteJob,
    DeletePage,
    FailAttempt,
    JobNotFound,
    RetryJob,
)
from threadhost.actors.job_request import Export, JobRequest
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.job_beginning import begin_job
from threadhost.actors.runtime.job_input import create_job, read_on
from threadhost.actors.runtime.job_output import export_job
from threadhost.actors.runtime.job_services import JobServices
from threadhost.actors.runtime.jobs import Jobs
from threadhost.actors.runtime.keyed_tasks import KeyedTasks
from threadhost.actors.runtime.tasks import begin
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.events.bounds import batches
from threadhost.events.causes import by_event
from threadhost.events.failpoints import reach
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job import JobDeletionBegun
from threadhost.events.operator_log import HOST_FAULT, WORK_LEFT
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import StoreError
from threadhost.events.words import RESTARTED

AT_ONCE_MAX = 256
"""Pages whose keys are destroyed together."""


class HostJobs(Jobs):
    """The jobs of a host; every command is durable when it returns."""

    def __init__(self, services: JobServices, limits: JobPolicy) -> None:
        super().__init__(services, limits)
        self._deletions = WeakValueDictionary[str, asyncio.Lock]()
        self._resuming = KeyedTasks("resuming job {}")

    async def close(self) -> None:
        """Begin nothing more, and cancel all work; the next start continues. Idempotent."""
        await self._resuming.close()
        await super().close()

    async def create(
        self, request: JobRequest, origin: Origin, idempotency: Idempotency | None = None
    ) -> str:
        """Create a job for the rows of a file; returns its id. Raises Refusal or StoreError."""
        return await create_job(self, request, origin, idempotency)

    async def retry(
        self, job_id: str, origin: Origin, idempotency: Idempotency | None = None
    ) -> Appended:
        """Retry the failed rows of a job, and the rows that a cancelled job left.

        Raises Refusal or StoreError, and then nothing is retried.
        """
        job = (await self.actor(job_id)).job
        await self.services.sessions.of(job.runner_id)
        if job.is_over:
            await self.idle(job_id)
        appended = await begin_job(
            self.services, job_id, job.runner_id, RetryJob(), origin, idempotency
        )
        try:
            await self.go_on(job_id)
        except JobNotFound:
            raise
        except Exception as error:  # noqa: BLE001  (any error: the job has begun again)
            WORK_LEFT.emit(what=f"job {job_id}", fault=error)
            again = partial(self._resume_again, job_id, origin.causation_id)
            self._resuming.begin(job_id, again)
        return appended

    async def export(self, job_id: str, export: Export, origin: Origin) -> tuple[str, int]:
        """Write the rows of a job, as they stand, to a file; returns its path and their number.

        Raises Refusal or StoreError.
        """
        return await export_job(self, job_id, export, origin)

    async def delete(self, job_id: str, origin: Origin) -> None:
        """Erase a job with its rows, unless the thread that it runs for is under a legal hold.

        The threads of workers stay. A second deletion of the same job waits for the first, and then
        raises JobNotFound. Raises Refusal or StoreError.
        """
        if not self.services.sessions.logs.durable.can_delete:
            raise DeletionNotSupported("job/delete")
        async with self._deleting(job_id):
            job = (await self.actor(job_id)).job
            if not job.is_being_deleted:
                await self._begin_deletion(job_id, job.runner_id, origin)
            await self._erase(job_id, origin)

    def _deleting(self, job_id: str) -> asyncio.Lock:
        """The lock of the deletion of one job."""
        return self._deletions.setdefault(job_id, asyncio.Lock())

    async def _begin_deletion(self, job_id: str, runner_id: str, origin: Origin) -> None:
        """Record that the deletion begins, in one order with holds on the job's runner.

        Does nothing if the runner is deleted: a held thread cannot be. Raises ThreadHeld.
        """
        from threadhost.actors.hold import DeleteJobOf

        begun = StreamAppend(job_stream(job_id), (JobDeletionBegun(),))
        command = TreeCommandEnvelope(DeleteJobOf(runner_id), origin, other_appends=(begun,))
        with suppress(ThreadNotFound):
            await self.services.trees.ask(
                self.services.sessions, command, runner_id, fenced_is_fine=True
            )

    async def write(self, job_id: str, cause: str) -> None:
        """Write the rows of a job that is over to its file; a failure is recorded."""
        with suppress(Refusal, StoreError):
            await export_job(self, job_id, Export(is_own=True), policy("jobs", job_id, cause))

    async def resume(self, job_ids: Iterable[str], cause: str) -> None:
        """Resume the jobs of an earlier process, whose workers are all gone.

        A job that cannot be resumed now is reported, and tried again later.
        """
        for job_id in job_ids:
            try:
                await self._resume(job_id, cause)
            except (Refusal, StoreError) as refused:
                WORK_LEFT.emit(what=f"job {job_id}", fault=refused)
            except Exception as error:  # noqa: BLE001  (any error: the other jobs continue)
                HOST_FAULT.emit(error, what=f"resuming job {job_id}")
            else:
                continue
            self._resuming.begin(job_id, partial(self._resume_again, job_id, cause))

    async def _resume_again(self, job_id: str, cause: str) -> None:
        with suppress(JobNotFound):  # there is nothing to resume, now or later
            await self._resume(job_id, cause)

    async def _resume(self, job_id: str, cause: str) -> None:
        actor = await self.services.actors.get(job_id)
        origin = policy("jobs", job_id, cause)
        if actor.job.is_being_deleted:
            async with self._deleting(job_id):
                with suppress(JobNotFound):  # somebody else deleted it, now or earlier
                    await self._erase(job_id, origin)
            return
        for number in actor.job.open:
            await self._take_back(job_id, number, origin)
        job = actor.job
        if not job.is_over:
            await self.go_on(job_id)
            await read_on(self, job_id, cause)
        elif job.exports and not (job.is_exported or job.export_failed):
            self.keep(begin(self.write(job_id, cause)))

    async def _take_back(self, job_id: str, number: int, origin: Origin) -> None:
        """Fail the attempts that ran when the process ended: their rows are claimed again."""
        page = await (await self.actor(job_id)).page(number)
        for index, item in enumerate(page.items, page.first):
            if item.status == "running" and not self.has_worker(job_id, item.thread_id):
                now_ms = self.services.time.now_ms()
                command = FailAttempt(index, item.thread_id, now_ms, RESTARTED)
                await self.ask(job_id, command, origin, number)

    async def _erase(self, job_id: str, origin: Origin) -> None:
        """Erase a job with all its rows; after a crash, the next start continues."""
        await self.ask(job_id, BeginJobDeletion(), origin)
        await self.idle(job_id)
        actor = await self.actor(job_id)
        log, pages = self.services.sessions.logs.durable, actor.job.pages
        streams = [page_stream(job_id, number) for number in range(pages)]
        for number in range(pages):
            await self.ask(job_id, DeletePage(), origin, number)
            reach("job.page_deleted")
        for batch in batches(streams, AT_ONCE_MAX):
            for stream in batch:
                await asyncio.to_thread(log.files.remove_of, stream)
            await log.destroy_keys(batch)
        reach("job.keys_destroyed")
        await asyncio.to_thread(log.files.remove_of, job_stream(job_id))
        [deleted] = (await self.ask(job_id, DeleteJob(), origin)).recorded
        reach("job.deleted")
        # Destroy this key last: the next start would refuse a home whose open stream lacks its key.
        await log.destroy_keys([job_stream(job_id)])
        await log.checkpoint()
        self.services.life.reclaim(by_event(deleted.stream, deleted.version))
