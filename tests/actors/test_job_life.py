"""Jobs from their input to their output, over restarts, and until they are deleted."""

import asyncio
from pathlib import Path

import pytest

from tests.support.databases import changed
from tests.support.hosts import ORIGIN, Rig, eventually, message, within
from tests.support.jobs import DESCRIBED, JobView, SomeFiles, Task, begun, job_rig, never, reports
from threadhost.actors.errors import Refusal
from threadhost.actors.job import (
    BY_CLIENT,
    INPUT_FAILED,
    EndJob,
    JobNotFound,
    JobRefused,
)
from threadhost.actors.job_ports import InputRefused, OutputFailed, OutputRefused
from threadhost.actors.job_request import Export, JobRequest
from threadhost.actors.models import ModelEvent
from threadhost.events.base import Erased, StreamState
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job import (
    JobEnded,
    JobExported,
    JobExportFailed,
    JobInputEnded,
    JobItemClaimed,
    JobItemReported,
    JobItemRequeued,
    JobPageAdded,
    JobRowsAdded,
)
from threadhost.events.words import RESTARTED
from threadhost.projections.job_queries import item_page, job_row
from threadhost.projections.jobs import unfinished_jobs

NAMES = [f"file-{n}" for n in range(1, 11)]


async def created(rig: Rig, runner_id: str = "", **more: object) -> JobView:
    """A job with the rows of a file, created as clients do."""
    runner_id = runner_id or await rig.start()
    request = JobRequest(runner_id, "in.csv", "Look at {path}", **more)  # type: ignore[arg-type]
    job_id = await within(rig.host.jobs.create(request, ORIGIN))
    return JobView(rig, job_id, runner_id)


async def test_workers_start_on_the_first_page_while_later_pages_are_read() -> None:
    """Whoever creates a job does not wait for all of its input."""
    files = SomeFiles(NAMES)
    goes_on = files.pause_after_the_first()
    async with job_rig(files=files) as rig:
        job = await created(rig)
        await eventually(lambda: len(rig.published_events(JobItemReported.kind)) == 4)
        early = await job.row()
        assert (early.total, early.completed, early.has_input) == (4, 4, False)
        assert early.status == "running"
        goes_on.set()
        over = await job.finished()
        assert (over.status, over.total, over.completed) == ("completed", 10, 10)
        assert [event.items for event in rig.published_events(JobPageAdded.kind)] == [4, 4, 2]


async def test_an_unreadable_input_leaves_no_event_of_its_job() -> None:
    async with job_rig(files=SomeFiles()) as rig:
        runner, before = await rig.start(), rig.logs.durable.position
        with pytest.raises(InputRefused, match=r"failed to read csv input in\.csv"):
            await created(rig, runner)
        assert rig.logs.durable.position == before


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"instruction": " "}, "instruction must be non-empty"),
        ({"concurrency": 0}, "max_concurrency must be >= 1"),
        ({"runtime_s": 0}, "max_runtime_seconds must be >= 1"),
        ({"attempts_max": 101}, "max_attempts must be <= 100"),
        ({"priority": 0}, "priority must be >= 1"),
    ],
)
async def test_a_job_that_cannot_be_like_that_is_refused(
    fault: dict[str, object], words: str
) -> None:
    async with job_rig(files=SomeFiles(NAMES)) as rig:
        asked = {"runner_id": await rig.start(), "input_path": "in.csv", "instruction": "x"}
        with pytest.raises(Refusal, match=words):
            await rig.host.jobs.create(JobRequest(**{**asked, **fault}), ORIGIN)  # type: ignore[arg-type]


async def test_an_input_that_breaks_off_fails_the_job_and_releases_its_workers() -> None:
    broken: list[str | Exception] = [
        *NAMES[:5],
        InputRefused("csv row 7 has 1 fields but header has 2"),
    ]
    async with job_rig(never, files=SomeFiles(broken)) as rig:
        job = await created(rig)
        over = await job.finished()
        assert (over.status, over.last_error, over.running) == ("failed", INPUT_FAILED, 0)
        with pytest.raises(JobRefused, match="not all input of job"):
            await rig.host.jobs.retry(job.job_id, ORIGIN)


async def test_a_cancelled_job_reads_no_further() -> None:
    files = SomeFiles(NAMES)
    goes_on = files.pause_after_the_first()
    async with job_rig(never, files=files) as rig:
        job = await created(rig)
        await rig.host.jobs.ask(job.job_id, EndJob("cancelled", BY_CLIENT), ORIGIN)
        goes_on.set()
        over = await job.finished()
        assert (over.status, over.total) == ("cancelled", 4)


# -- out --


async def test_the_rows_are_written_in_their_order_when_the_job_is_over() -> None:
    files = SomeFiles(NAMES)
    async with job_rig(files=files) as rig:
        job = await created(rig, exports=True, output_path="out.csv")
        await rig.published(JobExported.kind)
        rows = files.written["out.csv"]
        assert [row.row["path"] for row in rows] == NAMES
        assert [row.row_index for row in rows] == list(range(10))
        first, item = rows[0], (await job.items())[0]
        assert (first.item_id, first.status, first.attempts) == ("item-1", "completed", 1)
        assert (first.error, first.result) == (None, {"n": 1})
        assert (first.reported_at_ms, first.completed_at_ms) == (
            item.reported_at_ms,
            item.completed_at_ms,
        )
        row = await job.row()
        assert row.exported_at_ms is not None
        assert not row.export_failed


async def test_a_retried_job_is_exported_again_when_it_is_over() -> None:
    """Also for a host that comes after: what is not written is written at its start."""
    files, fails, goes_on = SomeFiles(NAMES[:2]), True, asyncio.Event()

    async def at_the_second_time(task: Task) -> list[ModelEvent]:
        if fails:
            return message("no report")
        await goes_on.wait()
        return await reports(task)

    async with job_rig(at_the_second_time, files=files) as rig:
        job = await created(rig, exports=True, output_path="out.csv", attempts_max=1)
        await rig.published(JobExported.kind)
        fails = False
        await rig.host.jobs.retry(job.job_id, ORIGIN)
        assert (await job.row()).exported_at_ms is None
        goes_on.set()
        await eventually(lambda: len(rig.published_events(JobExported.kind)) == 2)
        assert [row.status for row in files.written["out.csv"]] == ["completed"] * 2
        assert (await job.row()).exported_at_ms is not None


async def test_a_file_that_cannot_be_written_leaves_the_job_complete_and_can_be_tried_again() -> (
    None
):
    files = SomeFiles(NAMES)
    async with job_rig(files=files) as rig:
        job = await created(rig, exports=True, output_path="out.csv")
        files.fails = OutputFailed("out.csv: No space left on device")
        failed = await rig.published(JobExportFailed.kind)
        assert failed.event == JobExportFailed(reason="out.csv: No space left on device")
        row = await job.row()
        assert (row.status, row.export_failed, row.exported_at_ms) == ("completed", True, None)
        files.fails = None
        assert await rig.host.jobs.export(job.job_id, Export(), ORIGIN) == ("out.csv", 10)
        assert not (await job.row()).export_failed
        with pytest.raises(OutputRefused, match="exists"):
            await rig.host.jobs.export(job.job_id, Export(), ORIGIN)


async def test_the_rows_of_a_cancelled_job_can_be_written_too() -> None:
    files = SomeFiles(NAMES[:2])
    async with job_rig(never, files=files) as rig:
        job = await created(rig)
        await rig.host.jobs.ask(job.job_id, EndJob("cancelled", BY_CLIENT), ORIGIN)
        await job.finished()
        await rig.host.jobs.export(job.job_id, Export("out.csv"), ORIGIN)
        assert [row.status for row in files.written["out.csv"]] == ["pending", "pending"]


# -- over restarts --


async def resume_jobs(rig: Rig) -> None:
    """Resume the unfinished jobs, as the start of a host does."""
    await rig.host.jobs.resume(await unfinished_jobs(rig.logs.durable.reads), "test")


async def test_rows_in_work_when_a_host_ended_are_worked_on_again(tmp_path: Path) -> None:
    async with job_rig(never, tmp_path) as rig:
        job = await begun(rig, 3, concurrency=2)
        await eventually(lambda: len(rig.published_events(JobItemClaimed.kind)) == 2)
        lost = {claim.thread_id for claim in rig.published_events(JobItemClaimed.kind)}
    async with job_rig(reports, tmp_path) as rig:
        await resume_jobs(rig)
        over = await JobView(rig, job.job_id).finished()
        assert (over.status, over.completed) == ("completed", 3)
        again = [event.error for event in rig.published_events(JobItemRequeued.kind)]
        assert again == [RESTARTED, RESTARTED]
        assert lost.isdisjoint(
            claim.thread_id for claim in rig.published_events(JobItemClaimed.kind)
        )
        attempts = [i.attempt_count for i in await JobView(rig, job.job_id).items()]
        assert attempts == [1, 1, 1]


async def test_rows_of_a_job_that_ended_with_its_host_have_no_worker_in_the_next_host(
    tmp_path: Path,
) -> None:
    """The host ends between the end of the job and that of its workers."""
    async with job_rig(never, tmp_path) as rig:
        job = await begun(rig, 3, concurrency=2)
        await eventually(lambda: len(rig.published_events(JobItemClaimed.kind)) == 2)
        await rig.host.jobs.close()
        await rig.host.jobs.ask(job.job_id, EndJob("cancelled", BY_CLIENT), ORIGIN)
        assert (await job.row()).running == 2
    async with job_rig(never, tmp_path) as rig:
        await resume_jobs(rig)
        row = await JobView(rig, job.job_id).row()
        assert (row.status, row.running, row.pending) == ("cancelled", 0, 3)
        assert not rig.published_events(JobItemClaimed.kind)


async def test_an_input_is_read_on_where_an_earlier_host_was(tmp_path: Path) -> None:
    files = SomeFiles(NAMES)
    files.pause_after_the_first()
    async with job_rig(never, tmp_path, files=files) as rig:
        job = await created(rig)
    files = SomeFiles(NAMES)
    async with job_rig(reports, tmp_path, files=files) as rig:
        await resume_jobs(rig)
        over = await JobView(rig, job.job_id).finished()
        assert (over.total, over.completed) == (10, 10)
        [after] = files.opened
        assert after is not None
        assert after.rows == 4
        assert [event.first for event in rig.published_events(JobRowsAdded.kind)] == [4, 8]


async def test_an_input_that_is_gone_after_a_restart_fails_the_job(tmp_path: Path) -> None:
    files = SomeFiles(NAMES)
    files.pause_after_the_first()
    async with job_rig(never, tmp_path, files=files) as rig:
        job = await created(rig)
    async with job_rig(never, tmp_path, files=SomeFiles()) as rig:
        await resume_jobs(rig)
        over = await JobView(rig, job.job_id).finished()
        assert (over.status, over.last_error) == ("failed", INPUT_FAILED)


async def test_a_completed_job_is_not_resumed_by_the_next_host(tmp_path: Path) -> None:
    async with job_rig(reports, tmp_path) as rig:
        job = await begun(rig, 2)
        await job.finished()
    async with job_rig(reports, tmp_path) as rig:
        assert await unfinished_jobs(rig.logs.durable.reads) == []
        assert (await JobView(rig, job.job_id).row()).completed == 2


async def test_a_job_that_was_not_written_yet_is_written_by_the_next_host(tmp_path: Path) -> None:
    async with job_rig(reports, tmp_path, files=SomeFiles(NAMES)) as rig:
        job = await begun(rig, 2, exports=True)  # it names no file: nothing comes of that
        await job.finished()
        assert await unfinished_jobs(rig.logs.durable.reads) == [job.job_id]


# -- deleted --


async def test_a_deleted_job_leaves_no_row_and_no_readable_text(tmp_path: Path) -> None:
    async with job_rig(never, tmp_path) as rig:
        job = await begun(rig, 9, page_rows=4, concurrency=2)
        await eventually(lambda: len(rig.published_events(JobItemClaimed.kind)) == 2)
        await within(rig.host.jobs.delete(job.job_id, ORIGIN))
        log = rig.logs.durable
        assert await job_row(log.reads, job.job_id) is None
        assert await item_page(log.reads, job.job_id, -1, 100) == []
        streams = [job_stream(job.job_id), *(page_stream(job.job_id, n) for n in range(3))]
        heads = await log.stream_heads(streams)
        assert {heads[stream].state for stream in streams} == {StreamState.CLOSED}
        kinds = [fact.kind for s in streams for fact in await log.read_stream(s)]
        gone = [
            fact.event
            for stream in streams
            for fact in await log.read_stream(stream)
            if isinstance(fact.event, Erased)
        ]
        assert kinds.count(JobRowsAdded.kind) == 3
        assert len(gone) == 4
        assert rig.host.jobs.working == 0
        with pytest.raises(JobNotFound):
            await rig.host.jobs.delete(job.job_id, ORIGIN)


async def test_a_completed_job_can_be_deleted_and_its_worker_threads_stay() -> None:
    async with job_rig() as rig:
        job = await begun(rig, 2)
        await job.finished()
        workers = [claim.thread_id for claim in rig.published_events(JobItemClaimed.kind)]
        await within(rig.host.jobs.delete(job.job_id, ORIGIN))
        assert [event.status for event in rig.published_events(JobEnded.kind)] == ["completed"]
        for worker in workers:
            assert (await rig.logs.stored(worker)).state.exists


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("point", "status"),
    [
        ("job.page_deleted", "deleting"),
        ("job.keys_destroyed", "deleting"),
        ("job.deleted", None),
    ],
)
async def test_the_deletion_of_a_job_is_gone_on_with_by_the_next_host(
    tmp_path: Path, point: str, status: str | None
) -> None:
    from threadhost.events import failpoints

    class Died(Exception):
        """The host is no more."""

    def die() -> None:
        raise Died

    async with job_rig(reports, tmp_path) as rig:
        job = await begun(rig, 9, page_rows=4)
        await job.finished()
        failpoints.arm(point, die)
        try:
            with pytest.raises(Died):
                await rig.host.jobs.delete(job.job_id, ORIGIN)
        finally:
            failpoints.disarm()
        row = await job_row(rig.logs.durable.reads, job.job_id)
        assert (row and row.status) == status
    async with job_rig(reports, tmp_path) as rig:
        await resume_jobs(rig)
        assert await job_row(rig.logs.durable.reads, job.job_id) is None
    with changed(tmp_path / "keys.db") as keys:
        assert (
            len(keys.execute("SELECT id FROM destroyed").fetchall()) == 1 + 3
        )  # the job's and its pages'


def blobs_of(home: Path, job: JobView) -> list[Path]:
    """The large payloads of a job."""
    return [*home.glob(f"blobs/job-{job.job_id}*/*")]


async def test_a_long_instruction_leaves_no_file_behind_its_job(tmp_path: Path) -> None:
    async with job_rig(reports, tmp_path) as rig:
        described = DESCRIBED.model_copy(update={"instruction": "x" * 100_000})
        job = await begun(rig, 1, described=described)
        await job.finished()
        assert blobs_of(tmp_path, job)
        await rig.host.jobs.delete(job.job_id, ORIGIN)
        assert not blobs_of(tmp_path, job)


async def test_the_end_of_a_complete_input_is_recorded() -> None:
    async with job_rig(files=SomeFiles(NAMES)) as rig:
        job = await created(rig)
        assert (await job.finished()).has_input
        assert [event.items for event in rig.published_events(JobInputEnded.kind)] == [10]
