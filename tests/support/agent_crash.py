"""A host whose model starts agents and speaks with them, and which dies when it comes to a point.

Arguments: the home, the point, how many times it may be reached before. With the point "none" it
waits until nothing is under way, writes how often each point was reached, and ends well. A home
without a thread is given one whose turn does all that agents can do.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.agent_scripts import call, calls, spawn, task
from tests.support.dying import Doomed
from tests.support.hosts import ORIGIN, SETTINGS
from tests.support.quiet import quiet
from tests.support.store import database_of
from threadhost.actors.thread import StartThread
from threadhost.actors.turn import StartTurn
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.models.echo import EchoClient

POINTS = (
    "store.begin",
    "store.before_commit",
    "store.committed",
    "agent.message_sent",
    "agent.message_delivered",
    "agent.ended",
    "agent.end_heard",
)
WAIT_S = 20
WAIT = calls(call("wait_agent", targets=["$A1"]))
STEPS = (
    calls(spawn({"text": "one"})),
    calls(spawn({"text": "two", "delay_ms": 1_500})),
    WAIT,
    calls(call("send_input", target="$A1", message="more")),
    calls(call("send_input", target="$A2", message="stop", interrupt=True)),
    WAIT,
    calls(call("close_agent", target="$A2")),
    calls(call("resume_agent", id="$A2")),
    {"text": "done"},
)


async def work(home: Path, point: str, times: int) -> None:
    """Let the model speak with its agents, or die on the way."""
    doomed = Doomed(POINTS, point, times)
    app = await open_app(Settings(home, listen=()), env={}, model=EchoClient("ok"))
    if not database_of(app.logs.durable).rows("SELECT id FROM threads"):
        await begin(app)
    await quiet(app.logs.durable, lambda: is_busy(app))
    doomed.survived()
    await app.close()


async def begin(app: App) -> str:
    """A thread whose model does all of it; its id."""
    return await lead(app, *STEPS)


async def lead(app: App, *steps: Mapping[str, object], parent_id: str | None = None) -> str:
    """A thread whose model takes these steps; its id."""
    thread_id, ids = app.ids.new(), app.ids
    settings = SETTINGS.model_copy(update={"model": "echo-1", "model_provider": "echo"})
    start = StartThread(thread_id, settings, parent_id=parent_id)
    await app.host.threads.start(start, ORIGIN)
    part = {"type": "text", "text": task(*steps), "text_elements": []}
    turn = StartTurn(ids.new(), ids.new(), [part], app.clock.now_ms())
    await app.host.threads.ask(thread_id, turn, ORIGIN)
    return thread_id


def is_busy(app: App) -> bool:
    """Whether a turn runs, by the view, or something is on its way."""
    database = database_of(app.logs.durable)
    running = "SELECT turn_id FROM turns WHERE status = 'inProgress'"
    return bool(database.rows(running) or database.rows("SELECT stream FROM agent_mail"))


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
