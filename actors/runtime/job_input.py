"""The input of a job: its first rows are read at its creation, the others in the background."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from threadhost.actors.errors import Refusal, ThreadNotPersisted
from threadhost.actors.job import (
    AddRows,
    CreateJob,
    EndInput,
    FailInput,
    JobNotFound,
    JobRefused,
)
from threadhost.actors.job_ports import (
    FilePlace,
    InputPage,
    InputPosition,
    InputRefused,
    OutputRefused,
    RowInput,
    RowsFile,
)
from threadhost.actors.job_request import JobRequest
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.job_beginning import begin_job
from threadhost.actors.runtime.jobs import Jobs
from threadhost.events.ids import job_of, job_stream, page_stream
from threadhost.events.job import JobRowsAdded
from threadhost.events.job_rows import default_output
from threadhost.events.operator_log import WORK_LEFT
from threadhost.events.store.committer import Appended, Idempotency
from threadhost.events.store.errors import StoreError


async def create_job(
    jobs: Jobs, request: JobRequest, origin: Origin, idempotency: Idempotency | None = None
) -> str:
    """Begin a job with the first rows of a file; returns its id. The other rows are read later.

    Raises Refusal or StoreError, and then there is no job. If the job exists but its first rows
    cannot be recorded at once, it continues as after a restart.
    """
    services, request = jobs.services, request.checked()
    if idempotency is not None and (earlier_id := await _asked_before(jobs, origin, idempotency)):
        return earlier_id
    if services.sessions.logs.is_ephemeral(request.runner_id):
        raise ThreadNotPersisted(request.runner_id)
    await services.sessions.of(request.runner_id)
    if request.output_schema is not None:
        await services.outside.checks.require(request.output_schema)
    folder = (await jobs.settings_of(request.runner_id)).cwd
    job_id = services.ids.new()
    place = FilePlace(folder, request.input_path)
    reading = await services.outside.files.open_input(place, id_column=request.id_column)
    try:
        page = await reading.page()
        output = request.output_path or default_output(request.input_path, job_id)
        create = request.create(job_id, list(reading.headers), output, jobs.limits)
        if request.exports:
            await _require_output(jobs, folder, create)
        appended = await _begun(jobs, job_id, request.runner_id, create, origin, idempotency)
    except BaseException:
        await reading.close()
        raise
    if appended.replayed and appended.recorded:
        await reading.close()
        return job_of(appended.recorded[0].stream) or job_id
    try:
        await _add_rows(jobs, job_id, page, origin)
        await jobs.go_on(job_id)
    except BaseException as error:
        _begin_reading(jobs, job_id, origin, partial(_read_later, jobs, job_id, origin))
        await reading.close()
        if not isinstance(error, Exception):
            raise
        WORK_LEFT.emit(what=f"job {job_id}", fault=error)
    else:
        first = partial(_read_on, jobs, job_id, reading, page, origin)
        _begin_reading(jobs, job_id, origin, first)
    return job_id


async def _begun(
    jobs: Jobs,
    job_id: str,
    runner_id: str,
    create: CreateJob,
    origin: Origin,
    idempotency: Idempotency | None,
) -> Appended:
    """Begin a job; if the caller is cancelled meanwhile, the job continues without it."""
    work = begin_job(jobs.services, job_id, runner_id, create, origin, idempotency)
    beginning = asyncio.ensure_future(work)
    jobs.keep(beginning)
    try:
        await asyncio.wait([beginning])
    except asyncio.CancelledError:

        async def read_later() -> None:
            await asyncio.wait([beginning])
            await _read_again(jobs, job_id, origin)

        _begin_reading(jobs, job_id, origin, read_later)
        raise
    return beginning.result()


async def _asked_before(jobs: Jobs, origin: Origin, idempotency: Idempotency) -> str | None:
    """The job that the same request began before, whatever happened to its files since."""
    log = jobs.services.sessions.logs.durable
    meta = origin.at(jobs.services.clock.now_ms())
    recorded = (await log.append(meta=meta, idempotency=idempotency)).recorded
    return job_of(recorded[0].stream) if recorded else None


async def _require_output(jobs: Jobs, folder: str, create: CreateJob) -> None:
    """Raise OutputRefused unless the output of a job can be written, as far as can be seen now."""
    described, files = create.described, jobs.services.outside.files
    if _is_same(folder, described.input_path, described.output_path):
        raise OutputRefused(
            f"failed to write {described.output_path}: it is the input file; name another file"
        )
    place = FilePlace(folder, described.output_path)
    output = await files.open_output(
        RowsFile(place, "", described.headers, replaces=create.replaces)
    )
    await output.discard()


def _is_same(folder: str, *paths: str) -> bool:
    """Whether these name one file; links below the folder are not followed."""
    return len({os.path.normpath(Path(folder, path)) for path in paths}) == 1


async def read_on(jobs: Jobs, job_id: str, cause: str) -> None:
    """Continue to read the input of a job after the last recorded page."""
    job = (await jobs.actor(job_id)).job
    if not (job.has_input or job.is_over):
        _begin_reading(jobs, job_id, policy("jobs", job_id, cause))


def _begin_reading(
    jobs: Jobs, job_id: str, origin: Origin, first: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Read the input to its end, however often that fails; the first time as given."""
    again = partial(_read_again, jobs, job_id, origin)
    attempts = [first or again]

    async def read() -> None:
        try:
            await (attempts.pop() if attempts else again)()
        except (JobRefused, JobNotFound):
            return  # the job is over, or deleted
        except (Refusal, StoreError) as error:
            WORK_LEFT.emit(what=f"the input of job {job_id}", fault=error)
            raise

    jobs.inputs.begin(job_id, read)


async def _read_later(jobs: Jobs, job_id: str, origin: Origin) -> None:
    """Read the input once rows are recorded whose append was under way, if it was."""
    await asyncio.sleep(append_errors.RETRY_S)
    await _read_again(jobs, job_id, origin)


async def _read_again(jobs: Jobs, job_id: str, origin: Origin) -> None:
    await jobs.go_on(job_id)
    job, services = (await jobs.actor(job_id)).job, jobs.services
    if job.has_input or job.is_over:
        return
    try:
        described = await jobs.described(job_id)
        folder = (await jobs.settings_of(job.runner_id)).cwd
        after = await _read_to(jobs, job_id, job.pages - 1) if job.pages else None
        place, column = FilePlace(folder, described.input_path), described.id_column
        reading = await services.outside.files.open_input(place, id_column=column, after=after)
    except (Refusal, LookupError) as refused:
        await jobs.ask(job_id, FailInput(str(refused)), origin)
        return
    await _read_on(jobs, job_id, reading, None, origin)


async def _read_to(jobs: Jobs, job_id: str, page: int) -> InputPosition | None:
    """The position in the input after a page. Raises LookupError if it is not known."""
    log = jobs.services.sessions.logs.durable
    for rows in await log.events_of(page_stream(job_id, page), JobRowsAdded):
        if rows.read_to is not None:
            return InputPosition(*rows.read_to)  # type: ignore[arg-type]
    raise LookupError(f"the position up to which {job_stream(job_id)} read its input is unknown")


async def _read_on(
    jobs: Jobs, job_id: str, reading: RowInput, page: InputPage | None, origin: Origin
) -> None:
    """Record the pages after this one, until the last, or until the job is over."""
    try:
        while page is None or not page.is_last:
            page = await reading.page()
            await _add_rows(jobs, job_id, page, origin)
        await jobs.ask(job_id, EndInput(jobs.services.time.now_ms()), origin)
    except InputRefused as refused:
        await jobs.ask(job_id, FailInput(str(refused)), origin)
    finally:
        await reading.close()


async def _add_rows(jobs: Jobs, job_id: str, page: InputPage, origin: Origin) -> None:
    if page.rows:
        rows = AddRows(page.item_ids, page.source_ids, page.rows, read_to=list(page.position))
        await jobs.ask_patiently(job_id, rows, origin)
