"""The views of spawn trees: edges, and deletions that have not ended or left a trace on disk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from threadhost.events.base import Recorded
from threadhost.events.host import ErasureConfirmed
from threadhost.events.store.database import ReadableDatabase
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import (
    EdgeClosed,
    EdgeReopened,
    ThreadSpawned,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
)
from threadhost.projections.base import Projection, Write, metadata

edges = Table(
    "spawn_edges",
    metadata,
    Column("child_id", Text, primary_key=True),
    Column("parent_id", Text, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Index("spawn_edges_parent", "parent_id", "child_id"),
    sqlite_with_rowid=False,
)

deletions = Table(
    "open_deletions",
    metadata,
    Column("deletion_id", Text, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("root_id", Text, nullable=False),
    sqlite_with_rowid=False,
)

erasures = Table(
    "pending_erasures",
    metadata,
    Column("deletion_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)

projection = Projection(edges, deletions, erasures)

_CHILD = edges.c.child_id == bindparam("of")
DROP_EDGE = delete(edges).where(_CHILD)
INSERT = insert(edges)
SET_OPEN = update(edges).where(_CHILD).values(is_open=bindparam("now_open"))
DELETE = delete(edges).where(
    (edges.c.child_id == bindparam("of")) | (edges.c.parent_id == bindparam("of"))
)
PLAN = insert(deletions)
END = delete(deletions).where(deletions.c.deletion_id == bindparam("of"))
AWAIT = insert(erasures)
CONFIRM = delete(erasures).where(erasures.c.deletion_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Edge:
    """A child and its parent."""

    child_id: str
    parent_id: str
    depth: int
    is_open: bool


@projection.on(ThreadSpawned)
def _(event: ThreadSpawned, fact: Recorded) -> Iterable[Write]:
    del fact
    yield DROP_EDGE, {"of": event.child_id}
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
def _(event: EdgeClosed, fact: Recorded) -> Iterable[Write]:
    del fact
    yield SET_OPEN, {"of": event.child_id, "now_open": False}


@projection.on(EdgeReopened)
def _(event: EdgeReopened, fact: Recorded) -> Iterable[Write]:
    del fact
    yield SET_OPEN, {"of": event.child_id, "now_open": True}


@projection.on(ThreadDeleted)
def _(event: ThreadDeleted, fact: Recorded) -> Iterable[Write]:
    del fact
    yield DELETE, {"of": event.thread_id}


@projection.on(TreeDeletionPlanned)
def _(event: TreeDeletionPlanned, fact: Recorded) -> Iterable[Write]:
    yield (
        PLAN,
        {"deletion_id": event.deletion_id, "stream": fact.stream, "root_id": event.root_id},
    )


@projection.on(TreeDeletionCompleted)
def _(event: TreeDeletionCompleted, fact: Recorded) -> Iterable[Write]:
    del fact
    yield END, {"of": event.deletion_id}
    yield AWAIT, {"deletion_id": event.deletion_id}


@projection.on(TreeDeletionHalted)
def _(event: TreeDeletionHalted, fact: Recorded) -> Iterable[Write]:
    del fact
    yield END, {"of": event.deletion_id}
    if event.deleted:
        yield AWAIT, {"deletion_id": event.deletion_id}


@projection.on(ErasureConfirmed)
def _(event: ErasureConfirmed, fact: Recorded) -> Iterable[Write]:
    del fact
    for deletion_id in event.deletion_ids:
        yield CONFIRM, {"of": deletion_id}


_CHILDREN = select(edges).where(edges.c.parent_id == bindparam("of")).order_by(edges.c.child_id)
_OPEN_DELETIONS = select(deletions.c.stream, deletions.c.deletion_id)
_PENDING_ERASURES = select(erasures.c.deletion_id)


def children_of(database: ReadableDatabase, thread_id: str) -> Sequence[Edge]:
    """The children of a thread, by id."""
    return [Edge(*row) for row in database.rows(_CHILDREN, {"of": thread_id})]


def unfinished_deletions(database: ReadableDatabase) -> Sequence[tuple[str, str]]:
    """(tree stream, deletion id) of each deletion that neither completed nor halted."""
    return [(row[0], row[1]) for row in database.rows(_OPEN_DELETIONS)]


def unconfirmed_erasures(database: ReadableDatabase) -> Sequence[str]:
    """Deletions that ended, and whose bytes may still be in the files."""
    return [row[0] for row in database.rows(_PENDING_ERASURES)]
