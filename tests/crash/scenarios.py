"""Small sessions of one client, whose every write to disk is a place to die at."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from tests.scoreboard.host import Refused, Talker, hosting, talk
from tests.support.reclaim import reclaim_all
from threadhost.actors.runtime import copying, forking
from threadhost.adapters.app import App
from threadhost.events.store.errors import StoreError
from threadhost.events.store.sqlite import purge

LONG_TEXT = "x" * 100_000
"""Kept in a file of its own."""
MIDDLING_TEXT = "x" * 20_000
"""Kept in the log, on some pages of its own."""
Tell = Callable[..., None]


class Pen:
    """Asks for numbered things and tells what was asked and what was answered."""

    def __init__(self, talker: Talker, tell: Tell, number: int = 0) -> None:
        self._talker = talker
        self._tell = tell
        self._number = number

    async def start(self, parent: str | None = None) -> str:
        """A new thread."""
        n = self._begin("start", None, parent)
        params = {} if parent is None else {"parentThreadId": parent}
        answer = await self._talker.ask("thread/start", cwd=f"/op/{n}", **params)
        thread = str(answer["thread"]["id"])
        self._tell(n=n, outcome="ok", thread=thread)
        return thread

    async def turn(self, thread: str, more: str = "") -> None:
        """A turn to its end."""
        n = self._begin("turn", thread)
        turn = await self._talker.turn(thread, f"op {n}{more}")
        self._tell(n=n, outcome="ok")
        await self._talker.ended(turn)
        self._tell(n=n, completed=True)

    async def queue(self, thread: str, more: str = "") -> None:
        """A turn that waits in line."""
        n = self._begin("queue", thread)
        content = [{"type": "text", "text": f"op {n}{more}"}]
        told = {"threadId": thread, "clientUserMessageId": f"op {n}", "input": content}
        await self._talker.ask("thread/queue/add", **told)
        self._tell(n=n, outcome="ok")

    async def idle(self, thread: str) -> None:
        """Until nothing waits in line and nothing runs."""
        while (await self._talker.ask("thread/queue/list", threadId=thread))["data"]:
            continue
        while await self._status(thread) == "active":
            continue

    async def _status(self, thread: str) -> str:
        found = await self._talker.ask("thread/read", threadId=thread)
        return str(found["thread"]["status"]["type"])

    async def rename(self, thread: str) -> None:
        """A new name."""
        n = self._begin("rename", thread)
        await self._talker.ask("thread/name/set", threadId=thread, name=f"op {n}")
        self._tell(n=n, outcome="ok")

    async def fork(self, thread: str) -> str:
        """A copy of a thread."""
        n = self._begin("fork", thread)
        fork = str((await self._talker.ask("thread/fork", threadId=thread))["thread"]["id"])
        self._tell(n=n, outcome="ok", fork=fork)
        return fork

    async def archive(self, thread: str) -> None:
        """A tree put away."""
        n = self._begin("archive", thread)
        await self._talker.ask("thread/archive", threadId=thread)
        self._tell(n=n, outcome="ok")

    async def unarchive(self, thread: str) -> None:
        """One thread taken out again."""
        n = self._begin("unarchive", thread)
        await self._talker.ask("thread/unarchive", threadId=thread)
        self._tell(n=n, outcome="ok")

    async def delete(self, thread: str) -> None:
        """The end of a tree."""
        n = self._begin("delete", thread)
        await self._talker.ask("thread/delete", threadId=thread)
        self._tell(n=n, outcome="ok")

    async def give_back(self) -> None:
        """What deleted threads took leaves the file."""
        await given_back(self._talker.app)

    def _begin(self, op: str, thread: str | None, parent: str | None = None) -> int:
        self._number += 1
        told = {"op": op, "thread": thread, "parent": parent, "outcome": "unknown", "tries": 1}
        self._tell(n=self._number, **told, completed=False, message="")
        return self._number


async def given_back(app: App) -> None:
    """Do at once, and in small steps, what a host does some time after a deletion."""
    purge.PURGED_ROWS, purge.PAGES = 8, 4
    purge.LOOSE_BYTES_MIN, purge.FREE_PAGES_MIN = 512, 2
    with suppress(StoreError):  # the next start goes on there
        await reclaim_all(app.logs.durable)


Scenario = Callable[[Pen, list[str]], Awaitable[None]]


async def start(pen: Pen, threads: list[str]) -> None:
    """On an empty home: the files come into being, too."""
    await pen.start()


async def turn(pen: Pen, threads: list[str]) -> None:
    """On a stored thread: it is taken up; one of the texts goes into a file."""
    await pen.turn(threads[0])
    await pen.turn(threads[0], LONG_TEXT)
    await pen.rename(threads[0])


async def queue(pen: Pen, threads: list[str]) -> None:
    """On a stored thread: it is taken up, and works the turns off one by one."""
    for more in ("", LONG_TEXT, ""):
        await pen.queue(threads[0], more)
    await pen.idle(threads[0])


async def spawn(pen: Pen, threads: list[str]) -> None:
    """Below a stored thread, and below that."""
    child = await pen.start(threads[0])
    await pen.start(child)


async def delete_tree(pen: Pen, threads: list[str]) -> None:
    """A stored tree, one of its threads live, one with a file."""
    await pen.turn(threads[1])
    await pen.delete(threads[0])


async def give_back(pen: Pen, threads: list[str]) -> None:
    """A branch goes, and out of the file what it took: rows of the root stand between its own."""
    await pen.turn(threads[1], MIDDLING_TEXT)
    await pen.turn(threads[0])
    await pen.delete(threads[1])
    await pen.give_back()


async def archive_tree(pen: Pen, threads: list[str]) -> None:
    """A child alone, then its tree, one of its threads live; then the root is taken out again."""
    await pen.archive(threads[3])
    await pen.turn(threads[1])
    await pen.archive(threads[0])
    await pen.unarchive(threads[0])


async def fork(pen: Pen, threads: list[str]) -> None:
    """Of a stored thread with a file, and of the fork, in slices; each goes on by itself."""
    copy = await pen.fork(threads[1])
    await pen.turn(copy)
    fork_in_slices()
    await pen.fork(copy)


async def delete_beside_forks(pen: Pen, threads: list[str]) -> None:
    """A stored thread is forked and its tree deleted while an earlier fork is forked."""
    fork_in_slices()
    lasting = await pen.fork(threads[1])
    async with asyncio.TaskGroup() as group:
        group.create_task(_unless_refused(pen.fork(lasting)))
        group.create_task(_unless_refused(pen.fork(threads[1])))
        group.create_task(pen.delete(threads[0]))


def fork_in_slices() -> None:
    """However short a thread is, it is copied for a fork as a long one is."""
    forking.AT_ONCE_EVENTS_MAX, copying.SLICE_BYTES = 0, 1_000


async def _unless_refused(asked: Awaitable[object]) -> None:
    with suppress(Refused):
        await asked


SCENARIOS: dict[str, tuple[bool, Scenario]] = {
    "start": (False, start),
    "turn": (True, turn),
    "queue": (True, queue),
    "spawn": (True, spawn),
    "delete_tree": (True, delete_tree),
    "give_back": (True, give_back),
    "archive_tree": (True, archive_tree),
    "fork": (True, fork),
    "delete_beside_forks": (True, delete_beside_forks),
}
"""Name -> whether it begins with a seeded home, and what happens."""
SEEDED = 4


async def seed(home: Path, tell: Tell) -> None:
    """A tree of four: a root, its child with a long text, two grandchildren."""
    async with hosting(home) as app:
        talker = await talk(app)
        pen = Pen(talker, tell)
        root = await pen.start()
        child = await pen.start(root)
        tell(threads=[root, child, await pen.start(child), await pen.start(child)])
        await pen.turn(root)
        await pen.turn(child, LONG_TEXT)
        await talker.close()


async def play(name: str, home: Path, threads: list[str], number: int, tell: Tell) -> None:
    """One scenario, from the host's start to its end."""
    async with hosting(home) as app:
        talker = await talk(app)
        await SCENARIOS[name][1](Pen(talker, tell, number), threads)
        await talker.close()


async def reopen(home: Path) -> None:
    """A start that finishes what a crash interrupted, and nothing else."""
    async with hosting(home) as app:
        await given_back(app)
