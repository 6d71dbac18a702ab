"""The host dies anywhere while rows of a job are done: each ends once, and all are written."""

import json
import random
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import job_acts
from tests.support.dying import died, run_doomed
from tests.support.job_crash import POINTS, ROWS
from tests.support.job_truth import faults_of
from tests.support.shares import shared_out
from tests.support.store import database_of, now
from threadhost.events.base import Erased
from threadhost.events.job import JobDescribed, JobRowsAdded
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

SEALED_OF_JOBS = (JobDescribed.kind, JobRowsAdded.kind)
PARTS, KILLS = 20, 4
PARTS_OF_SLICES = 4
SEEDS = shared_out(20, of_slices=4)


def in_a_process(home: Path, point: str = "none", times: int = 0) -> tuple[int, str]:
    """Work on a home in a process of its own; its exit code and output."""
    return run_doomed("job_crash", home, point, times)


def assert_whole(home: Path) -> None:
    """Nothing is wrong with the job in the log, and its file has every row."""
    assert faults_of(home) == []
    [written] = home.parent.glob(f"{home.name}-*.csv")
    assert written.read_text().count(",completed,") == ROWS


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often a host comes to each point that is not killed."""
    home = tmp_path_factory.mktemp("whole") / "home"
    code, output = in_a_process(home)
    assert code == 0
    assert_whole(home)
    found: dict[str, int] = json.loads(output)
    return found


@pytest.mark.parametrize("point", POINTS[1:])
@pytest.mark.parametrize("part", shared_out(PARTS, PARTS_OF_SLICES))
def test_every_row_ends_once_wherever_the_host_dies(
    point: str, part: int, reached: dict[str, int], tmp_path: Path
) -> None:
    """Every twentieth time, so that the tests together try all of them."""
    for times in range(part, reached[point], PARTS):
        home = tmp_path / str(times)
        if not died(in_a_process(home, point, times), point, times):
            continue  # what workers do at once takes some commits more or less
        assert in_a_process(home)[0] == 0
        assert_whole(home)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_job_is_whole_after_many_kills_in_one_home(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    home = tmp_path / "home"
    for _ in range(KILLS):
        in_a_process(home, chance.choice(POINTS), chance.randrange(30))
    assert in_a_process(home)[0] == 0
    assert_whole(home)


@pytest.fixture(scope="module")
def acts_reached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often a host comes to each point in which much is done to a job."""
    code, output = run_doomed("job_acts", tmp_path_factory.mktemp("acts") / "home", "none", 0)
    assert code == 0
    found: dict[str, int] = json.loads(output)
    return found


@pytest.mark.parametrize("point", job_acts.POINTS[1:])
@pytest.mark.parametrize("part", shared_out(PARTS, PARTS_OF_SLICES))
def test_a_deleted_job_leaves_no_fault_wherever_the_host_dies_during_its_commands(
    point: str, part: int, acts_reached: dict[str, int], tmp_path: Path
) -> None:
    """Nothing is wrong with it, which is looked at by the host before it deletes the job."""
    for times in range(part, acts_reached[point], PARTS):
        home = tmp_path / str(times) / "home"
        home.parent.mkdir()
        if not died(run_doomed("job_acts", home, point, times), point, times):
            continue
        assert run_doomed("job_acts", home, "none", 0)[0] == 0
        assert_deleted(home)


def assert_deleted(home: Path) -> None:
    """Nothing is left of the job but what is structural."""
    with closing(ReadOnlyLog.open(home)) as log:
        for table in ("agent_jobs", "agent_job_items"):
            assert not database_of(log).rows(f"SELECT job_id FROM {table}")
        sealed = [f.event for f in now(log.read(0, 10**6)) if f.kind in SEALED_OF_JOBS]
    assert sealed
    assert all(isinstance(event, Erased) for event in sealed)
