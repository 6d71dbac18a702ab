"""The views of spawn trees: edges, and deletions that have not ended or left bytes on disk."""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Recorded
from threadhost.events.host import ErasureConfirmed
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.events.tree import (
    EdgeClosed,
    EdgeReopened,
    ThreadSpawned,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
)
from threadhost.projections.base import Projection, Write
from threadhost.projections.table import Column, Index, Table

EDGES = Table(
    "spawn_edges",
    (
        Column("child_id", "key"),
        Column("parent_id", "key"),
        Column("depth", "integer"),
        Column("is_open", "boolean"),
    ),
    key=("child_id",),
    indices=(Index("spawn_edges_parent", ("parent_id", "child_id")),),
    goes_with=("child_id", "parent_id"),
)

DELETIONS = Table(
    "open_deletions",
    (
        Column("deletion_id", "key"),
        Column("stream"),
        Column("root_id"),
    ),
    key=("deletion_id",),
)

ERASURES = Table(
    "pending_erasures",
    (Column("deletion_id", "key"),),
    key=("deletion_id",),
)

projection = Projection(EDGES, DELETIONS, ERASURES)

DROP_EDGE = EDGES.delete()
INSERT = EDGES.insert()
SET_OPEN = EDGES.update("is_open")
PLAN = DELETIONS.insert()
END = DELETIONS.delete()
AWAIT = ERASURES.insert()
CONFIRM = ERASURES.delete()
_CHILDREN = (
    "SELECT child_id, parent_id, depth, is_open FROM spawn_edges"
    " WHERE parent_id = :of ORDER BY child_id"
)
_OPEN_DELETIONS = "SELECT stream, deletion_id FROM open_deletions"
_PENDING_ERASURES = "SELECT deletion_id FROM pending_erasures"


class Edge(NamedTuple):
    """A child and its parent."""

    child_id: str
    parent_id: str
    depth: int
    is_open: bool


@projection.on(ThreadSpawned)
def _thread_spawned(event: ThreadSpawned, fact: Recorded) -> Iterable[Write]:
    yield DROP_EDGE, {"child_id": event.child_id}
    yield (
        INSERT,
        {
            "child_id": event.child_id,
            "parent_id": event.parent_id,
            "depth": event.depth,
            "is_open": True,
        },
    )


@projection.on(EdgeClosed)
def _edge_closed(event: EdgeClosed, fact: Recorded) -> Iterable[Write]:
    yield SET_OPEN, {"child_id": event.child_id, "is_open": False}


@projection.on(EdgeReopened)
def _edge_reopened(event: EdgeReopened, fact: Recorded) -> Iterable[Write]:
    yield SET_OPEN, {"child_id": event.child_id, "is_open": True}


@projection.on(TreeDeletionPlanned)
def _tree_deletion_planned(event: TreeDeletionPlanned, fact: Recorded) -> Iterable[Write]:
    yield (
        PLAN,
        {"deletion_id": event.deletion_id, "stream": fact.stream, "root_id": event.root_id},
    )


@projection.on(TreeDeletionCompleted)
def _tree_deletion_completed(event: TreeDeletionCompleted, fact: Recorded) -> Iterable[Write]:
    yield END, {"deletion_id": event.deletion_id}
    yield AWAIT, {"deletion_id": event.deletion_id}


@projection.on(TreeDeletionHalted)
def _tree_deletion_halted(event: TreeDeletionHalted, fact: Recorded) -> Iterable[Write]:
    yield END, {"deletion_id": event.deletion_id}
    if event.deleted:
        yield AWAIT, {"deletion_id": event.deletion_id}


@projection.on(ErasureConfirmed)
def _erasure_confirmed(event: ErasureConfirmed, fact: Recorded) -> Iterable[Write]:
    for deletion_id in event.deletion_ids:
        yield CONFIRM, {"deletion_id": deletion_id}


async def children_of(reads: Reads, thread_id: str) -> Sequence[Edge]:
    """Return the children of a thread, by id."""
    return [
        Edge._make([*row[:3], bool(row[3])])
        for row in await reads.rows(_CHILDREN, {"of": thread_id})
    ]


async def unfinished_deletions(reads: Reads) -> Sequence[tuple[str, str]]:
    """Return (tree stream, deletion id) of each deletion that neither completed nor halted."""
    return [(row[0], row[1]) for row in await reads.rows(_OPEN_DELETIONS)]


async def unconfirmed_erasures(reads: Reads) -> Sequence[str]:
    """Return deletions that ended, and whose bytes may still be in the files."""
    return [row[0] for row in await reads.rows(_PENDING_ERASURES)]
