"""Row 16: the wall clock jumps or stops at each point of a host's life, and nothing comes of it."""

import asyncio
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from unittest.mock import patch

from tests.scoreboard.clocks import JUMPS, Wall, WallIds, living_by
from tests.scoreboard.host import Talker, crashed_copy, open_host, talk
from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.scoreboard.truth import FreshViews, parity_fault, sequence_faults, traces
from threadhost.actors.runtime.passivation import Passivation
from threadhost.adapters.app import App
from threadhost.adapters.clock import SystemClock
from threadhost.events.failpoints import arm, disarm

POINTS = (
    "before the start",
    "before a thread",
    "before a turn",
    "in a stream",
    "before an interrupt",
    "between children",
    "in a deletion",
    "before a repeated request",
    "before recovery",
    "before threads are let go",
)
HANGING = '@echo {"steps":[{"hang":true}]}'
STREAM = '@echo {"steps":[{"text":"one two three four","deltas":4,"gap_ms":2}]}'
IDLE_MS = 300
LET_GO_S = 15
FOREVER_MS = 3_600_000


def run(context: Context) -> Counts:
    """Each jump at each point, one a round; further rounds jump at several."""
    counts = {"jumps": 0, "ids": 0, "turns": 0}
    for number in context.rounds():
        point, how = divmod(number, len(JUMPS))
        jumps = {POINTS[point]: list(JUMPS)[how]} if point < len(POINTS) else {}
        random = context.random_of(number)
        if not jumps:
            jumps = {p: random.choice(list(JUMPS)) for p in random.sample(POINTS, 4)}
        asyncio.run(_Life(context, context.new_folder(), jumps, counts).run())
    return dict(counts)


class _Life:
    """A host from its start over a crash to idleness, with its clock set at some points."""

    def __init__(
        self, context: Context, folder: Path, jumps: dict[str, str], counts: dict[str, int]
    ) -> None:
        self.context = context
        self.folder = folder
        self.jumps = jumps
        self.counts = counts
        self.wall = Wall()
        self.ids = WallIds(self.wall)
        self.threads: list[str] = []

    def reach(self, point: str) -> None:
        """Set the clock, if it is to be set here."""
        if point in self.jumps:
            self.counts["jumps"] += 1
            self.context.note(jump=self.jumps[point], at=point)
            self.wall.jump(self.jumps[point])

    async def run(self) -> None:
        """All of it."""
        with living_by(self.wall, self.ids):
            self.reach("before the start")
            app = await open_host(self.folder / "1")
            client = await talk(app)
            await client.follow_all()
            await self._work(client)
            await self._delete(client)
            await self._again(client)
            await client.turn(self.threads[0], HANGING)
            home = crashed_copy(app, self.folder / "2")
            self._durations(client)
            await client.close()
            await app.close()
            self.reach("before recovery")
            app = await open_host(home, idle_unload_ms=IDLE_MS)
            await self._recovered(app)
            await self._idle(app)
            self._judge(app)
            await app.close()

    async def _work(self, client: Talker) -> None:
        self.reach("before a thread")
        self.threads = [await client.start() for _ in range(4)]
        self.reach("before a turn")
        for thread_id in self.threads:
            self._same("completed", await client.ended(await client.turn(thread_id, "hello")))
        turn_id = await client.turn(self.threads[0], STREAM)
        self.reach("in a stream")
        self._same("completed", await client.ended(turn_id))
        turn_id = await client.turn(self.threads[1], HANGING)
        self.reach("before an interrupt")
        await client.ask("turn/interrupt", threadId=self.threads[1], turnId=turn_id)
        self._same("interrupted", await client.ended(turn_id))

    async def _delete(self, client: Talker) -> None:
        root = self.threads.pop()
        children = [await client.start(root)]
        self.reach("between children")
        children += [await client.start(child) for child in (root, children[0])]
        arm("deletion.planned", partial(self.reach, "in a deletion"))
        await client.ask("thread/delete", threadId=root)
        disarm()
        await client.level()
        told = [n for n in client.notices if n["method"] == "thread/deleted"]
        self._same(4, len(told))
        for fault in traces(client.app.logs.durable, [root, *children]):
            self.context.violates("D1", fault)

    async def _again(self, client: Talker) -> None:
        first = await client.start(idempotencyKey="again")
        self.reach("before a repeated request")
        second = await client.start(idempotencyKey="again")
        if self.jumps.get("before a repeated request") != "+1 year":  # keys last for a week
            self._same(first, second)

    async def _recovered(self, app: App) -> None:
        client = await talk(app)
        read = await client.ask("thread/read", threadId=self.threads[0], includeTurns=True)
        statuses = [turn["status"] for turn in read["thread"]["turns"]]
        self._same(["completed", "completed", "interrupted"], statuses)
        for key in ("created_at", "updated_at", "recency_at"):
            found = await _paged(client, key)
            self._same(sorted(self.threads), sorted(found))
        await client.close()

    async def _idle(self, app: App) -> None:
        """Threads are let go when they were idle for so long, whatever the wall clock says."""
        client = await talk(app)
        for thread_id in self.threads:
            await client.ended(await client.turn(thread_id, "once more"))
        patient = Passivation(app.host.live, lambda _thread: False, app.clock, FOREVER_MS)
        patient.due()
        self.reach("before threads are let go")
        if patient.due():
            self.context.violates("V1", "threads are let go at once, an hour early")
        await client.close()
        try:
            async with asyncio.timeout(LET_GO_S):
                while app.host.live.ids():  # noqa: ASYNC110  (nothing tells of it)
                    await asyncio.sleep(0.01)
        except TimeoutError:
            self.context.violates("V1", f"idle threads are still live after {LET_GO_S} s")

    def _durations(self, client: Talker) -> None:
        ended = [n for n in client.notices if n["method"] == "turn/completed"]
        spans = [n["params"]["turn"]["durationMs"] for n in ended]
        self.counts["turns"] += len(spans)
        if min(spans) < 0:
            self.context.violates("V1", f"{self.jumps}: turns took {spans} ms")

    def _judge(self, app: App) -> None:
        self.counts["ids"] += len(self.ids.given)
        if len(set(self.ids.given)) < len(self.ids.given):
            self.context.violates("A3", "an id was given twice")
        fresh = FreshViews()
        if fault := parity_fault(app.logs.durable, fresh):
            self.context.violates("P1", fault)
        fresh.close()
        for fault in sequence_faults(app.logs.durable):
            self.context.violates("A3", fault)

    def _same(self, expected: object, found: object) -> None:
        if found != expected:
            self.context.violates("V1", f"{self.jumps}: {found!r} instead of {expected!r}")


async def _paged(client: Talker, key: str) -> list[str]:
    """The ids on all pages of the list of threads, two on each."""
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = await client.ask("thread/list", limit=2, sortKey=key, **more)
        found += [thread["id"] for thread in page["data"]]
        if page["nextCursor"] is None:
            return found
        more = {"cursor": page["nextCursor"]}


def wall_for_timeouts() -> AbstractContextManager[object]:
    """Time-outs are measured on the wall clock."""
    return patch.object(SystemClock, "monotonic", lambda self: self.now_ms() / 1000)


ROW = Row(
    number=16,
    title="the wall clock jumps (-1 day, +1 year, summer time) or stops, at 10 points",
    invariants=("A3", "P1", "D1", "V1"),
    quick=Budget(len(POINTS) * len(JUMPS), seconds_max=200),
    long=Budget(5_000, seconds_max=3600),
    fast=Budget(1, seconds_max=3),
    hunt=Budget(len(POINTS) * len(JUMPS), seconds_max=120),
    run=run,
    mutants={"wall clock for time-outs": wall_for_timeouts},
)
