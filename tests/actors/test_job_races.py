"""Jobs against all that may happen to them and their workers meanwhile, by seeds."""

import asyncio
from contextlib import suppress
from random import Random

import pytest

from tests.support import job_truth
from tests.support.hosts import ORIGIN, Rig, eventually, within
from tests.support.job_fire import Fire
from tests.support.jobs import begun, job_rig
from threadhost.actors.errors import Refusal
from threadhost.actors.job import ResumeJob

SEEDS, A_HOST = 500, 10
ROWS, ACTS = 6, 8


async def race(rig: Rig, fire: Fire, seed: int) -> None:
    """Let everything happen at once to a job, and have it come to an end then."""
    fire.random = Random(seed)
    job = await begun(rig, ROWS, page_rows=3, concurrency=3, item_ms=60)
    things = [fire.later(rig, job) for _ in range(ACTS)]
    if fire.random.random() < 0.2:
        things.append(rig.host.trees.delete(job.runner_id, ORIGIN))
    done = await within(asyncio.gather(*things, return_exceptions=True), 20)
    failed = [one for one in done if isinstance(one, BaseException)]
    assert all(isinstance(one, Refusal) for one in failed), failed
    with suppress(Refusal):  # it may be over
        await rig.host.jobs.ask(job.job_id, ResumeJob(), ORIGIN)
    await eventually(lambda: rig.host.jobs.working == 0 and rig.host.jobs.going_on == 0)


@pytest.mark.slices
@pytest.mark.parametrize("first", range(0, SEEDS, A_HOST))
async def test_every_row_ends_once_whatever_happens_to_its_workers_and_its_job(first: int) -> None:
    fire = Fire()
    async with job_rig(fire.acts) as rig:
        for seed in range(first, first + A_HOST):
            await race(rig, fire, seed)
        assert job_truth.faults(rig.logs.durable) == []
