"""A tree of very many threads, as a job of many rows leaves it behind its runner."""

import pytest

from tests.support.hosts import ORIGIN, open_rig
from tests.support.loop_turns import counted_turns
from threadhost.actors.runtime.logs import tree_of
from threadhost.events.ids import tree_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.tree import ThreadSpawned

SESSION = "0193a1b2-0000-7000-8000-00000000c0de"
THREADS = 1_500
TURNS_MIN = 5


@pytest.mark.slices
async def test_reading_a_large_tree_yields_to_other_tasks_of_the_loop() -> None:
    """It has an event for each row of a job: a million would hold everybody up for a minute."""
    async with open_rig() as rig, counted_turns() as turns:
        log = rig.logs.durable
        spawned = [
            ThreadSpawned(parent_id=SESSION, child_id=f"t{n}", depth=1, is_worker=True)
            for n in range(THREADS)
        ]
        stream = tree_stream(SESSION)
        await log.append(StreamAppend(stream, spawned, 0), meta=ORIGIN.at(1), is_large=False)
        before = turns()
        tree = await tree_of(log, SESSION)
        took = turns() - before
    assert len(tree.nodes) == THREADS
    assert took >= TURNS_MIN
