"""Files of jobs that cannot be written, or not whole: that is recorded, and no wait is endless."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.damage import BREAK, edit, places
from tests.support.hosts import ORIGIN, within
from tests.support.jobs import DESCRIBED, JobView, SomeFiles, SomeOutput, begun, job_rig, never
from threadhost.actors.host_jobs import HostJobs
from threadhost.actors.job_ports import OutputFailed, OutputRow, RowsFile
from threadhost.actors.job_request import Export
from threadhost.events.base import Event
from threadhost.events.job import (
    JobDeletionBegun,
    JobDescribed,
    JobExported,
    JobExportFailed,
    JobRowsAdded,
)

OUT = DESCRIBED.model_copy(update={"output_path": "out.csv"})


class Writes(SomeFiles):
    """Files that rows go to as a test says."""

    def __init__(self, add: Callable[[], Any]) -> None:
        super().__init__()
        self.add = add

    async def open_output(self, file: RowsFile) -> SomeOutput:
        """A file."""
        files = self

        class Output(SomeOutput):
            async def add(self, rows: Sequence[OutputRow]) -> None:
                await files.add()
                await super().add(rows)

        return Output(self, file.place.path)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (JobRowsAdded, r"the rows of job-.*\.1 cannot be read"),
        (JobDescribed, "the description of job .* cannot be read"),
    ],
)
async def test_a_file_that_would_lack_rows_is_not_written_and_that_is_recorded(
    tmp_path: Path, damaged: type[Event], words: str
) -> None:
    async with job_rig(home=tmp_path) as rig:
        job = await begun(rig, 4, page_rows=2, described=OUT)
        await job.finished()
    edit(tmp_path, BREAK, places(tmp_path, damaged.kind)[-1])
    files = SomeFiles()
    async with job_rig(home=tmp_path, files=files) as rig:
        with pytest.raises(OutputFailed, match=words):
            await within(rig.host.jobs.export(job.job_id, Export("out.csv"), ORIGIN))
        assert len(rig.published_events(JobExportFailed.kind)) == 1
        assert not rig.published_events(JobExported.kind)
        assert not files.written


async def test_rows_that_a_file_cannot_hold_are_recorded_as_its_failure() -> None:
    async def refuse() -> None:
        raise ValueError("no such number")

    async with job_rig(files=Writes(refuse)) as rig:
        job = await begun(rig, 1, described=OUT, exports=True)
        failed = await within(rig.published(JobExportFailed.kind))
        assert failed.event == JobExportFailed(reason="no such number")
        assert (await job.row()).export_failed


@pytest.mark.slices
async def test_the_deletion_of_a_job_waits_until_its_file_is_written() -> None:
    writing, goes_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        writing.set()
        await goes_on.wait()

    files = Writes(wait)
    async with job_rig(files=files) as rig:
        job = await begun(rig, 1, described=OUT, exports=True)
        await within(writing.wait())
        deletion = asyncio.create_task(rig.host.jobs.delete(job.job_id, ORIGIN))
        await rig.published(JobDeletionBegun.kind)
        done, _ = await asyncio.wait([deletion], timeout=0.2)
        assert not done
        goes_on.set()
        await within(deletion)
        assert [row.row for row in files.written["out.csv"]] == [{"path": "file-1"}]


async def test_the_format_of_an_exported_file_is_recorded() -> None:
    async with job_rig() as rig:
        job = await begun(rig, 1)
        await job.finished()
        await within(rig.host.jobs.export(job.job_id, Export("A.JSONL"), ORIGIN))
        assert [event.format for event in rig.published_events(JobExported.kind)] == ["jsonl"]


async def test_a_job_that_cannot_be_resumed_does_not_stop_the_next_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with job_rig(never, tmp_path) as rig:
        jobs = [await begun(rig, 1) for _ in range(3)]
    go_on = HostJobs.go_on

    async def fails(self: HostJobs, job_id: str) -> None:
        if job_id != jobs[2].job_id:
            raise {jobs[0].job_id: ZeroDivisionError, jobs[1].job_id: LookupError}[job_id]
        await go_on(self, job_id)

    monkeypatch.setattr(HostJobs, "go_on", fails)
    async with job_rig(home=tmp_path) as rig:
        await rig.host.jobs.resume([job.job_id for job in jobs], "test")
        assert (await within(JobView(rig, jobs[2].job_id).finished())).completed == 1
