"""The host dies anywhere while it remembers and forgets; the next one comes to the same end."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.dying import died, run_doomed
from tests.support.memory import files_with
from tests.support.memory_crash import CANARY, KEPT, POINTS
from tests.support.store import opened
from threadhost.events.ids import MEMORY, memory_stream
from threadhost.events.memory_state import fold_memory
from threadhost.events.store.log import Log
from threadhost.projections import all_views

pytestmark = pytest.mark.slices
PARTS = {"store.committed": 14, "memory.answered": 3, "memory.keys_destroyed": 2}
"""So many tests share what a point is come to, a death or two each."""


def in_a_process(home: Path, point: str = "none", times: int = 0) -> tuple[int, str]:
    """Remember and forget in a process of its own; its exit code and output."""
    return run_doomed("memory_crash", home, point, times)


async def _facts_of_texts(log: Log) -> tuple[set[str], set[str]]:
    """The streams of texts, and those of them that can be read."""
    facts = [one for one in await log.read(0, 100_000) if one.stream.startswith(MEMORY)]
    streams = {fact.stream for fact in facts} - {memory_stream(log.log_id)}
    readable = {fact.stream for fact in facts if hasattr(fact.event, "text")}
    return streams, readable


async def faults(home: Path) -> list[str]:
    """What is wrong with a home at rest, in which one thread is remembered and one forgotten."""
    found = []
    async with opened(home, all_views()) as log:
        memory = fold_memory(await log.read_stream(memory_stream(log.log_id)))
        streams, readable = await _facts_of_texts(log)
        living = {memory_stream(text_id) for text_id in memory.text_ids}
        if readable != living:
            found.append(f"texts are {readable}, and should be {living} of {streams}")
        if set(memory.notes) != {KEPT} or memory.summary.thread_ids != (KEPT,):
            found.append(f"remembered is {memory}")
        if any(CANARY in str(one.event) for one in await log.read(0, 100_000)):
            found.append("the log still says it")
        if left := await log.reads.rows("SELECT text_id FROM memory_erasures"):
            found.append(f"keys are left of {left}")
    if files := files_with(home, CANARY):
        found.append(f"it stands in {files}")
    return found


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often each point is come to."""
    home = tmp_path_factory.mktemp("home")
    code, output = in_a_process(home)
    assert code == 0
    assert asyncio.run(faults(home)) == []
    found: dict[str, int] = json.loads(output)
    return found


@pytest.mark.parametrize(
    ("point", "part"), [(point, part) for point in POINTS for part in range(PARTS[point])]
)
def test_memories_and_erasures_are_the_same_wherever_the_host_dies(
    point: str, part: int, reached: dict[str, int], tmp_path: Path
) -> None:
    """Every so many times, so that the tests together try all of them."""
    for times in range(part, reached[point], PARTS[point]):
        home = tmp_path / str(times)
        home.mkdir()
        if not died(in_a_process(home, point, times), point, times):
            continue  # jobs that run side by side come to it less often now and then
        assert in_a_process(home)[0] == 0
        assert asyncio.run(faults(home)) == [], f"{point} {times}"
