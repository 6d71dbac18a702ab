"""Jobs that begin, or begin again, while the thread that they run for is being deleted."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.support.deletions import delayed_deletion
from tests.support.hosts import ORIGIN, Rig, eventually, settle, within
from tests.support.jobs import JobView, SomeFiles, begun, job_rig
from tests.support.yielding import yielding
from threadhost.actors.errors import ThreadBeingDeleted, ThreadNotFound
from threadhost.actors.job import BY_CLIENT, RUNNER_DELETED, EndJob
from threadhost.actors.job_request import JobRequest
from threadhost.events.ids import job_of
from threadhost.events.job import JobCreated, JobItemFailed, JobRetried
from threadhost.events.store.committer import Idempotency

Begin = Callable[[], Coroutine[Any, Any, object]]


def some_files() -> SomeFiles:
    """The input of a job."""
    return SomeFiles(["a", "b", "c"])


def look_of(runner_id: str) -> JobRequest:
    """A request for a job."""
    return JobRequest(runner_id, "in.csv", "Look at {path}")


async def created(rig: Rig, runner_id: str) -> Begin:
    """Create a job."""
    return lambda: rig.host.jobs.create(look_of(runner_id), ORIGIN)


async def retried(rig: Rig, runner_id: str) -> Begin:
    """Retry a job that was cancelled."""
    job = await begun(rig, 3, runner_id)
    await rig.host.jobs.ask(job.job_id, EndJob("cancelled", BY_CLIENT), ORIGIN)
    await job.finished()
    return lambda: rig.host.jobs.retry(job.job_id, ORIGIN)


def begun_in(rig: Rig) -> list[str]:
    """The jobs that began, or began again."""
    kinds = (JobCreated.kind, JobRetried.kind)
    return [job_of(fact.stream) or "" for fact in rig.seen if fact.kind in kinds]


@pytest.mark.parametrize("prepared", [created, retried])
async def test_no_job_begins_while_its_runner_is_being_deleted(
    prepared: Callable[[Rig, str], Coroutine[Any, Any, Begin]],
) -> None:
    async with job_rig(files=some_files()) as rig:
        runner_id = await rig.start()
        begin = await prepared(rig, runner_id)
        before = begun_in(rig)
        async with delayed_deletion(rig, runner_id, halts=True) as deletion:
            with pytest.raises(ThreadBeingDeleted, match=f"^thread is being deleted: {runner_id}$"):
                await within(begin())
            assert begun_in(rig) == before
        assert deletion.exception() is not None
        await within(begin())
        [*_, job_id] = begun_in(rig)
        await within(JobView(rig, job_id).finished())


async def test_a_creation_under_way_is_refused_once_the_deletion_of_its_runner_is_planned() -> None:
    files, goes_on = some_files(), asyncio.Event()

    async def later(_row: int) -> None:
        await goes_on.wait()

    files.may_read = later
    async with job_rig(files=files) as rig:
        runner_id = await rig.start()
        creating = asyncio.ensure_future(rig.host.jobs.create(look_of(runner_id), ORIGIN))
        await eventually(lambda: bool(files.inputs))
        async with delayed_deletion(rig, runner_id):
            goes_on.set()
            with pytest.raises(ThreadBeingDeleted):
                await within(creating)
        assert not rig.published_events(JobCreated.kind)
        assert files.inputs[0].is_closed


async def test_a_retry_under_way_is_refused_once_the_deletion_of_its_runner_is_planned() -> None:
    async with job_rig(files=some_files()) as rig:
        runner_id = await rig.start()
        retry = await retried(rig, runner_id)
        async with AsyncExitStack() as stack:
            with rig.host.jobs.writing(begun_in(rig)[-1]):  # it waits for that
                retrying = asyncio.ensure_future(retry())
                await settle()
                await stack.enter_async_context(delayed_deletion(rig, runner_id))
            with pytest.raises(ThreadBeingDeleted):
                await within(retrying)
        assert not rig.published_events(JobRetried.kind)


async def test_a_repeat_of_a_creation_is_answered_while_its_runner_is_being_deleted() -> None:
    key = Idempotency.of("key", b"request")
    async with job_rig(files=some_files()) as rig:
        runner_id = await rig.start()
        job_id = await rig.host.jobs.create(look_of(runner_id), ORIGIN, key)
        async with delayed_deletion(rig, runner_id):
            assert await rig.host.jobs.create(look_of(runner_id), ORIGIN, key) == job_id
        assert await rig.host.jobs.create(look_of(runner_id), ORIGIN, key) == job_id
        assert len(rig.published_events(JobCreated.kind)) == 1


@pytest.mark.slices
@pytest.mark.parametrize("prepared", [created, retried])
async def test_a_job_begins_before_the_deletion_of_its_runner_or_never(
    prepared: Callable[[Rig, str], Coroutine[Any, Any, Begin]],
) -> None:
    with yielding():
        async with job_rig(files=some_files()) as rig:
            refused = 0
            for ticks in range(0, 60, 2):
                runner_id = await rig.start()
                begin = await prepared(rig, runner_id)
                count = len(begun_in(rig))
                beginning = asyncio.ensure_future(begin())
                await settle(ticks)
                deleting = rig.host.trees.delete(runner_id, ORIGIN)
                outcome, _ = await within(
                    asyncio.gather(beginning, deleting, return_exceptions=True)
                )
                if isinstance(outcome, BaseException):
                    assert isinstance(outcome, ThreadBeingDeleted | ThreadNotFound), outcome
                    assert len(begun_in(rig)) == count
                    refused += 1
                    continue
                job_id = begun_in(rig)[-1]
                await eventually(lambda: rig.host.jobs.going_on == 0)
                job = await JobView(rig, job_id).row()
                assert job.status == "completed" or job.last_error == RUNNER_DELETED, job
            assert not rig.published_events(JobItemFailed.kind)
            assert 0 < refused < 30
