"""A host that forks a long thread in slices, and which dies when it comes to a point.

Arguments: the home, the point, how many times it may be reached before. With the point "none" it
says how often each point was reached, and ends well.
"""

import asyncio
import sys
from pathlib import Path

import threadhost
from tests.support.dying import Doomed
from threadhost.actors.runtime import copying, forking

POINTS = ("store.begin", "store.before_commit", "store.committed", "blob.written")
TURNS = 4
LARGE = "x" * 100_000
"""Lies in a file of its own, beside the log."""


async def grown(home: Path) -> str:
    """A home with a thread of some turns, one of them large; its id."""
    async with threadhost.open(home) as host, host.connect() as client:
        thread = await client.start_thread()
        for number in range(TURNS):
            await client.run_turn(thread.id, f"turn {number} {LARGE if number == 1 else ''}")
        return thread.id


async def work(home: Path, source_id: str, point: str, times: int) -> None:
    """Fork it, or die on the way."""
    forking.AT_ONCE_EVENTS_MAX, copying.SLICE_BYTES = 0, 2_000
    async with threadhost.open(home) as host, host.connect() as client:
        await client.call("thread/loaded/list", {})
        doomed = Doomed(POINTS, point, times)
        await client.call("thread/fork", {"threadId": source_id, "excludeTurns": True})
        doomed.survived()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
