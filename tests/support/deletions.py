"""Looking at deletions: what was announced, what is left in the log, the views and the files."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.support.hosts import ORIGIN, SETTINGS, Rig, eventually, within
from tests.support.store import database_of, now
from threadhost.actors.runtime.tree_messages import Record
from threadhost.events.base import Erased, Event, StreamState
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.thread import ThreadConfigured, ThreadDeleted, ThreadStarted
from threadhost.events.tree import (
    DeletionReceipt,
    EdgeClosed,
    ThreadSpawned,
    TreeDeletionCompleted,
    TreeDeletionPlanned,
)
from threadhost.projections import all_views


@dataclass(frozen=True)
class Family:
    """A root with two children, the first of which has two children of its own."""

    root: str
    first: str
    second: str
    grandchildren: tuple[str, str]

    @property
    def everyone(self) -> list[str]:
        """All of them, the root first."""
        return [self.root, self.first, self.second, *self.grandchildren]

    @property
    def leaf_first(self) -> list[str]:
        """The order of removal: deepest first, at each depth the greatest id first."""
        return [
            *sorted(self.grandchildren, reverse=True),
            *sorted((self.first, self.second), reverse=True),
            self.root,
        ]


async def family(rig: Rig) -> Family:
    """Start a tree of five threads."""
    root = await rig.start()
    first, second = await rig.start(root), await rig.start(root)
    return Family(root, first, second, (await rig.start(first), await rig.start(first)))


async def close_edge(rig: Rig, root_id: str, child_id: str) -> None:
    """As its parent does with an agent."""
    tree = await rig.host.trees.actors.get(root_id)
    closed = EdgeClosed(child_id=child_id)
    await tree.actor_ref.ask(Record([closed], ORIGIN), block=False)


async def stored_tree(rig: Rig, size: int, width: int = 10) -> list[str]:
    """A tree of this many threads that was never live here, breadth first; quick to make."""
    threads = [rig.ids.new() for _ in range(size)]
    edges = [
        ThreadSpawned(parent_id=threads[(n - 1) // width], child_id=threads[n], depth=1)
        for n in range(1, size)
    ]
    appends = [
        StreamAppend(thread_stream(thread_id), _born(thread_id, threads[0]), 0)
        for thread_id in threads
    ]
    tree = StreamAppend(tree_stream(threads[0]), edges, 0)
    await rig.logs.durable.append(tree, *appends, meta=ORIGIN.at(1))
    return threads


def _born(thread_id: str, root_id: str) -> list[Event]:
    started = ThreadStarted(thread_id=thread_id, session_id=root_id, source="cli")
    return [started, ThreadConfigured(settings=SETTINGS)]


async def edge(rig: Rig, session_id: str, parent_id: str, child_id: str) -> None:
    """Record an edge and nothing else, as damage or a foreign import would."""
    spawned = ThreadSpawned(parent_id=parent_id, child_id=child_id, depth=1)
    append = StreamAppend(tree_stream(session_id), [spawned])
    await rig.logs.durable.append(append, meta=ORIGIN.at(1))


def announced(rig: Rig) -> list[str]:
    """The threads whose deletion was published, in order."""
    return [event.thread_id for event in rig.published_events(ThreadDeleted.kind)]


def receipts(rig: Rig, session_id: str) -> list[DeletionReceipt]:
    """The receipts in the log of a tree."""
    recorded = now(rig.logs.durable.read_stream(tree_stream(session_id)))
    return [f.event.receipt for f in recorded if isinstance(f.event, TreeDeletionCompleted)]


def rows_about(rig: Rig, thread_ids: Sequence[str]) -> dict[str, int]:
    """How many rows of each view are about these threads."""
    found = {}
    marks = ",".join("?" * len(thread_ids))
    for table in all_views().tables:
        columns = [
            row[1] for row in database_of(rig.logs.durable).rows(f"PRAGMA table_info({table})")
        ]
        ids = [name for name in ("thread_id", "child_id", "id", "parent_id") if name in columns]
        if ids:
            about = " OR ".join(f"{name} IN ({marks})" for name in ids)
            counting = f"SELECT count(*) FROM {table} WHERE {about}"
            found[table] = database_of(rig.logs.durable).rows(counting, [*thread_ids] * len(ids))[
                0
            ][0]
    return found


def assert_gone(rig: Rig, thread_ids: Sequence[str]) -> None:
    """Nothing of these threads can be read, and nothing about them is in a view."""
    log = rig.logs.durable
    for thread_id in thread_ids:
        head = now(log.stream_head(thread_stream(thread_id)))
        assert head is not None
        assert head.state is StreamState.CLOSED
        facts = now(log.read_stream(thread_stream(thread_id)))
        kinds = [fact.kind for fact in facts]
        assert kinds[-1] == ThreadDeleted.kind
        assert kinds.count(ThreadDeleted.kind) == 1
        sealed = [f for f in facts if f.kind == "thread.configured.v1"]
        assert sealed
        assert all(isinstance(fact.event, Erased) for fact in sealed)
        assert log.files.list(thread_id) == ()
        assert rig.host.threads.status(thread_id) == "notLoaded"
    assert set(rows_about(rig, thread_ids).values()) == {0}


def assert_usable(rig: Rig, thread_ids: Sequence[str]) -> None:
    """These threads are whole and unfenced."""
    for thread_id in thread_ids:
        head = now(rig.logs.durable.stream_head(thread_stream(thread_id)))
        assert head is not None
        assert head.state is StreamState.OPEN
        facts = now(rig.logs.durable.read_stream(thread_stream(thread_id)))
        assert not any(isinstance(fact.event, Erased) for fact in facts)


@asynccontextmanager
async def delayed_deletion(
    rig: Rig, thread_id: str, *, halts: bool = False
) -> AsyncIterator["asyncio.Task[DeletionReceipt]"]:
    """A deletion of a thread that is planned inside, and goes on, or halts, only afterwards."""
    goes_on = asyncio.Event()

    async def over(_thread_ids: object) -> None:
        await goes_on.wait()
        if halts:
            raise LookupError("it cannot be removed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rig.host.trees.deletions.copies, "over", over)
        deletion = asyncio.ensure_future(rig.host.trees.delete(thread_id, ORIGIN))
        await eventually(lambda: bool(rig.published_events(TreeDeletionPlanned.kind)))
        try:
            yield deletion
        finally:
            goes_on.set()
            await within(asyncio.wait([deletion]))
