"""kill -9 of the real server while clients work: nothing is lost, nothing is half done."""

import re
import shutil
from random import SystemRandom

import pytest

from tests.crash.campaign import Campaign, Violation
from tests.crash.mutants import MUTANTS

MUTANT_CYCLES = 4
MUTANT_SEEDS = 5


async def survives(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    await campaign.run()
    with capsys.disabled():
        print(f"\n{campaign.report()}")  # noqa: T201  (the figures are what this is for)
    shutil.rmtree(campaign.base)


@pytest.mark.slices
@pytest.mark.timeout(120)
async def test_a_few_kills_under_load_lose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    await survives(Campaign(seed=20_261, cycles=2, load_s=(0.05, 0.5)), capsys)


@pytest.mark.crash
@pytest.mark.timeout(400)
async def test_forty_kills_under_load_lose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    await survives(Campaign(seed=SystemRandom().randrange(10**6), cycles=40), capsys)


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("mutant", MUTANTS)
async def test_every_mutant_of_the_server_is_noticed(mutant: str) -> None:
    _, symptom = MUTANTS[mutant]
    said = ""
    for seed in range(MUTANT_SEEDS):
        campaign = Campaign(seed, MUTANT_CYCLES, mutant, load_s=(0.2, 0.5))
        try:
            await campaign.run()
        except Violation as violation:
            said += f"{violation}\n"
        finally:
            shutil.rmtree(campaign.base)
        if re.search(symptom, said):
            return
    pytest.fail(f"{mutant} was not noticed for what it is: {said or 'all was well'}")
