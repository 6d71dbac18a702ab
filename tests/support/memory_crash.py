"""A host that remembers two threads, forgets one, and dies when it comes to a given point.

Arguments: the home, the point, how many times it may be reached before. With the point "none" it
writes how often each point was reached, and ends well. Started again, it goes on from wherever the
one before had come to.
"""

import asyncio
import sys
from pathlib import Path

from tests.support.dying import Doomed
from tests.support.hosts import ORIGIN, SETTINGS, eventually
from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.memory_jobs import MemoryPolicy
from threadhost.actors.thread import StartThread
from threadhost.actors.turn import StartTurn
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.configuration.record import NO_CONFIGURATION
from threadhost.adapters.models.echo import EchoClient
from threadhost.events.memory_state import Memory

POINTS = ("store.committed", "memory.answered", "memory.keys_destroyed")
"""After each append, before each end of a job, and between the keys of texts and their record."""
KEPT, GONE = "0193a1b2-0000-7000-8000-00000000000a", "0193a1b2-0000-7000-8000-00000000000b"
CANARY = "I like owls"
BEHAVIOUR = MemoryPolicy(idle_ms=0, cooldown_ms=0, retry_wait_ms=1)


async def work(home: Path, point: str, times: int) -> None:
    """Remember and forget, or die on the way."""
    doomed = Doomed(POINTS, point, times)
    configuration = NO_CONFIGURATION._replace(memories=BEHAVIOUR)
    settings = Settings(home, listen=())
    app = await open_app(settings, {}, EchoClient(), configuration)
    is_deleted = await app.logs.durable.is_closed(f"thread-{GONE}")
    threads = {KEPT: "I like cats"} if is_deleted else {KEPT: "I like cats", GONE: CANARY}
    for thread_id, text in threads.items():
        await say(app, thread_id, text)
    await until_remembered(app, set(threads))
    if not is_deleted:
        await app.host.trees.delete(GONE, ORIGIN)
    await until_remembered(app, {KEPT})
    doomed.survived()
    await app.close()


async def say(app: App, thread_id: str, text: str) -> None:
    """Begin a turn, on a thread that may be there already."""
    try:
        await app.logs.stored(thread_id)
    except ThreadNotFound:
        await app.host.threads.start(StartThread(thread_id, SETTINGS), ORIGIN)
    content = [{"type": "text", "text": text}]
    command = StartTurn(app.ids.new(), app.ids.new(), content, app.clock.now_ms())
    await app.host.threads.ask(thread_id, command, ORIGIN)
    await eventually(lambda: app.host.threads.status(thread_id) == "idle")


async def until_remembered(app: App, thread_ids: set[str]) -> None:
    """Wait until the text of all is made of the notes of these threads, and no key is left over."""
    log = app.logs.memory(app.clock)
    found = Memory()

    async def look() -> None:
        nonlocal found
        while set(found.notes) != thread_ids or found.is_stale or found.dropped:
            found = await log.state()
            await asyncio.sleep(0.002)

    async with asyncio.timeout(20):
        await look()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
