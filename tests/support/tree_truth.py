"""Everything that a log says of trees of agents, without their rules: what is whole, and what not.

Edges, slots, messages and ends are counted by `agent_truth`, budgets by `tree_goal_truth`; here is
what goes across them: who worked when, what models and clients were told of it, and names.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from tests.support import agent_truth, tree_goal_truth
from tests.support.store import database_of, now
from threadhost.events.base import Damaged, Erased
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

PAGE = 100_000
Facts = Sequence[Any]
TAKES = frozenset(
    {
        "agent.context_given.v1",
        "turn.started.v1",
        "turn.item_recorded.v2",
        "turn.interrupt_requested.v1",
        "turn.warned.v1",
        "turn.input_received.v1",
    }
)
"""What follows right behind a message that is taken up: its turn, its words, or that it is lost."""


class Most(NamedTuple):
    """How many agents of a tree there may be."""

    is_open: int = 6
    works: int = 256


def faults_of(home: Path, most: Most | None = None) -> list[str]:
    """Everything that is wrong with the trees of a closed home."""
    with closing(ReadOnlyLog.open(home)) as log:
        return faults(log, most)


def faults(log: Any, most: Most | None = None) -> list[str]:
    """Everything that is wrong with the trees in a log in which nothing is under way."""
    most = most or Most()
    facts = [fact for fact in now(log.read(0, PAGE)) if not isinstance(fact.event, Damaged)]
    streams: dict[str, list[Any]] = defaultdict(list)
    for fact in facts:
        streams[fact.stream.removeprefix("thread-")].append(fact)
    gone = {f.event.thread_id for f in facts if f.kind == "thread.deleted.v1"}
    left = {thread_id: own for thread_id, own in streams.items() if thread_id not in gone}
    return [
        *agent_truth.faults(log, most.is_open),
        *tree_goal_truth.faults(log),
        *_at_work(facts, most.works),
        *_named(facts, left),
        *_edges(facts, left, database_of(log).rows("SELECT id, parent_id, depth FROM threads")),
        *(fault for thread_id, own in left.items() for fault in _told(thread_id, own)),
        *(fault for thread_id, own in left.items() for fault in _shown(thread_id, own)),
    ]


def _at_work(facts: Facts, most: int) -> Iterator[str]:
    """Never did more agents of a tree have a turn, or a message to take up, than may."""
    agents: dict[str, str] = {}
    due: dict[str, set[int]] = defaultdict(set)
    turns: set[str] = set()
    for fact in facts:
        event, thread_id = fact.event, fact.stream.removeprefix("thread-")
        if fact.kind == "tree.thread_spawned.v1" and event.is_agent:
            agents[event.child_id] = fact.stream
        elif fact.kind == "agent.message_received.v1" and not isinstance(event, Erased):
            due[thread_id].add(fact.version)
        elif fact.kind == "agent.message_taken.v1":
            due[thread_id].discard(event.received_version)
        elif fact.kind == "turn.started.v1":
            turns.add(thread_id)
        elif fact.kind in ("turn.completed.v1", "thread.deleted.v1"):
            turns.discard(thread_id)
            due[thread_id] = set() if fact.kind == "thread.deleted.v1" else due[thread_id]
        work = Counter(tree for one, tree in agents.items() if one in turns or due[one])
        yield from (f"{n} agents work in {tree}" for tree, n in work.items() if n > most)


def _named(facts: Facts, left: Mapping[str, Facts]) -> Iterator[str]:
    """An edge of an agent leads to one, and no two agents of a tree that is there share a path."""
    trees = {
        f.event.child_id: f.stream
        for f in facts
        if f.kind == "tree.thread_spawned.v1" and f.event.is_agent
    }
    started = {
        thread_id: fact.event.path
        for thread_id, own in left.items()
        for fact in own
        if fact.kind == "agent.started.v1"
    }
    if started.keys() != trees.keys() & left.keys():
        yield f"agents are {started.keys()}, edges lead to {trees.keys() & left.keys()}"
    paths = Counter((trees.get(one), path) for one, path in started.items() if path)
    yield from (f"{path} is the path of {n} agents" for path, n in paths.items() if n > 1)


def _edges(facts: Facts, left: Mapping[str, Facts], rows: Sequence[Any]) -> Iterator[str]:
    """The view of threads has each below its parent, as deep as its edge says."""
    edges = {f.event.child_id: f.event for f in facts if f.kind == "tree.thread_spawned.v1"}
    for thread_id, parent_id, depth in rows:
        edge = edges.get(thread_id)
        wanted = (edge.parent_id, edge.depth) if edge else (None, 0)
        if thread_id not in left or (parent_id, depth) != wanted:
            yield f"{thread_id} is shown below {parent_id}, {depth} deep; the log has {wanted}"


def _told(thread_id: str, facts: Facts) -> Iterator[str]:
    """A model is told of each end that is heard, and of each message that is taken up."""
    kinds = {fact.version: fact.kind for fact in facts}
    for fact in facts:
        behind = kinds.get(fact.version + 1)
        if fact.kind == "agent.end_heard.v1" and behind != "agent.context_given.v1":
            yield f"{thread_id} heard at {fact.version} of an end that its model is not told of"
        if fact.kind == "agent.message_taken.v1" and behind not in TAKES:
            yield f"{thread_id} took a message up at {fact.version}, and {behind} came of it"


def _shown(thread_id: str, facts: Facts) -> Iterator[str]:
    """Every item that clients saw begin has ended, once; and every item comes once."""
    ended = Counter(f.event.item_id for f in facts if f.kind == "turn.item_recorded.v2")
    yield from (f"{thread_id} shows {one} {n} times" for one, n in ended.items() if n > 1)
    for fact in facts:
        is_seen = fact.kind == "turn.host_tool_called.v1" and fact.event.item is not None
        if is_seen and ended[fact.event.call_id] != 1:
            yield f"{thread_id} never ends the item of call {fact.event.call_id}"
