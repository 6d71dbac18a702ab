"""The jobs of a host that are in progress: takes commands on them, and shares slots among them."""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from threadhost.actors.agent_limits import JobPolicy
from threadhost.actors.command import Command
from threadhost.actors.errors import (
    Overloaded,
    Refusal,
    SettingsLost,
    ShuttingDown,
    ThreadNotFound,
)
from threadhost.actors.job import DEADLINE_PASSED, EndJob, JobNotFound, ReportResult
from threadhost.actors.job_pacing import Demand, StrideScheduler
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.actor import ActorDeadError, ActorFailed, MailboxFull
from threadhost.actors.runtime.job_actor import JobActor, JobCommandEnvelope
from threadhost.actors.runtime.job_run import JobRun, described
from threadhost.actors.runtime.job_services import JobServices
from threadhost.actors.runtime.job_threads import WorkerThreads
from threadhost.actors.runtime.keyed_tasks import KeyedTasks
from threadhost.actors.runtime.tasks import begin, cancel_and_wait, set_within
from threadhost.actors.runtime.watchers import Watchers
from threadhost.events.base import Recorded
from threadhost.events.bounds import is_large
from threadhost.events.failpoints import reach
from threadhost.events.ids import job_of, thread_stream
from threadhost.events.job import JobDescribed, JobItemMisfit, JobItemReported
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.store.committer import Appended, Idempotency
from threadhost.events.store.errors import StoreError
from threadhost.events.thread import ThreadArchived, ThreadSettings, ThreadUnarchived
from threadhost.events.tree import TreeDeletionCompleted, TreeDeletionHalted, TreeDeletionPlanned

if TYPE_CHECKING:
    from threadhost.actors.runtime.job_worker import Worker

TICK_S = 5.0
"""How often leases and deadlines are checked if nothing else happens."""
MILLISECONDS = 1000


class Reported(NamedTuple):
    """The outcome of a report: whether it was accepted; `misfit` says why it goes back."""

    accepted: bool
    misfit: str = ""


class Jobs(ABC):
    """Every command is durable when it returns; workers run until the host drains."""

    def __init__(self, services: JobServices, limits: JobPolicy) -> None:
        self.services = services
        self.limits = limits
        self._runs: dict[str, JobRun] = {}
        self._by_stream: dict[str, Worker] = {}
        self._threads = WorkerThreads(services, self.settings_of)
        self._fairness = StrideScheduler()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.news = Watchers()
        """Waiters for new events of jobs."""
        self._is_closed = False
        self._writing = Counter[str]()
        self._kept: set[asyncio.Task[Any]] = set()
        self.inputs = KeyedTasks("reading the input of job {}")
        services.actors.on_change = self._notify
        services.budgets.on_change = self._changed.set
        self._stop_listening = services.sessions.logs.durable.feed.listen(self._published)

    # -- commands --

    async def ask(
        self,
        job_id: str,
        command: Command,
        origin: Origin,
        page: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Appended:
        """Carry out a command on a job. Raises Refusal or StoreError."""
        return await self._do(
            job_id, JobCommandEnvelope(command, origin, page, idempotency), self._ask_alone
        )

    async def _ask_alone(self, job_id: str, message: JobCommandEnvelope) -> Appended:
        actor = await self.services.actors.get(job_id)
        appended: Appended = await actor.actor_ref.ask(message, block=False)
        return appended

    async def _do(
        self,
        job_id: str,
        message: JobCommandEnvelope,
        ask: Callable[[str, JobCommandEnvelope], Awaitable[Appended]],
    ) -> Appended:
        while True:
            try:
                with append_errors.overload_in_words():
                    return await ask(job_id, message)
            except ActorDeadError:
                continue  # the actor is made anew
            except ActorFailed:
                if self._is_closed:
                    raise ShuttingDown from None
                raise
            except MailboxFull:
                raise Overloaded("the job has too many requests waiting") from None

    async def ask_patiently(self, job_id: str, command: Command, origin: Origin) -> Appended:
        """Carry out a command, however long the store takes. Raises Refusal or StoreError."""
        ask = partial(self.ask, job_id, command, origin)
        return await append_errors.patiently(ask, (Overloaded, *append_errors.TRANSIENT))

    async def actor(self, job_id: str) -> JobActor:
        """The actor of a job. Raises JobNotFound."""
        actor = await self.services.actors.get(job_id)
        if not actor.job.status:
            raise JobNotFound(job_id)
        return actor

    async def go_on(self, job_id: str) -> None:
        """Run a job until it is over; repeated calls are harmless."""
        if self._is_closed or job_id in self._runs:
            return
        actor = await self.actor(job_id)
        try:
            tree_id = await self.services.sessions.of(actor.job.runner_id, fenced_is_fine=True)
        except ThreadNotFound:
            tree_id = actor.job.runner_id
        if job_id in self._runs or actor.job.is_over:
            return
        run = JobRun(self.services, actor, tree_id, self._by_stream, self._threads)
        await run.current()
        if self._is_closed or job_id in self._runs or run.job.is_over:
            return
        self._runs[job_id] = run
        self._changed.set()
        self.services.outside.goes_on(job_id)
        if self._task is None or self._task.done():
            self._task = begin(self._schedule())

    async def report(
        self,
        thread_id: str,
        job_id: str,
        item_id: str,
        result: dict[str, Any],
        *,
        stops: bool,
        origin: Origin,
    ) -> Reported:
        """Record the result that a thread reports for its row. Raises Refusal or StoreError."""
        run = self._runs.get(job_id)
        worker = run.workers.get(thread_id) if run is not None else None
        if run is None or worker is None:
            return Reported(accepted=False)
        schema = (await run.described()).output_schema
        misfit_of = self.services.outside.checks.misfit
        misfit = await misfit_of(schema, result) if schema is not None else None
        command = ReportResult(
            item=worker.claim.item,
            thread_id=thread_id,
            at_ms=self.services.time.now_ms(),
            item_id=item_id,
            result=result,
            misfit=misfit is not None,
            stops=stops,
        )
        worker.is_reporting = True
        message = JobCommandEnvelope(command, origin, worker.claim.page)
        ask = self._ask_alone if is_large([result]) else self.services.actors.do
        recorded_types = {
            type(fact.event) for fact in (await self._do(job_id, message, ask)).recorded
        }
        if JobItemReported in recorded_types:
            reach("job.reported")
            run.pace = run.pace.succeeded()
            return Reported(accepted=True)
        worker.is_reporting = False
        return Reported(
            accepted=False, misfit=misfit or "" if JobItemMisfit in recorded_types else ""
        )

    async def settings_of(self, runner_id: str) -> ThreadSettings:
        """The settings of a job's runner. Raises Refusal."""
        state = await self.services.sessions.state(runner_id)
        if state.settings is None:
            raise SettingsLost(runner_id)
        return state.settings

    async def described(self, job_id: str) -> JobDescribed:
        """The description of a job. Raises JobNotFound, or LookupError if it cannot be read."""
        return await described(self.services.sessions.logs.durable, job_id)

    def keep(self, task: "asyncio.Task[Any]") -> None:
        """Keep this task, and cancel it when the host ends."""
        if self._is_closed:
            task.cancel()
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    async def idle(self, job_id: str) -> None:
        """Wait until no row of a job is running, and its file is not being written."""
        with self.news.watching(job_id) as changed:
            while self._writing[job_id] or (job_id in self._runs and self._runs[job_id].workers):
                changed.clear()
                await changed.wait()

    @contextmanager
    def writing(self, job_id: str) -> Iterator[None]:
        """Count an export of the job in progress."""
        self._writing[job_id] += 1
        try:
            yield
        finally:
            self._writing -= Counter({job_id: 1})
            self._notify(job_id)

    def has_worker(self, job_id: str, thread_id: str) -> bool:
        """Whether a worker of this process has this thread."""
        return job_id in self._runs and thread_id in self._runs[job_id].workers

    @property
    def working(self) -> int:
        """How many rows are running in this process."""
        return sum(len(run.workers) for run in self._runs.values())

    @property
    def going_on(self) -> int:
        """How many jobs are not over, or still have workers."""
        return len(self._runs)

    async def close(self) -> None:
        """Begin nothing more, and cancel all workers; the next start claims their rows again.

        Idempotent.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self._stop_listening()
        tasks = [task for run in self._runs.values() for task in run.tasks.values()]
        tasks += self._kept
        if self._task is not None:
            tasks.append(self._task)
        await cancel_and_wait(tasks)
        await self.inputs.close()
        self.services.actors.close()

    # -- scheduling --

    def _published(self, recorded: Sequence[Recorded]) -> None:
        changed: set[str] = set()
        for fact in recorded:
            if (worker := self._by_stream.get(fact.stream)) is not None:
                worker.on_event(fact)
            elif (job_id := job_of(fact.stream)) is not None:
                self.services.actors.apply(job_id, fact)
                if (run := self._runs.get(job_id)) is not None:
                    run.on_event(fact)
                changed.add(job_id)
            elif isinstance(fact.event, (ThreadArchived, ThreadUnarchived)):
                self._note_archived(fact, is_archived=isinstance(fact.event, ThreadArchived))
            elif isinstance(fact.event, TreeDeletionPlanned):
                self._block(fact.event)
            elif isinstance(fact.event, (TreeDeletionHalted, TreeDeletionCompleted)):
                self._unblock(fact.event.deletion_id)
        for job_id in changed:
            self._notify(job_id)

    def _notify(self, job_id: str) -> None:
        """Wake the scheduler and the waiters of a job."""
        self.news.notify(job_id)
        self._changed.set()

    def _note_archived(self, fact: Recorded, *, is_archived: bool) -> None:
        for run in self._runs.values():
            if thread_stream(run.job.runner_id) == fact.stream:
                run.is_runner_archived = is_archived
                self._changed.set()

    def _block(self, plan: TreeDeletionPlanned) -> None:
        """Begin no rows of jobs whose runners are about to be deleted."""
        thread_ids = {target.thread_id for target in plan.targets}
        for run in self._runs.values():
            if run.job.runner_id in thread_ids:
                run.blocked_by = plan.deletion_id

    def _unblock(self, deletion_id: str) -> None:
        for run in self._runs.values():
            if run.blocked_by == deletion_id:
                run.blocked_by = ""
        self._changed.set()

    async def _schedule(self) -> None:
        """Share slots among the jobs for as long as there are jobs."""
        while self._runs:
            self._changed.clear()
            looked_at_ms = self.services.time.now_ms()
            try:
                await self._give_places(looked_at_ms)
            except Exception as error:  # noqa: BLE001  (all jobs depend on this loop)
                HOST_FAULT.emit(error, what="giving slots to jobs")
                await asyncio.sleep(TICK_S)
            await set_within(self._changed, self._wait_s(looked_at_ms))
        self._task = None

    async def _give_places(self, now_ms: int) -> None:
        for run in tuple(self._runs.values()):
            if not run.is_backing_off(now_ms):
                await self._isolated(run, self._maintain(run, now_ms))
        demands = [
            Demand(run.job_id, run.tree_id, rows, run.job.priority)
            for run in self._runs.values()
            if not run.is_backing_off(now_ms) and (rows := run.demand(now_ms))
        ]
        running = Counter[str]()
        for run in self._runs.values():
            running[run.tree_id] += len(run.workers)
        trees = {demand.tree_id for demand in demands}
        room = {tree_id: self.limits.tree_max - running[tree_id] for tree_id in trees}
        places = self.limits.host_max - self.working
        for job_id, count in self._fairness.shares(demands, places, room).items():
            run = self._runs[job_id]
            await self._isolated(run, run.begin(count))

    async def _isolated(self, run: JobRun, work: Coroutine[Any, Any, None]) -> None:
        """Do work for one job; an error delays this job, and stops no other."""
        backoff_s = append_errors.RETRY_S
        try:
            await work
        except (Refusal, StoreError):
            pass  # it is too busy, or the store has reported its fault
        except Exception as error:  # noqa: BLE001  (any error: other jobs continue)
            HOST_FAULT.emit(error, what=f"running job {run.job_id}")
            backoff_s = TICK_S
        else:
            return
        run.back_off(backoff_s)

    def _finish(self, run: JobRun) -> None:
        """Drop a job that is over and has no workers left, and export it if it asks for that."""
        del self._runs[run.job_id]
        self._notify(run.job_id)
        if run.job.exports and not run.job.is_being_deleted:
            self.keep(begin(self.write(run.job_id, run.cause)))

    @abstractmethod
    async def write(self, job_id: str, cause: str) -> None:
        """Write the rows of a job that is over to its file."""

    async def _maintain(self, run: JobRun, now_ms: int) -> None:
        job = run.job
        if job.is_over:
            if not run.workers:
                self._finish(run)
            return
        await run.end_leases()
        if job.deadline_ms and job.created_at_ms + job.deadline_ms <= now_ms:
            origin = policy("jobs", run.job_id, run.cause)
            await self.ask(run.job_id, EndJob("failed", DEADLINE_PASSED), origin)
        if run.is_runner_archived is None and not run.is_looking:
            run.is_looking = True
            self.keep(begin(self._look_at_runner(run)))

    async def _look_at_runner(self, run: JobRun) -> None:
        """Look at the runner of one job, beside the others: that may take long, and fail."""
        await self._isolated(run, run.look_at_runner())
        run.is_looking = False
        self._changed.set()

    def _wait_s(self, looked_at_ms: int) -> float:
        """The seconds until something new becomes due after that look, at most TICK_S."""
        now_ms = self.services.time.now_ms()
        times = [time for run in self._runs.values() if (time := run.next_at_ms(looked_at_ms))]
        return max(0.0, min([TICK_S, *((time - now_ms) / MILLISECONDS for time in times)]))
