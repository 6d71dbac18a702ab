"""Restores the values of an unreadable event that another event of the same append repeats.

A thread's start and its edge in the tree are next to each other in the log, the edge first.
"""

from collections.abc import Callable, Iterable, Sequence

from threadhost.events.base import Damaged, Event, Recorded
from threadhost.events.ids import TREE, thread_of
from threadhost.events.thread import Thread, ThreadDeleted, ThreadStarted
from threadhost.events.tree import ThreadForked, ThreadSpawned
from threadhost.events.words import AGENT_SOURCE


def edge_repair_positions(fact: Recorded) -> Sequence[int]:
    """Return where to look for the content of an unreadable edge; empty for other facts."""
    return (fact.position + 1,) if _is_lost(fact) else ()


def repair_edge(fact: Recorded, adjacent: Iterable[Recorded]) -> Recorded:
    """Return the fact of a tree; an unreadable edge is rebuilt from its thread's start.

    Without the edge a deletion would leave behind the threads below it.
    """
    edge = _edge_told(adjacent)
    return fact if edge is None else fact._replace(event=edge)


def edge_positions(first_position: int) -> Sequence[int]:
    """Return where to look for a thread's edge, given the position of its first event left."""
    return first_position - 2, first_position - 1


def thread_from_edge(thread_id: str, adjacent: Iterable[Recorded]) -> Thread:
    """Return a thread whose start cannot be read: below the parent in its edge, else a root."""
    for fact in adjacent:
        edge = fact.event
        if isinstance(edge, ThreadSpawned) and edge.child_id == thread_id:
            session_id = fact.stream.removeprefix(TREE)
            parent_id, depth = edge.parent_id, edge.depth
            return Thread(thread_id, session_id, parent_id, depth)
    return Thread(thread_id, session_id=thread_id)


def start_repair_positions(fact: Recorded) -> Sequence[int]:
    """Return where to look for the content of an unreadable start of a thread; empty for others."""
    is_start = fact.kind == ThreadStarted.kind and thread_of(fact.stream) is not None
    return edge_positions(fact.position) if is_start and _is_lost(fact) else ()


def repair_start(fact: Recorded, adjacent: Iterable[Recorded]) -> Recorded:
    """Return a start that cannot be read, rebuilt as far as the edge beside it gives the place."""
    thread_id = thread_of(fact.stream) or ""
    thread = thread_from_edge(thread_id, adjacent)
    start = ThreadStarted(
        thread_id=thread_id,
        session_id=thread.session_id,
        parent_id=thread.parent_id,
        depth=thread.depth,
        source="unknown",
    )
    return fact._replace(event=start)


def repair_tombstone(fact: Recorded, is_closed: Callable[[str], bool]) -> Recorded:
    """Return the fact; an unreadable tombstone is rebuilt from its stream's name.

    It counts as a tombstone only if the store has the stream as closed.
    """
    thread_id = thread_of(fact.stream)
    if not _is_lost(fact) or fact.kind != ThreadDeleted.kind or thread_id is None:
        return fact
    if not is_closed(fact.stream):
        return fact
    tombstone = ThreadDeleted(thread_id=thread_id, deletion_id="", root_id=thread_id)
    return fact._replace(event=tombstone)


def _is_lost(fact: Recorded) -> bool:
    return isinstance(fact.event, Damaged)


def _edge_told(adjacent: Iterable[Recorded]) -> Event | None:
    for fact in adjacent:
        start = fact.event
        if not isinstance(start, ThreadStarted):
            continue
        if start.parent_id is not None:
            return ThreadSpawned(
                parent_id=start.parent_id,
                child_id=start.thread_id,
                depth=start.depth,
                is_agent=start.source == AGENT_SOURCE,
            )
        if start.forked_from_id is not None:
            return ThreadForked(source_id=start.forked_from_id, fork_id=start.thread_id)
    return None
