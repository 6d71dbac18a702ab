"""How the threads of a codex home hang together, and so in which order they are taken in."""

from collections.abc import Mapping, Sequence
from typing import Any

from threadhost.adapters.codex.folders import THREAD_ID, SkippedFile
from threadhost.adapters.codex.metadata import Edge
from threadhost.adapters.codex.settings import spawn_of
from threadhost.adapters.rollout_path import ARCHIVED, RolloutPlace
from threadhost.events.named_tuple import NamedTuple


class Head(NamedTuple):
    """What the first line of a thread's rollout says of it, and how large that file is."""

    place: RolloutPlace
    size_bytes: int
    parent_id: str = ""
    forked_from_id: str | None = None
    base_id: str = ""
    """The thread whose history it goes on from, in whichever file."""

    @classmethod
    def of(cls, place: RolloutPlace, size_bytes: int, meta: Mapping[str, Any]) -> "Head":
        """What is needed of the line to hang threads together; all of it may be long."""
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
    """A thread to take in, and its place among the others."""

    thread_id: str
    place: RolloutPlace
    size_bytes: int
    session_id: str
    rank: int
    """Greater than that of the thread above it, and of the one that it was forked from."""
    edge: Edge | None
    forked_from_id: str | None
    note: str = ""
    """What its place lacks."""

    @property
    def archived(self) -> bool:
        """Whether it is put away, as far as the place of its file tells."""
        return self.place.folders[0] == ARCHIVED


class Plan(NamedTuple):
    """All threads that can be read, by rank; and what cannot."""

    threads: Sequence[Planned]
    left: Sequence[SkippedFile]


def plan_threads(heads: Mapping[str, Head], edges: Mapping[str, Edge]) -> list[Planned]:
    """The threads with their places in trees; a circle of edges is opened at its smallest id."""
    hung: dict[str, Edge] = {}
    notes: dict[str, str] = {}
    for thread_id, head in heads.items():
        known = edges.get(thread_id)
        if known is None and head.parent_id:
            known = Edge(head.parent_id, is_open=False)  # none that was closed may be opened again
        if known is not None and THREAD_ID.fullmatch(known.parent_id):
            hung[thread_id] = known
        elif known is not None:
            notes[thread_id] = "its parent is no thread; it has none"
    for thread_id in _circular(hung):
        del hung[thread_id]
        notes[thread_id] = "the edge to its parent is part of a circle; it has none"
    ranks = _ranks(heads, hung)
    planned = [
        _planned(thread_id, head, hung, ranks)._replace(note=notes.get(thread_id, ""))
        for thread_id, head in heads.items()
    ]
    return sorted(planned, key=lambda one: (one.rank, one.thread_id))


def _circular(hung: Mapping[str, Edge]) -> list[str]:
    """The smallest thread of each circle of edges."""
    circular: list[str] = []
    over: set[str] = set()
    for begin in hung:
        path: dict[str, None] = {}
        at = begin
        while at in hung and at not in path and at not in over:
            path[at] = None
            at = hung[at].parent_id
        if at in path:
            circle = list(path)[list(path).index(at) :]
            circular.append(min(circle))
        over.update(path)
    return circular


def _planned(
    thread_id: str, head: Head, hung: Mapping[str, Edge], ranks: Mapping[str, int]
) -> Planned:
    root = thread_id
    while root in hung:
        root = hung[root].parent_id
    return Planned(
        thread_id,
        head.place,
        head.size_bytes,
        root,
        ranks[thread_id],
        hung.get(thread_id),
        head.forked_from_id,
    )


def _ranks(heads: Mapping[str, Head], hung: Mapping[str, Edge]) -> Mapping[str, int]:
    """How many threads lead to each, over edges and forks; a circle begins anywhere."""
    ahead: dict[str, set[str]] = {}
    below: dict[str, list[str]] = {}
    for thread_id, head in heads.items():
        lead = (hung[thread_id].parent_id if thread_id in hung else None, head.forked_from_id)
        ahead[thread_id] = {one for one in lead if one in heads and one is not None}
        for one in ahead[thread_id]:
            below.setdefault(one, []).append(thread_id)
    ranks: dict[str, int] = {}
    level, rank = [thread_id for thread_id, lead in ahead.items() if not lead], 0
    while ahead:
        level = level or [_on_a_circle(ahead)]
        ranks |= dict.fromkeys(level, rank)
        freed: dict[str, None] = {}
        for thread_id in level:
            del ahead[thread_id]
            for one in below.get(thread_id, ()):
                if one in ahead:
                    ahead[one].discard(thread_id)
                    freed[one] = None
        level, rank = [one for one in freed if one in ahead and not ahead[one]], rank + 1
    return ranks


def _on_a_circle(ahead: Mapping[str, set[str]]) -> str:
    """A thread on a circle, where something leads to each."""
    at, seen = next(iter(ahead)), set[str]()
    while at not in seen:
        seen.add(at)
        at = min(ahead[at])
    return at
