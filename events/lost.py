"""What an event that cannot be read had said, as far as one that was appended with it tells.

A thread's start and its edge in the tree stand side by side in the log, the edge first.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from threadhost.events.base import Damaged, Event, Recorded
from threadhost.events.ids import TREE, thread_of
from threadhost.events.thread import Thread, ThreadDeleted, ThreadStarted
from threadhost.events.tree import ThreadForked, ThreadSpawned

ReadAt = Callable[[Sequence[int]], Sequence[Recorded]]


def with_lost_edges(facts: Iterable[Recorded], read_at: ReadAt) -> Iterator[Recorded]:
    """The facts of a tree; an edge that cannot be read is the one that its thread's start tells of.

    Without it a deletion would leave behind what is below.
    """
    for fact in facts:
        edge = _edge_told(read_at([fact.position + 1])) if _is_lost(fact) else None
        yield fact if edge is None else fact._replace(event=edge)


def begun(thread_id: str, first_position: int, read_at: ReadAt) -> Thread:
    """Where a thread stands whose start cannot be read: below its parent, or else by itself.

    `first_position` is that of the first event that its stream still has.
    """
    for beside in read_at([first_position - 2, first_position - 1]):
        edge = beside.event
        if isinstance(edge, ThreadSpawned) and edge.child_id == thread_id:
            session_id = beside.stream.removeprefix(TREE)
            parent_id, depth = edge.parent_id, edge.depth
            return Thread(thread_id, session_id, parent_id, depth)
    return Thread(thread_id, session_id=thread_id)


def with_start(fact: Recorded, read_at: ReadAt) -> Recorded:
    """The fact; of a start that cannot be read, what stands beside it tells where the thread is."""
    thread_id = thread_of(fact.stream)
    if not _is_lost(fact) or fact.kind != ThreadStarted.kind or thread_id is None:
        return fact
    known = begun(thread_id, fact.position, read_at)
    start = ThreadStarted(
        thread_id=thread_id,
        session_id=known.session_id,
        parent_id=known.parent_id,
        depth=known.depth,
        source="unknown",
    )
    return fact._replace(event=start)


def with_tombstone(fact: Recorded, is_closed: Callable[[str], bool]) -> Recorded:
    """The fact; of a tombstone that cannot be read its stream says all that matters.

    It counts as one only if the store knows that the stream is closed.
    """
    thread_id = thread_of(fact.stream)
    if not _is_lost(fact) or fact.kind != ThreadDeleted.kind or thread_id is None:
        return fact
    if not is_closed(fact.stream):
        return fact
    told = ThreadDeleted(thread_id=thread_id, deletion_id="", root_id=thread_id)
    return fact._replace(event=told)


def _is_lost(fact: Recorded) -> bool:
    return isinstance(fact.event, Damaged)


def _edge_told(beside: Sequence[Recorded]) -> Event | None:
    for fact in beside:
        start = fact.event
        if not isinstance(start, ThreadStarted):
            continue
        if start.parent_id is not None:
            return ThreadSpawned(
                parent_id=start.parent_id, child_id=start.thread_id, depth=start.depth
            )
        if start.forked_from_id is not None:
            return ThreadForked(source_id=start.forked_from_id, fork_id=start.thread_id)
    return None
