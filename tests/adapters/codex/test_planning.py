"""The plan of an import takes little memory for each thread."""

import tracemalloc
from contextlib import closing

import pytest

from tests.support.codex_home import CodexHome
from threadhost.adapters.codex.home import CodexHome as Source

THREADS = 60
LONG = "x" * 40_000
EACH_BYTES_MAX = 3_000


@pytest.mark.slices
def test_the_plan_of_an_import_keeps_only_the_place_of_each_thread_in_memory(
    codex: CodexHome,
) -> None:
    for number in range(1, THREADS + 1):
        codex.add(number, base_instructions={"text": LONG})
    with closing(Source(codex.folder)) as source:
        source.plan()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        plan = source.plan()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(plan.threads) == THREADS
    assert (after - before) / THREADS < EACH_BYTES_MAX
