"""A disk that is full or fails at the N-th write or sync, for every N: run under the shim.

python -m tests.crash.scarce full SCENARIO FOLDER STRIDE SECONDS    no space from write N on
python -m tests.crash.scarce sync SCENARIO FOLDER STRIDE SECONDS    sync N fails

Each prints counts and violations as one JSON line.
"""

import asyncio
import errno
import json
import os
import re
import shutil
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.crash import shim
from tests.crash.faulty import FAULTY
from tests.crash.points import Json, copied, faults, live, operations, prepared
from tests.crash.scenarios import SCENARIOS, Pen
from tests.scoreboard.forks import Tell
from tests.scoreboard.host import Refused, Talker, Unanswered, open_host
from threadhost.actors.runtime import append_errors
from threadhost.adapters.app import App
from threadhost.events.store.errors import StoreError

RETRY_S = 0.02
NEVER = 10**9
FREED_AFTER_S = 0.2
CLOSED_WHILE_FULL = 4
"""Every so manieth life, the host is closed before there is space again."""
NOTICED_S = 5.0
STOPPED_S = 5.0
CLOSED_S = 20.0
VIOLATIONS_MAX = 5
NO_SPACE = re.compile(r"no space|No space left|disk is full")
FAILED = re.compile(r"the store failed|could not be written|could not be rolled back")
CLEAR = StoreError, OSError, ValueError
"""What a command line that cannot start says in words; anything else is a traceback."""
HAS_TO_BE_TOLD = re.compile(r"-wal$|keys\.db-journal$|/blobs/thread-[^/]*/|host\.key")
"""Files whose failed sync leaves in doubt what was acknowledged: the host may not go on."""


def every(what: str, name: str, folder: Path, stride: int, seconds_max: float) -> Json:
    """The scenario with each of its faults: every `stride`-th, then the ones after them."""
    threads, before = prepared(name, folder)
    counts: Counter[str] = Counter()
    violations: list[str] = []
    end = time.monotonic() + seconds_max

    def lived(point: int) -> list[Json]:
        """One life; what it told."""
        home = copied(folder, point)
        life = LIVES[what](name, home, threads, len(operations(before)), point)
        reports, ended = live(lambda tell: asyncio.run(life.run(tell)))
        told = [r["complaint"] for r in reports if "complaint" in r]
        told += [r["failed"] for r in reports if "failed" in r]
        told += [] if ended or told else ["the host does not come to an end"]
        told += faults(home, operations([*before, *reports]))
        violations.extend(f"{name}, {what} at {point}: {fault}" for fault in told)
        shutil.rmtree(home)
        return reports

    points = next((r["points"] for r in lived(NEVER) if "points" in r), 0)
    for point in (p for first in range(stride) for p in range(first + 1, points + 1, stride)):
        reports = lived(point)
        counts.update(r["count"] for r in reports if "count" in r)
        counts["acknowledged"] += sum(report.get("outcome") == "ok" for report in reports)
        counts["tried"] += 1
        if len(violations) > VIOLATIONS_MAX or time.monotonic() > end:
            break
    return {"points": points, "counts": dict(counts), "violations": violations}


class Life:
    """One host, from its start to its end, and what its client sees of a fault."""

    kind = 0

    def __init__(self, name: str, home: Path, threads: list[str], number: int, point: int) -> None:
        self.name = name
        self.home = home
        self.threads = threads
        self.number = number
        self.point = point
        self.tell: Tell = lambda **_: None

    async def run(self, tell: Tell) -> None:
        """All of it; tells operations, counts and complaints."""
        self.tell = tell
        append_errors.RETRY_S = RETRY_S
        self.fail()
        app = await self._open()
        if app is not None:
            await self.work(app)
        tell(points=shim.seen())

    async def _open(self) -> App | None:
        shim.arm(self.home)
        try:
            return await open_host(self.home, drain_timeout_ms=500)
        except CLEAR as error:
            self.tell(count="refused to start")
            self.must(bool(self.words.search(str(error))), f"the start says {error!r}")
        shim.work()  # the one who is in charge has seen to it
        return await open_host(self.home) if self.starts_again else None

    words = NO_SPACE
    starts_again = True

    def fail(self) -> None:
        """Put the fault in place."""
        raise NotImplementedError

    async def work(self, app: App) -> None:
        """What happens in a host that has started."""
        raise NotImplementedError

    def must(self, holds: bool, what: str) -> None:  # noqa: FBT001
        """Complain if it does not hold."""
        if not holds:
            self.tell(complaint=what)

    async def reads(self, talker: Talker) -> None:
        """Reading goes on."""
        try:
            await talker.ask("thread/list", limit=5)
            for thread_id in self.threads[:1]:
                await talker.ask("thread/read", threadId=thread_id, includeTurns=True)
        except (Refused, Unanswered) as error:
            if "not loaded" not in str(error):  # the scenario deletes it
                self.tell(complaint=f"nothing can be read: {error}")

    async def close(self, app: App) -> None:
        """The host ends, whatever its disk does."""
        try:
            async with asyncio.timeout(CLOSED_S):
                await app.close()
        except TimeoutError:
            self.tell(complaint="closing takes for ever")
        except Exception as error:  # noqa: BLE001  (whatever it is, somebody would see it)
            self.tell(complaint=f"closing fails: {error!r}")


class Refusing(Talker):
    """A client who, when there is no space, looks around, makes some, and asks again."""

    life: "FullDisk"

    async def ask(self, method: str, **params: Any) -> Json:
        """As ever; but what is refused for want of space is asked again."""
        try:
            return await super().ask(method, **params)
        except Refused as refused:
            if not shim.failures() or method in ("thread/list", "thread/read"):
                raise
            self.life.must(bool(self.life.words.search(str(refused))), f"{method}: {refused}")
            self.life.tell(count="refused")
            await self.life.reads(self)
            if self.life.is_closed_while_full:
                self.life.full.set()
                await asyncio.Event().wait()
            shim.work()
            return await self._again(method, params)

    async def _again(self, method: str, params: Json) -> Json:
        """What goes on by itself may not have noticed the space yet."""
        end = time.monotonic() + NOTICED_S
        while True:
            try:
                return await super().ask(method, **params)
            except Refused as refused:
                if "not found" in str(refused) and method == "thread/delete":
                    return {}  # it went on by itself
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(RETRY_S)


class FullDisk(Life):
    """No space from the N-th write on, until there is some again."""

    full: asyncio.Event

    @property
    def is_closed_while_full(self) -> bool:
        """Whether this host does not see the space again."""
        return self.point % CLOSED_WHILE_FULL == 0

    def fail(self) -> None:
        """From this write on all fail."""
        self.full = asyncio.Event()
        shim.fail(shim.WRITE, self.point, 0, errno.ENOSPC)

    async def work(self, app: App) -> None:
        """The scenario comes to its end; or the host is closed on the full disk."""
        talker = Refusing(app)
        talker.life = self
        watching = asyncio.create_task(self._watch(talker))
        playing = asyncio.create_task(self._play(talker))
        closing = asyncio.create_task(self.full.wait())
        await asyncio.wait({playing, closing}, return_when=asyncio.FIRST_COMPLETED)
        for task in (playing, closing, watching):
            if not task.done():
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.close(app)

    async def _play(self, talker: Talker) -> None:
        try:
            await talker.open()
            await SCENARIOS[self.name][1](Pen(talker, self.tell, self.number), self.threads)
            await talker.close()
            self.tell(count="went on to its end")
        except (Refused, Unanswered) as error:
            self.tell(complaint=f"there is space again, but: {error!r}")

    async def _watch(self, talker: Talker) -> None:
        """Some wait instead of being refused; they see the space come back, too."""
        while not shim.failures():  # noqa: ASYNC110  (it is counted in C)
            await asyncio.sleep(RETRY_S)
        await asyncio.sleep(FREED_AFTER_S)
        if self.is_closed_while_full:
            self.tell(count="closed while full")
            self.full.set()
            return
        await self.reads(talker)
        shim.work()


class FailedSync(Life):
    """The N-th sync fails: alone if N is even, as Linux tells of it once; else with all after."""

    words = FAILED
    starts_again = False

    def fail(self) -> None:
        """This sync fails."""
        shim.fail(shim.SYNC, self.point, 1 - self.point % 2, errno.EIO)

    async def work(self, app: App) -> None:
        """The host stops at once if it cannot know any more what is on disk."""
        talker = Talker(app)
        pen = Pen(talker, self.tell, self.number)
        stopped = asyncio.create_task(app.failed.wait())
        try:
            await talker.open()
            playing = asyncio.ensure_future(SCENARIOS[self.name][1](pen, self.threads))
            await asyncio.wait({playing, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
        except (Refused, Unanswered) as error:
            self.must(bool(FAILED.search(str(error))), f"refused with {error}")
        in_doubt = bool(HAS_TO_BE_TOLD.search(shim.failed_path()))
        if in_doubt:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(stopped), STOPPED_S)
            self.must(app.failed.is_set(), f"goes on after {shim.failed_path()} was not synced")
        if app.failed.is_set():
            self.tell(count="stopped")
            said = await talker.refusal("thread/start", cwd="/")
            self.must(bool(FAILED.search(said)), f"a stopped host answers {said or 'done'}")
            await self.reads(talker)
        stopped.cancel()
        await self.close(app)
        if shim.failures() and not app.failed.is_set():
            self.tell(count="of a folder or a checkpoint")


LIVES: dict[str, type[Life]] = {"full": FullDisk, "sync": FailedSync}


def main() -> None:
    """Do what the command line says, with the fault that the environment names."""
    if mutant := os.environ.get("CRASH_MUTANT"):
        FAULTY[mutant]()
    what, name, folder, stride, seconds = sys.argv[1:]
    result = every(what, name, Path(folder), int(stride), float(seconds))
    print(json.dumps(result))  # noqa: T201  (the answer to whoever started this)


if __name__ == "__main__":
    main()
