"""Rebuilt views are the live ones, row by row, whatever happened, erased events included."""

import sqlite3
import tempfile
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.searching import tries
from tests.support.store import META, at, deleted, message, now, opened, renamed, started
from threadhost.events.base import Event
from threadhost.events.memory import MemoryMode, MemoryModeSet
from threadhost.events.metadata import MetadataUpdated
from threadhost.events.queue import (
    QueueReordered,
    SubmissionAdded,
    SubmissionChanged,
    SubmissionRemoved,
    SubmissionTaken,
)
from threadhost.events.revert import ThreadReverted
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.home import prepare_home
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.events.thread import ThreadConfigured, ThreadSettings
from threadhost.events.tree import (
    DeletionReceipt,
    DeletionTarget,
    EdgeClosed,
    EdgeReopened,
    ThreadSpawned,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
)
from threadhost.events.turn import ErrorRecorded, ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections import all_views
from threadhost.projections.rebuild import dump, rebuild
from threadhost.projections.turn_queries import PageQuery, turn_page

TREE = "tree-t"
ALL = PageQuery("a", 100, descending=False)
MODES: tuple[MemoryMode, ...] = get_args(MemoryMode)
OPERATIONS = (
    "start",
    "spawn",
    "configure",
    "rename",
    "turn",
    "begin",
    "edge",
    "queue",
    "revert",
    "take",
    "delete",
    "halt",
    "metadata",
    "memory",
)


def _taken(submission_id: str) -> SubmissionTaken:
    return SubmissionTaken(submission_id=submission_id, turn_id=submission_id)


class History:
    """Appends of made-up but possible histories; the same seed makes the same one."""

    def __init__(self, log: Log, seed: int) -> None:
        self._log = log
        self._random = Random(seed)
        self._ids: list[str] = []
        self._turns = 0
        self._now_ms = META.recorded_at_ms

    async def go_on(self, operation: str) -> None:
        self._now_ms += self._random.randint(0, 2)
        if self._ids or operation == "start":
            await getattr(self, operation)()

    async def start(self, parent_id: str | None = None) -> str:
        thread_id = f"{self._random.getrandbits(32):08x}"
        self._ids.append(thread_id)
        await self._append(thread_id, started(thread_id, parent_id))
        return thread_id

    async def spawn(self) -> None:
        parent_id = self._any()
        child_id = await self.start(parent_id)
        await self._tree(ThreadSpawned(parent_id=parent_id, child_id=child_id, depth=1))

    async def configure(self) -> None:
        chosen = ThreadSettings(cwd=f"/{self._turns}", model="m", model_provider="p")
        await self._append(self._any(), ThreadConfigured(settings=chosen))

    async def rename(self) -> None:
        await self._append(self._any(), renamed(f"name {self._now_ms}"))

    async def metadata(self) -> None:
        names = self._random.sample(("sha", "branch", "origin_url"), self._random.randint(0, 3))
        git = {name: self._random.choice((None, name, f"{self._turns}")) for name in names}
        daybreak = self._random.choice((None, True, False))
        await self._append(self._any(), MetadataUpdated(git=git, daybreak=daybreak))

    async def memory(self) -> None:
        await self._append(self._any(), MemoryModeSet(mode=self._random.choice(MODES)))

    async def begin(self) -> None:
        self._turns += 1
        event = TurnStarted(turn_id=f"turn-{self._turns}", started_at_ms=self._now_ms)
        await self._append(self._any(), event)

    async def turn(self) -> None:
        self._turns += 1
        turn_id, text = f"turn-{self._turns}", f"ask {self._turns}"
        item = {"type": "userMessage", "content": [{"type": "text", "text": text}]}
        asked = ItemRecorded(turn_id=turn_id, item_id="u", type="userMessage", item=item)
        begun = TurnStarted(turn_id=turn_id, started_at_ms=self._now_ms)
        ended = TurnCompleted(
            turn_id=turn_id,
            outcome="completed",
            started_at_ms=self._now_ms,
            completed_at_ms=self._now_ms + 1,
        )
        failed = ErrorRecorded(turn_id=turn_id, message="no", code="other")
        await self._append(self._any(), begun, asked, message(turn_id=turn_id), failed, ended)

    async def revert(self) -> None:
        thread_id = self._any()
        head = await self._log.stream_head(f"thread-{thread_id}")
        at = self._random.randint(1, (head.version if head else 0) + 1)
        back = ThreadReverted(turn_id="t", from_version=at, turns_left=0)
        await self._append(thread_id, back)

    async def queue(self) -> None:
        self._turns += 1
        thread_id, one = self._any(), f"turn-{self._turns}"
        content = [{"type": "text", "text": one}]
        names: dict[str, Any] = {
            "submission_id": one,
            "turn_id": one,
            "item_id": one,
            "client_id": "c",
        }
        said = SubmissionAdded(**names, content=content, rank=self._turns)
        again = SubmissionChanged(**names, content=content)
        await self._append(thread_id, said, again, QueueReordered(submission_ids=[one]))

    async def take(self) -> None:
        one = f"turn-{self._random.randint(1, self._turns + 1)}"
        gone = self._random.choice((SubmissionRemoved(submission_id=one), _taken(one)))
        await self._append(self._any(), gone)

    async def edge(self) -> None:
        event = self._random.choice((EdgeClosed, EdgeReopened))
        await self._tree(event(child_id=self._any()))

    async def delete(self) -> None:
        gone = self._any()
        self._ids.remove(gone)
        await self._plan(gone)
        await self._append(gone, deleted(gone))
        await self._log.destroy_keys([f"thread-{gone}"])
        receipt = DeletionReceipt(threads=1)
        await self._tree(TreeDeletionCompleted(deletion_id=gone, root_id=gone, receipt=receipt))
        if self._random.random() < 0.5:
            await self._log.checkpoint()

    async def halt(self) -> None:
        kept = self._any()
        await self._plan(kept)
        await self._tree(
            TreeDeletionHalted(
                deletion_id=kept, root_id=kept, reason="r", deleted=[], remaining=[kept]
            )
        )

    async def _plan(self, thread_id: str) -> None:
        targets = [DeletionTarget(thread_id=thread_id, parent_id=None, depth=0)]
        await self._tree(
            TreeDeletionPlanned(deletion_id=thread_id, root_id=thread_id, targets=targets)
        )

    async def _append(self, thread_id: str, *events: Event) -> None:
        append = StreamAppend(f"thread-{thread_id}", events)
        await self._log.append(append, meta=at(self._now_ms))

    async def _tree(self, event: Event) -> None:
        await self._log.append(StreamAppend(TREE, [event]), meta=at(self._now_ms))

    def _any(self) -> str:
        return self._random.choice(self._ids)


@pytest.mark.slices
@tries(15)
@given(st.lists(st.sampled_from(OPERATIONS), max_size=60), st.integers(0, 2**32))
async def test_rebuilt_views_are_the_live_ones(operations: list[str], seed: int) -> None:
    views = all_views()
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder), views) as log:
            history = History(log, seed)
            for operation in ("start", *operations):
                await history.go_on(operation)
            live = list(await dump(log.reads, views))
            assert await rebuild(log, views) == log.position
            assert list(await dump(log.reads, views)) == live
        async with opened(Path(folder), views) as log:
            assert list(await dump(log.reads, views)) == live


async def test_a_rebuild_mends_views_that_were_tampered_with(log: Log) -> None:
    views = all_views()
    history = History(log, seed=1)
    for operation in ("start", "spawn", "turn", "rename", "edge", "turn", "begin"):
        await history.go_on(operation)
    live = list(await dump(log.reads, views))
    assert {line.split()[0] for line in live} == {
        "threads",
        "thread_texts",
        "turns",
        "items",
        "spawn_edges",
    }
    await log.transact(views.clear)
    assert list(await dump(log.reads, views)) == []
    await rebuild(log, views)
    assert list(await dump(log.reads, views)) == live


async def test_readers_see_the_old_views_until_a_rebuild_is_done(log: Log) -> None:
    await History(log, seed=1).go_on("start")
    views, seen = all_views(), list[str]()
    clear = views.clear

    def look_after_clearing(tx: Tx) -> None:
        clear(tx)
        seen.extend(now(dump(log.reads, views)))

    views.clear = look_after_clearing  # type: ignore[method-assign]
    await rebuild(log, views)
    assert seen == list(await dump(log.reads, views)) != []


async def test_an_event_that_does_not_fit_a_view_is_skipped_and_named_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = prepare_home(tmp_path / "home")
    odd = TurnStarted(turn_id="t1", started_at_ms=2**70)
    fine = TurnStarted(turn_id="t2", started_at_ms=1)
    async with opened(home) as log:
        await log.append(StreamAppend("thread-a", [started(), odd, fine]), meta=META)
    views = all_views()
    async with opened(home, views) as log:
        assert await rebuild(log, views) == 3
        assert [row.turn_id for row in await turn_page(log.reads, ALL)] == ["t2"]
    assert "the views are made without 1 event: position 2 (turn.started.v1 in" in caplog.text
    assert "the views cannot show it: OverflowError" in caplog.text


async def test_a_full_disk_is_no_fault_of_an_event(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    await History(log, seed=1).go_on("start")
    views = all_views()
    live = list(await dump(log.reads, views))
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def refuse(*_args: object) -> None:
        raise full

    monkeypatch.setattr(views, "apply", refuse)
    with pytest.raises(StoreUnavailable):
        await rebuild(log, views)
    assert list(await dump(log.reads, views)) == live
