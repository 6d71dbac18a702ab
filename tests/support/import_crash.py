"""A host that takes in a codex home, and which dies when it comes to a point.

Arguments: the home, the codex home, the point, how many times it may be reached before. With the
point "none" it takes all in, says how often each point was reached, and ends well.
"""

import asyncio
import sys
from pathlib import Path

import threadhost
from tests.support.codex_home import CodexHome, record, thread_id, turn
from tests.support.dying import Doomed
from threadhost.events import catalogue as _all  # noqa: F401  (every type is known)
from threadhost.events.base import Event
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

POINTS = ("store.begin", "store.before_commit", "store.committed", "blob.written")
THREADS = 6
LARGE = "x" * 100_000
"""Lies in a file of its own, beside the log."""


def made(folder: Path) -> CodexHome:
    """A codex home of a chain, a child beside it, a fork and an archived thread."""
    codex = CodexHome(folder)
    codex.add(1, [*turn(1), record("hologram", {"large": LARGE})])
    codex.child(2, 1, records=turn(1, answered=LARGE))
    codex.child(3, 2)
    codex.child(4, 1)
    codex.add(5, forked_from_id=thread_id(3))
    codex.add(THREADS, archived=True)
    codex.state(edges=[(1, 2, "open"), (2, 3, "closed"), (1, 4, "open")])
    codex.goal()
    codex.names(t1="Owls")
    return codex


def content(home: Path) -> dict[str, list[Event]]:
    """What the log has of each thread and of its trees; nothing of ids made here."""
    log = ReadOnlyLog.open(home)
    try:
        streams = [
            of(thread_id(n)) for n in range(1, THREADS + 1) for of in (thread_stream, tree_stream)
        ]
        found = {one: run_sync(log.read_stream(one)) for one in streams}
        return {one: [_nameless(fact.event) for fact in facts] for one, facts in found.items()}
    finally:
        log.close()


def _nameless(event: object) -> Event:
    assert isinstance(event, Event)
    is_of_goal = "goal_id" in type(event).model_fields
    return event.model_copy(update={"goal_id": "g"}) if is_of_goal else event


async def work(home: Path, codex: Path, point: str, times: int) -> None:
    """Take it in, or die on the way."""
    doomed = Doomed(POINTS, point, times)
    async with threadhost.open(home) as host, host.connect() as client:
        answer = await client.call("host/import/codex", {"path": str(codex)})
        assert answer["counts"]["left"] == 0, answer
        doomed.survived()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
