"""Row 8: hosts race for one home, the holder dies or leaves, and one at a time may write."""

import asyncio
import os
import time
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.scoreboard.figures import percentiles
from tests.scoreboard.forks import Fork, Tell
from tests.scoreboard.host import open_host, talk
from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.scoreboard.truth import holes_of
from threadhost.events.store.errors import HomeLocked
from threadhost.events.store.lock import HomeLock, describe, read_owner

if TYPE_CHECKING:
    from threadhost.adapters.app import App

CONTENDERS = 3
RACES_A_HOME = 20
RETRY_S = 0.002
GIVE_UP_S = 30.0
HELD_S_MAX = 0.03


def run(context: Context) -> Counts:
    """Each race: contenders start at once and try until each has had the home once."""
    homes: list[Path] = []
    handed_ms: list[float] = []
    kills = holders = refusals = 0
    for number in context.rounds():
        if not homes or number % RACES_A_HOME == 0:
            homes.append(context.new_folder(lasting=True))
        race = _Race(context, homes[-1] / "home", context.random_of(number))
        race.run()
        handed_ms += race.handed_ms
        kills += race.kills
        holders += len(race.held)
        refusals += race.refusals
        for fault in holes_of(race.home):
            context.violates("A3", fault)
    return {
        "holders": holders,
        "kills of the holder": kills,
        "refusals": refusals,
        **percentiles("hand-over", handed_ms),
    }


class _Race:
    """Some processes and one home; what each told, and when."""

    def __init__(self, context: Context, home: Path, random: Random) -> None:
        self.context = context
        self.home = home
        self.random = random
        self.held: list[tuple[float, float]] = []
        self.handed_ms: list[float] = []
        self.kills = self.refusals = 0

    def run(self) -> None:
        """Start all at once; kill or let go of each holder until none is left."""
        gate_read, gate_write = os.pipe()
        with ExitStack() as stack:
            stack.callback(os.close, gate_read)
            forks = [
                stack.enter_context(Fork(self._contender(gate_read, gate_write)))
                for _ in range(CONTENDERS)
            ]
            os.close(gate_write)
            self._end_session(list(forks))
            self.refusals = sum("locked" in report for fork in forks for report in fork.heard)
        self._judge()

    def _end_session(self, waiting: list[Fork]) -> None:
        freed = 0.0
        while waiting:
            holder = self._winner(waiting)
            if holder is None:
                self.context.violates("V1", f"nobody takes the home for {GIVE_UP_S} s")
                return
            waiting.remove(holder)
            freed = self._end(holder, freed, kill=self.random.random() < 0.5)

    def _end(self, holder: Fork, freed: float, *, kill: bool) -> float:
        """See the holder off; when it gave the home back."""
        won = holder.heard[-1]["won"]
        if freed:
            self.handed_ms.append((won["ready"] - freed) * 1000)
        time.sleep(self.random.random() * HELD_S_MAX)
        if kill:
            self.kills += 1
            ended = time.monotonic()
            holder.kill()
        else:
            os.write(holder.tell_end, b"!")
            told = holder.until("leaving")
            ended = told["leaving"] if told else time.monotonic()
        self.held.append((won["locked"], ended))
        return ended

    def _winner(self, waiting: list[Fork]) -> Fork | None:
        end = time.monotonic() + GIVE_UP_S
        while waiting and time.monotonic() < end:
            for fork in waiting:
                report = fork.next(0.001)
                if report and "failed" in report:
                    why = str(report["failed"]).strip().splitlines()[-1]
                    self.context.violates("W1", f"a host could not start or write: {why}")
                if report and "won" in report:
                    return fork
        return None

    def _judge(self) -> None:
        for (began, ended), (then, _) in zip(self.held, self.held[1:], strict=False):
            if then < ended:
                overlap = f"{(ended - then) * 1000:.1f} ms"
                self.context.violates("W1", f"two hosts held the home for {overlap} after {began}")

    def _contender(self, gate_read: int, gate_write: int) -> Any:
        def work(tell: Tell, told: int) -> None:
            os.close(gate_write)
            os.read(gate_read, 1)  # ends when the parent closes the gate
            asyncio.run(_hold(self.home, tell, told))

        return work


async def _hold(home: Path, tell: Tell, told: int) -> None:
    """Try to get the home until that works; write in it until told to leave, or killed."""
    locked: list[float] = []
    acquire = HomeLock.acquire

    def noting(lock: HomeLock, owner: dict[str, Any]) -> None:
        acquire(lock, owner)
        locked.append(time.monotonic())

    with patch.object(HomeLock, "acquire", noting):
        app: App | None = None
        while app is None:
            try:
                app = await open_host(home)
            except HomeLocked as refused:
                tell(locked=str(refused))
                await asyncio.sleep(RETRY_S)
    tell(won={"locked": locked[-1], "ready": time.monotonic()})
    leave = asyncio.Event()
    asyncio.get_running_loop().add_reader(told, leave.set)
    client = await talk(app)
    while not leave.is_set():
        await client.start()
    tell(leaving=time.monotonic())
    await app.close()


def pid_file() -> AbstractContextManager[object]:
    """The home belongs to whoever is written in the file, as long as that process lives."""

    def acquire(lock: HomeLock, owner: dict[str, Any]) -> None:
        found = read_owner(lock._path)
        if "pid" in found and Path(f"/proc/{found['pid']}").exists():
            raise HomeLocked(str(lock._path.parent), describe(found))
        lock._descriptor = os.open(lock._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        lock.note(owner)

    return patch.object(HomeLock, "acquire", acquire)


ROW = Row(
    number=8,
    title="hosts race for one home, half of the holders are killed",
    invariants=("W1", "A3"),
    quick=Budget(200, seconds_max=600),
    long=Budget(10_000, seconds_max=3600),
    fast=Budget(2, seconds_max=2),
    hunt=Budget(50, seconds_max=60),
    run=run,
    mutants={"lock by pid file": pid_file},
)
