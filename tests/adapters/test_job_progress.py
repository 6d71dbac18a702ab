"""Notifications of the progress of jobs, and the reads for showing some of its rows."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.hosts import ORIGIN, eventually, within
from tests.support.jobs import Task, begun, job_rig, never, reports
from threadhost.actors.job import BY_CLIENT, EndJob
from threadhost.adapters import job_progress
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.job_progress import ProgressNews, notify_progress
from threadhost.adapters.job_reading import items_shown
from threadhost.adapters.jsonrpc.models.job import JobProgressNotification
from threadhost.events.base import Recorded
from threadhost.events.job import JobItemReported
from threadhost.events.store.log_reader import LogReader
from threadhost.projections.job_queries import job_row


async def test_one_task_reports_the_progress_of_a_job_however_often_the_job_is_resumed() -> None:
    async with job_rig(never) as rig:
        job = await begun(rig, 1)
        said = list[JobProgressNotification]()
        news = ProgressNews(
            rig.host.jobs, rig.logs.durable.reads, SystemClock(), said.append, set()
        )
        first = asyncio.create_task(notify_progress(news, job.job_id))
        await eventually(lambda: len(said) == 1)
        await within(notify_progress(news, job.job_id))  # it would go on until the job is over
        assert news.followed == {job.job_id}
        first.cancel()
        await asyncio.wait([first])
        assert news.followed == set()


async def test_the_progress_of_the_first_rows_is_reported_sooner_than_later_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_progress, "FIRST_S", 0)
    monkeypatch.setattr(job_progress, "EVERY_S", 3_600)
    async with job_rig(never) as rig:
        job = await begun(rig, 1)
        said = list[JobProgressNotification]()
        reads = rig.logs.durable.reads
        told = ProgressNews(rig.host.jobs, reads, SystemClock(), said.append, set())
        telling = asyncio.create_task(notify_progress(told, job.job_id))
        await eventually(lambda: len(said) >= 2)
        telling.cancel()


async def test_the_progress_of_a_job_that_is_retried_meanwhile_is_reported_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The job is retried while the task checks that it has ended."""
    monkeypatch.setattr(job_progress, "FIRST_S", 0)
    monkeypatch.setattr(job_progress, "EVERY_S", 0)
    look_up, lookups = job_row, 0

    async with job_rig() as rig:
        jobs = rig.host.jobs
        job = await begun(rig, 1)
        await jobs.ask(job.job_id, EndJob("cancelled", BY_CLIENT), ORIGIN)
        await job.finished()

        async def meanwhile(*args: Any) -> Any:
            nonlocal lookups
            lookups += 1
            row = await look_up(*args)
            if lookups == 1:
                await jobs.retry(job.job_id, ORIGIN)
            return row

        monkeypatch.setattr(job_progress, "job_row", meanwhile)
        said = list[JobProgressNotification]()
        news = ProgressNews(jobs, rig.logs.durable.reads, SystemClock(), said.append, set())
        await within(notify_progress(news, job.job_id))
        assert said[-1].status == "completed"


async def test_only_the_shown_results_of_a_page_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def acts(task: Task) -> Any:
        number = int(task.item_id.removeprefix("item-"))
        return task.report(result={"n": number}) if not task.outputs else await reports(task)

    async with job_rig(acts) as rig:
        job = await begun(rig, 9)
        await job.finished()
        opened = list[int]()
        real = LogReader.read_stream

        async def counted(*args: Any, **named: Any) -> Sequence[Recorded]:
            found = await real(*args, **named)
            opened.extend(f.version for f in found if isinstance(f.event, JobItemReported))
            return found

        monkeypatch.setattr(LogReader, "read_stream", counted)
        shown = await items_shown(rig.logs.durable, (await job.items())[3:5])
        assert [item.result for item in shown] == [{"n": 4}, {"n": 5}]
        assert len(opened) == 2
