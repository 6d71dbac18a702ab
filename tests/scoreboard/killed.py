"""A host killed at each step of a deletion, and what the next start makes of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.scoreboard.fire import HANGING, announced
from tests.scoreboard.forks import Fork, Tell, die
from tests.scoreboard.host import Message, Refused, Talker, hosting, talk
from tests.scoreboard.row import Context, Counts
from tests.scoreboard.truth import FreshViews, parity_fault, sequence_faults, traces
from threadhost.events.failpoints import arm

THREADS = 20
LONG_TEXT = "x" * 100_000
ONCE = (
    "deletion.planned",
    "deletion.shut_down",
    "deletion.files_removed",
    "deletion.batch_buried",
    "deletion.buried",
    "deletion.keys_destroyed",
    "deletion.completed",
)
COUNTED = ("store.begin", "store.before_commit", "store.committed")
Death = dict[str, Any]


def kill_at_every_step(context: Context, *, store_too: bool) -> Counts:
    """Every named step once, every step of the store until the deletion outlives the number."""
    kills, resumed = 0, 0
    for point, nth in _steps(store_too=store_too):
        death = _life(context.new_folder() / "home", point, nth, context.seed)
        context.note(op="kill", at=point, nth=nth, told=len(death["notices"]))
        if death["failed"]:
            context.violates("V1", f"killed at {point} {nth}: {death['failed']}")
        if death["survived"] and point in COUNTED:
            _give_up.add(point)
        if not death["survived"]:
            kills += 1
            resumed += asyncio.run(_afterwards(context, death))
        elif point in ONCE:
            context.violates("V1", f"the step {point} was never reached")
        context.drop()
    return {"kills": kills, "finished by the next start": resumed}


_give_up: set[str] = set()


def _steps(*, store_too: bool) -> Iterator[tuple[str, int]]:
    _give_up.clear()
    yield from ((point, 1) for point in ONCE)
    for point in COUNTED if store_too else ():
        nth = 0
        while point not in _give_up:
            nth += 1
            yield point, nth


def _life(home: Path, point: str, nth: int, seed: int) -> Death:
    """What a host told that died there."""

    def work(tell: Tell, _told: int) -> None:
        asyncio.run(_deletes(home, Random(seed), tell, lambda: _arm(point, nth)))

    death: Death = {"home": home, "parents": {}, "notices": [], "deleted": False}
    death |= {"survived": False, "failed": "", "at": f"{point} {nth}"}
    with Fork(work) as child:
        for report in child.rest():
            if "joined" in report:
                death["parents"][report["joined"]] = report["below"]
            elif "notice" in report:
                death["notices"].append(report["notice"])
            else:
                death |= report
    return death


async def _deletes(home: Path, random: Random, tell: Tell, ready: Callable[[], None]) -> None:
    async with hosting(home) as app:
        client = await talk(app)
        client.heard = lambda notice: tell(notice=_short(notice))
        await client.follow_all()
        root = await client.start()
        tell(joined=root, below=None)
        ids = [root]
        while len(ids) < THREADS:
            ids.append(await _join(client, random.choice(ids), tell))
        await client.ended(await client.turn(ids[1], LONG_TEXT))
        await client.turn(ids[2], HANGING)
        await client.turn(root, HANGING)
        ready()
        deletion = asyncio.ensure_future(client.ask("thread/delete", threadId=root))
        spawns = (_join(client, random.choice(ids), tell) for _ in range(3))
        await asyncio.gather(*spawns, return_exceptions=True)
        await deletion
        tell(deleted=True)
    tell(survived=True)


async def _join(client: Talker, parent: str, tell: Tell) -> str:
    thread_id = await client.start(parent)
    tell(joined=thread_id, below=parent)
    return thread_id


def _short(notice: Message) -> Message:
    """What the verdict needs of a notification: a pipe is narrow."""
    params = notice["params"]
    found = params.get("threadId") or params.get("thread", {}).get("id")
    return {**notice, "params": {"threadId": found}}


def _arm(point: str, nth: int) -> None:
    seen: Counter[str] = Counter()

    def hook() -> None:
        seen[point] += 1
        if seen[point] == nth:
            die()

    arm(point, hook)


async def _afterwards(context: Context, death: Death) -> bool:
    """Open the home again and judge; whether the deletion was finished by this start."""
    parents, notices = death["parents"], death["notices"]
    fresh = FreshViews()
    async with hosting(death["home"]) as app:
        client = await talk(app)
        cursor = max((n["position"] for n in notices), default=0)
        await client.follow_all(after=cursor)
        await _caught_up(client)
        root = next(iter(parents))
        if not await client.refusal("thread/read", threadId=root):
            await _nothing_happened(context, client, death)
            return False
        announced(context, [*notices, *client.notices], parents, set(parents))
        log = app.logs.durable
        faults = [*traces(log, parents), *sequence_faults(log), parity_fault(log, fresh)]
        for fault in filter(None, faults):
            context.violates("D1", f"killed at {death['at']}: {fault}")
    fresh.close()
    return True


async def _nothing_happened(context: Context, client: Talker, death: Death) -> None:
    if death["deleted"]:
        context.violates("A1", f"killed at {death['at']}: an acknowledged deletion did not happen")
    for thread_id in death["parents"]:
        try:
            turn = await client.turn(thread_id, "still here?")
            await client.ended(turn)
        except Refused as refused:
            context.violates("A2", f"killed at {death['at']}: half deleted, {refused}")


async def _caught_up(client: Talker) -> None:
    async with asyncio.timeout(20):
        while client.session.delivery.is_behind:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    await client.level()
