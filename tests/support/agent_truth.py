"""What a log says of agents, read without the rules: edges, messages and ends, and the views of it.

A log in which nothing is under way: no host runs on it, or one that has nothing to do.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.store import database_of, now
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.base import Event
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

PAGE = 100_000
TAKEN = "agent.message_taken.v1"
Facts = Sequence[Any]


def faults_of(home: Path, open_max: int = 6) -> list[str]:
    """Everything that is wrong with the agents of a closed home."""
    with closing(ReadOnlyLog.open(home)) as log:
        return faults(log, open_max)


def faults(log: Any, open_max: int = 6) -> list[str]:
    """Everything that is wrong with the agents in a log."""
    facts = [fact for fact in now(log.read(0, PAGE)) if isinstance(fact.event, Event)]
    streams: dict[str, list[Any]] = defaultdict(list)
    for fact in facts:
        streams[fact.stream].append(fact)
    gone = {f.event.thread_id for f in facts if f.kind == "thread.deleted.v1"}
    database = database_of(log)
    return [
        *_edges(facts, gone, database.rows("SELECT * FROM spawn_edges")),
        *_slots(streams, open_max),
        *_messages(streams, gone),
        *_came(streams, gone),
        *_taken(streams, gone),
        *_ends(facts, streams, gone),
        *(f"{row} waits still" for row in database.rows("SELECT * FROM agent_mail")),
        *_running(streams, gone),
    ]


def _thread(fact: Any) -> str:
    found: str = fact.stream.removeprefix("thread-")
    return found


def _edges(facts: Facts, gone: set[str], rows: Sequence[Any]) -> Iterator[str]:
    """The view has the edges of the log, open and closed, and none of what is gone."""
    edges: dict[str, tuple[str, int, bool]] = {}
    for fact in facts:
        event = fact.event
        if fact.kind == "tree.thread_spawned.v1":
            edges[event.child_id] = event.parent_id, event.depth, True
        elif fact.kind in ("tree.edge_closed.v1", "tree.edge_reopened.v1"):
            parent, depth, _ = edges[event.child_id]
            edges[event.child_id] = parent, depth, fact.kind == "tree.edge_reopened.v1"
    wanted = {c: e for c, e in edges.items() if c not in gone and e[0] not in gone}
    found = {row[0]: (row[1], row[2], bool(row[3])) for row in rows}
    if wanted != found:
        yield f"the view has the edges {found}, the log {wanted}"


def _slots(streams: Mapping[str, Facts], open_max: int) -> Iterator[str]:
    """There never were more open agents in a tree than there may be."""
    for stream, facts in streams.items():
        is_open: set[str] = set()
        for fact in facts:
            event = fact.event
            if (
                fact.kind == "tree.thread_spawned.v1" and event.is_agent
            ) or fact.kind == "tree.edge_reopened.v1":
                is_open.add(event.child_id)
            elif fact.kind == "tree.edge_closed.v1":
                is_open.discard(event.child_id)
            elif fact.kind == "tree.deletion_planned.v2":
                is_open -= {target.thread_id for target in event.targets}
            if len(is_open) > open_max:
                yield f"{len(is_open)} agents are open in {stream}"


def _messages(streams: Mapping[str, Facts], gone: set[str]) -> Iterator[str]:
    """What was sent was settled once; what was delivered came in once; nothing else came in."""
    sent, settled = dict[tuple[str, int], Any](), Counter[tuple[str, int]]()
    received, outcome = Counter[tuple[str, str, int]](), dict[tuple[str, int], str]()
    for fact in (fact for facts in streams.values() for fact in facts):
        event, thread_id = fact.event, _thread(fact)
        if fact.kind == "agent.message_sent.v1":
            sent[thread_id, fact.version] = event
        elif fact.kind == "agent.message_settled.v1":
            settled[thread_id, event.sent_version] += 1
            outcome[thread_id, event.sent_version] = event.outcome
        elif fact.kind == "agent.message_received.v1":
            received[thread_id, event.sender_id, event.sender_version] += 1
    yield from (f"message {one} came in {n} times" for one, n in received.items() if n > 1)
    for place, event in sent.items():
        if place[0] in gone:
            continue
        if settled[place] != 1:
            yield f"message {place} was settled {settled[place]} times"
        came = received[event.receiver_id, *place]
        if event.receiver_id not in gone and came != (outcome.get(place) == "delivered"):
            yield f"message {place} is {outcome.get(place)}, and came in {came} times"


def _came(streams: Mapping[str, Facts], gone: set[str]) -> Iterator[str]:
    """Nothing came in but what was sent, or a task whose call started its agent."""
    facts = [fact for own in streams.values() for fact in own]
    sent = {(_thread(f), f.version) for f in facts if f.kind == "agent.message_sent.v1"}
    calls = {(_thread(f), f.version) for f in facts if f.kind == "turn.host_tool_called.v1"}
    for fact in facts:
        event = fact.event
        if fact.kind == "agent.message_received.v1" and event.sender_id not in gone:
            place = event.sender_id, event.sender_version
            if place not in sent | calls:
                yield f"{fact.stream} was told what {place} is not"
        if fact.kind == "agent.message_settled.v1":
            place = _thread(fact), event.sent_version
            if place[0] not in gone and place not in sent:
                yield f"{place} was settled, and never sent"


def _taken(streams: Mapping[str, Facts], gone: set[str]) -> Iterator[str]:
    """What came in was taken up once, unless the agent was closed before."""
    for stream, facts in streams.items():
        came = {f.version for f in facts if f.kind == "agent.message_received.v1"}
        taken = Counter(f.event.received_version for f in facts if f.kind == TAKEN)
        yield from (f"{stream} took {one} up {n} times" for one, n in taken.items() if n > 1)
        if stream.removeprefix("thread-") in gone:
            continue
        yield from (f"{stream} took up what did not come: {one}" for one in taken.keys() - came)
        yield from (f"{stream} has not taken up {one}" for one in came - taken.keys())


def _ends(facts: Facts, streams: Mapping[str, Facts], gone: set[str]) -> Iterator[str]:
    """Each end is heard once by the parent, that of a deleted agent too, and nothing else is."""
    parents = {f.event.child_id: f.event for f in facts if f.kind == "tree.thread_spawned.v1"}
    heard = Counter(
        (_thread(f), f.event.child_id, f.event.child_version)
        for f in facts
        if f.kind == "agent.end_heard.v1"
    )
    due: set[tuple[str, str, int]] = set()
    for child_id, edge in parents.items():
        own = streams.get(f"thread-{child_id}", [])
        for fact in own:
            if fact.kind == "agent.ended.v1" or (
                fact.kind == "thread.deleted.v1" and edge.is_agent
            ):
                due.add((edge.parent_id, child_id, fact.version))
        if child_id not in gone and edge.is_agent:
            yield from _unended(child_id, own)
    yield from (f"end {one} was heard {n} times" for one, n in heard.items() if n > 1)
    yield from (f"{one} was heard and did not end" for one in heard.keys() - due)
    for parent_id, child_id, version in due - heard.keys():
        cut_off = child_id in gone and version != streams[f"thread-{child_id}"][-1].version
        if parent_id not in gone and not cut_off:
            yield f"{parent_id} has not heard of the end of {child_id} at {version}"


def _unended(child_id: str, facts: Facts) -> Iterator[str]:
    """The last turn of an agent is followed by its end."""
    ended = max((f.version for f in facts if f.kind == "agent.ended.v1"), default=0)
    turned = max((f.version for f in facts if f.kind == "turn.completed.v1"), default=0)
    if turned > ended:
        yield f"the end of {child_id} at {turned} is not recorded"


def _running(streams: Mapping[str, Facts], gone: set[str]) -> Iterator[str]:
    """No turn runs, and no call is open."""
    for stream, facts in streams.items():
        kinds = Counter(fact.kind for fact in facts)
        if stream.removeprefix("thread-") in gone:
            continue
        if kinds["turn.started.v1"] != kinds["turn.completed.v1"]:
            yield f"a turn of {stream} has not ended"
        if kinds["turn.host_tool_called.v1"] != kinds["turn.host_tool_answered.v1"]:
            yield f"a call of {stream} is not answered"
