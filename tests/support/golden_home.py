"""A home with every type of event in it, as this version writes one: kept, and read for ever.

`python -m tests.support.golden_home` makes that of the release to come anew, until it is out: then
it writes down once what the golden files are, and refuses from there on.
"""

import asyncio
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.golden import EVENTS, GOLDEN, golden_events
from tests.support.golden_release import freeze, is_frozen, released
from threadhost.adapters.version import VERSION
from threadhost.events.base import Event, Meta
from threadhost.events.causes import by_start
from threadhost.events.hold import DeletionRefused, HoldReleased, HoldSet
from threadhost.events.host import HostStarted
from threadhost.events.ids import (
    host_stream,
    job_stream,
    memory_stream,
    page_stream,
    thread_stream,
    tree_stream,
)
from threadhost.events.injection import ItemsInjected
from threadhost.events.job import JobCreated, JobDeleted, JobPageDeleted, JobRowsAdded
from threadhost.events.memory import TextDropped, TextWritten
from threadhost.events.store.committer import Idempotency, StreamAppend
from threadhost.events.store.home import prepare_home
from threadhost.events.store.log import Log
from threadhost.events.thread import (
    ThreadActivated,
    ThreadConfigured,
    ThreadDeleted,
    ThreadDraining,
    ThreadRenamed,
    ThreadShutdownTimedOut,
    ThreadStarted,
    ThreadStopped,
)
from threadhost.events.tree import (
    AgentLossTold,
    AgentLost,
    DeletionTarget,
    EdgeClosed,
    EdgeReopened,
    ThreadForked,
    ThreadSpawned,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
    TreeFilesRemoved,
    TreeShutdownCompleted,
    TreeTargetsReleased,
)
from threadhost.events.turn import TurnStarted
from threadhost.projections import all_views

HOMES = GOLDEN / "homes"
NEXT = VERSION.rpartition(".")[0]
"""The release that this version belongs to, as the golden files are named."""
AT_MS = 1_763_798_400_000
ROOT = "0193a1b2-0000-7000-8000-000000000001"
KEPT = "0193a1b2-0000-7000-8000-00000000000a"
GONE = "0193a1b2-0000-7000-8000-00000000000b"
JOB = "0193a1b2-0000-7000-8000-00000000c0de"
NOTE = "0193a1b2-0000-7000-8000-0000000000f2"
DROPPED = "0193a1b2-0000-7000-8000-0000000000f3"
LARGE_CHARS = 66_000
RAISE = "adapters/version.py has its number"
EDGES: tuple[type[Event], ...] = (
    EdgeClosed,
    EdgeReopened,
    ThreadForked,
    AgentLost,
    AgentLossTold,
    HoldSet,
    HoldReleased,
    DeletionRefused,
)
STOPPING: tuple[type[Event], ...] = (ThreadDraining, ThreadStopped, ThreadShutdownTimedOut)
STEPS: tuple[type[Event], ...] = (TreeShutdownCompleted, TreeFilesRemoved, TreeTargetsReleased)


def homes() -> list[Path]:
    """The homes that are kept, that of each release in an archive."""
    return sorted(HOMES.glob("*.tar.xz"))


def unpacked(archive: Path, folder: Path) -> Path:
    """The home of an archive, in a folder of its own."""
    home = folder / archive.name.partition(".tar")[0]
    with tarfile.open(archive) as packed:
        packed.extractall(home, filter="data")
    home.chmod(0o700)
    return home


async def make(home: Path) -> None:
    """Write a home in which every type of event stands where it belongs."""
    log = Log.open(prepare_home(home), all_views())
    host, tree = host_stream(log.log_id), tree_stream(ROOT)
    events = golden_events()
    start = events.pop(HostStarted.kind)
    await _append(log, host, [start])
    await _append(log, tree, [events.pop(ThreadSpawned.kind)])
    await _append(log, thread_stream(KEPT), _of_the_kept_thread(events))
    await _append(log, thread_stream(GONE), [*_born(GONE), ThreadRenamed(name="vergessen")])
    await _append(log, tree, [events[one.kind] for one in EDGES])
    await _append(log, tree, [_planned("d1"), _of_deletion(events[TreeDeletionHalted.kind], "d1")])
    await _append(log, tree, [_planned("d2"), *(_of_deletion(events[t.kind], "d2") for t in STEPS)])
    tombstone = ThreadDeleted(thread_id=GONE, deletion_id="d2", root_id=GONE)
    await _append(log, thread_stream(GONE), [tombstone])
    await log.destroy_keys([thread_stream(GONE)])
    await _append(log, tree, [_of_deletion(events[TreeDeletionCompleted.kind], "d2")])
    await _append(log, job_stream(JOB), _of_job(events, of_rows=False))
    await _append(log, page_stream(JOB, 3), _of_job(events, of_rows=True))
    await _append(log, job_stream(JOB), [events[JobDeleted.kind]])
    await _append(log, host, [event for event in events.values() if event.stream == "host"])
    of_memory = [event for event in events.values() if event.stream == "memory"]
    texts = [one for one in of_memory if isinstance(one, TextWritten | TextDropped)]
    await _append(log, memory_stream(log.log_id), [one for one in of_memory if one not in texts])
    await _append(log, memory_stream(NOTE), texts[:1])
    await _append(log, memory_stream(DROPPED), texts)
    await log.destroy_keys([memory_stream(DROPPED)])
    await log.close()


async def _append(log: Log, stream: str, events: Sequence[Event]) -> None:
    meta = Meta("golden", "golden", by_start(host_stream(log.log_id), 1), AT_MS + log.position)
    key = Idempotency.of(f"golden {log.position}", stream.encode())
    await log.append(StreamAppend(stream, events), meta=meta, idempotency=key)


def _of_the_kept_thread(events: dict[str, Event]) -> list[Event]:
    """All that can happen to a thread but its deletion; how it stops comes last."""
    born = _born(KEPT)
    large = ItemsInjected(items=[{"type": "message", "content": "x" * LARGE_CHARS}], unknown=[])
    elsewhere = {*map(type, born), TurnStarted, ThreadDeleted, *STOPPING}
    own = [e for e in events.values() if e.stream == "thread" and type(e) not in elsewhere]
    stopping = [events[one.kind] for one in STOPPING]
    return [*born, events[TurnStarted.kind], large, *own, *stopping]


def _of_job(events: dict[str, Event], *, of_rows: bool) -> list[Event]:
    """All that can happen to a job, or to a page of its rows, up to the end of its stream."""
    begin = JobRowsAdded if of_rows else JobCreated
    own = [
        event
        for kind, event in events.items()
        if event.stream == "job"
        and kind.startswith(("job.item_", "job.rows_")) is of_rows
        and type(event) not in (begin, JobPageDeleted, JobDeleted)
    ]
    return [events[begin.kind], *own, *([events[JobPageDeleted.kind]] if of_rows else [])]


def _born(thread_id: str) -> list[Event]:
    started = ThreadStarted(thread_id=thread_id, session_id=ROOT, depth=1, source="vscode")
    settings = golden_events()[ThreadConfigured.kind]
    return [started, settings, ThreadActivated(incarnation=1)]


def _planned(deletion_id: str) -> TreeDeletionPlanned:
    target = DeletionTarget(thread_id=GONE, parent_id=None, depth=0)
    return TreeDeletionPlanned(deletion_id=deletion_id, root_id=GONE, targets=[target])


def _of_deletion(event: Event, deletion_id: str) -> Event:
    about: dict[str, object] = {"deletion_id": deletion_id, "root_id": GONE}
    if isinstance(event, TreeDeletionHalted):
        about |= {"deleted": [], "remaining": [GONE]}
    return event.model_copy(update=about)


def main() -> None:
    """Make the home of the next release anew; of one that is out, only note what it is."""
    if NEXT not in released():
        pack(HOMES / f"{NEXT}.tar.xz")
        (EVENTS / f"{NEXT}.jsonl").touch()
    elif is_frozen(NEXT):
        sys.exit(f"{NEXT} is out and stays as it is; that of the next is written once {RAISE}")
    else:
        freeze(NEXT)


def pack(archive: Path) -> None:
    """Write a home as this version does, and pack it."""
    archive.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        home = Path(folder, "home")
        asyncio.run(make(home))
        with tarfile.open(archive, "w:xz") as packed:
            for path in sorted(home.iterdir()):
                if path.name != "host.lock":
                    packed.add(path, path.name, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member that says nothing of who packed it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = AT_MS // 1000
    return member


if __name__ == "__main__":
    main()
