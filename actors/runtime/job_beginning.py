"""Begins a job, or begins it again, in one order with the deletion of the job's runner."""

from threadhost.actors.command import Command
from threadhost.actors.job_rules import decide_job
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.job_actor import job_as_recorded
from threadhost.actors.runtime.job_services import JobServices
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.actors.tree import RunJob
from threadhost.events.ids import job_stream
from threadhost.events.job_page import Page
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import WrongExpectedVersion


async def begin_job(
    services: JobServices,
    job_id: str,
    runner_id: str,
    command: Command,
    origin: Origin,
    idempotency: Idempotency | None = None,
) -> Appended:
    """Carry out a command that makes a job run, before the deletion of its runner or never.

    A deletion ends the jobs that its log shows, so a later one would run without a runner. Raises
    ThreadBeingDeleted, ThreadNotFound, another Refusal, or StoreError.
    """
    log, stream = services.sessions.logs.durable, job_stream(job_id)
    while True:
        known_job = (await services.actors.get(job_id)).job
        job = await job_as_recorded(log, job_id, known_job)
        begun = StreamAppend(stream, decide_job(command, job, Page()).job, job.version)
        message = TreeCommandEnvelope(
            RunJob(runner_id), origin, runner_id, (begun,), idempotency, services.time.now_ms()
        )
        try:
            return await services.trees.ask(services.sessions, message, runner_id)
        except WrongExpectedVersion:
            continue  # the job has changed since it was read
