"""A host whose tree works under one goal, and which dies when it comes to a given point.

Arguments: the home, the point, how many times it may be reached before. Each run gives the root new
children that ask a model several times, one of which is deleted while it does. With the point
"none" it waits until nothing is under way, writes how often each point was reached, and ends well.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.dying import Doomed
from tests.support.hosts import ORIGIN, SETTINGS
from tests.support.quiet import quiet
from tests.support.store import database_of
from threadhost.actors.goal import SetGoal
from threadhost.actors.thread import StartThread
from threadhost.actors.turn import StartTurn
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.models.echo import EchoClient
from threadhost.events.base import Recorded
from threadhost.events.goal_cover import GoalSpent

POINTS = (
    "store.begin",
    "store.before_commit",
    "store.committed",
    "goal.spent",
    "goal.tree_charged",
    "deletion.planned",
    "deletion.shut_down",
    "deletion.buried",
)
CHILDREN = 3
WAIT_S = 20
LOOK = {"calls": [{"name": "get_goal"}]}


async def work(home: Path, point: str, times: int) -> None:
    """Let children work, or die on the way."""
    doomed = Doomed(POINTS, point, times)
    app = await open_app(Settings(home, listen=()), env={}, model=EchoClient("ok"))
    root_id = await root(app)
    children = [await begin(app, root_id, number) for number in range(CHILDREN)]
    await spends(app, children[-1])
    await app.host.trees.delete(children[-1], ORIGIN)
    await quiet(app.logs.durable, lambda: is_busy(app))
    doomed.survived()
    await app.close()


async def root(app: App) -> str:
    """The root of the tree, with a goal that covers it; made where it is missing."""
    rows = database_of(app.logs.durable).rows("SELECT id FROM threads WHERE parent_id IS NULL")
    root_id: str = rows[0][0] if rows else app.ids.new()
    if not rows:
        await app.host.threads.start(StartThread(root_id, ECHO), ORIGIN)
    goal = SetGoal(
        app.ids.new(), app.clock.now_ms(), "go on", "paused", 1_000_000, covers_tree=True
    )
    await app.host.threads.amend(root_id, goal, ORIGIN)
    return root_id


ECHO = SETTINGS.model_copy(update={"model": "echo-1", "model_provider": "echo"})


async def begin(app: App, root_id: str, number: int) -> str:
    """A child that asks its model three times, each at a cost of its own; its id."""
    child_id, ids = app.ids.new(), app.ids
    await app.host.threads.start(StartThread(child_id, ECHO, parent_id=root_id), ORIGIN)
    costs = [[10 * number + step, 2] for step in range(1, 4)]
    steps = [*({**LOOK, "tokens": cost} for cost in costs[:2]), {"text": "x", "tokens": costs[2]}]
    text = f"work\n@@mock {json.dumps({'steps': steps})}"
    part = {"type": "text", "text": text, "text_elements": []}
    turn = StartTurn(ids.new(), ids.new(), [part], app.clock.now_ms())
    await app.host.threads.ask(child_id, turn, ORIGIN)
    return child_id


async def spends(app: App, thread_id: str) -> None:
    """Wait until a thread has spent anything."""
    log, stream, done = app.logs.durable, f"thread-{thread_id}", asyncio.Event()

    def published(facts: Sequence[Recorded]) -> None:
        if any((fact.stream, fact.kind) == (stream, GoalSpent.kind) for fact in facts):
            done.set()

    log.feed.listen(published)
    if not await log.read_stream(stream, types=[GoalSpent]):
        async with asyncio.timeout(WAIT_S):
            await done.wait()


def is_busy(app: App) -> bool:
    """Whether a turn runs, by the view, or a charge is on its way."""
    database = database_of(app.logs.durable)
    running = "SELECT turn_id FROM turns WHERE status = 'inProgress'"
    waiting = "SELECT thread_id FROM goal_spendings"
    return bool(database.rows(running) or database.rows(waiting))


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
