"""Fences: which events a stream admits in which state, under which incarnation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.golden import golden_events
from tests.support.store import (
    META,
    OTHER,
    STREAM,
    database_of,
    deleted,
    message,
    now,
    opened,
    renamed,
    started,
)
from threadhost.events.base import KINDS, Event, StreamState
from threadhost.events.store.committer import Appended, StreamAppend
from threadhost.events.store.errors import StreamFenced
from threadhost.events.store.home import prepare_home
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.events.store.recorder import Recorder
from threadhost.events.store.rows import StreamHead
from threadhost.events.store.seal import End
from threadhost.events.thread import (
    ThreadActivated,
    ThreadDraining,
    ThreadShutdownTimedOut,
    ThreadStopped,
)
from threadhost.events.tree import DeletionTarget, TreeDeletionHalted, TreeDeletionPlanned

TREE = "tree-a"
OPEN, DRAINING = StreamState.OPEN, StreamState.DRAINING
FENCED, CLOSED = StreamState.FENCED, StreamState.CLOSED
ENDINGS = {
    "agent.context_given.v1",
    "agent.end_heard.v1",
    "agent.end_told.v1",
    "agent.ended.v1",
    "agent.message_settled.v1",
    "goal.charged.v1",
    "goal.set.v1",
    "goal.spent.v1",
    "history.compacted.v1",
    "history.compaction_failed.v1",
    "job.deleted.v1",
    "job.deletion_begun.v1",
    "job.page_deleted.v1",
    "thread.deleted.v1",
    "thread.draining.v1",
    "thread.failed.v1",
    "thread.flushed.v1",
    "thread.shutdown_timed_out.v1",
    "thread.stopped.v1",
    "turn.call_unreached.v1",
    "turn.completed.v1",
    "turn.deadline_passed.v1",
    "turn.error_recorded.v1",
    "turn.host_tool_answered.v1",
    "turn.elicitation_answered.v1",
    "turn.elicitation_asked.v1",
    "turn.host_tool_called.v1",
    "turn.item_recorded.v2",
    "turn.model_responded.v1",
    "turn.output_recorded.v1",
    "turn.tool_called.v1",
    "turn.usage_recorded.v1",
    "turn.user_answered.v1",
    "turn.user_asked.v1",
    "turn.warned.v1",
}
"""What a stream that shuts down or is being deleted still takes: the end of what ran."""
HALT = TreeDeletionHalted(
    deletion_id="d", root_id="a", reason="a file", deleted=[], remaining=["a"]
)


def plan(thread_id: str = "a") -> TreeDeletionPlanned:
    targets = [DeletionTarget(thread_id=thread_id, parent_id=None, depth=0)]
    return TreeDeletionPlanned(deletion_id="d", root_id=thread_id, targets=targets)


PLAN = plan()
DRAIN, STOP = ThreadDraining(reason="test"), ThreadStopped(reason="test")
TIME_OUT = ThreadShutdownTimedOut(reason="test", deadline_ms=10)


async def add(log: Log, *events: Event, stream: str = STREAM, **more: Any) -> Appended:
    return await log.append(StreamAppend(stream, events, **more), meta=META)


def state(log: Log, stream: str = STREAM) -> StreamState:
    head = now(log.stream_head(stream))
    assert head is not None
    return head.state


async def bring(log: Log, wanted: StreamState, thread_id: str = "a") -> None:
    """A stream that was started and is now in this state."""
    stream = f"thread-{thread_id}"
    await add(log, started(thread_id), stream=stream)
    if wanted is DRAINING:
        await add(log, DRAIN, stream=stream)
    elif wanted is FENCED:
        await add(log, plan(thread_id), stream=TREE)
    elif wanted is CLOSED:
        await add(log, deleted(thread_id), stream=stream)
    assert state(log, stream) is wanted


def test_exactly_the_ending_events_are_admitted_by_draining_and_fenced_streams() -> None:
    assert {kind for kind, cls in KINDS.items() if DRAINING in cls.admitted} == ENDINGS
    assert all((DRAINING in cls.admitted) == (FENCED in cls.admitted) for cls in KINDS.values())
    assert not any(CLOSED in cls.admitted for cls in KINDS.values())
    assert all(OPEN in cls.admitted for cls in KINDS.values())


@pytest.mark.few(1)
@pytest.mark.parametrize("now", list(StreamState))
async def test_each_event_is_admitted_or_refused_as_its_type_declares_for_each_state(
    log: Log, now: StreamState
) -> None:
    admitted = set()
    for number, (kind, fact) in enumerate(golden_events().items()):
        stream = f"thread-{number}"
        await bring(log, now, str(number))
        if now in type(fact).admitted:
            await add(log, fact, stream=stream)
            admitted.add(kind)
            continue
        before = log.position
        with pytest.raises(StreamFenced) as refusal:
            await add(log, fact, stream=stream)
        assert (refusal.value.stream, refusal.value.kind) == (stream, kind)
        assert log.position == before
    assert (
        admitted
        == {
            StreamState.OPEN: set(KINDS),
            StreamState.DRAINING: ENDINGS,
            StreamState.FENCED: ENDINGS,
            StreamState.CLOSED: set(),
        }[now]
    )


async def test_a_draining_stream_is_open_again_when_its_actor_stopped(log: Log) -> None:
    await bring(log, DRAINING)
    await add(log, STOP)
    await add(log, renamed())
    assert state(log) is OPEN


@pytest.mark.few(2)
@pytest.mark.parametrize("own", [DRAIN, STOP, TIME_OUT], ids=lambda e: e.kind)
async def test_no_event_of_its_own_frees_a_fenced_stream(log: Log, own: Event) -> None:
    await bring(log, FENCED)
    await add(log, own)
    assert state(log) is FENCED
    with pytest.raises(StreamFenced, match="it is shutting down"):
        await add(log, renamed())


async def test_a_fenced_stream_is_freed_when_the_deletion_halts(log: Log) -> None:
    await bring(log, FENCED)
    await add(log, HALT, stream=TREE)
    await add(log, renamed())
    assert state(log) is OPEN


async def test_a_fenced_stream_is_closed_by_its_tombstone(log: Log) -> None:
    await bring(log, FENCED)
    await add(log, deleted())
    assert state(log) is CLOSED


@pytest.mark.parametrize("late", [PLAN, HALT], ids=lambda e: e.kind)
async def test_a_closed_stream_stays_closed_whatever_its_tree_says(log: Log, late: Event) -> None:
    await bring(log, CLOSED)
    await add(log, late, stream=TREE)
    assert state(log) is CLOSED
    with pytest.raises(StreamFenced, match="it is deleted"):
        await add(log, message())


async def test_nothing_follows_a_tombstone_even_in_the_same_append(log: Log) -> None:
    await bring(log, OPEN)
    with pytest.raises(StreamFenced):
        await add(log, deleted(), message())
    assert state(log) is OPEN


async def test_a_plan_for_a_stream_that_does_not_exist_creates_no_stream(log: Log) -> None:
    await add(log, PLAN, stream=TREE)
    assert await log.stream_head(STREAM) is None


async def test_a_refused_append_moves_no_fence(log: Log) -> None:
    await bring(log, OPEN)
    with pytest.raises(StreamFenced):
        await log.append(
            StreamAppend(TREE, [PLAN]),
            StreamAppend(STREAM, [renamed()], incarnation=4),
            meta=META,
        )
    assert state(log) is OPEN
    await add(log, renamed())


async def test_an_activation_must_use_the_next_incarnation(log: Log) -> None:
    await add(log, started(), ThreadActivated(incarnation=1))
    for wrong in (0, 1, 3):
        with pytest.raises(StreamFenced, match=f"incarnation {wrong} does not follow 1"):
            await add(log, ThreadActivated(incarnation=wrong))
    await add(log, ThreadActivated(incarnation=2))
    head = await log.stream_head(STREAM)
    assert head is not None
    assert head.incarnation == 2


async def test_an_append_of_an_old_incarnation_is_refused(log: Log) -> None:
    await add(log, started(), ThreadActivated(incarnation=1))
    await add(log, message(), incarnation=1)
    await add(log, ThreadActivated(incarnation=2))
    with pytest.raises(StreamFenced, match="incarnation 1 is over"):
        await add(log, message(), incarnation=1)
    await add(log, message(), incarnation=2)


async def test_a_superseded_incarnation_cannot_append(log: Log) -> None:
    await add(log, started(), ThreadActivated(incarnation=1), DRAIN)
    await add(log, TIME_OUT)
    with pytest.raises(StreamFenced, match="incarnation 1 is over"):
        await add(log, STOP, incarnation=1)
    await add(log, ThreadActivated(incarnation=3))


async def test_an_append_with_the_hosts_authority_needs_no_incarnation(log: Log) -> None:
    await add(log, started(), ThreadActivated(incarnation=1))
    await add(log, renamed())
    assert state(log) is OPEN


async def test_repaired_heads_replace_all_heads_and_apply_to_later_appends(
    log: Log,
) -> None:
    await add(log, started(), ThreadActivated(incarnation=1))
    await add(log, started("b"), stream=OTHER)
    await log.repair_heads({STREAM: StreamHead(2, 2)})
    assert await log.stream_head(OTHER) is None
    with pytest.raises(StreamFenced, match="incarnation 1 is over"):
        await add(log, renamed(), incarnation=1)
    await add(log, renamed(), incarnation=2)


def test_heads_are_read_once_and_the_oldest_are_evicted_from_the_cache(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("threadhost.events.store.recorder.STREAM_CACHE_MAX", 2)
    read: list[str] = []

    class Reading:
        def heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
            read.extend(streams)
            return {}

    recorder, tx = Recorder("log", End(0, b""), 0), cast(Tx, Reading())
    for stream in ("a", "b", "a", "c", "b", "a"):
        recorder.head(tx, stream)
    assert read == ["a", "b", "c", "a"]


async def test_the_heads_of_a_deletion_plan_are_read_many_at_a_time(tmp_path: Path) -> None:
    home = prepare_home(tmp_path / "home")
    ids = [f"t{n}" for n in range(120)]
    async with opened(home) as log:
        starts = [StreamAppend(f"thread-{one}", [started(one)]) for one in ids]
        await log.append(*starts, meta=META)
    ran: list[str] = []
    async with opened(home) as log:
        database_of(log).writer.set_trace_callback(ran.append)
        targets = [DeletionTarget(thread_id=one, parent_id=None, depth=0) for one in [*ids, "no"]]
        await add(log, PLAN.model_copy(update={"targets": targets}), stream=TREE)
        database_of(log).writer.set_trace_callback(None)
        assert {state(log, f"thread-{one}") for one in ids} == {FENCED}
        assert await log.stream_head("thread-no") is None
    of_heads = [sql for sql in ran if "stream_state" in sql]
    # One for the tree, one for all its threads; all are written by five, twice as states move.
    assert len(of_heads) == 2 + 2 * len((50, 50, 16, 4, 1))


def test_exactly_the_tombstones_close_their_stream() -> None:
    """Else a start takes the key for one that was lost, and what was said stays in the log."""
    closing = {
        kind
        for kind, fact in golden_events().items()
        if fact.moves_fences and fact.fences(STREAM).get(STREAM) is StreamState.CLOSED
    }
    assert closing == {kind for kind, type_ in KINDS.items() if type_.closes}
    assert "job.deleted.v1" in closing
