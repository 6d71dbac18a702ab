"""What the verifier knows of archives and forks; it imports nothing of the product, either."""

from collections import defaultdict
from collections.abc import Iterator

from tests.crash.reader import Event, Home, Json


def archive_faults(home: Home) -> Iterator[str]:
    """A tree is put away whole, root first, in one command; nothing of it is taken up (A2)."""
    attic = _Attic()
    for event in home.events:
        see = getattr(attic, event.type.rpartition(".")[0].replace(".", "_"), None)
        if see is not None:
            yield from see(event, event.body or {})
    for left in filter(None, attic.due.values()):
        yield f"a tree was put away by halves: {sorted(left)} are left"


class _Attic:
    """What is put away, and what its command has yet to put away; a method each type of event."""

    def __init__(self) -> None:
        self.due: dict[str, set[str]] = {}
        self._children: dict[str, list[str]] = defaultdict(list)
        self._away: set[str] = set()
        self._gone: set[str] = set()

    def tree_thread_spawned(self, _: Event, body: Json) -> Iterator[str]:
        self._children[body["parent_id"]].append(body["child_id"])
        if body["parent_id"] in self._away:
            yield f"{body['child_id']}: was started below a thread that is put away"

    def thread_deleted(self, event: Event, _: Json) -> Iterator[str]:
        self._gone.add(event.thread)
        yield from ()

    def thread_unarchived(self, event: Event, _: Json) -> Iterator[str]:
        self._away.discard(event.thread)
        yield from ()

    def thread_activated(self, event: Event, _: Json) -> Iterator[str]:
        if event.thread in self._away:
            yield f"{event.thread}: is archived, and was taken up"

    def thread_archived(self, event: Event, body: Json) -> Iterator[str]:
        if event.correlation not in self.due:
            self.due[event.correlation] = self._below(body["root_id"]) - self._away - self._gone
            if event.thread != body["root_id"]:
                yield f"{event.thread}: was put away before its root"
        self.due[event.correlation].discard(event.thread)
        self._away.add(event.thread)

    def _below(self, root: str) -> set[str]:
        found = [root]
        for thread in found:
            found += self._children[thread]
        return set(found)


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
        if (events[0].body or {}).get("forked_from_id") is None or thread in home.copying:
            continue
        if thread not in noted:
            yield f"{thread}: is a fork that no tree knows"
        if not any(_begins_a_life(event, events[0]) for event in events):
            yield f"{thread}: took its history over by halves"


def copy_faults(home: Home) -> Iterator[str]:
    """What of a fork was copied that did not become whole is deleted by the next start (A2)."""
    yield from (f"{thread}: is left half copied" for thread in home.copying - home.closed)


def _begins_a_life(event: Event, first: Event) -> bool:
    return event.type == "thread.activated.v2" and event.correlation == first.correlation


def lineage_lost(home: Home, o: Json) -> Iterator[str]:
    """An archive, its undoing or a fork that was acknowledged is in the log (A1)."""
    if o["outcome"] != "ok":
        return
    thread = o["fork"] if o["op"] == "fork" else o["thread"]
    wanted = {"fork": "started", "archive": "archived", "unarchive": "unarchived"}[o["op"]]
    events = home.streams.get(f"thread-{thread}", ())
    if not any(event.type == f"thread.{wanted}.v1" for event in events):
        yield f"{o['op']} {o['n']}: acknowledged and lost ({thread})"
