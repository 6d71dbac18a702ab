"""Tests of whole hosts that are run on the yielding engine as well, with the slices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.yielding import yielding

PROTOCOL = (
    *("archive", "causes", "compaction", "cursor", "deletion", "ephemeral", "fork", "history"),
    *("idempotency", "injection", "joining", "listing", "log_cursor", "many_deletes", "memory"),
    *("metadata", "order", "queue", "restart", "resume", "revert", "search", "sessions"),
    *("slow_readers", "steer", "thread_settings", "tool_calls", "user_questions"),
)
ACTORS = (
    *("archive", "deletion", "deletion_failures", "deletion_races", "fork", "forks_in_memory"),
    *("live_threads", "queue", "revert", "shutdown", "snapshots", "supervisor", "threads"),
)
MODULES = {"protocol": PROTOCOL, "actors": ACTORS, "runtime": ACTORS}
FIXTURE = "engine_beneath"
EMBEDDED = "embedded"
SEEDS = (1,)


def on_each(metafunc: pytest.Metafunc) -> None:
    """Have a test tried on the embedded engine, and on the yielding one if it is of these."""
    path = Path(str(metafunc.module.__file__))
    if path.stem.removeprefix("test_") not in MODULES.get(path.parent.name, ()):
        return
    metafunc.fixturenames.insert(0, FIXTURE)
    yields = [pytest.param(n, id=f"yields{n}", marks=pytest.mark.slices) for n in SEEDS]
    metafunc.parametrize(FIXTURE, [EMBEDDED, *yields], indirect=True)


@pytest.fixture(name=FIXTURE)
def engine_beneath(request: pytest.FixtureRequest) -> Iterator[None]:
    """What is beneath every log of a test: SQLite, or SQLite that yields by a seed."""
    if request.param == EMBEDDED:
        yield
        return
    with yielding(request.param) as yields:
        yield
    assert yields.count
