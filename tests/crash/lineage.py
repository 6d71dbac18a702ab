"""What the verifier knows of archives and forks; it imports nothing of the product, either."""

from collections import defaultdict
from collections.abc import Iterator

from tests.crash.reader import Event, Home, Json


def archive_faults(home: Home) -> Iterator[str]:
    """A tree is put away whole, root first, in one command; nothing of it is taken up (A2)."""
    children: dict[str, list[str]] = defaultdict(list)
    due: dict[str, set[str]] = {}
    away: set[str] = set()
    gone: set[str] = set()
    for event in home.events:
        body = event.body or {}
        if event.type == "tree.thread_spawned.v1":
            children[body["parent_id"]].append(body["child_id"])
            if body["parent_id"] in away:
                yield f"{body['child_id']}: was started below a thread that is put away"
        elif event.type == "thread.deleted.v1":
            gone.add(event.thread)
        elif event.type == "thread.unarchived.v1":
            away.discard(event.thread)
        elif event.type == "thread.activated.v1" and event.thread in away:
            yield f"{event.thread}: is archived, and was taken up"
        elif event.type == "thread.archived.v1":
            if event.correlation not in due:
                due[event.correlation] = set(_below(body["root_id"], children)) - away - gone
                if event.thread != body["root_id"]:
                    yield f"{event.thread}: was put away before its root"
            due[event.correlation].discard(event.thread)
            away.add(event.thread)
    for left in filter(None, due.values()):
        yield f"a tree was put away by halves: {sorted(left)} are left"


def _below(root: str, children: dict[str, list[str]]) -> list[str]:
    found = [root]
    for thread in found:
        found += children[thread]
    return found


def fork_faults(home: Home) -> Iterator[str]:
    """A fork is noted in the tree of its source, and began with all it took over (A2)."""
    noted = {
        (event.body or {})["fork_id"]: (event.body or {})["source_id"]
        for event in home.events
        if event.type == "tree.thread_forked.v1"
    }
    for fork, source in noted.items():
        first = home.streams.get(f"thread-{fork}", [None])[0]
        if first is None:
            yield f"{fork}: is noted as a fork but was never started"
        elif (first.body or {}).get("forked_from_id") != source:
            yield f"{fork}: is noted as a fork of {source}, and says it is not"
    for thread, events in home.threads():
        if (events[0].body or {}).get("forked_from_id") is None:
            continue
        if thread not in noted:
            yield f"{thread}: is a fork that no tree knows"
        if not any(_begins_a_life(event, events[0]) for event in events):
            yield f"{thread}: took its history over by halves"


def _begins_a_life(event: Event, first: Event) -> bool:
    return event.type == "thread.activated.v1" and event.correlation == first.correlation


def lineage_lost(home: Home, o: Json) -> Iterator[str]:
    """An archive, its undoing or a fork that was acknowledged is in the log (A1)."""
    if o["outcome"] != "ok":
        return
    thread = o["fork"] if o["op"] == "fork" else o["thread"]
    wanted = {"fork": "started", "archive": "archived", "unarchive": "unarchived"}[o["op"]]
    events = home.streams.get(f"thread-{thread}", ())
    if not any(event.type == f"thread.{wanted}.v1" for event in events):
        yield f"{o['op']} {o['n']}: acknowledged and lost ({thread})"
