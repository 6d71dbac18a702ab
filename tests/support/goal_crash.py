"""A host whose goal goes on without a pause, and which dies when it comes to a given point.

Arguments: the home, the point, how many times it may be reached before. With the point "none" it
pauses the goal after some turns, writes how often each point was reached, and ends well. A home
without a goal is given one.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from pydantic_core import from_json

from tests.support.dying import Doomed
from tests.support.hosts import ORIGIN, SETTINGS
from tests.support.store import database_of
from threadhost.actors.goal import SetGoal
from threadhost.actors.models import (
    FunctionCall,
    ModelEvent,
    ModelRequest,
    OutputDone,
    OutputStarted,
    ResponseDone,
    TokenUsage,
)
from threadhost.actors.thread import StartThread
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.models.echo import EchoClient
from threadhost.events.base import Recorded
from threadhost.events.turn import TurnCompleted
from threadhost.projections.goal import threads_with_active_goals

POINTS = ("store.begin", "store.before_commit", "store.committed")
TURNS = 3
WAIT_S = 20


class Working(EchoClient):
    """Reads the goal in each turn, then says something; every response has a cost of its own."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        kind = from_json(request.history[-1]).get("type")
        if kind == "function_call_output":
            async for event in super().stream(request):
                if not isinstance(event, ResponseDone):
                    yield event
        else:
            yield OutputStarted(0, "call")
            yield OutputDone(0, FunctionCall("get_goal", "{}"))
        given = 10 + len(request.history)
        yield ResponseDone("r", TokenUsage(given, 3, 7, 0, given + 7))


async def work(home: Path, point: str, times: int) -> None:
    """Go on with the goal, or die on the way."""
    doomed = Doomed(POINTS, point, times)
    settings = Settings(home, listen=(), goal_wait_ms=0)
    app = await open_app(settings, env={}, model=Working())
    ended = asyncio.Semaphore(0)

    def published(facts: Sequence[Recorded]) -> None:
        for _ in (fact for fact in facts if fact.kind == TurnCompleted.kind):
            ended.release()

    app.logs.durable.feed.listen(published)
    await begin(app)
    async with asyncio.timeout(WAIT_S):
        for _ in range(TURNS):
            await ended.acquire()
    [thread_id] = await threads_with_active_goals(app.logs.durable.reads)
    now_ms = app.clock.now_ms()
    await app.host.threads.amend(thread_id, SetGoal("", now_ms, status="paused"), ORIGIN)
    doomed.survived()
    await app.close()


async def begin(app: App) -> None:
    """Give a thread a goal, unless there is one already."""
    database = database_of(app.logs.durable)
    found = database.rows("SELECT thread_id, status FROM thread_goals")
    if not found:
        threads = database.rows("SELECT id FROM threads")
        thread_id = threads[0][0] if threads else app.ids.new()
        if not threads:
            await app.host.threads.start(StartThread(thread_id, SETTINGS), ORIGIN)
        found = [(thread_id, "paused")]
    thread_id, status = found[0]
    if status == "paused":
        command = SetGoal(app.ids.new(), app.clock.now_ms(), objective="go on", status="active")
        await app.host.threads.amend(thread_id, command, ORIGIN)
        await app.host.threads.activate(thread_id, "test")


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
