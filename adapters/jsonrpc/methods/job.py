"""`job/*`: tables of work; each row is done by a worker."""

from threadhost.actors.command import Command
from threadhost.actors.job import BY_CLIENT, EndJob, PauseJob, ResumeJob
from threadhost.actors.job_request import Export, JobRequest
from threadhost.adapters.job_reading import items_shown, job_shown, shown
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.cursor import cursor, invalid, place
from threadhost.adapters.jsonrpc.large_answers import SMALLER_PAGES
from threadhost.adapters.jsonrpc.methods.common import (
    canonical,
    idempotency,
    page_limit,
    thread_scope,
)
from threadhost.adapters.jsonrpc.models.ids import thread_id as parsed
from threadhost.adapters.jsonrpc.models.job import (
    JobChangeParams,
    JobCreateParams,
    JobDeleteResponse,
    JobExportParams,
    JobExportResponse,
    JobItemsListParams,
    JobItemsListResponse,
    JobListParams,
    JobListResponse,
    JobReadParams,
    JobResponse,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.adapters.jsonrpc.scopes import ScopeKey
from threadhost.projections.job_queries import LAST_ID, item_page, job_page

WHAT = "job"

OfJob = JobReadParams | JobChangeParams | JobItemsListParams | JobExportParams


def job_scope(params: OfJob) -> ScopeKey:
    """Calls that change one job run one at a time, over all connections."""
    return ScopeKey(_job_key(params))


def job_reading(params: OfJob) -> ScopeKey:
    """Calls that only read one job run together."""
    return ScopeKey(_job_key(params), shared=True)


def _job_key(params: OfJob) -> str:
    try:
        return f"job {parsed(params.job_id)}"
    except ValueError:
        return "no job"


@method("job/create", JobCreateParams, scope=thread_scope)
async def create_job(params: JobCreateParams, call: Call) -> JobResponse:
    """Create a job from the rows of a file; work begins while the rest of the file is read."""
    key = await idempotency(params, call)
    request = JobRequest(
        canonical(params.thread_id),
        params.input_path,
        params.instruction,
        name=params.name,
        id_column=params.id_column,
        output_path=params.output_path,
        exports=params.output_path is not None,
        replaces=params.force,
        output_schema=params.output_schema,
        concurrency=params.max_concurrency,
        runtime_s=params.max_runtime_seconds,
        attempts_max=params.max_attempts,
        deadline_s=params.deadline_seconds,
        priority=params.priority,
    )
    job_id = await call.app.host.jobs.create(request, call.origin, key)
    return JobResponse(job=await job_shown(call.app.logs.durable, job_id))


@method("job/read", JobReadParams, scope=job_reading, reads=True)
async def read_job(params: JobReadParams, call: Call) -> JobResponse:
    """Return a job, with the number of its rows in each state."""
    return await _as_it_is(params.job_id, call)


@method("job/list", JobListParams, reads=True, large=SMALLER_PAGES)
async def list_jobs(params: JobListParams, call: Call) -> JobListResponse:
    """List one page of the jobs of this host, the newest first."""
    log, limit = call.app.logs.durable, page_limit(params.limit)
    before = _job_at(params.cursor) if params.cursor is not None else LAST_ID
    rows = await job_page(log.reads, before, limit + 1, params.status)
    page = [await shown(log, row) for row in rows[:limit]]
    next_cursor = cursor(page[-1].id) if len(rows) > limit else None
    return JobListResponse(data=page, next_cursor=next_cursor)


def _job_at(text: str) -> str:
    try:
        return parsed(str(place(text, str)[0]))
    except ValueError:
        raise invalid(text) from None


@method("job/items/list", JobItemsListParams, scope=job_reading, reads=True, large=SMALLER_PAGES)
async def list_items(params: JobItemsListParams, call: Call) -> JobItemsListResponse:
    """List one page of the rows of a job, with the result of each."""
    job_id, log, limit = (
        canonical(params.job_id, WHAT),
        call.app.logs.durable,
        page_limit(params.limit),
    )
    await job_shown(log, job_id)
    after = int(place(params.cursor, int)[0]) if params.cursor is not None else -1
    rows = await item_page(log.reads, job_id, after, limit + 1, params.status)
    page = await items_shown(log, rows[:limit])
    next_cursor = cursor(rows[limit - 1].row_index) if len(rows) > limit else None
    return JobItemsListResponse(data=page, next_cursor=next_cursor)


@method("job/cancel", JobChangeParams, scope=job_scope)
async def cancel_job(params: JobChangeParams, call: Call) -> JobResponse:
    """Cancel a job; running rows are released and are pending again."""
    return await _change(params, EndJob("cancelled", BY_CLIENT), call)


@method("job/pause", JobChangeParams, scope=job_scope)
async def pause_job(params: JobChangeParams, call: Call) -> JobResponse:
    """Pause a job: start no more rows; running rows go on."""
    return await _change(params, PauseJob(), call)


@method("job/resume", JobChangeParams, scope=job_scope)
async def resume_job(params: JobChangeParams, call: Call) -> JobResponse:
    """Resume a paused job: start rows again."""
    return await _change(params, ResumeJob(), call)


@method("job/retry", JobChangeParams, scope=job_scope)
async def retry_job(params: JobChangeParams, call: Call) -> JobResponse:
    """Retry the failed rows of a job, and the unfinished rows of a cancelled one."""
    job_id = canonical(params.job_id, WHAT)
    key = await idempotency(params, call)
    if key is None or not await call.app.host.earlier(key, call.origin):
        await call.app.host.jobs.retry(job_id, call.origin, key)
    return await _as_it_is(job_id, call)


@method("job/export", JobExportParams, scope=job_scope)
async def export_job(params: JobExportParams, call: Call) -> JobExportResponse:
    """Write the rows of a job, in their current state, to a file."""
    job_id = canonical(params.job_id, WHAT)
    await job_shown(call.app.logs.durable, job_id)
    export = Export(params.output_path, params.format, params.force, params.escape_formulas)
    path, items = await call.app.host.jobs.export(job_id, export, call.origin)
    return JobExportResponse(output_path=path, items=items)


@method("job/delete", JobReadParams, scope=job_scope)
async def delete_job(params: JobReadParams, call: Call) -> JobDeleteResponse:
    """Erase a job with all its rows, unless its runner is held; its workers' threads stay."""
    await call.app.host.jobs.delete(canonical(params.job_id, WHAT), call.origin)
    return JobDeleteResponse()


async def _change(params: JobChangeParams, command: Command, call: Call) -> JobResponse:
    job_id = canonical(params.job_id, WHAT)
    key = await idempotency(params, call)
    if key is None or not await call.app.host.earlier(key, call.origin):
        await call.app.host.jobs.actor(job_id)
        await call.app.host.jobs.ask(job_id, command, call.origin, idempotency=key)
    return await _as_it_is(job_id, call)


async def _as_it_is(job_id: str, call: Call) -> JobResponse:
    shown_now = await job_shown(call.app.logs.durable, canonical(job_id, WHAT))
    return JobResponse(job=shown_now)
