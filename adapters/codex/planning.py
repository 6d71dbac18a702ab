"""Arranges the threads of a codex home in trees, and so in the order of their import."""

from collections.abc import Mapping, Sequence
from typing import Any

from threadhost.adapters.codex.folders import THREAD_ID, SkippedFile
from threadhost.adapters.codex.metadata import Edge
from threadhost.adapters.codex.settings import spawn_of
from threadhost.adapters.rollout_path import ARCHIVED, RolloutPlace
from threadhost.events.named_tuple import NamedTuple


class Head(NamedTuple):
    """The relevant fields of a rollout's first line, and the size of its file."""

    place: RolloutPlace
    size_bytes: int
    parent_id: str = ""
    forked_from_id: str | None = None
    base_id: str = ""
    """The thread whose history it continues, in whichever file."""

    @classmethod
    def of(cls, place: RolloutPlace, size_bytes: int, meta: Mapping[str, Any]) -> "Head":
        """The fields of the line that relate threads; the whole line may be long."""
        parent = meta.get("parent_thread_id") or spawn_of(meta).get("parent_thread_id")
        base, forked = meta.get("history_base"), meta.get("forked_from_id")
        base_id = base.get("thread_id") if isinstance(base, dict) else None
        is_fork = isinstance(forked, str) and THREAD_ID.fullmatch(forked)
        return cls(
            place,
            size_bytes,
            parent if isinstance(parent, str) else "",
            str(forked) if is_fork else None,
            base_id if isinstance(base_id, str) else "",
        )


class Planned(NamedTuple):
    """A thread to import, and its place among the others."""

    thread_id: str
    place: RolloutPlace
    size_bytes: int
    session_id: str
    rank: int
    """Greater than the rank of its parent, and of the thread that it was forked from."""
    edge: Edge | None
    forked_from_id: str | None
    note: str = ""
    """What its place in the tree lacks."""

    @property
    def archived(self) -> bool:
        """Whether it is archived, according to the place of its file."""
        return self.place.folders[0] == ARCHIVED


class Plan(NamedTuple):
    """All readable threads, by rank, and what was skipped."""

    threads: Sequence[Planned]
    left: Sequence[SkippedFile]


def plan_threads(heads: Mapping[str, Head], edges: Mapping[str, Edge]) -> list[Planned]:
    """The threads with their places in trees; a circle of edges is opened at its smallest id."""
    parent_edges: dict[str, Edge] = {}
    notes: dict[str, str] = {}
    for thread_id, head in heads.items():
        edge = edges.get(thread_id)
        if edge is None and head.parent_id:
            edge = Edge(head.parent_id, is_open=False)  # a closed edge must not become open
        if edge is not None and THREAD_ID.fullmatch(edge.parent_id):
            parent_edges[thread_id] = edge
        elif edge is not None:
            notes[thread_id] = "its parent is not a thread id, so it becomes a root"
    for thread_id in _circular(parent_edges):
        del parent_edges[thread_id]
        notes[thread_id] = "its parent edge is part of a cycle, so it becomes a root"
    ranks = _ranks(heads, parent_edges)
    planned = [
        _plan_thread(thread_id, head, parent_edges, ranks)._replace(note=notes.get(thread_id, ""))
        for thread_id, head in heads.items()
    ]
    return sorted(planned, key=lambda thread: (thread.rank, thread.thread_id))


def _circular(parent_edges: Mapping[str, Edge]) -> list[str]:
    """The smallest thread of each circle of edges."""
    circular: list[str] = []
    done: set[str] = set()
    for begin in parent_edges:
        path: dict[str, None] = {}
        at = begin
        while at in parent_edges and at not in path and at not in done:
            path[at] = None
            at = parent_edges[at].parent_id
        if at in path:
            circle = list(path)[list(path).index(at) :]
            circular.append(min(circle))
        done.update(path)
    return circular


def _plan_thread(
    thread_id: str, head: Head, parent_edges: Mapping[str, Edge], ranks: Mapping[str, int]
) -> Planned:
    root = thread_id
    while root in parent_edges:
        root = parent_edges[root].parent_id
    return Planned(
        thread_id,
        head.place,
        head.size_bytes,
        root,
        ranks[thread_id],
        parent_edges.get(thread_id),
        head.forked_from_id,
    )


def _ranks(heads: Mapping[str, Head], parent_edges: Mapping[str, Edge]) -> Mapping[str, int]:
    """How many threads precede each, over edges and forks; a circle begins at any thread."""
    predecessors: dict[str, set[str]] = {}
    successors: dict[str, list[str]] = {}
    for thread_id, head in heads.items():
        edge = parent_edges.get(thread_id)
        origins = (edge.parent_id if edge else None, head.forked_from_id)
        predecessors[thread_id] = {origin for origin in origins if origin and origin in heads}
        for predecessor in predecessors[thread_id]:
            successors.setdefault(predecessor, []).append(thread_id)
    ranks: dict[str, int] = {}
    level, rank = [thread_id for thread_id in heads if not predecessors[thread_id]], 0
    while predecessors:
        level = level or [_on_a_circle(predecessors)]
        ranks |= dict.fromkeys(level, rank)
        freed: dict[str, None] = {}
        for thread_id in level:
            del predecessors[thread_id]
            for successor in successors.get(thread_id, ()):
                if successor in predecessors:
                    predecessors[successor].discard(thread_id)
                    freed[successor] = None
        level = [free for free in freed if free in predecessors and not predecessors[free]]
        rank += 1
    return ranks


def _on_a_circle(predecessors: Mapping[str, set[str]]) -> str:
    """A thread on a circle, where every thread has a predecessor."""
    at, visited = next(iter(predecessors)), set[str]()
    while at not in visited:
        visited.add(at)
        at = min(predecessors[at])
    return at
