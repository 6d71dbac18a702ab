"""The output of a job: all of its rows in their order, with their outcomes."""

from collections.abc import Sequence

from threadhost.actors.errors import Refusal
from threadhost.actors.job import JobNotFound, JobRefused, RecordExport
from threadhost.actors.job_ports import (
    FileMark,
    FilePlace,
    OutputFailed,
    OutputRow,
    RowOutput,
    RowsFile,
    format_of,
)
from threadhost.actors.job_request import Export
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.jobs import Jobs
from threadhost.events.base import Recorded
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job import (
    JobExported,
    JobItemCompleted,
    JobItemFailed,
    JobItemReported,
    JobRowsAdded,
)
from threadhost.events.job_page import Page
from threadhost.events.job_state import fold
from threadhost.events.store.errors import StoreError
from threadhost.events.store.log import Log


class NoFile(JobRefused):
    """Neither the request nor the job names an output file."""


async def export_job(jobs: Jobs, job_id: str, export: Export, origin: Origin) -> tuple[str, int]:
    """Write the rows of a job to a file; returns its path and the number of rows.

    A failure is recorded, too. Raises Refusal or StoreError.
    """
    with jobs.writing(job_id):
        try:
            path, items, file = await _export(jobs, job_id, export)
        except (JobNotFound, NoFile):
            raise
        except (Refusal, StoreError, LookupError, ValueError) as error:
            failed = RecordExport(export.format or "csv", 0, str(error))
            await jobs.ask(job_id, failed, origin)
            if isinstance(error, (Refusal, StoreError)):
                raise
            raise OutputFailed(str(error)) from None
        form = export.format or format_of(path)
        await jobs.ask(job_id, RecordExport(form, items, file=file), origin)
    return path, items


async def _export(jobs: Jobs, job_id: str, export: Export) -> tuple[str, int, FileMark]:
    log = jobs.services.sessions.logs.durable
    job = (await jobs.actor(job_id)).job
    if job.is_being_deleted:
        raise JobNotFound(job_id)
    described = await jobs.described(job_id)
    path = export.path or described.output_path
    if not path:
        raise NoFile(f"job {job_id} has no output file; give a path")
    own = await _written_before(log, job_id) if export.is_own else ()
    file = RowsFile(
        FilePlace((await jobs.settings_of(job.runner_id)).cwd, path),
        job_id,
        described.headers,
        format=export.format,
        replaces=export.replaces or (export.is_own and job.replaces and not job.was_exported),
        own=own,
        escapes_formulas=export.escapes_formulas,
    )
    output = await jobs.services.outside.files.open_output(file)
    return path, *await _written(log, job_id, job.pages, output)


async def _written(log: Log, job_id: str, pages: int, output: RowOutput) -> tuple[int, FileMark]:
    try:
        items = 0
        for number in range(pages):
            rows = rows_of(await log.read_stream(page_stream(job_id, number)))
            await output.add(rows)
            items += len(rows)
        file = await output.finish()
    except BaseException:
        await output.discard()
        raise
    return items, file


async def _written_before(log: Log, job_id: str) -> list[FileMark]:
    """The files that were written for a job."""
    exported = await log.events_of(job_stream(job_id), JobExported)
    return [tuple(event.file or ()) for event in exported]


def rows_of(recorded: Sequence[Recorded]) -> list[OutputRow]:
    """The rows of a page with their outcomes, from its events. Raises LookupError."""
    page, rows = fold(Page(), recorded), _rows_in(recorded)
    results: dict[int, JobItemReported] = {}
    reported_at: dict[int, int] = {}
    ended_at: dict[int, int] = {}
    for fact in recorded:
        event, at_ms = fact.event, fact.meta.recorded_at_ms
        if isinstance(event, JobItemReported):
            results[event.item], reported_at[event.item] = event, at_ms
        elif isinstance(event, (JobItemCompleted, JobItemFailed)):
            ended_at[event.item] = at_ms
    written = []
    for number, item in enumerate(page.items):
        index = page.first + number
        is_completed = item.status == "completed"
        written.append(
            OutputRow(
                rows.rows[number],
                rows.item_ids[number],
                index,
                rows.source_ids[number],
                item.status,
                item.attempts,
                item.error or None,
                results[index].result if is_completed and index in results else None,
                reported_at.get(index) if is_completed else None,
                ended_at.get(index) if item.is_final else None,
            )
        )
    return written


def _rows_in(recorded: Sequence[Recorded]) -> JobRowsAdded:
    for fact in recorded:
        if isinstance(fact.event, JobRowsAdded):
            return fact.event
    stream = recorded[0].stream if recorded else "a page"
    raise LookupError(f"the rows of {stream} cannot be read")
