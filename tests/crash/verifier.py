"""A second reader of a home: plain sqlite3, JSON and a cipher; it imports nothing of the product.

    python -m tests.crash.verifier HOME [HISTORY]

prints what is wrong, one line each, and exits with 1 if anything is. HISTORY holds what clients
were told, one JSON object a line. The host may be running, but must be at rest.
"""

import hmac
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.crash.lineage import archive_faults, copy_faults, fork_faults, lineage_lost
from tests.crash.reader import Event, Home, Json

STATED = {
    "thread.renamed.v1": ("thread/name/updated", ""),
    "thread.archived.v1": ("thread/archived", ""),
    "thread.unarchived.v1": ("thread/unarchived", ""),
    "thread.stopped.v1": ("thread/status/changed", "notLoaded"),
    "thread.shutdown_timed_out.v1": ("thread/status/changed", "notLoaded"),
    "thread.failed.v1": ("thread/status/changed", "systemError"),
    "thread.deleted.v1": ("thread/deleted", ""),
    "turn.started.v1": ("turn/started", ""),
    "turn.item_recorded.v2": ("item/completed", ""),
    "turn.usage_recorded.v1": ("thread/tokenUsage/updated", ""),
    "turn.error_recorded.v1": ("error", ""),
    "turn.completed.v1": ("turn/completed", ""),
}
"""The notification that states an event; others made of it come ahead, with an older cursor."""
OF_A_COPY = frozenset(("thread.copy_begun.v1", "thread.copied.v1"))

VIEWS = {
    "threads": "SELECT id, session_id, parent_id, depth, created_at_ms, listed, archived"
    " FROM threads",
    "texts": "SELECT thread_id, name, preview FROM thread_texts",
    "turns": "SELECT position, thread_id, turn_id, status, end_position FROM turns",
    "items": "SELECT position, thread_id, turn_id, item_id FROM items",
    "edges": "SELECT child_id, parent_id, depth FROM spawn_edges",
}
PREVIEW_CHARS_MAX = 2000
CONFIGURED_AT_START = 2
NUMBER = re.compile(r"/?op[ /](\d+)")


def chain_faults(home: Home) -> Iterator[str]:
    """Every byte is as it was written (X1)."""
    yield from home.broken
    chain = sha256(b"threadhost log " + home.store["log_id"].encode()).digest()
    for row in home.rows:
        payload, blob, digest, stored = row[10:]
        if row[9] is not None and row[9] not in home.keys and row[2] not in home.erasing:
            yield f"{row[0]}: its key is missing"
        if payload is not None and not blob and sha256(payload).digest() != digest:
            yield f"{row[0]}: its bytes do not match their digest"
        columns = json.dumps(row[:10], separators=(",", ":"), ensure_ascii=False).encode()
        chain = sha256(chain + digest + columns).digest()
        if chain != stored:
            yield f"{row[0]}: the chain is broken"
            return


def decision_faults(home: Home) -> Iterator[str]:
    """Each append stands in one piece, and time does not go back (X1)."""
    under_way, at_ms = 0, 0
    for position, decision, *_, recorded_at_ms in (row[:6] for row in home.rows):
        if decision not in (under_way, position):
            yield f"{position}: decision {decision} does not begin here, nor goes on"
        if recorded_at_ms < at_ms:
            yield f"{position}: it was recorded before what it follows"
        under_way, at_ms = decision, recorded_at_ms


def seal_faults(home: Home) -> Iterator[str]:
    """The log ends where its last commit sealed it, under a key that comes of the host's (X1)."""
    sealed = home.all("SELECT position, chain, seal FROM sealed_end")
    if not home.rows:
        if sealed:
            yield f"the log holds nothing, but was sealed: {sealed}"
        return
    key = HKDF(SHA256(), 32, salt=None, info=b"threadhost end of a log").derive(home.host_key)
    position, chain = home.rows[-1][0], home.rows[-1][-1]
    told = b"%d\x1f%s\x1f\x1f%s" % (position, home.store["log_id"].encode(), chain)
    if sealed != [(position, chain, hmac.digest(key, told, "sha256"))]:
        yield f"the end of the log, {position}, is not as it was sealed: {sealed}"


def version_faults(home: Home) -> Iterator[str]:
    """Versions of a stream are 1..n, as its state says; nothing follows a tombstone (A3)."""
    rows = home.all("SELECT stream, version, state FROM stream_state")
    heads = {stream: (version, state) for stream, version, state in rows}
    for stream, events in home.streams.items():
        if [e.version for e in events] != list(range(1, len(events) + 1)):
            yield f"{stream}: versions have a gap or a double"
        deleted = any(e.type == "thread.deleted.v1" for e in events)
        if deleted and events[-1].type != "thread.deleted.v1":
            yield f"{stream}: something follows its tombstone"
        head = heads.pop(stream, (0, "missing"))
        if head[0] != len(events) or (head[1] == "closed") is not deleted:
            yield f"{stream}: its state says {head}, the log {len(events)}, deleted: {deleted}"
    yield from (f"{stream}: has a state but no events" for stream in heads)


def command_faults(home: Home) -> Iterator[str]:
    """Commands are there as a whole or not at all (A2)."""
    spawned = {
        e.body["child_id"]: e.body
        for e in home.events
        if e.type == "tree.thread_spawned.v1" and e.body
    }
    first = ["thread.started.v1", "thread.configured.v1", "thread.activated.v2"]
    for thread, events in home.threads():
        if thread in home.copying:
            continue
        own = [e for e in events if not e.is_inherited and e.type not in OF_A_COPY]
        start = own[:3]
        if [e.type for e in start] != first or len({e.correlation for e in start}) > 1:
            yield f"{thread}: half started"
        parent = (events[0].body or {}).get("parent_id")
        edge = spawned.pop(thread, {"parent_id": None})
        if edge["parent_id"] != parent:
            yield f"{thread}: its parent is {parent}, its edge says {edge['parent_id']}"
    yield from (f"{thread}: has an edge but was never started" for thread in spawned)


def turn_faults(home: Home) -> Iterator[str]:
    """Turns begin with their input, one at a time, and none is left running (A2, V1)."""
    for thread, events in home.threads():
        running = None
        for event, following in zip(events, [*events[1:], None], strict=True):
            if event.type not in ("turn.started.v1", "turn.completed.v1"):
                continue
            turn, is_start = (event.body or {})["turn_id"], event.type == "turn.started.v1"
            if is_start and (following is None or following.type != "turn.item_recorded.v2"):
                yield f"{thread}: turn {turn} began without its input"
            if running != (None if is_start else turn):
                yield f"{thread}: {event.type} of turn {turn} while {running} ran"
            running = turn if is_start else None
        if running is not None and thread not in home.closed:
            yield f"{thread}: turn {running} is left running"


def queue_faults(home: Home) -> Iterator[str]:
    """What waits in line leaves it with its turn, once; the view has what is left (A2, P1)."""
    waiting: set[str] = set()
    for thread, events in home.threads():
        queued: dict[str, str] = {}
        for event, following in zip(events, [*events[1:], None], strict=True):
            body = event.body or {}
            if event.type == "queue.submission_added.v1" and body:
                queued[body["submission_id"]] = body["turn_id"]
            elif event.type == "queue.submission_taken.v1" and thread not in home.closed:
                turn = queued.pop(body["submission_id"], None)
                begun = following.body if following and following.body else {}
                if turn is None:
                    yield f"{thread}: {body['submission_id']} left the queue twice"
                elif turn != body["turn_id"] or begun.get("turn_id") != turn:
                    yield f"{thread}: {body['submission_id']} left the queue without a turn"
        waiting |= queued.keys()
    view = {row[0] for row in home.all("SELECT submission_id FROM thread_queue")}
    if view != waiting:
        yield f"view thread_queue: {sorted(view)}, the log says {sorted(waiting)}"


def deletion_faults(home: Home) -> Iterator[str]:
    """A deletion that began is finished, and all or nothing of it is gone (D1)."""
    open_: dict[str, Event] = {}
    for event in home.events:
        deletion = (event.body or {}).get("deletion_id", "")
        if event.type == "tree.deletion_planned.v2":
            open_[deletion] = event
        elif event.type in ("tree.deletion_completed.v1", "tree.deletion_halted.v1"):
            plan = (open_.pop(deletion).body or {})["targets"]
            alive = {t["thread_id"] for t in plan if f"thread-{t['thread_id']}" in home.streams}
            if alive - home.closed and event.type == "tree.deletion_completed.v1":
                yield f"deletion {deletion} completed, but {alive - home.closed} live on"
    yield from (f"deletion {deletion} is left half done" for deletion in open_)
    if open_.keys() != {row[0] for row in home.all("SELECT deletion_id FROM open_deletions")}:
        yield f"view open_deletions: not {sorted(open_)}"
    alive = {stream.removeprefix("thread-") for stream in home.erasing} - home.closed
    yield from (f"{thread}: is left fenced" for thread in alive)


def erasure_faults(home: Home) -> Iterator[str]:
    """Nothing of a deleted thread can be read (D1)."""
    for thread in home.closed:
        used = {e.key_id for e in home.streams[f"thread-{thread}"]} - {None}
        if used & home.keys.keys():
            yield f"{thread}: is deleted, its key is not"
        if (home.path / "blobs" / f"thread-{thread}").exists():
            yield f"{thread}: is deleted, its blobs are not"


def view_faults(home: Home) -> Iterator[str]:
    """The tables that clients read say what the log says (P1)."""
    expected = Views()
    halfway = home.copying | {s.removeprefix("thread-") for s in home.erasing} - home.closed
    for event in home.events:
        is_lost = event.key_id is not None and event.body is None  # which is a fault of its own
        if event.stream not in home.erasing and event.thread not in home.copying and not is_lost:
            expected.take(event)
    for edge in [e for e in expected.edges.values() if f"thread-{e[1]}" in home.erasing]:
        del expected.edges[edge[0]]
    for name, sql in VIEWS.items():
        actual = {row[0]: row for row in home.all(sql) if not halfway.intersection(row[:2])}
        due = getattr(expected, name)
        for key in actual.keys() | due.keys():
            if actual.get(key) != due.get(key):
                yield f"view {name}, {key}: {actual.get(key)}, the log says {due.get(key)}"


class Views:
    """What the views have to hold, by their first column."""

    def __init__(self) -> None:
        self.threads: dict[str, tuple[Any, ...]] = {}
        self.texts: dict[str, tuple[Any, ...]] = {}
        self.turns: dict[int, tuple[Any, ...]] = {}
        self.items: dict[int, tuple[Any, ...]] = {}
        self.edges: dict[str, tuple[Any, ...]] = {}
        self._began: dict[str, int] = {}

    def take(self, e: Event) -> None:
        handler = getattr(self, "_" + e.type.rpartition(".")[0].replace(".", "_"), None)
        if handler is not None:
            handler(e, e.body or {})

    def _thread_started(self, e: Event, body: Json) -> None:
        known = body["session_id"], body["parent_id"], body["depth"], e.at_ms
        self.threads[e.thread] = (e.thread, *known, 0, 0)
        self.texts[e.thread] = (e.thread, None, None)
        if body["parent_id"] is not None:
            self.edges[e.thread] = (e.thread, body["parent_id"], body["depth"])

    def _thread_renamed(self, e: Event, body: Json) -> None:
        self.texts[e.thread] = (e.thread, body["name"], self.texts[e.thread][2])

    def _thread_archived(self, e: Event, _: Json) -> None:
        self.threads[e.thread] = (*self.threads[e.thread][:6], 1)

    def _thread_unarchived(self, e: Event, _: Json) -> None:
        self.threads[e.thread] = (*self.threads[e.thread][:6], 0)

    def _turn_started(self, e: Event, body: Json) -> None:
        self._began[body["turn_id"]] = e.position
        self.threads[e.thread] = (*self.threads[e.thread][:5], 1, self.threads[e.thread][6])
        self.turns[e.position] = (e.position, e.thread, body["turn_id"], "inProgress", None)

    def _turn_completed(self, e: Event, body: Json) -> None:
        at = self._began[body["turn_id"]]
        self.turns[at] = (*self.turns[at][:3], body["outcome"], e.position)

    def _turn_item_recorded(self, e: Event, body: Json) -> None:
        self.items[e.position] = (e.position, e.thread, body["turn_id"], body["item_id"])
        thread, name, preview = self.texts[e.thread]
        if body["type"] == "userMessage" and preview is None:
            said = "".join(part["text"] for part in body["item"]["content"]).strip()
            self.texts[e.thread] = (thread, name, said[:PREVIEW_CHARS_MAX])


def acknowledged_faults(home: Home, operations: list[Json]) -> Iterator[str]:
    """What a client was told happened, once; what it was refused did not (A1, A4)."""
    written = Counter(filter(None, map(numbered, home.events)))
    parents = {o["thread"]: o["parent"] for o in operations if o["op"] == "start" and o["thread"]}
    for o in operations:
        if o["op"] == "delete":
            yield from _deleted(home, o, parents)
        elif o["op"] in ("fork", "archive", "unarchive"):
            yield from lineage_lost(home, o)
        else:
            yield from _written(home, o, written[o["op"], o["n"]])
    completed = sum(e.type == "turn.completed.v1" and not e.is_inherited for e in home.events)
    if completed < sum(o["completed"] for o in operations):
        yield "ends of turns were announced and lost"


def _written(home: Home, o: Json, times: int) -> Iterator[str]:
    what = f"{o['op']} {o['n']}"
    if times > 1:
        yield f"{what}: happened {times} times"
    elif o["outcome"] == "ok" and not times and f"thread-{o['thread']}" not in home.erasing:
        yield f"{what}: acknowledged and lost ({o['thread']})"
    elif o["outcome"] == "refused" and times:
        yield f"{what}: refused ({o['message']}), but done, now or when first asked"


def numbered(event: Event) -> tuple[str, int] | None:
    """The operation that wrote an event, from the number in it."""
    body = {} if event.is_of_a_fork or event.is_inherited else event.body or {}
    if event.type == "thread.configured.v1" and event.version == CONFIGURED_AT_START:
        op, text = "start", body.get("settings", {}).get("cwd", "")
    elif event.type == "turn.item_recorded.v2" and body.get("type") == "userMessage":
        op, text = "turn", body["item"]["content"][0]["text"]
    elif event.type == "queue.submission_added.v1":
        op, text = "queue", body.get("content", [{"text": ""}])[0]["text"]
    else:
        op, text = "rename", body.get("name", "")
    found = NUMBER.match(text)
    return (op, int(found[1])) if found else None


def _deleted(home: Home, o: Json, parents: dict[str, str | None]) -> Iterator[str]:
    """The threads below a deleted one are gone as well, all or none."""
    doomed = {o["thread"]}
    for child, parent in parents.items():
        if parent in doomed:
            doomed.add(child)
    gone = doomed & home.closed
    if o["outcome"] == "ok" and gone != doomed:
        yield f"delete {o['n']}: acknowledged, but {sorted(doomed - gone)} are there"
    elif o["outcome"] == "unknown" and gone and o["thread"] in gone and gone != doomed:
        yield f"delete {o['n']}: half done, {sorted(doomed - gone)} are there"


def notification_faults(home: Home, notes: list[Json]) -> Iterator[str]:
    """Up to its cursor, the watching client was told of each event once, in order (N1)."""
    cursor = max((note["position"] for note in notes), default=0)
    told = Counter((n["position"], n["method"], n["thread"], n["detail"]) for n in notes)
    for event in home.events:
        if event.position > cursor:
            break
        stated = STATED.get(event.type)
        if event.type == "thread.activated.v2":
            again = (event.body or {})["incarnation"] > 1
            stated = ("thread/status/changed", "idle") if again else ("thread/started", "")
        if stated is None or event.is_inherited:
            continue
        times = told.pop((event.position, stated[0], event.thread, stated[1]), 0)
        is_erased = event.thread in home.closed and event.type != "thread.deleted.v1"
        if times > 1 or (times == 0 and not is_erased):
            yield f"{event.position}: {stated[0]} of {event.thread} was told {times} times"
    stating = {method for method, _ in STATED.values()} - {"thread/status/changed"}
    for position, method, thread, _ in told:
        if method in {*stating, "thread/started"}:
            yield f"{position}: {method} of {thread} was told, the log has something else there"


OF_A_HOME = (
    chain_faults,
    decision_faults,
    seal_faults,
    version_faults,
    command_faults,
    turn_faults,
    queue_faults,
    archive_faults,
    fork_faults,
    copy_faults,
    deletion_faults,
    erasure_faults,
    view_faults,
)


AFTER_A_DEATH = (
    chain_faults,
    decision_faults,
    seal_faults,
    version_faults,
    command_faults,
    queue_faults,
    archive_faults,
    fork_faults,
    view_faults,
)
"""Before the next start a turn may be left running, and a deletion half done."""


def check(home_path: Path, history_path: Path | None = None, *, at_rest: bool = True) -> list[str]:
    """All that is wrong with a home, in words."""
    home = Home(home_path)
    try:
        found = [f for faults in (OF_A_HOME if at_rest else AFTER_A_DEATH) for f in faults(home)]
        if history_path is not None:
            entries = [json.loads(line) for line in history_path.read_text().splitlines()]
            found += acknowledged_faults(home, [e for e in entries if e["op"] != "note"])
            found += notification_faults(home, [e for e in entries if e["op"] == "note"])
        return found
    finally:
        home.close()


def main() -> int:
    """Check the home named on the command line."""
    faults = check(*(Path(argument) for argument in sys.argv[1:3]))
    print("\n".join(faults) or "nothing is wrong")  # noqa: T201  (a program of its own)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
