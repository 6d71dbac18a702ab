"""Of which threads notes are due, as the views know it."""

from collections.abc import Sequence

import pytest

from tests.support.store import META, started
from threadhost.events.base import Event
from threadhost.events.memory import (
    JobClaimed,
    JobFailed,
    JobSkipped,
    MemoriesForgotten,
    MemoryModeSet,
    NoteTaken,
)
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadArchived, ThreadStarted
from threadhost.events.turn import TurnStarted
from threadhost.projections import all_views
from threadhost.projections import memory as memory_view
from threadhost.projections.memory import due_notes, next_retry_ms, note_states

NOW_MS = 1_000
IDLE_MS = 100
LAST_MS = NOW_MS - IDLE_MS
"""What changed later is not over."""


@pytest.fixture
async def log() -> object:
    log = Log.in_memory(all_views())
    yield log
    await log.close()


async def thread(log: Log, name: str, at_ms: int = 500, *more: Event, parent: str = "") -> None:
    """A thread that changed last at this time."""
    first: ThreadStarted = started(name)
    if parent:
        first = first.model_copy(update={"parent_id": parent})
    turn = TurnStarted(turn_id="t", started_at_ms=at_ms)
    await log.append(StreamAppend(f"thread-{name}", [first, turn, *more]), meta=META)


async def memory(log: Log, *events: Event) -> None:
    await log.append(StreamAppend("memory-log", events), meta=META)


async def due(log: Log, *, since_ms: int = 0, most: int = 9) -> Sequence[str]:
    found = await due_notes(log.reads, NOW_MS, since_ms, IDLE_MS, most)
    return [one.thread_id for one in found]


def claimed(thread_id: str, source_at_ms: int = 500) -> JobClaimed:
    return JobClaimed(
        thread_id=thread_id,
        token="k",
        attempt=1,
        claimed_at_ms=1,
        lease_ms=9,
        source_at_ms=source_at_ms,
    )


async def test_roots_that_are_over_are_due_the_newest_first(log: Log) -> None:
    await thread(log, "old", 400)
    await thread(log, "new", 600)
    await thread(log, "busy", LAST_MS + 1)
    await thread(log, "away", LAST_MS + 2, ThreadArchived(root_id="away"))
    await thread(log, "past", 300, ThreadArchived(root_id="past"))
    await thread(log, "child", 500, parent="new")
    await thread(log, "shy", 500, MemoryModeSet(mode="disabled"))
    await thread(log, "open", 500, MemoryModeSet(mode="enabled"))
    assert await due(log) == ["away", "new", "open", "old", "past"]
    assert await due(log, since_ms=500) == ["away", "new"]


async def test_only_the_newest_roots_are_examined_and_children_are_not_counted(log: Log) -> None:
    for number in range(6):
        await thread(log, f"child{number}", 700 + number, parent="root1")
    for number in range(4):
        await thread(log, f"root{number}", 500 + number)
    assert await due(log, most=2) == ["root3", "root2"]
    await memory(log, claimed("root3", 503), NoteTaken(thread_id="root3", token="k", text_id="n"))
    assert await due(log, most=2) == ["root2"]


async def test_only_the_newest_threads_up_to_the_limit_are_searched_for_due_notes(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_view, "SCAN_MAX", 3)
    await thread(log, "old", 400)
    for name in ("b", "a", "c"):
        await thread(log, name, 600)
    await thread(log, "child", 700, parent="old")
    assert await due(log) == ["c", "b"]
    assert await due(log, most=1) == ["c"]


@pytest.mark.parametrize(
    ("ends", "is_due", "states"),
    [
        ([], True, {"claimed": 1}),
        ([NoteTaken(thread_id="a", token="k", text_id="n")], False, {"noted": 1}),
        ([JobSkipped(thread_id="a", token="k", reason="empty")], False, {"skipped": 1}),
        (
            [JobFailed(thread_id="a", token="k", reason="late", gave_up=True)],
            False,
            {"exhausted": 1},
        ),
        (
            [JobFailed(thread_id="a", token="k", reason="late", retry_at_ms=NOW_MS)],
            True,
            {"retrying": 1},
        ),
        (
            [JobFailed(thread_id="a", token="k", reason="late", retry_at_ms=NOW_MS + 1)],
            False,
            {"retrying": 1},
        ),
        ([MemoriesForgotten(why="disabled", at_ms=1, thread_ids=["a"])], True, {}),
        ([MemoriesForgotten(why="reset", at_ms=1)], True, {}),
    ],
)
async def test_what_came_of_a_job_says_whether_it_is_due_again(
    log: Log, ends: Sequence[Event], is_due: int, states: dict[str, int]
) -> None:
    await thread(log, "a")
    await memory(log, claimed("a"), *ends)
    assert len(await due(log)) == is_due
    assert await note_states(log.reads) == states


async def test_a_thread_that_went_on_is_due_again_whatever_its_last_job_ended_with(
    log: Log,
) -> None:
    await thread(log, "a", 501)
    gave_up = JobFailed(thread_id="a", token="k", reason="late", gave_up=True)
    await memory(log, claimed("a", 500), gave_up)
    assert await due(log) == ["a"]


async def test_the_next_retry_is_the_earliest_in_the_future(log: Log) -> None:
    for name, at_ms in (("a", NOW_MS), ("b", NOW_MS + 7), ("c", NOW_MS + 5)):
        failed = JobFailed(thread_id=name, token="k", reason="late", retry_at_ms=at_ms)
        await memory(log, claimed(name), failed)
    assert await next_retry_ms(log.reads, NOW_MS) == NOW_MS + 5
    assert await next_retry_ms(log.reads, NOW_MS + 7) is None
